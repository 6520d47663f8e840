//! Explains error codes for reports: their meaning and what to do about them.

use super::advice::{shared_advice, sign_up_advice};
use super::{
    ATTEMPT_TIMED_OUT, Advice, BLOCKED_BY_FIREWALL, CERTIFICATE_REFUSED, CONNECT_FAILED,
    CONNECTION_LOST, NOT_SIGNED, OUT_OF_FILES, REQUEST_NOT_BUILT, Stop, UNREADABLE_ANSWER,
    USER_NOT_FOUND, USER_REPLACED,
};

/// The author of an error message, which decides what it may quote from a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageOrigin {
    /// Cognito, the network or this program, which quote little.
    Known,
    /// A Lambda trigger, whose message can contain anything.
    Trigger,
}

/// The explanation of an error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    pub meaning: &'static str,
    /// The advice to the user.
    pub hint: &'static str,
    /// The flag that retries the rows, if a run can do that.
    pub retry: Option<&'static str>,
    pub origin: MessageOrigin,
}

/// The flag for errors after which some rows failed and others are in doubt.
const RETRY_UNCLEAR: &str = "--retry failed (or in-doubt)";

/// Explains the error code of a sign-up or lookup. `None` if the code is unknown.
#[must_use]
pub fn explain(code: &str) -> Option<Explanation> {
    match code {
        "UsernameExistsException" | "AliasExistsException" => known(
            "the username or alias is already taken",
            "nothing, if it is the same person; otherwise, give the row another username",
        ),
        "InvalidPasswordException" => known(
            "the password violates the pool's password policy",
            "relax the pool's policy during the import, or pass --password generate",
        ),
        "PasswordHistoryPolicyViolationException" => known(
            "the user had this password before, and the pool does not allow reusing passwords",
            "give the row another password, or pass --password generate",
        ),
        "InvalidParameterException" => known(
            "Cognito or this pool does not accept a value of the row",
            "correct the value named in the message; if many rows have this error, the mapping is \
             probably wrong: `check` with the pool's rules finds most of these before a run",
        ),
        "UserLambdaValidationException" => trigger(
            "a Lambda trigger of the pool rejected the user",
            "ask the trigger's author about its requirements, then correct the rows or the trigger",
            "--retry rejected",
        ),
        "UnexpectedLambdaException" | "InvalidLambdaResponseException" => trigger(
            "a Lambda trigger of the pool failed or returned an invalid response",
            "check the trigger's log in CloudWatch, and fix the trigger",
            RETRY_UNCLEAR,
        ),
        "LimitExceededException" => known(
            "the user was created, but the message with the code was not sent, because the pool \
             has reached its message limit",
            "nothing for the user, because another sign-up would not send the message; to send the \
             codes later, raise the limit or use Amazon SES, and let users request a new code \
             (ResendConfirmationCode)",
        ),
        "CodeDeliveryFailureException" => known(
            "the user was created, but the message with the code could not be delivered",
            "check that the address or number is correct and that the pool may send to it, then \
             let users request a new code (ResendConfirmationCode)",
        ),
        USER_NOT_FOUND => known(
            "the username is taken, but no such user was found: it is another user's alias, or the \
             user has been deleted",
            "check these rows in the pool manually",
        ),
        USER_REPLACED => known(
            "the user of the row was deleted, and a different user has its username now",
            "check these rows in the pool manually",
        ),
        CERTIFICATE_REFUSED => known(Stop::Untrusted.meaning(), Stop::Untrusted.hint()),
        "InvalidSignatureException" | "SignatureDoesNotMatch" => known(
            "AWS rejected the signature of a request: the secret key or this machine's clock is \
             wrong",
            "renew the credentials or correct the clock, depending on the message",
        ),
        "RequestTimeTooSkewed" | "RequestExpired" => {
            known(Stop::ClockSkew.meaning(), Stop::ClockSkew.hint())
        }
        BLOCKED_BY_FIREWALL => known(Stop::Firewall.meaning(), Stop::Firewall.hint()),
        "InternalErrorException" | "InternalFailure" | "ServiceUnavailable" => retryable(
            "Cognito kept failing with an internal error",
            "wait until the service recovers (AWS Health Dashboard)",
            RETRY_UNCLEAR,
        ),
        other => own_code(other).or_else(|| shared(other)),
    }
}

fn known(meaning: &'static str, hint: &'static str) -> Option<Explanation> {
    Some(Explanation {
        meaning,
        hint,
        retry: None,
        origin: MessageOrigin::Known,
    })
}

/// Like [`known`], for rows that can be retried afterwards.
fn retryable(
    meaning: &'static str,
    hint: &'static str,
    retry: &'static str,
) -> Option<Explanation> {
    let known = known(meaning, hint)?;
    Some(Explanation {
        retry: Some(retry),
        ..known
    })
}

