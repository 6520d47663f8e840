//! Passwords: one that stands in the list, or one that nobody knows.

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::pool_rules::PasswordPolicy;
use super::rules::{MAX_PASSWORD, SYMBOLS};

/// Characters of a generated password, unless the policy asks for more: over 150 bits, which nobody guesses.
const GENERATED: usize = 28;

const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const NUMBERS: &str = "0123456789";

/// A password, from the cell to the request. Shows itself to nobody and is wiped when dropped.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

/// The system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the system provides no random bytes for a password: {0}")]
pub struct NoRandomness(getrandom::Error);

impl Password {
    /// Takes it out of a cell.
    #[must_use]
    pub fn new(cell: &str) -> Self {
        Self(SecretString::from(cell))
    }

    /// A random one that meets the policy: it has a character of every kind that a policy can ask for.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn generate(policy: &PasswordPolicy) -> Result<Self, NoRandomness> {
        let kinds = [UPPER, LOWER, NUMBERS, SYMBOLS].map(str::as_bytes);
        let length = policy.minimum_length.clamp(GENERATED, MAX_PASSWORD);
        let mut bytes = Zeroizing::new(Vec::with_capacity(length));
        for kind in kinds {
            bytes.extend(kind.get(below(kind.len())?));
        }
        let all = kinds.concat();
        while bytes.len() < length {
            bytes.extend(all.get(below(all.len())?));
        }
        // The kinds stand in front so far.
        for last in (1..bytes.len()).rev() {
            bytes.swap(last, below(last + 1)?);
        }
        let text = String::from_utf8_lossy(&bytes);
        Ok(Self::new(&text))
    }

    /// The password itself: for the request, and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// A number below `bound` (at most 256), each as likely as the others.
fn below(bound: usize) -> Result<usize, NoRandomness> {
    let fair = 256 - 256 % bound;
    loop {
        let mut byte = [0_u8];
        getrandom::fill(&mut byte).map_err(NoRandomness)?;
        let [byte] = byte;
        if usize::from(byte) < fair {
            return Ok(usize::from(byte) % bound);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{GENERATED, Password};
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
            rules.password("password", password.expose(), &mut findings);
            assert_eq!(findings, []);
            assert_eq!(password.expose().chars().count(), 99);
            assert!(seen.insert(password.expose().to_owned()));
        }
        let usual = Password::generate(&PasswordPolicy::default()).unwrap();
        assert_eq!(usual.expose().len(), GENERATED);
    }

    #[test]
    fn every_character_turns_up_at_every_place() {
        let mut first = BTreeSet::new();
        for _ in 0..3_000 {
            let password = Password::generate(&PasswordPolicy::default()).unwrap();
            first.extend(password.expose().chars().next());
        }
        assert!(first.len() > 90, "{}", first.len());
    }
}
