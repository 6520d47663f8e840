//! The table: from the code and the words of an answer to what is done about it.

use super::{
    Advice, BLOCKED_BY_FIREWALL, IfAbsent, Operation, RESOURCE_NOT_FOUND, Stop, clock_skew,
};

/// What to do about this answer.
pub(super) fn of(operation: Operation, status: u16, code: &str, message: &str) -> Advice {
    // AWS checks the signature before anything else. SignUp has none.
    if operation != Operation::SignUp && clock_skew::is_named(code, message) {
        return Advice::Stop(Stop::ClockSkew);
    }
    match operation {
        Operation::SignUp => sign_up_advice(status, code, message),
        Operation::Read | Operation::Delete => read_advice(status, code),
        // The pool is there: its users are being changed. AWS says "Group not found."; emulators
        // answer the group's name alone.
        Operation::WriteToGroup if code == RESOURCE_NOT_FOUND => Advice::Stop(Stop::GroupMissing),
        Operation::Write | Operation::WriteToGroup => write_advice(status, code),
    }
}

/// The rows of the table that are the same for every operation.
pub(super) fn shared_advice(status: u16, code: &str) -> Option<Advice> {
    Some(match code {
        "TooManyRequestsException"
        | "ThrottlingException"
        | "Throttling"
        | "RequestLimitExceeded"
        | "SlowDown" => Advice::SlowDown,
        // A rate-based rule may let requests through again after a pause.
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
        _ if is_unwanted_secret(code, message) => Advice::Stop(Stop::SecretUnwanted),
        "InvalidPasswordException"
        | "InvalidParameterException"
        | "PasswordHistoryPolicyViolationException" => Advice::GiveUp,
        // Only a PreSignUp trigger runs before the user is made; its refusals begin with its name.
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

/// `NotAuthorizedException` has one code for several mistakes: only the message tells them apart.
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

/// Whether a `SecretHash` was sent for an app client that has no secret. Cognito answers
/// InvalidParameterException, "App client ID is not configured for secret but secret hash was
/// received" (from public bug reports). The whole message is compared: that exception can also
/// quote a value of the row.
fn is_unwanted_secret(code: &str, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let client = message
        .trim()
        .trim_end_matches('.')
        .strip_suffix(" is not configured for secret but secret hash was received")
        .and_then(|client| client.rsplit_once("client "));
    ["InvalidParameterException", "NotAuthorizedException"].contains(&code)
        && client.is_some_and(|(before, id)| {
            (before.is_empty() || before == "app ") && !id.contains(char::is_whitespace)
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
        | "LimitExceededException" => Advice::Again,
        _ if status >= 500 => Advice::Again,
        _ => Advice::GiveUp,
    }
}

/// What is repeated does no harm; what the service refuses of one user it may not refuse of the
/// next.
fn write_advice(status: u16, code: &str) -> Advice {
    if let Some(advice) = shared_advice(status, code) {
        return advice;
    }
    match code {
        "InternalErrorException"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "UnexpectedLambdaException"
        | "InvalidLambdaResponseException" => Advice::Again,
        _ if status >= 500 => Advice::Again,
        _ => Advice::GiveUp,
    }
}
