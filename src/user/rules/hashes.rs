//! Recognizes password hashes. `SignUp` would store a hash as the password, and the user could not
//! sign in.

use super::super::finding::{Finding, Rule};

/// The prefix, minimum length and name of each kind of hash. Shorter values with the same prefix
/// may be passwords.
static PREFIXES: [(&str, usize, &str); 50] = [
    ("$2$", 59, "bcrypt"),
    ("$2a$", 60, "bcrypt"),
    ("$2b$", 60, "bcrypt"),
    ("$2x$", 60, "bcrypt"),
    ("$2y$", 60, "bcrypt"),
    ("$wp$2y$", 60, "bcrypt (WordPress)"),
    ("$bcrypt", 60, "bcrypt (passlib)"),
    ("{bcrypt}", 60, "bcrypt"),
    ("bcrypt$$2", 60, "bcrypt (Django)"),
    ("bcrypt_sha256$$2", 60, "bcrypt (Django)"),
    ("$argon2", 40, "Argon2"),
    ("argon2$argon2", 40, "Argon2 (Django)"),
    ("{ARGON2", 40, "Argon2"),
    ("$pbkdf2", 30, "PBKDF2"),
    ("pbkdf2_sha", 40, "PBKDF2 (Django)"),
    ("pbkdf2", 40, "PBKDF2"),
    ("{PBKDF2", 30, "PBKDF2"),
    ("{PKCS5S2}", 40, "PBKDF2 (Atlassian)"),
    ("$scrypt$", 40, "scrypt"),
    ("scrypt$", 40, "scrypt"),
    ("scrypt:", 40, "scrypt (Werkzeug)"),
    ("{scrypt}", 40, "scrypt"),
    ("$s0$", 40, "scrypt"),
    ("$s1$", 40, "scrypt"),
    ("$7$", 40, "scrypt"),
    ("$y$", 40, "yescrypt"),
    ("$gy$", 40, "yescrypt"),
    ("$P$", 34, "phpass (WordPress)"),
    ("$H$", 34, "phpass (phpBB)"),
    ("$1$", 30, "MD5 crypt"),
    ("$apr1$", 30, "MD5 crypt (Apache)"),
    ("$md5", 30, "MD5 crypt (Solaris)"),
    ("$sha1$", 40, "SHA-1 crypt"),
    ("$3$$", 36, "NT hash"),
    ("$5$", 46, "SHA-256 crypt"),
    ("$6$", 89, "SHA-512 crypt"),
    ("$8$", 50, "PBKDF2 (Cisco)"),
    ("$9$", 50, "scrypt (Cisco)"),
    ("$S$", 50, "SHA-512 (Drupal)"),
    ("sha1$", 40, "SHA-1 (Django)"),
    ("SCRAM-SHA-", 60, "SCRAM"),
    ("{SHA", 25, "SHA (LDAP)"),
    ("{SSHA", 30, "salted SHA (LDAP)"),
    ("{MD4}", 29, "MD4"),
    ("{MD5}", 29, "MD5 (LDAP)"),
    ("{SMD5}", 30, "salted MD5 (LDAP)"),
    ("{x-issha", 40, "salted SHA (SAP)"),
    ("{CRYPT}", 15, "crypt (LDAP)"),
    ("AQAAAAE", 84, "PBKDF2 (ASP.NET Identity)"),
    ("AQAAAAI", 84, "PBKDF2 (ASP.NET Identity)"),
];

/// The minimum length of all kinds except those in braces, such as `{CRYPT}`.
const MIN_LENGTH: usize = 25;

/// Returns the kind of hash that the value looks like.
fn scheme(value: &str) -> Option<&'static str> {
    let is_too_short = value.len() < MIN_LENGTH && !value.starts_with('{');
    if is_too_short || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    by_prefix(value).or_else(|| by_shape(value))
}

fn by_prefix(value: &str) -> Option<&'static str> {
    // The first byte rules out nearly all passwords quickly.
    if !matches!(
        value.as_bytes().first(),
        Some(b'$' | b'{' | b'b' | b'p' | b'P' | b's' | b'S' | b'a' | b'A')
    ) {
        return None;
    }
    PREFIXES
        .iter()
        .find(|(prefix, min_length, _)| {
            value.len() >= *min_length
                && value
                    .get(..prefix.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        })
        .map(|(_, _, name)| *name)
}

