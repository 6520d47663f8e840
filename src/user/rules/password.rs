//! A pool's password policy.

use super::super::finding::{Finding, Rule};
use super::super::pool_rules::PasswordPolicy;

/// The characters that count as symbols (developer guide, "Adding user pool password requirements").
pub(in crate::user) const SYMBOLS: &str = r#"^$*.[]{}()?-"!@#%&/\,><':;|_~`=+"#;

/// Everything about a password that the policy does not take, in one finding. Says nothing of the password itself.
pub(super) fn finding(policy: &PasswordPolicy, column: &str, value: &str) -> Option<Finding> {
    let (mut length, mut upper, mut lower, mut number, mut symbol) =
        (0, false, false, false, false);
    for character in value.chars() {
        length += 1;
        match character {
            'A'..='Z' => upper = true,
            'a'..='z' => lower = true,
            '0'..='9' => number = true,
            other => symbol = symbol || SYMBOLS.contains(other),
        }
    }
    let rules = [
        (length < policy.minimum_length, ""),
        (
            policy.require_uppercase && !upper,
            "no upper-case letter (A-Z)",
        ),
        (
            policy.require_lowercase && !lower,
            "no lower-case letter (a-z)",
        ),
        (policy.require_numbers && !number, "no digit"),
        (
            policy.require_symbols && !symbol,
            "no symbol that Cognito counts as one",
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
