//! Fault injection: the kinds of faults, their probabilities, and the draw.
//!
//! A probability is per request, 0 to 1; at most one fault is drawn for a request. The draw for the
//! k-th SignUp of a username depends only on (seed, username, k). `sign_up`, `signed_faults` and
//! `server` apply the faults.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A fault with a delay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LateFault {
    /// The probability, 0 to 1.
    pub probability: f64,
    /// The delay in milliseconds.
    pub delay_ms: u64,
}

/// A fault that affects several requests in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BurstFault {
    /// The probability that it begins, 0 to 1.
    pub probability: f64,
    /// How many requests are throttled, including this one.
    pub requests: u32,
}

/// The probabilities of all faults. `before` and `after` refer to the creation of the user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// The user is created; the connection closes without a response.
    pub commit_then_drop: f64,
    /// No user is created; the connection closes without a response.
    pub drop_before: f64,
    /// The user is created; the response is delayed.
    pub answer_late: LateFault,
    /// The connection closes at once; the user is created later.
    pub commit_late: LateFault,
    /// No user is created; InternalErrorException (HTTP 500).
    pub error_500_before: f64,
    /// The user is created; InternalErrorException (HTTP 500).
    pub error_500_after: f64,
    /// The user is created; the response breaks off in the middle of its body.
    pub truncated_body: f64,
    /// The user is created; the response is an HTML page with status 200.
    pub non_json_body: f64,
    /// The user is created; LimitExceededException, as if only its message was refused.
    pub limit_exceeded_after: f64,
    /// No user is created; TooManyRequestsException.
    pub throttle: f64,
    /// TooManyRequestsException for this SignUp and the following ones of any user.
    pub throttle_burst: BurstFault,
    /// UnexpectedLambdaException from a trigger before the creation.
    pub unexpected_lambda_before: f64,
    /// UnexpectedLambdaException from a trigger after the creation.
    pub unexpected_lambda_after: f64,
    /// AdminGetUser and AdminListGroupsForUser: the connection closes without a response.
    pub read_drop: f64,
    /// AdminGetUser and AdminListGroupsForUser: InternalErrorException (HTTP 500).
    pub read_500: f64,
    /// AdminGetUser and AdminListGroupsForUser: TooManyRequestsException.
    pub read_throttle: f64,
    /// ListUsers and ListUsersInGroup: the connection closes without a response.
    pub list_drop: f64,
    /// ListUsers and ListUsersInGroup: InternalErrorException (HTTP 500).
    pub list_500: f64,
    /// ListUsers and ListUsersInGroup: TooManyRequestsException.
    pub list_throttle: f64,
    /// AdminConfirmSignUp, AdminUpdateUserAttributes, AdminAddUserToGroup,
    /// AdminRemoveUserFromGroup, AdminDisableUser, AdminEnableUser and AdminDeleteUser: nothing is
    /// changed; the connection closes without a response.
    pub write_drop_before: f64,
    /// The same calls: the change is made; the connection closes without a response.
    pub write_commit_then_drop: f64,
    /// The same calls: InternalErrorException (HTTP 500); nothing is changed.
    pub write_500: f64,
    /// The same calls: TooManyRequestsException; nothing is changed.
    pub write_throttle: f64,
    /// From the n-th signed call on (counted from 1), signed calls return ExpiredTokenException.
    pub expired_credentials_after: Option<u64>,
    /// From the n-th SignUp within the quota on (counted from 1), ResourceNotFoundException, as if
    /// the pool had been deleted.
    pub lost_pool_after: Option<u64>,
    /// From the n-th SignUp within the quota on (counted from 1), ForbiddenException, as if AWS
    /// WAF blocked the caller.
    pub firewall_after: Option<u64>,
}

/// A fault drawn for one SignUp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignUpFault {
    CommitThenDrop,
    DropBefore,
    AnswerLate(Duration),
    CommitLate(Duration),
    Error500Before,
    Error500After,
    TruncatedBody,
    NonJsonBody,
    LimitExceededAfter,
    Throttle,
    ThrottleBurst(u32),
    UnexpectedLambdaBefore,
    UnexpectedLambdaAfter,
}

