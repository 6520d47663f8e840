//! Checks the reported follow-up steps of a user against the pool.

use std::collections::BTreeMap;

use cognito_import::rehearsal::{AuditedUser, UserStatus};

use super::case::{CaseSteps, KillCase, follow_up_of};

/// Checks the reported final state of a user. After a failed step the state is unknown, because the
/// step may have been applied.
pub(super) fn wrong_state(
    result: &BTreeMap<String, String>,
    user: Option<&AuditedUser>,
) -> Option<String> {
    let user = user.filter(|_| !result["follow_up"].starts_with("failed: "))?;
    let confirmed = user.status == UserStatus::Confirmed;
    [("confirmed", confirmed), ("enabled", user.enabled)]
        .into_iter()
        .find(|(flag, is_set)| {
            !["", if *is_set { "true" } else { "false" }].contains(&result[*flag].as_str())
        })
        .map(|(flag, _)| format!("the pool disagrees about {flag}"))
}

/// Checks the follow-up of a row.
pub(super) fn wrong_steps(
    case: &KillCase,
    row: u64,
    result: &BTreeMap<String, String>,
    user: Option<&AuditedUser>,
) -> Option<String> {
    let has_steps = match (case.follow_up, result["outcome"].as_str()) {
        (CaseSteps::OfNewUsers | CaseSteps::OfAllUsers, "created") => true,
        (CaseSteps::OfAllUsers, "existed") => true,
        (CaseSteps::Nothing | CaseSteps::OfNewUsers | CaseSteps::OfAllUsers, _) => false,
    };
    let reported = result["follow_up"].as_str();
    if !has_steps {
        let touched = user.is_some_and(|user| {
            user.preexisting
                && (user.status != UserStatus::Unconfirmed
                    || !user.groups.is_empty()
                    || !user.enabled
                    || user.attributes.contains_key("email_verified"))
        });
        return match (reported, touched) {
            ("", false) => None,
            ("", true) => Some("a user that existed was changed".to_owned()),
            _ => Some("it should have no steps".to_owned()),
        };
    }
    // So many faults in a row are rare. It is then unknown whether the step was applied.
    if reported.starts_with("failed: ") {
        let by_fault = [
            "ConnectionLost",
            "AttemptTimedOut",
            "InternalErrorException",
        ];
        let known = by_fault.iter().any(|code| reported.ends_with(code));
        return (!known).then(|| "no fault explains this error".to_owned());
    }
    if reported != "done" {
        return Some("its steps are not done".to_owned());
    }
    let user = user?;
    let (group, state) = follow_up_of(row);
    let mut groups = user.groups.clone();
    groups.sort();
    let verified = user.attributes.get("email_verified").map(String::as_str);
    [
        (user.status == UserStatus::Confirmed, "confirmed"),
        (verified == Some("true"), "verified"),
        (groups == ["all".to_owned(), group], "in its groups"),
        (user.enabled == (state == "here"), "enabled as it should be"),
    ]
    .into_iter()
    .find(|(holds, _)| !holds)
    .map(|(_, state)| format!("its steps are reported as done, but it is not {state}"))
}
