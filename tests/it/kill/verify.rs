//! Checks the result of every row against the pool.

use std::collections::BTreeMap;

use cognito_import::rehearsal::AuditedUser;

use super::Disk;
use super::case::{KillCase, Kind, username};
use super::steps::{wrong_state, wrong_steps};

/// Returns the number of rows in doubt, or the mismatch.
pub(super) fn verify(
    case: &KillCase,
    results: &[BTreeMap<String, String>],
    truth: &[AuditedUser],
    disk: Disk,
) -> Result<Vec<String>, String> {
    let users: BTreeMap<&str, &AuditedUser> = truth
        .iter()
        .map(|user| (user.username.as_str(), user))
        .collect();
    if results.len() != case.kinds.len() {
        return Err(format!(
            "{} rows in, {} rows out",
            case.kinds.len(),
            results.len()
        ));
    }
    let mut in_doubt = Vec::new();
    for ((row, kind), result) in (1..).zip(&case.kinds).zip(results) {
        let outcome = result["outcome"].as_str();
        let user = users.get(username(row).as_str());
        let wrong = |reason: &str| {
            Err(format!(
                "row {row} ({kind:?}) is reported as {outcome}: {reason}: {result:?} {user:?}"
            ))
        };
        if result["row"] != row.to_string() {
            return wrong("out of order");
        }
        match (outcome, kind) {
            ("duplicate", Kind::DuplicateOf(earlier))
                if result["same_as_row"] == earlier.to_string() => {}
            ("invalid", Kind::Invalid) => {}
            ("rejected", Kind::WeakPassword) if user.is_none() => {}
            ("invalid", Kind::WeakPassword) if user.is_none() && case.preflight => {}
            ("existed", Kind::Existing) if user.is_some_and(|user| user.preexisting) => {}
            ("created", Kind::New)
                if user.is_some_and(|user| !user.preexisting && user.sub == result["user_sub"]) => {
            }
            ("failed", Kind::New | Kind::WeakPassword) if user.is_none() => {}
            ("in_doubt", Kind::New | Kind::Existing | Kind::WeakPassword) => {
                in_doubt.push(format!("{result:?} {user:?}"))
            }
            _ => return wrong("the pool disagrees"),
        }
        if let Some(reason) = wrong_steps(case, row, result, user.copied())
            .or_else(|| wrong_state(result, user.copied()))
        {
            return wrong(&reason);
        }
        // Without lookups or a ledger, a row that a killed process had not recorded can only be
        // sent again.
        let knows_requests = case.lookups && disk == Disk::Survives;
        if knows_requests && user.is_some_and(|user| user.sign_ups_after_response > 0) {
            return wrong("it was sent again after its answer had been delivered");
        }
    }
    if case.lookups && !in_doubt.is_empty() {
        return Err(format!(
            "rows {in_doubt:?} are in doubt, and every lookup was answered in the end"
        ));
    }
    Ok(in_doubt)
}
