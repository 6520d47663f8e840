//! Reasons to stop a run, and what to do about them.

/// The reason to stop a run: every other row would get the same response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Only administrators can create users in the pool.
    SignUpNotPermitted,
    /// The app client has a secret, but none was given.
    SecretMissing,
    /// The given secret is not that of the app client.
    SecretRejected,
    /// A secret was given, but the app client has none.
    SecretUnexpected,
    /// The list sets an attribute that the app client may not write.
    UnwritableAttribute,
    /// The pool or app client does not exist.
    NotFound,
    /// The group to add users to does not exist.
    GroupMissing,
    /// The pool's role for email or SMS is not usable.
    DeliveryRole,
    /// The server's certificate is not trusted.
    Untrusted,
    /// A web application firewall keeps blocking requests.
    Firewall,
    /// This machine's clock is too far off for signed requests.
    ClockSkew,
    /// The credentials are missing, invalid or expired, or lack permission.
    Access,
    /// The pool or app client does not allow the operation.
    Refused,
}

#[cfg(test)]
all_variants!(pub(super) Stop {
    SignUpNotPermitted,
    SecretMissing,
    SecretRejected,
    SecretUnexpected,
    UnwritableAttribute,
    NotFound,
    GroupMissing,
    DeliveryRole,
    Untrusted,
    Firewall,
    ClockSkew,
    Access,
    Refused,
});

impl Stop {
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::SignUpNotPermitted => "only administrators can create users in this pool",
            Self::SecretMissing => "the app client has a secret, but none was given",
            Self::SecretRejected => "the client secret is not the app client's current one",
            Self::SecretUnexpected => "a client secret was given, but the app client has none",
            Self::UnwritableAttribute => {
                "the list sets an attribute that the app client may not write"
            }
            Self::NotFound => "the user pool or app client does not exist",
            Self::GroupMissing => "the group to add users to does not exist in the pool",
            Self::DeliveryRole => "the pool's IAM role for email or SMS is not usable",
            Self::Untrusted => "the server's certificate is not trusted; nothing was sent",
            Self::Firewall => "a web application firewall (AWS WAF) blocks the requests",
            Self::ClockSkew => "this machine's clock is wrong, so AWS rejects its signatures",
            Self::Access => "the credentials are missing, invalid or expired, or lack permission",
            Self::Refused => "the pool or its app client does not allow this operation",
        }
    }

    /// Returns what to do about it.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::SignUpNotPermitted => {
                "enable self-registration in the pool \
                 (AdminCreateUserConfig.AllowAdminCreateUserOnly = false) during the import"
            }
            Self::SecretMissing => {
                "pass the app client's secret with --client-secret-file FILE or \
                 COGNITO_CLIENT_SECRET, or use an app client without one; \
                 DescribeUserPoolClient does not return a secret kept in Secrets Manager: \
                 `aws secretsmanager get-secret-value --secret-id ARN --query SecretString \
                 --output text` prints it"
            }
            Self::SecretRejected => {
                "check the secret and --client-id; the secret may have been rotated (Secrets \
                 Manager rotates a managed secret every 7 days by default): `aws secretsmanager \
                 get-secret-value --secret-id ARN --query SecretString --output text` prints the \
                 current one"
            }
            Self::SecretUnexpected => {
                "omit --client-secret-file and unset COGNITO_CLIENT_SECRET, or check --client-id"
            }
            Self::UnwritableAttribute => {
                "add the attribute to the app client's WriteAttributes, or drop its column with --ignore-column"
            }
            Self::NotFound => "check --user-pool-id, --client-id, --region and --endpoint-url",
            Self::GroupMissing => "create the group in the pool, or pass --create-groups",
            Self::DeliveryRole => "fix the role in the pool's SMS or email configuration",
            Self::Untrusted => {
                "check --endpoint-url, the trusted CA certificates (AWS_CA_BUNDLE, ca_bundle in \
                 the profile, SSL_CERT_FILE) and this machine's clock"
            }
            Self::Firewall => {
                "the user pool's web ACL in AWS WAF blocks this machine, and its sampled requests \
                 show the rule: allow this machine's address during the import, or use a lower \
                 --rate (a rate-based rule keeps blocking for at least 5 minutes)"
            }
            Self::ClockSkew => {
                "correct this machine's clock (time synchronization, NTP): AWS accepts signed \
                 requests only if their time is at most 5 minutes off"
            }
            Self::Access => {
                "renew the credentials (for example with `aws sso login`) and allow \
                 cognito-idp:AdminGetUser (for --lookup list: cognito-idp:ListUsers) on this pool, \
                 or run with --no-lookup"
            }
            Self::Refused => "check that the app client belongs to the pool and allows SignUp",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Stop;

    #[test]
    fn messages() {
        let mut text = String::new();
        for stop in Stop::ALL {
            text += &format!("{stop:?}: {}\n    {}\n", stop.meaning(), stop.hint());
        }
        assert_messages!("stops", text);
    }
}
