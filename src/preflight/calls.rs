//! The calls that are made before a run, and what came instead of an answer.

use std::fmt;

use crate::pool::failure::{ATTEMPT_TIMED_OUT, CONNECTION_LOST, UNREADABLE_ANSWER};
use crate::pool::groups::{CREATE_GROUP_ACTION, LIST_GROUPS_ACTION};
use crate::pool::{Advice, Failure, Stop, action_of};
use crate::user::StepKind;

/// A call that is made before a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `DescribeUserPool`: the pool's rules.
    DescribeUserPool,
    /// `DescribeUserPoolClient`: whether the app client has a secret, and what it may write.
    DescribeUserPoolClient,
    /// `AdminGetUser`: whether users may be looked up.
    AdminGetUser,
    /// The call of a step that follows a sign-up: whether the step is permitted.
    Step(StepKind),
    /// `ListGroups`: which groups the pool has.
    ListGroups,
    /// `CreateGroup`: makes a missing group.
    CreateGroup,
    /// `ListUsers`: whether the pool's users may be listed.
    ListUsers,
    /// `GetProvisionedLimit`: how many requests a second the account is granted.
    GetProvisionedLimit,
}

impl Call {
    /// The permission that it needs, as IAM names it.
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

/// The operation's name.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = self.action();
        f.write_str(action.strip_prefix("cognito-idp:").unwrap_or(action))
    }
}

/// A call that was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    /// The call.
    pub call: Call,
    /// What came instead of an answer.
    pub failure: Failure,
    /// Whether a check depends on the answer.
    pub needed: bool,
}

impl Unanswered {
    /// Whether the credentials may not make the call. Only then is the answer merely unknown.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        self.failure.is_denied()
    }

    /// Whether a check depends on an answer that should have come: then the check refuses the run.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.needed && !self.is_denied()
    }
}

/// The call, and the answer.
impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed ({})", self.call, self.failure)
    }
}

/// What to do about a preflight call that failed.
#[must_use]
pub fn remedy(failure: &Failure) -> &'static str {
    match failure.stop() {
        Some(Stop::Access) if failure.is_denied() => {
            "allow the call for this pool (`cognito-import iam-policy` prints the policy)"
        }
        Some(Stop::Access) => {
            "renew the credentials (for example with `aws sso login`), or run without them: `import --no-lookup`, `check --pool pool.toml`"
        }
        Some(Stop::Refused) => "check --endpoint-url: it does not support this call for this pool",
        Some(stop) => stop.hint(),
        None if failure.advice == Advice::SlowDown => {
            "other programs are using up the account's quota for this call: wait a minute, then run the same command again"
        }
        None if failure.advice == Advice::Unreachable => {
            "check the network, --region, --endpoint-url and HTTPS_PROXY"
        }
        None => match failure.code.as_str() {
            ATTEMPT_TIMED_OUT | CONNECTION_LOST => {
                "check the network, --endpoint-url and HTTPS_PROXY, then run the same command again"
            }
            UNREADABLE_ANSWER => {
                "check --endpoint-url and any proxy in between, then run the same command again once the service answers"
            }
            _ if failure.may_pass() => {
                "wait until the service recovers (AWS Health Dashboard), then run the same command again"
            }
            _ => "look up this error code, then run the same command again",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, StepKind, remedy};
    use crate::pool::Failure;
    use crate::pool::failure::Operation;

    #[test]
    fn a_call_goes_by_its_operation() {
        assert_eq!(Call::DescribeUserPool.to_string(), "DescribeUserPool");
        let step = Call::Step(StepKind::Confirm);
        assert_eq!(step.to_string(), "AdminConfirmSignUp");
        assert_eq!(step.action(), "cognito-idp:AdminConfirmSignUp");
    }

    #[test]
    fn throttling_is_not_blamed_on_the_network() {
        let of = |status, code| remedy(&Failure::answered(Operation::Read, status, code, ""));
        for (status, code) in [
            (400, "TooManyRequestsException"),
            (400, "ThrottlingException"),
            (429, "Whatever"),
        ] {
            let said = of(status, code);
            assert!(
                said.contains("quota") && !said.contains("network"),
                "{said}"
            );
        }
        assert!(of(403, "ForbiddenException").contains("WAF"));
        assert!(of(500, "InternalErrorException").contains("service"));
        assert!(of(400, "ExpiredTokenException").contains("renew the credentials"));
        assert!(of(400, "AccessDeniedException").contains("iam-policy"));
    }
}
