//! Passwords from the list, and generated ones.

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::pool_rules::PasswordPolicy;
use super::rules::{MAX_PASSWORD, SYMBOLS};

/// The length of a generated password, unless the policy requires more. It has more than 150 bits
/// of entropy.
const GENERATED_LENGTH: usize = 28;

const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const NUMBERS: &str = "0123456789";

/// A password, from the cell to the request. It is hidden in debug output and wiped when dropped.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

/// The system provides no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system provides no random bytes for a password: {0}")]
pub struct NoRandomness(getrandom::Error);

impl Password {
    /// Copies a password from a cell.
    #[must_use]
    pub fn new(cell: &str) -> Self {
        Self(SecretString::from(cell))
    }

    /// Generates a random password that meets the policy. It has a character of every kind that a
    /// policy can require.
    ///
    /// # Errors
    /// The system provides no random bytes.
    pub fn generate(policy: &PasswordPolicy) -> Result<Self, NoRandomness> {
        let kinds = [UPPER, LOWER, NUMBERS, SYMBOLS].map(str::as_bytes);
        let length = policy.minimum_length.clamp(GENERATED_LENGTH, MAX_PASSWORD);
        let mut bytes = Zeroizing::new(Vec::with_capacity(length));
        for kind in kinds {
            bytes.extend(kind.get(random_below(kind.len())?));
        }
        let all = kinds.concat();
        while bytes.len() < length {
            bytes.extend(all.get(random_below(all.len())?));
        }
        // Shuffle, because the first characters are one of each kind.
        for last in (1..bytes.len()).rev() {
            bytes.swap(last, random_below(last + 1)?);
        }
        let text = String::from_utf8_lossy(&bytes);
        Ok(Self::new(&text))
    }

    /// Returns the password itself, to be used only in requests.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Returns a uniformly distributed number below `bound`, which is at most 256.
fn random_below(bound: usize) -> Result<usize, NoRandomness> {
    // Larger bytes are rejected, because they would favor small numbers.
    let limit = 256 - 256 % bound;
    loop {
        let mut byte = [0_u8];
        getrandom::fill(&mut byte).map_err(NoRandomness)?;
        let [byte] = byte;
        if usize::from(byte) < limit {
            return Ok(usize::from(byte) % bound);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{GENERATED_LENGTH, Password};
    use crate::user::pool_rules::{PasswordPolicy, PoolRules};
    use crate::user::rules::{RowRules, Strictness};
    use std::collections::BTreeSet;
    use std::sync::Arc;

    #[test]
    fn generated_passwords_meet_the_strictest_policy_and_differ() {
        let policy = PasswordPolicy {
            minimum_length: 99,
            ..PasswordPolicy::default()
        };
        let pool = PoolRules {
            password_policy: policy.clone(),
            ..PoolRules::default()
        };
        let rules = RowRules::new(&Strictness::Pool(Arc::new(pool)), std::iter::empty());
        let mut seen = BTreeSet::new();
        for _ in 0..200 {
            let password = Password::generate(&policy).unwrap();
            let mut findings = Vec::new();
            rules.check_password("password", password.expose(), &mut findings);
            assert_eq!(findings, []);
            assert_eq!(password.expose().chars().count(), 99);
            assert!(seen.insert(password.expose().to_owned()));
        }
        let default = Password::generate(&PasswordPolicy::default()).unwrap();
        assert_eq!(default.expose().len(), GENERATED_LENGTH);
    }

    #[test]
    fn any_character_can_come_first() {
        let mut first = BTreeSet::new();
        for _ in 0..3_000 {
            let password = Password::generate(&PasswordPolicy::default()).unwrap();
            first.extend(password.expose().chars().next());
        }
        assert!(first.len() > 90, "{}", first.len());
    }
}
