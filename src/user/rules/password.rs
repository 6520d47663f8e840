//! Checks a pool's password policy.

use super::super::finding::{Finding, Rule};
use super::super::pool_rules::PasswordPolicy;

/// The characters that count as symbols (developer guide, "Adding user pool password
/// requirements"). A space inside a password also counts, but generated passwords contain no
/// spaces.
pub(crate) const SYMBOLS: &str = r#"^$*.[]{}()?-"!@#%&/\,><':;|_~`=+"#;

const UPPER: u8 = 1;
const LOWER: u8 = 2;
const NUMBER: u8 = 4;
const SYMBOL: u8 = 8;

/// The kind of each byte. Bytes of other scripts have no kind.
const KINDS: [u8; 256] = kinds();

const fn kinds() -> [u8; 256] {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'A'..=b'Z' => UPPER,
            b'a'..=b'z' => LOWER,
            b'0'..=b'9' => NUMBER,
            b' ' => SYMBOL,
            _ => 0,
        };
        byte += 1;
    }
    let symbols = SYMBOLS.as_bytes();
    let mut index = 0;
    while index < symbols.len() {
        kinds[symbols[index] as usize] = SYMBOL;
        index += 1;
    }
    kinds
}

/// Returns all violations of the policy in one finding, which does not contain the password.
pub(super) fn check(policy: &PasswordPolicy, column: &str, value: &str) -> Option<Finding> {
    let present = value.bytes().fold(0, |present, byte| {
        present | KINDS.get(usize::from(byte)).copied().unwrap_or(0)
    });
    let lacks = |kind: u8| present & kind == 0;
    let length = if value.is_ascii() {
        value.len()
    } else {
        value.chars().count()
    };
    let is_short = length < policy.minimum_length;
    let lacking = [
        (
            policy.require_uppercase && lacks(UPPER),
            "no uppercase letter (A-Z)",
        ),
        (
            policy.require_lowercase && lacks(LOWER),
            "no lowercase letter (a-z)",
        ),
        (policy.require_numbers && lacks(NUMBER), "no digit"),
        (
            policy.require_symbols && lacks(SYMBOL),
            "none of Cognito's symbols",
        ),
    ];
    if !is_short && lacking.iter().all(|(is_violated, _)| !is_violated) {
        return None;
    }
    let too_short = is_short.then(|| format!("fewer than {} characters", policy.minimum_length));
    let lacking = lacking
        .into_iter()
        .filter_map(|(is_violated, text)| is_violated.then_some(text));
    let violations: Vec<&str> = too_short.as_deref().into_iter().chain(lacking).collect();
    let violations = match violations.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        all => all.concat(),
    };
    Some(Finding::new(
        Rule::PasswordPolicy,
        column,
        format!("the password does not meet the pool's policy: it has {violations}"),
    ))
}