/// Recognizes hashes without a distinctive prefix. They have at least 33 characters, and few
/// passwords do.
fn by_shape(value: &str) -> Option<&'static str> {
    if value.len() < 33 {
        return None;
    }
    match value.as_bytes() {
        // A locked account: its hash, or Django's replacement.
        [b'!', rest @ ..] if rest.len() == 40 && rest.iter().all(u8::is_ascii_alphanumeric) => {
            return Some("an unusable password (Django)");
        }
        [b'!' | b'*', ..] if scheme(value.trim_start_matches(['!', '*'])).is_some() => {
            return Some("the hash of a locked account");
        }
        [b'*', digits @ ..] if digits.len() == 40 && are_hexadecimal(digits) => {
            return Some("SHA-1 (MySQL)");
        }
        [b'0', b'x' | b'X', digits @ ..] if digits.len() >= 32 && are_hexadecimal(digits) => {
            return Some("hexadecimal bytes, as SQL Server exports them");
        }
        [b'm', b'd', b'5', digits @ ..] if digits.len() == 32 && are_hexadecimal(digits) => {
            return Some("MD5 (PostgreSQL)");
        }
        [b'A', b'A'..=b'P', rest @ .., b'=', b'=']
            if rest.len() == 64 && rest.iter().all(is_base64) =>
        {
            return Some("PBKDF2 (ASP.NET Identity 2)");
        }
        [b'{', b'"', ..] => return Some("a JSON object").filter(|_| value.ends_with('}')),
        _ => {}
    }
    let with_salt = |digest: &str, salt: &str| !salt.is_empty() && is_hexadecimal_digest(digest);
    let first = value.split_once([':', '$', '.', '|']);
    let last = value.rsplit_once([':', '$', '.', '|']);
    let is_salted = first.is_some_and(|(digest, salt)| with_salt(digest, salt))
        || last.is_some_and(|(salt, digest)| with_salt(digest, salt));
    is_salted.then_some("a digest with its salt")
}

fn are_hexadecimal(digits: &[u8]) -> bool {
    digits.iter().all(u8::is_ascii_hexdigit)
}

