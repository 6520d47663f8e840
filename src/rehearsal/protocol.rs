//! Service errors and their forms on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An error response of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServiceError {
    /// The HTTP status: 400, except for internal errors and firewalls.
    pub(super) status: u16,
    /// The error's name, such as `UsernameExistsException`.
    pub(super) code: &'static str,
    /// The error's message.
    pub(super) message: String,
}

impl ServiceError {
    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> ServiceError {
        ServiceError {
            status: 400,
            code,
            message: message.into(),
        }
    }

    pub(super) fn invalid_parameter(message: impl Into<String>) -> ServiceError {
        ServiceError::bad_request("InvalidParameterException", message)
    }

    pub(super) fn not_authorized(message: impl Into<String>) -> ServiceError {
        ServiceError::bad_request("NotAuthorizedException", message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> ServiceError {
        ServiceError::bad_request("ResourceNotFoundException", message)
    }

    pub(super) fn no_such_user() -> ServiceError {
        ServiceError::bad_request("UserNotFoundException", "User does not exist.")
    }

    pub(super) fn too_many_requests() -> ServiceError {
        ServiceError::bad_request("TooManyRequestsException", "Too many requests")
    }

    /// Returns the error returned if AWS WAF blocks a request (as seen in public bug reports).
    pub(super) fn blocked_by_firewall() -> ServiceError {
        ServiceError {
            status: 403,
            code: "ForbiddenException",
            message: "Request not allowed due to WAF block.".to_owned(),
        }
    }

    pub(super) fn unexpected_lambda() -> ServiceError {
        ServiceError::bad_request(
            "UnexpectedLambdaException",
            "PreSignUp failed with an unexpected error.",
        )
    }

    pub(super) fn internal() -> ServiceError {
        ServiceError {
            status: 500,
            code: "InternalErrorException",
            message: "Internal error".to_owned(),
        }
    }

    /// Returns the error for a member that violates a constraint of the service's model.
    pub(super) fn constraint(member: &str, constraint: &str) -> ServiceError {
        constraints(&[format!(
            "Value at '{member}' failed to satisfy constraint: {constraint}"
        )])
        .err()
        .unwrap_or_else(ServiceError::internal)
    }

    /// Returns the JSON body, which names the error if the form places the name there.
    pub(super) fn body(&self, form: ErrorWireForm) -> Value {
        match form.place {
            ErrorPlace::Header => json!({ "message": self.message }),
            ErrorPlace::Type => {
                json!({ "__type": form.style.format(self.code), "message": self.message })
            }
            ErrorPlace::Code => {
                json!({ "code": form.style.format(self.code), "message": self.message })
            }
        }
    }

    /// Returns the header `x-amzn-errortype`, if the form places the name there.
    pub(super) fn header(&self, form: ErrorWireForm) -> Option<String> {
        (form.place == ErrorPlace::Header).then(|| form.style.format(self.code))
    }
}

/// Returns an error that reports all violated constraints of the service's model, if any.
pub(super) fn constraints(violations: &[String]) -> Result<(), ServiceError> {
    let text = violations.join("; ");
    match violations.len() {
        0 => Ok(()),
        1 => Err(ServiceError::invalid_parameter(format!(
            "1 validation error detected: {text}"
        ))),
        n => Err(ServiceError::invalid_parameter(format!(
            "{n} validation errors detected: {text}"
        ))),
    }
}

/// Where and how a response names an error. AWS clients must understand all nine combinations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ErrorWireForm {
    /// In the header or the body.
    pub place: ErrorPlace,
    /// Plain or decorated.
    pub style: ErrorNameStyle,
}

/// The place of an error's name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorPlace {
    /// In the header `x-amzn-errortype`.
    Header,
    /// In the body's `__type`.
    #[default]
    Type,
    /// In the body's `code`.
    Code,
}

/// The format of an error's name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorNameStyle {
    /// `Name`
    #[default]
    Plain,
    /// `Name:http://...`
    Uri,
    /// `com.amazonaws.cognitoidentityprovider#Name`
    Namespace,
}

impl ErrorNameStyle {
    fn format(self, code: &str) -> String {
        match self {
            ErrorNameStyle::Plain => code.to_owned(),
            ErrorNameStyle::Uri => {
                format!("{code}:http://internal.amazon.com/coral/com.amazonaws.cognito/")
            }
            ErrorNameStyle::Namespace => format!("com.amazonaws.cognitoidentityprovider#{code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_all_violations_in_one_error() {
        assert!(constraints(&[]).is_ok());
        let one = constraints(&["Value at 'a' failed".to_owned()]).unwrap_err();
        assert_eq!(
            one.message,
            "1 validation error detected: Value at 'a' failed"
        );
        let two = constraints(&["A".to_owned(), "B".to_owned()]).unwrap_err();
        assert_eq!(two.message, "2 validation errors detected: A; B");
    }

    #[test]
    fn names_the_error_in_one_place_only() {
        let error = ServiceError::no_such_user();
        let header = ErrorWireForm {
            place: ErrorPlace::Header,
            style: ErrorNameStyle::Namespace,
        };
        assert!(
            error
                .header(header)
                .unwrap()
                .ends_with("#UserNotFoundException")
        );
        assert_eq!(
            error.body(header),
            json!({ "message": "User does not exist." })
        );
        let code = ErrorWireForm {
            place: ErrorPlace::Code,
            style: ErrorNameStyle::Plain,
        };
        assert_eq!(error.header(code), None);
        assert_eq!(error.body(code)["code"], "UserNotFoundException");
    }
}
