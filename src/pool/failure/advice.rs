//! Maps an error response (operation, status, code, message) to the advice.

use super::{
    Advice, BLOCKED_BY_FIREWALL, IfAbsent, Operation, RESOURCE_NOT_FOUND, Stop, clock_skew,
};

pub(super) fn of(operation: Operation, status: u16, code: &str, message: &str) -> Advice {
    // AWS checks the signature before anything else. SignUp has none.
    if operation != Operation::SignUp && clock_skew::is_reported(code, message) {
        return Advice::Stop(Stop::ClockSkew);
    }
    match operation {
        Operation::SignUp => sign_up_advice(status, code, message),
        // The pool exists, because its users are being changed or were listed. AWS says "Group not
        // found."; emulators return only the group's name.
        Operation::WriteToGroup | Operation::ReadGroup if code == RESOURCE_NOT_FOUND => {
            Advice::Stop(Stop::GroupMissing)
        }
        Operation::Read | Operation::ReadGroup | Operation::Delete => read_advice(status, code),
        Operation::Write | Operation::WriteToGroup => write_advice(status, code),
    }
}

/// Returns the advice for codes that mean the same for every operation.
pub(super) fn shared_advice(status: u16, code: &str) -> Option<Advice> {
    Some(match code {
        "TooManyRequestsException"
        | "ThrottlingException"
        | "Throttling"
        | "RequestLimitExceeded"
        | "SlowDown" => Advice::SlowDown,
        // A rate-based rule may allow requests again after a pause.
        BLOCKED_BY_FIREWALL => Advice::Firewalled,
        RESOURCE_NOT_FOUND => Advice::Stop(Stop::NotFound),
        "AccessDeniedException"
        | "AccessDenied"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "IncompleteSignature"
        | "MissingAuthenticationTokenException"
        | "MissingAuthenticationToken" => Advice::Stop(Stop::Access),
        code if clock_skew::is_signature(code) => Advice::Stop(Stop::Access),
        "OperationNotEnabledException" | "UnknownOperationException" | "InvalidAction" => {
            Advice::Stop(Stop::Refused)
        }
        _ if status == 429 => Advice::SlowDown,
        _ => return None,
    })
}

pub(super) fn sign_up_advice(status: u16, code: &str, message: &str) -> Advice {
    if let Some(advice) = shared_advice(status, code) {
        return advice;
    }
    match code {
        "UsernameExistsException" | "AliasExistsException" => Advice::Exists,
        _ if is_unexpected_secret(code, message) => Advice::Stop(Stop::SecretUnexpected),
        "InvalidPasswordException"
        | "InvalidParameterException"
        | "PasswordHistoryPolicyViolationException" => Advice::GiveUp,
        // Only a PreSignUp trigger runs before the user is created; its messages start with its
        // name.
        "UserLambdaValidationException" if message.starts_with("PreSignUp") => Advice::GiveUp,
        "UserLambdaValidationException" => Advice::LookUp(IfAbsent::GiveUp),
        "LimitExceededException" | "CodeDeliveryFailureException" => Advice::Undelivered,
        "NotAuthorizedException" => Advice::Stop(not_authorized(message)),
        "InvalidSmsRoleAccessPolicyException"
        | "InvalidSmsRoleTrustRelationshipException"
        | "InvalidEmailRoleAccessPolicyException" => Advice::Stop(Stop::DeliveryRole),
        "UnexpectedLambdaException" | "InvalidLambdaResponseException" => {
            Advice::LookUp(IfAbsent::SendAgain)
        }
        _ if status >= 500 => Advice::LookUp(IfAbsent::SendAgain),
        _ => Advice::LookUp(IfAbsent::GiveUp),
    }
}

/// Classifies a `NotAuthorizedException` by its message, the only thing that tells the reasons
/// apart.
fn not_authorized(message: &str) -> Stop {
    let message = message.to_ascii_lowercase();
    if message.contains("signup is not permitted") {
        Stop::SignUpNotPermitted
    } else if message.contains("secret hash") {
        Stop::SecretRejected
    } else if message.contains("secret") {
        Stop::SecretMissing
    } else if message.contains("unauthorized attribute") {
        Stop::UnwritableAttribute
    } else {
        Stop::Refused
    }
}

/// Returns whether a `SecretHash` was sent for an app client without a secret. Cognito returns
/// InvalidParameterException, "App client ID is not configured for secret but secret hash was
/// received" (from public bug reports). Compares the whole message, because that exception can also
/// quote a value of the row.
fn is_unexpected_secret(code: &str, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let client = message
        .trim()
        .trim_end_matches('.')
        .strip_suffix(" is not configured for secret but secret hash was received")
        .and_then(|client| client.rsplit_once("client "));
    ["InvalidParameterException", "NotAuthorizedException"].contains(&code)
        && client.is_some_and(|(prefix, id)| {
            (prefix.is_empty() || prefix == "app ") && !id.contains(char::is_whitespace)
        })
}

fn read_advice(status: u16, code: &str) -> Advice {
    if let Some(advice) = shared_advice(status, code) {
        return advice;
    }
    match code {
        "NotAuthorizedException" => Advice::Stop(Stop::Access),
        "InternalErrorException"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "LimitExceededException" => Advice::Retry,
        _ if status >= 500 => Advice::Retry,
        _ => Advice::GiveUp,
    }
}

/// Repeating a write does no harm. If the service refuses it for one user, it may still accept it
/// for the next one.
fn write_advice(status: u16, code: &str) -> Advice {
    if let Some(advice) = shared_advice(status, code) {
        return advice;
    }
    match code {
        "InternalErrorException"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "UnexpectedLambdaException"
        | "InvalidLambdaResponseException" => Advice::Retry,
        _ if status >= 500 => Advice::Retry,
        _ => Advice::GiveUp,
    }
}

/// Returns whether an `AdminUpdateUserAttributes` that was answered with this code certainly wrote
/// nothing. Trigger and delivery errors may come after the write.
#[must_use]
pub fn refuses_update(code: &str) -> bool {
    [
        "AliasExistsException",
        "InvalidParameterException",
        "NotAuthorizedException",
        "UserNotFoundException",
    ]
    .contains(&code)
}