impl SignUpFault {
    /// Returns the name in the settings and statistics.
    pub(super) fn name(self) -> &'static str {
        match self {
            SignUpFault::CommitThenDrop => "commit_then_drop",
            SignUpFault::DropBefore => "drop_before",
            SignUpFault::AnswerLate(_) => "answer_late",
            SignUpFault::CommitLate(_) => "commit_late",
            SignUpFault::Error500Before => "error_500_before",
            SignUpFault::Error500After => "error_500_after",
            SignUpFault::TruncatedBody => "truncated_body",
            SignUpFault::NonJsonBody => "non_json_body",
            SignUpFault::LimitExceededAfter => "limit_exceeded_after",
            SignUpFault::Throttle => "throttle",
            SignUpFault::ThrottleBurst(_) => "throttle_burst",
            SignUpFault::UnexpectedLambdaBefore => "unexpected_lambda_before",
            SignUpFault::UnexpectedLambdaAfter => "unexpected_lambda_after",
        }
    }
}

/// A kind of signed call that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignedCall {
    /// AdminGetUser.
    LookUp,
    /// ListUsers.
    List,
    /// A call that changes a user.
    Write,
}

impl SignedCall {
    const ALL: [SignedCall; 3] = [SignedCall::LookUp, SignedCall::List, SignedCall::Write];

    fn name(self) -> &'static str {
        match self {
            SignedCall::LookUp => "AdminGetUser",
            SignedCall::List => "ListUsers",
            SignedCall::Write => "calls that change a user",
        }
    }
}

/// The effect of a fault on a signed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultEffect {
    DropBefore,
    CommitThenDrop,
    Error500,
    Throttle,
}

/// A fault drawn for one signed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SignedFault {
    pub(super) effect: FaultEffect,
    /// The name in the settings and statistics.
    pub(super) name: &'static str,
}

impl Faults {
    fn sign_up_table(&self) -> [(f64, SignUpFault); 13] {
        let delay = |fault: LateFault| Duration::from_millis(fault.delay_ms);
        [
            (self.commit_then_drop, SignUpFault::CommitThenDrop),
            (self.drop_before, SignUpFault::DropBefore),
            (
                self.answer_late.probability,
                SignUpFault::AnswerLate(delay(self.answer_late)),
            ),
            (
                self.commit_late.probability,
                SignUpFault::CommitLate(delay(self.commit_late)),
            ),
            (self.error_500_before, SignUpFault::Error500Before),
            (self.error_500_after, SignUpFault::Error500After),
            (self.truncated_body, SignUpFault::TruncatedBody),
            (self.non_json_body, SignUpFault::NonJsonBody),
            (self.limit_exceeded_after, SignUpFault::LimitExceededAfter),
            (self.throttle, SignUpFault::Throttle),
            (
                self.throttle_burst.probability,
                SignUpFault::ThrottleBurst(self.throttle_burst.requests),
            ),
            (
                self.unexpected_lambda_before,
                SignUpFault::UnexpectedLambdaBefore,
            ),
            (
                self.unexpected_lambda_after,
                SignUpFault::UnexpectedLambdaAfter,
            ),
        ]
    }

    fn signed_table(&self, call: SignedCall) -> Vec<(f64, SignedFault)> {
        let entries = match call {
            SignedCall::LookUp => vec![
                (self.read_drop, FaultEffect::DropBefore, "read_drop"),
                (self.read_500, FaultEffect::Error500, "read_500"),
                (self.read_throttle, FaultEffect::Throttle, "read_throttle"),
            ],
            SignedCall::List => vec![
                (self.list_drop, FaultEffect::DropBefore, "list_drop"),
                (self.list_500, FaultEffect::Error500, "list_500"),
                (self.list_throttle, FaultEffect::Throttle, "list_throttle"),
            ],
            SignedCall::Write => vec![
                (
                    self.write_drop_before,
                    FaultEffect::DropBefore,
                    "write_drop_before",
                ),
                (
                    self.write_commit_then_drop,
                    FaultEffect::CommitThenDrop,
                    "write_commit_then_drop",
                ),
                (self.write_500, FaultEffect::Error500, "write_500"),
                (self.write_throttle, FaultEffect::Throttle, "write_throttle"),
            ],
        };
        let fault = |(probability, effect, name)| (probability, SignedFault { effect, name });
        entries.into_iter().map(fault).collect()
    }

