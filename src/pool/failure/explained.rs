//! What an error's code means, and what to do about it: for reports, which show it beside the rows
//! that met it.

use super::advice::{shared_advice, sign_up_advice};
use super::{
    ATTEMPT_TIMED_OUT, Advice, BLOCKED_BY_FIREWALL, CERTIFICATE_REFUSED, CONNECT_FAILED,
    CONNECTION_LOST, NOT_SIGNED, OUT_OF_FILES, REQUEST_NOT_BUILT, Stop, UNREADABLE_ANSWER,
};

/// Where an error's words come from: what they may quote depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// Cognito, the network or this program: of the row they quote little.
    Known,
    /// A trigger, whose author may have written anything into it.
    Trigger,
}

/// An error in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    /// What it means.
    pub meaning: &'static str,
    /// What to do about it.
    pub hint: &'static str,
    /// The flag that then takes the rows up again, where a run can do that.
    pub retry: Option<&'static str>,
    /// Where its message comes from.
    pub words: Words,
}

/// For rows of which some were called failed, and others in doubt.
const RETRY_UNCLEAR: &str = "--retry failed (or in-doubt)";

/// What the code of an error means that a pool, or the way to it, answers a sign-up or a look-up
/// with. None for one that is not known.
#[must_use]
pub fn explained(code: &str) -> Option<Explained> {
    match code {
        "UsernameExistsException" | "AliasExistsException" => known(
            "the username, or an address that it stands for, is taken",
            "nothing, if the user is the same person; else give the row another username",
        ),
        "InvalidPasswordException" => known(
            "the pool's password policy refuses the password",
            "relax the pool's policy during the import, or pass --password generate",
        ),
        "PasswordHistoryPolicyViolationException" => known(
            "the user had this password before, and the pool allows no password twice",
            "give the row another password, or --password generate",
        ),
        "InvalidParameterException" => known(
            "a value is not what Cognito or this pool takes",
            "correct the value that the message names; the same for many rows is a mistake in the mapping: `check` with the pool's rules \
             finds most of it before a run",
        ),
        "UserLambdaValidationException" => trigger(
            "a Lambda trigger of the pool refused the user",
            "ask the author of the trigger what it requires of a user, and correct the rows or the trigger",
            "--retry rejected",
        ),
        "UnexpectedLambdaException" | "InvalidLambdaResponseException" => trigger(
            "a Lambda trigger of the pool broke down, or answered what Cognito cannot read",
            "read the trigger's log in CloudWatch and fix the trigger",
            RETRY_UNCLEAR,
        ),
        "LimitExceededException" => known(
            "the user was made; the message with the code was refused, for the pool sent as many as it may",
            "nothing for the user: signing up again would not send it; to send the codes later, raise the limit or use Amazon SES, and \
             let users ask for a new one (ResendConfirmationCode)",
        ),
        "CodeDeliveryFailureException" => known(
            "the user was made; the message with the code could not be delivered",
            "see that the address or number is right and the pool may send there, then let users ask for a new code \
             (ResendConfirmationCode)",
        ),
        "UserNotFoundException" => known(
            "the username is taken, and no user of that name is found: another user's alias, or a user deleted meanwhile",
            "look at these rows in the pool by hand",
        ),
        CERTIFICATE_REFUSED => known(Stop::Untrusted.meaning(), Stop::Untrusted.hint()),
        "InvalidSignatureException" | "SignatureDoesNotMatch" => known(
            "AWS refused the signature of a request: the secret key or this machine's clock is wrong",
            "the message tells which: renew the credentials, or correct the clock",
        ),
        "RequestTimeTooSkewed" | "RequestExpired" => {
            known(Stop::ClockSkew.meaning(), Stop::ClockSkew.hint())
        }
        BLOCKED_BY_FIREWALL => known(Stop::Firewall.meaning(), Stop::Firewall.hint()),
        "InternalErrorException" | "InternalFailure" | "ServiceUnavailable" => retried(
            "Cognito had a fault of its own, and went on having it",
            "wait until the service is well (AWS Health Dashboard)",
            RETRY_UNCLEAR,
        ),
        other => on_the_way(other).or_else(|| shared(other)),
    }
}

/// What this program or the network says.
fn known(meaning: &'static str, hint: &'static str) -> Option<Explained> {
    Some(Explained {
        meaning,
        hint,
        retry: None,
        words: Words::Known,
    })
}

