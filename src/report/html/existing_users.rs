//! Users that existed, compared with their rows.

use super::format::{percent, thousands};
use super::page::Fact;
use crate::outcome::{Outcome, Summary};

/// An attribute that differs from the list.
pub(super) struct DifferentAttribute {
    pub(super) name: String,
    pub(super) users: String,
    pub(super) share: String,
}

/// Returns the counts of users that existed; empty without such users.
pub(super) fn existing_users(summary: &Summary) -> Vec<Fact> {
    let users = summary.existing_users;
    if summary.count(Outcome::Existed) == 0 {
        return Vec::new();
    }
    let mut facts = vec![
        Fact::new("As in the list", thousands(users.same)),
        Fact::new("Different", thousands(users.different)),
    ];
    if users.newer > 0 {
        let newer = Fact::new("Modified later", thousands(users.newer));
        facts.push(newer.with_note("left alone by --not-newer-than"));
    }
    if users.unknown > 0 {
        let unknown = Fact::new("Not compared", thousands(users.unknown));
        facts.push(unknown.with_note("the pool did not return their attributes"));
    }
    facts
}

pub(super) fn differs(summary: &Summary) -> Vec<DifferentAttribute> {
    let users = summary.existing_users;
    summary
        .differs
        .iter()
        .map(|(name, count)| DifferentAttribute {
            name: name.clone(),
            users: thousands(*count),
            share: percent(*count, users.same + users.different),
        })
        .collect()
}
