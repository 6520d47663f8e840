//! Passwords: the pool's policy, and how the pool remembers one.
//!
//! A password is kept as a salted digest only, so that no part of the pool could print it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::protocol::ServiceError;

/// No policy can ask for fewer characters (AWS: "Adding user pool password requirements").
const FEWEST_CHARACTERS: usize = 6;
/// The characters that count as symbols, by the same page; a space does as well.
const SYMBOLS: &str = r#"^$*.[]{}()?-"!@#%&/\,><':;|_~`=+"#;

/// A pool's `Policies.PasswordPolicy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordRules {
    /// Characters, 6 to 99.
    pub minimum_length: usize,
    /// At least one of A-Z.
    pub require_uppercase: bool,
    /// At least one of a-z.
    pub require_lowercase: bool,
    /// At least one of 0-9.
    pub require_numbers: bool,
    /// At least one of AWS's list of symbols.
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
    /// What the pool has against a password: the first rule that it breaks.
    pub(super) fn check(&self, password: &str) -> Result<(), ServiceError> {
        let length = password.chars().count();
        if length < FEWEST_CHARACTERS {
            return Err(ServiceError::constraint(
                "password",
                &format!("Member must have length greater than or equal to {FEWEST_CHARACTERS}"),
            ));
        }
        let has = |wanted: fn(char) -> bool| password.chars().any(wanted);
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
        match rules.iter().find(|(kept, _)| !kept) {
            Some((_, broken)) => Err(ServiceError::bad_request(
                "InvalidPasswordException",
                format!("Password did not conform with policy: {broken}"),
            )),
            None => Ok(()),
        }
    }
}

/// What the pool keeps of a password: enough to recognise it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct PasswordDigest([u8; 32]);

impl PasswordDigest {
    /// The digest of a user's password; the user's `sub` is the salt.
    pub(super) fn of(password: &str, sub: u128) -> PasswordDigest {
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
    fn each_rule_is_named_when_it_is_broken() {
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
            let answer = PasswordRules::default().check(password).err();
            assert_eq!(
                answer.as_ref().map(|error| error.message.as_str()),
                message,
                "{password}"
            );
            assert!(answer.is_none_or(|error| error.code == "InvalidPasswordException"));
        }
    }

    #[test]
    fn under_six_characters_is_a_parameter_error() {
        let error = PasswordRules::default().check("A1-bc").unwrap_err();
        assert_eq!(error.code, "InvalidParameterException");
    }

    #[test]
    fn rules_that_are_off_are_not_asked() {
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
    fn a_digest_tells_passwords_and_users_apart() {
        let digest = PasswordDigest::of("Sup3r-Secret", 1);
        assert!(digest == PasswordDigest::of("Sup3r-Secret", 1));
        assert!(digest != PasswordDigest::of("Sup3r-Secret", 2));
        assert!(digest != PasswordDigest::of("sup3r-secret", 1));
    }
}