fn is_base64(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// The lengths of hexadecimal digests: MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512.
const HEX_DIGEST_LENGTHS: [usize; 6] = [32, 40, 56, 64, 96, 128];

fn is_hexadecimal_digest(value: &str) -> bool {
    HEX_DIGEST_LENGTHS.contains(&value.len()) && are_hexadecimal(value.as_bytes())
}

/// The lengths of base64 digests without padding: SHA-1, SHA-256, SHA-384, SHA-512.
const BASE64_DIGEST_LENGTHS: [usize; 4] = [27, 43, 64, 86];

/// The minimum length of a base64 digest: 16 bytes, the size of MD5.
const MIN_BASE64_DIGEST: usize = 24;

/// Returns whether the value has the form of a hexadecimal or base64 digest without a salt, as
/// exported by ASP.NET membership, Firebase and many others. A single password may have this form;
/// if most do, they are hashes.
pub(crate) fn looks_like_digest(value: &str) -> bool {
    value.len() >= MIN_BASE64_DIGEST && (is_hexadecimal_digest(value) || is_base64_digest(value))
}

fn is_base64_digest(value: &str) -> bool {
    let unpadded = value.trim_end_matches('=');
    let padding = value.len() - unpadded.len();
    if !unpadded.bytes().all(|byte| is_base64(&byte)) {
        return false;
    }
    match padding {
        0 => {
            let has = |kind: fn(&u8) -> bool| unpadded.as_bytes().iter().any(kind);
            BASE64_DIGEST_LENGTHS.contains(&value.len())
                && has(u8::is_ascii_uppercase)
                && has(u8::is_ascii_lowercase)
                && has(u8::is_ascii_digit)
        }
        1 | 2 => value.len().is_multiple_of(4),
        _ => false,
    }
}

/// Returns whether the value is one repeated character, such as `********`, as systems display
/// passwords.
pub(crate) fn is_one_character(value: &str) -> bool {
    let mut characters = value.chars();
    characters
        .next()
        .is_some_and(|first| characters.all(|other| other == first))
}

/// Returns whether the value looks like a hash.
pub(crate) fn is_hash(value: &str) -> bool {
    scheme(value).is_some()
}

/// Returns a finding if the value looks like a hash.
pub(crate) fn check(column: &str, value: &str) -> Option<Finding> {
    let scheme = scheme(value)?;
    Some(Finding::new(
        Rule::PasswordHash,
        column,
        format!(
            "the cell holds a password hash ({scheme}); SignUp would store it as the password \
             itself"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::{MIN_LENGTH, PREFIXES, is_one_character, looks_like_digest, scheme};

    /// Examples of hashes and the names of their kinds.
    const HASHES: &[(&str, &str)] = &[
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
        (
            "AOKL6jQfpq31z2yho8xRwnqdWcLda/XM7J3GDI8xcY2PWu5HgeA6wVhbGjsMSaHEFw==",
            "PBKDF2 (ASP.NET Identity 2)",
        ),
        (
            "!0ad52e338662c923b15fd45a73c6e97336efccf2",
            "an unusable password (Django)",
        ),
        (
            "!YfGo3VbT7h1kQ0pWmC2sXeLz9RjNuA5dIw8tHcBq",
            "an unusable password (Django)",
        ),
        (
            "!$6$saltsalt$YfGo3VbT7h1kQ0pWmC2sXeLz9RjNuA5dIw8tHcBqYfGo3VbT7h1kQ0pWmC2sXeLz9RjNuA5dIw8tHcBqxxxxxx",
            "the hash of a locked account",
        ),
        ("*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19", "SHA-1 (MySQL)"),
        (
            "0x5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8",
            "hexadecimal bytes, as SQL Server exports them",
        ),
        (
            "0x0200F733058A07892C5CACE899768F89965F6BD1DED7955FE89E1C9A10E27849B0B213B5CE92CC9347ECCB34C3EFADAF2FD99BFFECD8D9150DD6AACB5D409A9D2652A4E0AF16",
            "hexadecimal bytes, as SQL Server exports them",
        ),
        ("md5a3556571e93b0d20722ba62be61e8c2d", "MD5 (PostgreSQL)"),
        (
            "md5$Xy3z$5f4dcc3b5aa765d61d8327deb882cf99",
            "a digest with its salt",
        ),
        (
            "md5$$5f4dcc3b5aa765d61d8327deb882cf99",
            "a digest with its salt",
        ),
        (
            "5f4dcc3b5aa765d61d8327deb882cf99:aBcDeFgHiJkLmNoPqRsTuVwXyZ012345",
            "a digest with its salt",
        ),
        (
            "5f4dcc3b5aa765d61d8327deb882cf99:xY",
            "a digest with its salt",
        ),
        (
            "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8:xYz:1",
            "a digest with its salt",
        ),
        (
            "abc123:5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8",
            "a digest with its salt",
        ),
        (
            "$s0$e0801$epIxT/h6HbbwHaehFnh/bw==$7H0vsXlY8UxxyW/BWx/9GuY7jEvGjT71GFd6O4SZND0=",
            "scrypt",
        ),
        ("{MD5}X03MO1qnZdYdgyfeuILPmQ==", "MD5 (LDAP)"),
        (
            "SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0$storedkeystoredkeystoredkey=:serverkeyserverkey=",
            "SCRAM",
        ),
        (
            "{\"hashIterations\":27500,\"algorithm\":\"pbkdf2-sha256\"}",
            "a JSON object",
        ),
    ];

    #[test]
    fn only_hashes_in_braces_are_shorter_than_the_minimum() {
        for (prefix, min_length, _) in &PREFIXES {
            assert!(
                *min_length >= MIN_LENGTH || prefix.starts_with('{'),
                "{prefix}"
            );
        }
    }

    #[test]
    fn recognizes_hashes_of_other_systems() {
        for (hash, name) in HASHES {
            assert_eq!(scheme(hash), Some(*name), "{hash}");
        }
    }

    #[test]
    fn recognizes_digests_by_length_and_digits() {
        for digest in [
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8",
            "X03MO1qnZdYdgyfeuILPmQ==",
            "W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
            "XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg=",
            "XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg",
            "sQnzu7wkTrgkQZF-0G2hiB8qUe1fnRoh0mUFKkM-EC2yNbRTPaJhtnV5Q4tjUZZuLhWhoyBFOk7VkmR7jVFmvA==",
        ] {
            assert!(looks_like_digest(digest), "{digest}");
        }
        for password in [
            "5f4dcc3b5aa765d61d8327deb882cf9",
            "5f4dcc3b5aa765d61d8327deb882cf9g",
            "correcthorsebatterystaplecorrecthorsebatter",
            "Passw0rd!Passw0rd!Passw0rd==",
            "Ends-with-an-equals-sign=x=",
            "",
        ] {
            assert!(!looks_like_digest(password));
        }
    }

    #[test]
    fn recognizes_repeated_characters() {
        for mask in ["********", "x", "••••"] {
            assert!(is_one_character(mask), "{mask}");
        }
        for other in ["", "*******x"] {
            assert!(!is_one_character(other), "{other}");
        }
    }

    #[test]
    fn passwords_with_the_prefix_of_a_hash_are_not_hashes() {
        for password in [
            "$2b$or-not-2b",
            "$1$Bargain!",
            "{SHA}rp-Pa55",
            "sha1$",
            "Passw0rd!",
            "$$$",
            "",
            "!correct-horse-battery-staple-and-one-more",
            "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E1",
            "0xDEADBEEF",
            "a long:password with.many|signs in $ it",
            "5f4dcc3b5aa765d61d8327deb882cf99:",
            "AOKL6jQfpq31z2yho8xRwnqdWcLda/XM7J3GDI8xcY2PWu5HgeA6wVhbGjsMSaHEF!==",
        ] {
            assert_eq!(scheme(password), None);
        }
    }
}
