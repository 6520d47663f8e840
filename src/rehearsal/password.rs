//! Passwords: the pool's policy, and stored digests.
//!
//! Only a salted digest of a password is kept, so that no part of the pool can print it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::protocol::ServiceError;

/// The minimum length that a policy can set (AWS: "Adding user pool password requirements").
const MIN_LENGTH: usize = 6;
/// The characters that count as symbols (same page). A space also counts.
const SYMBOLS: &str = r#"^$*.[]{}()?-"!@#%&/\,><':;|_~`=+"#;

/// A pool's `Policies.PasswordPolicy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordRules {
    /// The minimum length in characters, 6 to 99.
    pub minimum_length: usize,
    /// Requires a character A-Z.
    pub require_uppercase: bool,
    /// Requires a character a-z.
    pub require_lowercase: bool,
    /// Requires a digit 0-9.
    pub require_numbers: bool,
    /// Requires a symbol from AWS's list.
    pub require_symbols: bool,
}

impl Default for PasswordRules {
    fn default() -> PasswordRules {
        PasswordRules {
            minimum_length: 8,
            require_uppercase: true,
            require_lowercase: true,
            require_numbers: true,
            require_symbols: true,
        }
    }
}

impl PasswordRules {
    /// Checks a password and reports the first violated rule.
    pub(super) fn check(&self, password: &str) -> Result<(), ServiceError> {
        let length = password.chars().count();
        if length < MIN_LENGTH {
            return Err(ServiceError::constraint(
                "password",
                &format!("Member must have length greater than or equal to {MIN_LENGTH}"),
            ));
        }
        let has = |predicate: fn(char) -> bool| password.chars().any(predicate);
        let rules = [
            (length >= self.minimum_length, "Password not long enough"),
            (
                !self.require_uppercase || has(|c| c.is_ascii_uppercase()),
                "Password must have uppercase characters",
            ),
            (
                !self.require_lowercase || has(|c| c.is_ascii_lowercase()),
                "Password must have lowercase characters",
            ),
            (
                !self.require_numbers || has(|c| c.is_ascii_digit()),
                "Password must have numeric characters",
            ),
            (
                !self.require_symbols || has(|c| c == ' ' || SYMBOLS.contains(c)),
                "Password must have symbol characters",
            ),
        ];
        match rules.iter().find(|(satisfied, _)| !satisfied) {
            Some((_, violation)) => Err(ServiceError::bad_request(
                "InvalidPasswordException",
                format!("Password did not conform with policy: {violation}"),
            )),
            None => Ok(()),
        }
    }
}

/// The salted digest of a password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PasswordDigest([u8; 32]);

impl PasswordDigest {
    /// Computes the digest of a user's password, salted with the user's `sub`.
    pub(super) fn new(password: &str, sub: u128) -> PasswordDigest {
        let hash = Sha256::new()
            .chain_update(sub.to_be_bytes())
            .chain_update(password.as_bytes());
        PasswordDigest(hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_the_violated_rule() {
        let cases = [
            (
                "Sup3r!",
                Some("Password did not conform with policy: Password not long enough"),
            ),
            (
                "sup3r-secret",
                Some(
                    "Password did not conform with policy: Password must have uppercase characters",
                ),
            ),
            (
                "SUP3R-SECRET",
                Some(
                    "Password did not conform with policy: Password must have lowercase characters",
                ),
            ),
            (
                "Super-Secret",
                Some("Password did not conform with policy: Password must have numeric characters"),
            ),
            (
                "Sup3rSecret",
                Some("Password did not conform with policy: Password must have symbol characters"),
            ),
            ("Sup3r-Secret", None),
            ("Sup3r Secret", None),
            (
                "ÄÖÜ3r-secret",
                Some(
                    "Password did not conform with policy: Password must have uppercase characters",
                ),
            ),
        ];
        for (password, message) in cases {
            let error = PasswordRules::default().check(password).err();
            assert_eq!(
                error.as_ref().map(|error| error.message.as_str()),
                message,
                "{password}"
            );
            assert!(error.is_none_or(|error| error.code == "InvalidPasswordException"));
        }
    }

    #[test]
    fn password_below_six_characters_is_an_invalid_parameter() {
        let error = PasswordRules::default().check("A1-bc").unwrap_err();
        assert_eq!(error.code, "InvalidParameterException");
    }

    #[test]
    fn ignores_disabled_rules() {
        let lax = PasswordRules {
            minimum_length: 6,
            require_uppercase: false,
            require_lowercase: false,
            require_numbers: false,
            require_symbols: false,
        };
        assert!(lax.check("ääääää").is_ok());
    }

    #[test]
    fn digest_depends_on_password_and_user() {
        let digest = PasswordDigest::new("Sup3r-Secret", 1);
        assert!(digest == PasswordDigest::new("Sup3r-Secret", 1));
        assert!(digest != PasswordDigest::new("Sup3r-Secret", 2));
        assert!(digest != PasswordDigest::new("sup3r-secret", 1));
    }
}
