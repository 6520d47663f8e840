//! Detects columns of passwords that are probably hashes, masks or placeholders. A single odd
//! password may be genuine; a whole column of them is not.

use serde::{Deserialize, Serialize};

use super::Password;
use super::rules::{is_hash, is_one_character, looks_like_digest};

/// The minimum number of rows for identical passwords to be suspicious. A shorter list may have
/// been written by hand.
const MIN_IDENTICAL: u64 = 10;

/// The minimum number of rows for passwords of one repeated character to be suspicious.
const MIN_MASKED: u64 = 2;

/// Counts of passwords by their form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PasswordCounts {
    /// Rows with a password in the list.
    pub with_password: u64,
    /// Passwords that look like hashes.
    pub with_hash: u64,
    /// Passwords with the length and the digits of a hexadecimal or base64 digest.
    pub with_digest: u64,
    /// Passwords of one repeated character.
    pub with_one_character: u64,
    /// Whether all passwords are the same.
    pub same_password: bool,
}

/// Collects the passwords of a list.
#[derive(Default)]
pub struct PasswordColumn {
    first: Option<Password>,
    counts: PasswordCounts,
}

impl PasswordColumn {
    /// Adds a password.
    pub fn add(&mut self, password: &str) {
        let counts = &mut self.counts;
        let first = self.first.get_or_insert_with(|| Password::new(password));
        counts.same_password =
            (counts.same_password || counts.with_password == 0) && first.expose() == password;
        counts.with_password += 1;
        counts.with_hash += u64::from(is_hash(password));
        counts.with_digest += u64::from(looks_like_digest(password));
        counts.with_one_character += u64::from(is_one_character(password));
    }

    /// Returns the counts so far.
    #[must_use]
    pub fn counts(&self) -> PasswordCounts {
        self.counts
    }
}

/// The reason why the passwords of a list are probably not real.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspicion {
    /// A stable name for programs.
    pub code: &'static str,
    /// The common property of the passwords.
    pub message: String,
}

impl Suspicion {
    /// The suggested action.
    pub const HINT: &'static str = "pass --password generate to give every user a random \
                                    password, which they replace with 'forgot password', or pass \
                                    --allow-suspicious-passwords if these are the passwords that \
                                    users type";
}

impl PasswordCounts {
    /// Returns the reason why these are probably not real passwords, if there is one.
    #[must_use]
    pub fn suspicion(&self) -> Option<Suspicion> {
        let all = self.with_password;
        let (code, message) = if self.with_hash * 2 > all {
            (
                "password_hashes",
                format!(
                    "{} of {all} passwords are hashes; SignUp would store them as the passwords \
                     themselves",
                    self.with_hash
                ),
            )
        } else if self.with_digest * 2 > all {
            (
                "password_digests",
                format!(
                    "{} of {all} passwords look like hashes (MD5 or SHA in hexadecimal or \
                     base64); SignUp would store them as the passwords themselves",
                    self.with_digest
                ),
            )
        } else if all >= MIN_MASKED && self.with_one_character == all {
            (
                "passwords_masked",
                format!(
                    "all {all} passwords are a single repeated character, as systems display \
                     masked passwords"
                ),
            )
        } else if all >= MIN_IDENTICAL && self.same_password {
            (
                "passwords_identical",
                format!("all {all} passwords are the same"),
            )
        } else {
            return None;
        };
        Some(Suspicion { code, message })
    }
}

#[cfg(test)]
mod tests {
    use super::PasswordColumn;

    fn code(passwords: impl IntoIterator<Item = String>) -> Option<&'static str> {
        let mut column = PasswordColumn::default();
        for password in passwords {
            column.add(&password);
        }
        column.counts().suspicion().map(|suspicion| suspicion.code)
    }

    #[test]
    fn suspects_columns_of_hashes_masks_and_identical_passwords() {
        let repeat = |password: &str, times: usize| vec![password.to_owned(); times];
        let numbered = |times: usize| (0..times).map(|number| format!("Passw0rd!{number}"));
        let hash = "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19";
        let digest = "5f4dcc3b5aa765d61d8327deb882cf99";
        assert_eq!(code([]), None);
        assert_eq!(code(numbered(30)), None);
        assert_eq!(code(repeat(hash, 2)), Some("password_hashes"));
        assert_eq!(code(repeat(digest, 1)), Some("password_digests"));
        assert_eq!(code(numbered(2).chain(repeat(digest, 2))), None);
        assert_eq!(
            code(numbered(2).chain(repeat(digest, 3))),
            Some("password_digests")
        );
        assert_eq!(code(repeat("****", 1)), None);
        let masks = (1..5).map(|length| "*".repeat(length));
        assert_eq!(code(masks), Some("passwords_masked"));
        assert_eq!(code(repeat("Welcome#1", 9)), None);
        assert_eq!(code(repeat("Welcome#1", 10)), Some("passwords_identical"));
        assert_eq!(
            code(repeat("Welcome#1", 10).into_iter().chain(numbered(1))),
            None
        );
        assert_eq!(code(numbered(1).chain(repeat("Welcome#1", 10))), None);
    }
}
