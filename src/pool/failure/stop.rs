//! Reasons to stop the run, with their remedies.

/// Why a run has to stop: every other row would get the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The pool lets only administrators create users.
    SignUpNotPermitted,
    /// The app client has a secret, and none was given.
    SecretMissing,
    /// The app client's secret is not the one that was given.
    SecretRejected,
    /// A secret was given, and the app client has none.
    SecretUnwanted,
    /// The list sets an attribute that the app client may not write.
    UnwritableAttribute,
    /// No such pool or app client.
    NotFound,
    /// The group that users are put into is not in the pool.
    GroupMissing,
    /// The pool's role for email or SMS cannot be used.
    DeliveryRole,
    /// The server's certificate is not trusted.
    Untrusted,
    /// A web application firewall keeps refusing requests.
    Firewall,
    /// This machine's clock is too far off for signed requests.
    ClockSkew,
    /// The credentials are missing, wrong or expired, or may not do this.
    Access,
    /// The pool or app client does not allow the operation.
    Refused,
}

impl Stop {
    #[cfg(test)]
    pub(super) const ALL: [Self; 13] = [
        Self::SignUpNotPermitted,
        Self::SecretMissing,
        Self::SecretRejected,
        Self::SecretUnwanted,
        Self::UnwritableAttribute,
        Self::NotFound,
        Self::GroupMissing,
        Self::DeliveryRole,
        Self::Untrusted,
        Self::Firewall,
        Self::ClockSkew,
        Self::Access,
        Self::Refused,
    ];

    /// What is wrong.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::SignUpNotPermitted => "the pool lets only administrators create users",
            Self::SecretMissing => "the app client has a secret, and none was given",
            Self::SecretRejected => "the client secret is not the app client's current one",
            Self::SecretUnwanted => "a client secret was given, and the app client has none",
            Self::UnwritableAttribute => {
                "the list sets an attribute that the app client may not write"
            }
            Self::NotFound => "there is no such pool or app client",
            Self::GroupMissing => "the group that users are put into is not in the pool",
            Self::DeliveryRole => "the pool's role for email or SMS cannot be used",
            Self::Untrusted => "the server's certificate is not trusted: nothing was sent",
            Self::Firewall => "a web application firewall (AWS WAF) refuses the requests",
            Self::ClockSkew => "this machine's clock is wrong, so AWS refuses its signatures",
            Self::Access => "the credentials are missing, wrong or expired, or may not do this",
            Self::Refused => "the pool or its app client does not allow this",
        }
    }

    /// What to change.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::SignUpNotPermitted => {
                "let users sign themselves up in the pool (AdminCreateUserConfig.AllowAdminCreateUserOnly = false) during the import"
            }
            Self::SecretMissing => {
                "give the app client's secret with --client-secret-file FILE or in COGNITO_CLIENT_SECRET, or use an app client without one; \
                 DescribeUserPoolClient cannot show a secret kept in Secrets Manager: `aws secretsmanager get-secret-value --secret-id ARN \
                 --query SecretString --output text` prints it"
            }
            Self::SecretRejected => {
                "check the secret and --client-id; the secret may have been rotated (Secrets Manager rotates a managed secret every 7 days \
                 by default): `aws secretsmanager get-secret-value --secret-id ARN --query SecretString --output text` prints the current one"
            }
            Self::SecretUnwanted => {
                "leave out --client-secret-file and unset COGNITO_CLIENT_SECRET, or check --client-id"
            }
            Self::UnwritableAttribute => {
                "add the attribute to the app client's WriteAttributes, or drop its column with --ignore-column"
            }
            Self::NotFound => "check --user-pool-id, --client-id, --region and --endpoint-url",
            Self::GroupMissing => "create the group in the pool, or let --create-groups create it",
            Self::DeliveryRole => {
                "repair the pool's SMS or email configuration: the role it names cannot be used"
            }
            Self::Untrusted => {
                "check --endpoint-url, the CA certificates to trust (AWS_CA_BUNDLE, ca_bundle of the profile, SSL_CERT_FILE) and this machine's clock"
            }
            Self::Firewall => {
                "the user pool's web ACL in AWS WAF blocks this machine, and its sampled requests show by which rule: allow this machine's \
                 address during the import, or use a lower --rate (a rate-based rule keeps blocking for 5 minutes or more)"
            }
            Self::ClockSkew => {
                "correct this machine's clock (time synchronization, NTP): AWS accepts signed requests whose time is at most 5 minutes off"
            }
            Self::Access => {
                "renew the credentials (for example with `aws sso login`) and let them use cognito-idp:AdminGetUser (for --lookup list: cognito-idp:ListUsers) on this pool, or run with --no-lookup"
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