    /// Picks the fault of a SignUp, if any, by a random `fraction` (0 to 1).
    pub(super) fn for_sign_up(&self, fraction: f64) -> Option<SignUpFault> {
        pick(&self.sign_up_table(), fraction)
    }

    /// Picks the fault of a signed call, if any, by a random `fraction` (0 to 1).
    pub(super) fn for_signed(&self, call: SignedCall, fraction: f64) -> Option<SignedFault> {
        pick(&self.signed_table(call), fraction)
    }

    /// Checks that the probabilities are valid and add up to at most 1.
    pub(super) fn check(&self) -> Result<(), String> {
        let named = |(p, fault): (f64, SignUpFault)| (p, fault.name());
        let sign_up = self.sign_up_table().into_iter().map(named).collect();
        let mut tables: Vec<(&str, Vec<(f64, &str)>)> = vec![("SignUp", sign_up)];
        for call in SignedCall::ALL {
            let table = self.signed_table(call).into_iter();
            let table = table.map(|(p, fault)| (p, fault.name)).collect();
            tables.push((call.name(), table));
        }
        for (calls, table) in tables {
            if let Some((p, name)) = table.iter().find(|(p, _)| !(0.0..=1.0).contains(p)) {
                return Err(format!("fault {name}: {p} is not a probability (0 to 1)"));
            }
            // Tolerates rounding: ten times 0.1 adds up to slightly more than 1.
            if table.iter().map(|(p, _)| p).sum::<f64>() > 1.0 + 1e-9 {
                return Err(format!("the faults of {calls} add up to more than 1"));
            }
        }
        Ok(())
    }
}

/// Picks the entry whose share of `0.0..1.0` contains the fraction.
fn pick<F: Copy>(table: &[(f64, F)], fraction: f64) -> Option<F> {
    let mut cumulative = 0.0;
    table.iter().find_map(|(probability, fault)| {
        cumulative += probability;
        (fraction < cumulative).then_some(*fault)
    })
}

/// How many draws each operation had for each key (such as the username). Empty in a pool without
/// faults of signed calls.
pub(super) type FaultCounters = HashMap<(&'static str, Box<str>), u64>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_no_fault_by_default() {
        assert_eq!(Faults::default().for_sign_up(0.0), None);
        for call in SignedCall::ALL {
            assert_eq!(Faults::default().for_signed(call, 0.0), None);
        }
    }

    #[test]
    fn each_fault_gets_its_share() {
        let late = LateFault {
            probability: 0.25,
            delay_ms: 30,
        };
        let faults = Faults {
            drop_before: 0.25,
            answer_late: late,
            throttle: 0.25,
            ..Faults::default()
        };
        let drawn =
            [0.0, 0.24, 0.25, 0.49, 0.5, 0.75, 0.99].map(|fraction| faults.for_sign_up(fraction));
        let answer_late = Some(SignUpFault::AnswerLate(Duration::from_millis(30)));
        let drop = Some(SignUpFault::DropBefore);
        assert_eq!(
            drawn,
            [
                drop,
                drop,
                answer_late,
                answer_late,
                Some(SignUpFault::Throttle),
                None,
                None
            ]
        );
    }

    #[test]
    fn probabilities_add_up_to_at_most_one() {
        let check = |faults: Faults| faults.check();
        assert!(
            check(Faults {
                throttle: 1.0,
                read_drop: 1.0,
                ..Faults::default()
            })
            .is_ok()
        );
        assert!(
            check(Faults {
                throttle: -0.1,
                ..Faults::default()
            })
            .unwrap_err()
            .contains("throttle")
        );
        assert!(
            check(Faults {
                throttle: 0.6,
                drop_before: 0.6,
                ..Faults::default()
            })
            .is_err()
        );
        assert!(
            check(Faults {
                read_500: f64::NAN,
                ..Faults::default()
            })
            .is_err()
        );
        assert!(
            check(Faults {
                write_500: 0.6,
                write_throttle: 0.6,
                ..Faults::default()
            })
            .unwrap_err()
            .contains("change a user")
        );
    }
}
