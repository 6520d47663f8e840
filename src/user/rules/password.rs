//! A pool's password policy.

use super::super::finding::{Finding, Rule};
use super::super::pool_rules::PasswordPolicy;

/// The characters that count as symbols (developer guide, "Adding user pool password requirements"). A space inside a password is one as
/// well, and is in no generated password.
pub(crate) const SYMBOLS: &str = r#"^$*.[]{}()?-"!@#%&/\,><':;|_~`=+"#;

const UPPER: u8 = 1;
const LOWER: u8 = 2;
const NUMBER: u8 = 4;
const SYMBOL: u8 = 8;

/// The kind of each byte. Bytes of other scripts are of no kind.
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
    let mut place = 0;
    while place < symbols.len() {
        kinds[symbols[place] as usize] = SYMBOL;
        place += 1;
    }
    kinds
}

/// Everything about a password that the policy does not take, in one finding. Says nothing of the password itself.
pub(super) fn finding(policy: &PasswordPolicy, column: &str, value: &str) -> Option<Finding> {
    let seen = value.bytes().fold(0, |seen, byte| {
        seen | KINDS.get(usize::from(byte)).copied().unwrap_or(0)
    });
    let lacks = |kind: u8| seen & kind == 0;
    let is_short =
        value.len() < policy.minimum_length || value.chars().count() < policy.minimum_length;
    let rules = [
        (is_short, ""),
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
    if rules.iter().all(|(broken, _)| !broken) {
        return None;
    }
    let too_short = format!("fewer than {} characters", policy.minimum_length);
    let broken: Vec<&str> = rules
        .iter()
        .filter(|(broken, _)| *broken)
        .map(|(_, words)| {
            if words.is_empty() {
                too_short.as_str()
            } else {
                *words
            }
        })
        .collect();
    Some(Finding {
        rule: Rule::PasswordPolicy,
        column: Some(column.to_owned()),
        message: format!(
            "the password does not meet the pool's policy: it has {}",
            broken.join(", ")
        ),
    })
}