/// Explains the codes of this program, for failures without a response and for rows in doubt.
fn own_code(code: &str) -> Option<Explanation> {
    match code {
        CONNECT_FAILED => retryable(
            "no connection could be established; nothing was sent",
            "check the network, --region, --endpoint-url and HTTPS_PROXY",
            "--retry failed",
        ),
        OUT_OF_FILES => known(
            "too many files were open on this machine; nothing was sent",
            "raise the limit (`ulimit -n`) or lower --concurrency, then pass --retry failed",
        ),
        ATTEMPT_TIMED_OUT => retryable(
            "no response arrived within the time limit of a request (--attempt-timeout)",
            "check that the network and the pool's triggers are fast enough",
            RETRY_UNCLEAR,
        ),
        CONNECTION_LOST => retryable(
            "the connection was lost before the response arrived",
            "check that the network is stable",
            RETRY_UNCLEAR,
        ),
        UNREADABLE_ANSWER => retryable(
            "the response did not come from Cognito, but probably from a proxy",
            "check for proxies between this machine and AWS",
            RETRY_UNCLEAR,
        ),
        REQUEST_NOT_BUILT => known(
            "no request could be built from this row",
            "correct the row as described in the message",
        ),
        NOT_SIGNED => retryable(
            "the user could not be looked up, because this run signs no requests",
            "provide credentials and look up users (--lookup get)",
            "--retry in-doubt",
        ),
        "NotSettled" => retryable(
            "the user exists, but it is unknown whether this run created it",
            "check these users in the pool",
            "--retry in-doubt",
        ),
        "CreatedDuringRun" => known(
            "the user was created while this run was active, by a request that is not in its ledger",
            "check that no other process imports this list; if the ledger is an older copy, move it away and run the same command again",
        ),
        _ => None,
    }
}

/// Explains an error whose message comes from a trigger.
fn trigger(meaning: &'static str, hint: &'static str, retry: &'static str) -> Option<Explanation> {
    Some(Explanation {
        meaning,
        hint,
        retry: Some(retry),
        origin: MessageOrigin::Trigger,
    })
}

/// Explains errors that any operation can get, and those that stop a run.
fn shared(code: &str) -> Option<Explanation> {
    let advice = match code {
        // Its message, shown next to the explanation, names the actual reason.
        "NotAuthorizedException" => Some(Advice::Stop(Stop::Refused)),
        _ => shared_advice(0, code).or_else(|| {
            let advice = sign_up_advice(0, code, "");
            matches!(advice, Advice::Stop(_)).then_some(advice)
        }),
    };
    let advice = advice?;
    if let Advice::Stop(stop) = advice {
        return known(stop.meaning(), stop.hint());
    }
    if advice == Advice::SlowDown {
        return retryable(
            "the request rate exceeded the quota",
            "lower the rate (--rate, --share)",
            RETRY_UNCLEAR,
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Explanation, MessageOrigin, explain};
    use std::collections::BTreeSet;

    #[test]
    fn explains_every_known_code() {
        for code in [
            "UsernameExistsException",
            "InvalidPasswordException",
            "InvalidParameterException",
            "UserLambdaValidationException",
            "TooManyRequestsException",
            "ThrottlingException",
            "ForbiddenException",
            "LimitExceededException",
            "CodeDeliveryFailureException",
            "UnexpectedLambdaException",
            "InvalidLambdaResponseException",
            "InternalErrorException",
            "NotAuthorizedException",
            "ResourceNotFoundException",
            "AccessDeniedException",
            "ExpiredTokenException",
            "InvalidSmsRoleAccessPolicyException",
            "OperationNotEnabledException",
            "AttemptTimedOut",
            "ConnectFailed",
            "ConnectionLost",
            "UnreadableAnswer",
        ] {
            assert!(explain(code).is_some(), "{code}");
        }
        assert_eq!(explain("BrandNewException"), None);
    }

    /// Looks up every string literal in these sources that could be a code.
    #[test]
    fn messages() {
        let sources = [
            include_str!("advice.rs"),
            include_str!("clock_skew.rs"),
            include_str!("explanation.rs"),
            include_str!("kind.rs"),
        ];
        let literals = sources.iter().flat_map(|source| source.split('"'));
        let codes: BTreeSet<&str> = literals
            .filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric()))
            .collect();
        let mut text = String::new();
        for code in codes {
            let Some(Explanation {
                meaning,
                hint,
                retry,
                ..
            }) = explain(code)
            else {
                continue;
            };
            text += &format!("{code}: {meaning}\n    {hint}\n");
            if let Some(retry) = retry {
                text += &format!("    then {retry}\n");
            }
        }
        assert_messages!("errors", text);
    }

    #[test]
    fn knows_the_origin_of_messages() {
        let origin = |code| explain(code).map(|explanation| explanation.origin);
        assert_eq!(
            origin("UserLambdaValidationException"),
            Some(MessageOrigin::Trigger)
        );
        assert_eq!(
            origin("InvalidParameterException"),
            Some(MessageOrigin::Known)
        );
    }
}
