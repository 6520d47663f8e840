//! Reproducible randomness: every draw is a hash of the seed, a purpose, a name and a count.
//!
//! In particular, a draw does not depend on the order in which requests arrive, so that a run with
//! many connections meets the same faults each time.

use sha2::{Digest, Sha256};

/// Returns 128 bits that depend only on the four arguments.
pub(super) fn bits(seed: u64, purpose: &str, name: &str, count: u64) -> u128 {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(purpose.as_bytes());
    hash.update([0]);
    hash.update(name.as_bytes());
    hash.update([0]);
    hash.update(count.to_be_bytes());
    hash.finalize()
        .iter()
        .take(16)
        .fold(0, |bits, byte| (bits << 8) | u128::from(*byte))
}

/// Returns a number in `0.0..1.0` that depends only on the four arguments.
pub(super) fn fraction(seed: u64, purpose: &str, name: &str, count: u64) -> f64 {
    // A double holds 53 bits exactly.
    let top = (bits(seed, purpose, name, count) >> (128 - 53)) as u64;
    top as f64 / (1_u64 << 53) as f64
}

/// Sets the version and variant bits of a random UUID (RFC 9562, version 4).
pub(super) fn as_uuid(bits: u128) -> u128 {
    let version = 0xf_u128 << 76;
    let variant = 0b11_u128 << 62;
    (bits & !version & !variant) | (4 << 76) | (0b10 << 62)
}

/// Formats a UUID as 8-4-4-4-12 lowercase hexadecimal digits.
pub(super) fn uuid_text(uuid: u128) -> String {
    let digits = format!("{uuid:032x}");
    let (a, rest) = digits.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    format!("{a}-{b}-{c}-{d}-{e}")
}

/// Parses a UUID; `None` if the text is not one.
pub(super) fn parse_uuid(text: &str) -> Option<u128> {
    let has_dashes = text.len() == 36
        && text
            .char_indices()
            .all(|(index, c)| (c == '-') == [8, 13, 18, 23].contains(&index));
    if !has_dashes || text.contains('+') {
        return None;
    }
    u128::from_str_radix(&text.replace('-', ""), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draw_is_reproducible_and_depends_on_every_argument() {
        let draw = fraction(1, "sign-up", "jane", 1);
        assert_eq!(draw, fraction(1, "sign-up", "jane", 1));
        for other in [
            fraction(2, "sign-up", "jane", 1),
            fraction(1, "read", "jane", 1),
            fraction(1, "sign-up", "joe", 1),
        ] {
            assert_ne!(draw, other);
        }
        assert_ne!(draw, fraction(1, "sign-up", "jane", 2));
    }

    #[test]
    fn draws_are_uniform() {
        let mean = (0..10_000).map(|k| fraction(7, "x", "y", k)).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
    }

    #[test]
    fn uuid_has_version_4_and_round_trips() {
        let uuid = as_uuid(bits(3, "sub", "jane", 0));
        let text = uuid_text(uuid);
        assert_eq!(text.as_bytes()[14], b'4', "{text}");
        assert!("89ab".contains(&text[19..20]), "{text}");
        assert_eq!(parse_uuid(&text), Some(uuid));
        assert_eq!(parse_uuid("jane"), None);
    }
}
