//! Hashes where a password should be: `SignUp` would take one for a password, and nobody could sign in.

use super::super::finding::{Finding, Rule};

/// How a hash of each kind begins, and how long it is at least. The length keeps a password of somebody's own that begins so.
const BEGINNINGS: [(&str, usize, &str); 33] = [
    ("$2a$", 60, "bcrypt"),
    ("$2b$", 60, "bcrypt"),
    ("$2x$", 60, "bcrypt"),
    ("$2y$", 60, "bcrypt"),
    ("$wp$2y$", 60, "bcrypt (WordPress)"),
    ("{bcrypt}$2", 60, "bcrypt"),
    ("bcrypt$$2", 60, "bcrypt (Django)"),
    ("bcrypt_sha256$$2", 60, "bcrypt (Django)"),
    ("$argon2", 40, "Argon2"),
    ("argon2$argon2", 40, "Argon2 (Django)"),
    ("$pbkdf2", 30, "PBKDF2"),
    ("pbkdf2_sha", 40, "PBKDF2 (Django)"),
    ("pbkdf2:sha", 40, "PBKDF2 (Werkzeug)"),
    ("{PBKDF2", 30, "PBKDF2"),
    ("$scrypt$", 40, "scrypt"),
    ("scrypt$", 40, "scrypt"),
    ("scrypt:", 40, "scrypt (Werkzeug)"),
    ("$7$", 40, "scrypt"),
    ("$y$", 40, "yescrypt"),
    ("$P$", 34, "phpass (WordPress)"),
    ("$H$", 34, "phpass (phpBB)"),
    ("$1$", 30, "MD5 crypt"),
    ("$apr1$", 30, "MD5 crypt (Apache)"),
    ("$5$", 46, "SHA-256 crypt"),
    ("$6$", 89, "SHA-512 crypt"),
    ("$S$", 50, "SHA-512 (Drupal)"),
    ("sha1$", 40, "SHA-1 (Django)"),
    ("{SHA", 25, "SHA (LDAP)"),
    ("{SSHA", 30, "salted SHA (LDAP)"),
    ("{CRYPT}", 15, "crypt (LDAP)"),
    ("AQAAAAE", 84, "PBKDF2 (ASP.NET Identity)"),
    ("AQAAAAI", 84, "PBKDF2 (ASP.NET Identity)"),
    ("0x0200", 130, "SHA-512 (SQL Server)"),
];

/// The hash that this is, if it is one.
pub(super) fn scheme(value: &str) -> Option<&'static str> {
    // A glance at the first byte spares nearly every password the rest.
    if !matches!(
        value.as_bytes().first(),
        Some(b'$' | b'{' | b'b' | b'p' | b's' | b'a' | b'A' | b'0')
    ) {
        return None;
    }
    BEGINNINGS
        .into_iter()
        .find(|(beginning, length, _)| {
            value.len() >= *length
                && value
                    .get(..beginning.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(beginning))
                && value.bytes().all(|byte| byte.is_ascii_graphic())
        })
        .map(|(_, _, name)| name)
}

/// Hexadecimal digits of a digest: MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512.
const DIGESTS: [usize; 6] = [32, 40, 56, 64, 96, 128];

/// Whether this has just as many hexadecimal digits as a digest, and nothing else. One password may; where most do, they are none.
#[must_use]
pub fn looks_like_digest(value: &str) -> bool {
    DIGESTS.contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(super) fn finding(column: &str, value: &str) -> Option<Finding> {
    let scheme = scheme(value)?;
    Some(Finding {
        rule: Rule::PasswordHash,
        column: Some(column.to_owned()),
        message: format!(
            "the cell holds a password's hash ({scheme}), and SignUp would take it for the password itself"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::{looks_like_digest, scheme};

    #[test]
    fn hashes_of_the_systems_that_people_come_from() {
        let cases = [
            (
                "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
                "bcrypt",
            ),
            (
                "$wp$2y$10$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
                "bcrypt (WordPress)",
            ),
            (
                "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b7dWRWJTmaaJObG",
                "Argon2",
            ),
            (
                "pbkdf2_sha256$260000$salt$Yc0cT1b6xFqk0mB8gq2FvT3b3pQyQw==",
                "PBKDF2 (Django)",
            ),
            (
                "{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3",
                "salted SHA (LDAP)",
            ),
            (
                "{ssha}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3",
                "salted SHA (LDAP)",
            ),
            ("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "SHA (LDAP)"),
            ("$P$B55D6LjfHDkINU5wF.v2BuuzO0/XPk/", "phpass (WordPress)"),
            (
                "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSC",
                "scrypt",
            ),
            ("$1$O3JMY.Tw$AdLnLjQ/5jXF9.MTp3gHv/", "MD5 crypt"),
            (
                "AQAAAAEAACcQAAAAEJlPcOPnNBrYyzmCsv5dXVnMxLCkRe9rQjSCjQSQ3nHcqHYd0rBv0OP1xJVdeTsWfA==",
                "PBKDF2 (ASP.NET Identity)",
            ),
        ];
        for (hash, name) in cases {
            assert_eq!(scheme(hash), Some(name), "{name}");
        }
    }

    #[test]
    fn digests_are_told_by_their_length_and_digits() {
        for digest in [
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8",
        ] {
            assert!(looks_like_digest(digest), "{digest}");
        }
        for password in [
            "5f4dcc3b5aa765d61d8327deb882cf9",
            "5f4dcc3b5aa765d61d8327deb882cf9g",
            "",
        ] {
            assert!(!looks_like_digest(password));
        }
    }

    #[test]
    fn passwords_that_only_begin_so_are_passwords() {
        for password in [
            "$2b$or-not-2b",
            "$1$Bargain!",
            "{SHA}rp-Pa55",
            "sha1$",
            "Passw0rd!",
            "$$$",
            "",
        ] {
            assert_eq!(scheme(password), None);
        }
    }
}
