//! Calls before a run, and their failures.

use std::fmt;

use crate::pool::failure::FailureKind;
use crate::pool::groups::{CREATE_GROUP_ACTION, LIST_GROUPS_ACTION};
use crate::pool::{Advice, Failure, Stop, action_of};
use crate::user::StepKind;

/// A call before a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `DescribeUserPool`: the pool's rules.
    DescribeUserPool,
    /// `DescribeUserPoolClient`: the app client's secret and writable attributes.
    DescribeUserPoolClient,
    /// `AdminGetUser`: whether users may be looked up.
    AdminGetUser,
    /// The call of a follow-up step: whether the step is permitted.
    Step(StepKind),
    /// `ListGroups`: the pool's groups.
    ListGroups,
    /// `CreateGroup`: creates a missing group.
    CreateGroup,
    /// `ListUsers`: whether the pool's users may be listed.
    ListUsers,
    /// `GetProvisionedLimit`: the account's quota in requests per second.
    GetProvisionedLimit,
}

impl Call {
    /// Returns the IAM action that the call needs.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::DescribeUserPool => "cognito-idp:DescribeUserPool",
            Self::DescribeUserPoolClient => "cognito-idp:DescribeUserPoolClient",
            Self::AdminGetUser => "cognito-idp:AdminGetUser",
            Self::Step(kind) => action_of(kind),
            Self::ListGroups => LIST_GROUPS_ACTION,
            Self::CreateGroup => CREATE_GROUP_ACTION,
            Self::ListUsers => "cognito-idp:ListUsers",
            Self::GetProvisionedLimit => "cognito-idp:GetProvisionedLimit",
        }
    }
}

/// Writes the name of the operation.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action();
        f.write_str(action.strip_prefix("cognito-idp:").unwrap_or(action))
    }
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCall {
    pub call: Call,
    pub failure: Failure,
    /// Whether a check depends on the answer.
    pub needed: bool,
}

impl FailedCall {
    /// Returns whether the permission is missing. Only then is the answer merely unknown.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.failure.is_denied()
    }

    /// Returns whether the pool did not answer or was overloaded, so that the same call may succeed
    /// later. A firewall or another server that answers in its place does not go away.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.failure.is_transient()
            && self.failure.advice != Advice::Firewalled
            && !self.failure.is_misdirected()
    }

    /// Returns whether the run is refused because a check needs the answer.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.needed && !self.is_denied()
    }
}

impl fmt::Display for FailedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed ({})", self.call, self.failure)
    }
}

/// Returns what to do about a failed preflight call.
#[must_use]
pub fn remedy(failure: &Failure) -> &'static str {
    match failure.stop() {
        Some(Stop::Access) if failure.is_denied() => {
            "allow the call for this pool (`cognito-import iam-policy` prints the policy)"
        }
        Some(Stop::Access) => {
            "renew the credentials (for example with `aws sso login`), or run without them: \
             `import --no-lookup`, `check --pool pool.toml`"
        }
        Some(Stop::Refused) => "check --endpoint-url: it does not support this call for this pool",
        Some(stop) => stop.hint(),
        None if failure.advice == Advice::SlowDown => {
            "other programs are using up the account's quota for this call: wait a minute, then \
             run the same command again"
        }
        None if failure.advice == Advice::Unreachable => {
            "check the network, --region, --endpoint-url and HTTPS_PROXY"
        }
        None => match failure.kind() {
            FailureKind::TimedOut | FailureKind::ConnectionLost => {
                "check the network, --endpoint-url and HTTPS_PROXY, then run the same command \
                 again"
            }
            FailureKind::Unreadable => {
                "check --endpoint-url and any proxy in between, then run the same command again \
                 once the service answers"
            }
            _ if failure.is_transient() => {
                "wait until the service recovers (AWS Health Dashboard), then run the same \
                 command again"
            }
            FailureKind::AccessDenied
            | FailureKind::NotAuthorized
            | FailureKind::UserNotFound
            | FailureKind::GroupExists
            | FailureKind::ThreatProtectionOff
            | FailureKind::Other => "look up this error code, then run the same command again",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, StepKind, remedy};
    use crate::pool::Failure;
    use crate::pool::failure::Operation;

    #[test]
    fn displays_the_name_of_the_operation() {
        assert_eq!(Call::DescribeUserPool.to_string(), "DescribeUserPool");
        let step = Call::Step(StepKind::Confirm);
        assert_eq!(step.to_string(), "AdminConfirmSignUp");
        assert_eq!(step.action(), "cognito-idp:AdminConfirmSignUp");
    }

    #[test]
    fn throttling_is_not_blamed_on_the_network() {
        let hint_for = |status, code| remedy(&Failure::answered(Operation::Read, status, code, ""));
        for (status, code) in [
            (400, "TooManyRequestsException"),
            (400, "ThrottlingException"),
            (429, "Whatever"),
        ] {
            let hint = hint_for(status, code);
            assert!(
                hint.contains("quota") && !hint.contains("network"),
                "{hint}"
            );
        }
        assert!(hint_for(403, "ForbiddenException").contains("WAF"));
        assert!(hint_for(500, "InternalErrorException").contains("service"));
        assert!(hint_for(400, "ExpiredTokenException").contains("renew the credentials"));
        assert!(hint_for(400, "AccessDeniedException").contains("iam-policy"));
    }
}
