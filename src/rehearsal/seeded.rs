//! Chance that can be had again: every draw is a hash of the seed, its purpose, a name and a count.
//!
//! A draw depends on nothing else, above all not on the order in which requests arrive, so that a
//! run of many connections meets the same faults each time.

use sha2::{Digest, Sha256};

/// 128 bits that depend on the four arguments only.
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

/// A number in `0.0..1.0` that depends on the four arguments only.
pub(super) fn fraction(seed: u64, purpose: &str, name: &str, count: u64) -> f64 {
    // A double holds 53 bits exactly.
    let top = (bits(seed, purpose, name, count) >> (128 - 53)) as u64;
    top as f64 / (1_u64 << 53) as f64
}

/// The same bits with the version and the variant of a random UUID (RFC 9562, version 4).
pub(super) fn as_uuid(bits: u128) -> u128 {
    let version = 0xf_u128 << 76;
    let variant = 0b11_u128 << 62;
    (bits & !version & !variant) | (4 << 76) | (0b10 << 62)
}

/// A UUID as it is written: 8-4-4-4-12 lower-case hexadecimal digits.
pub(super) fn uuid_text(uuid: u128) -> String {
    let digits = format!("{uuid:032x}");
    let (a, rest) = digits.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    format!("{a}-{b}-{c}-{d}-{e}")
}

/// The UUID written in `text`, if that is what it is.
pub(super) fn parse_uuid(text: &str) -> Option<u128> {
    let dashes_stand = text.len() == 36
        && text
            .char_indices()
            .all(|(at, c)| (c == '-') == [8, 13, 18, 23].contains(&at));
    if !dashes_stand || text.contains('+') {
        return None;
    }
    u128::from_str_radix(&text.replace('-', ""), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_each_argument_and_repeats() {
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
    fn draws_are_spread_evenly() {
        let mean = (0..10_000).map(|k| fraction(7, "x", "y", k)).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
    }

    #[test]
    fn a_uuid_is_of_version_4_and_reads_back() {
        let uuid = as_uuid(bits(3, "sub", "jane", 0));
        let text = uuid_text(uuid);
        assert_eq!(text.as_bytes()[14], b'4', "{text}");
        assert!("89ab".contains(&text[19..20]), "{text}");
        assert_eq!(parse_uuid(&text), Some(uuid));
        assert_eq!(parse_uuid("jane"), None);
    }
}