/// The same for rows that are worth another try after that.
fn retried(meaning: &'static str, hint: &'static str, retry: &'static str) -> Option<Explained> {
    let known = known(meaning, hint)?;
    Some(Explained {
        retry: Some(retry),
        ..known
    })
}

/// What happened on the way to the pool, and what could not be found out there.
fn on_the_way(code: &str) -> Option<Explained> {
    match code {
        CONNECT_FAILED => retried(
            "no connection could be made: nothing was sent",
            "check the network, --region, --endpoint-url and HTTPS_PROXY",
            "--retry failed",
        ),
        OUT_OF_FILES => known(
            "too many files were open on this machine: nothing was sent",
            "raise the limit (`ulimit -n`), or give the run fewer slots (--concurrency), then --retry failed",
        ),
        ATTEMPT_TIMED_OUT => retried(
            "no answer came in the time that one request may take (--attempt-timeout)",
            "check that the network and the pool's triggers are fast enough",
            RETRY_UNCLEAR,
        ),
        CONNECTION_LOST => retried(
            "the connection was lost before the answer came",
            "check that the network is stable",
            RETRY_UNCLEAR,
        ),
        UNREADABLE_ANSWER => retried(
            "an answer came that Cognito does not give: probably a proxy's",
            "check for proxies between this machine and AWS",
            RETRY_UNCLEAR,
        ),
        REQUEST_NOT_BUILT => known(
            "the request could not be made of this row",
            "correct the row: the message says what is wrong",
        ),
        NOT_SIGNED => retried(
            "the user could not be looked up, because this run signs no requests",
            "give the run credentials and look up (--lookup get)",
            "--retry in-doubt",
        ),
        "NotSettled" => retried(
            "the user exists, and nothing tells whether this run created it",
            "look at these users in the pool",
            "--retry in-doubt",
        ),
        "CreatedDuringRun" => known(
            "the user was created while this run was at work, by a request that its ledger does not know",
            "check that no other process imports this list, and that the ledger is not an older copy",
        ),
        _ => None,
    }
}

/// What a trigger says.
fn trigger(meaning: &'static str, hint: &'static str, retry: &'static str) -> Option<Explained> {
    Some(Explained {
        meaning,
        hint,
        retry: Some(retry),
        words: Words::Trigger,
    })
}

/// What every operation can meet, and what stops a run.
fn shared(code: &str) -> Option<Explained> {
    let advice = match code {
        // Its four mistakes are told apart by their words, which stand beside it.
        "NotAuthorizedException" => Some(Advice::Stop(Stop::Refused)),
        _ => shared_advice(0, code).or_else(|| match sign_up_advice(0, code, "") {
            stop @ Advice::Stop(_) => Some(stop),
            Advice::Again
            | Advice::Unreachable
            | Advice::SlowDown
            | Advice::Firewalled
            | Advice::Exists
            | Advice::LookUp(_)
            | Advice::Undelivered
            | Advice::GiveUp => None,
        }),
    };
    match advice? {
        Advice::Stop(stop) => known(stop.meaning(), stop.hint()),
        Advice::SlowDown => retried(
            "the pool accepted no more requests",
            "give the run a lower rate (--rate, --share)",
            RETRY_UNCLEAR,
        ),
        Advice::Again
        | Advice::Unreachable
        | Advice::Firewalled
        | Advice::Exists
        | Advice::LookUp(_)
        | Advice::Undelivered
        | Advice::GiveUp => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Explained, Words, explained};
    use std::collections::BTreeSet;

    #[test]
    fn every_error_that_has_a_row_in_the_table_is_explained() {
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
            assert!(explained(code).is_some(), "{code}");
        }
        assert_eq!(explained("BrandNewException"), None);
    }

    /// Every word in these sources that could be a code is looked up.
    #[test]
    fn messages() {
        let sources = [
            include_str!("advice.rs"),
            include_str!("clock_skew.rs"),
            include_str!("explained.rs"),
            include_str!("../failure.rs"),
        ];
        let words = sources.iter().flat_map(|source| source.split('"'));
        let codes: BTreeSet<&str> = words
            .filter(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric()))
            .collect();
        let mut text = String::new();
        for code in codes {
            let Some(Explained {
                meaning,
                hint,
                retry,
                ..
            }) = explained(code)
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
    fn what_a_trigger_says_is_told_apart() {
        let words = |code| explained(code).map(|explained| explained.words);
        assert_eq!(words("UserLambdaValidationException"), Some(Words::Trigger));
        assert_eq!(words("InvalidParameterException"), Some(Words::Known));
    }
}
