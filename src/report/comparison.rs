//! The differences between two runs, grouped by kind with examples, as text and JSON. Memory is
//! constant, because the number of groups is limited.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::ledger::comparison::{Compared, Field, UserChange, UserSnapshot};
use crate::plural::counted;
use crate::sanitize::one_line;

/// The maximum number of groups. Their values come from the pool, so there could be more.
const MAX_GROUPS: usize = 100;

/// One of the two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Side {
    /// The run directory, as given.
    pub run_directory: String,
    /// `import` or `rehearsal`.
    pub kind: String,
    /// The name of the list.
    pub list: String,
    /// The ID of the user pool.
    pub user_pool_id: String,
    /// The start of the run, RFC 3339.
    pub started: String,
    /// The number of rows.
    pub rows: u64,
    /// Rows without a readable username, which cannot be compared.
    pub nameless: u64,
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ChangeKey {
    /// The kind of change.
    change: ChangeKind,
    /// The field that changed; null for a user that is in only one list.
    field: Option<&'static str>,
    /// The value before; for a user who vanished, the outcome.
    before: Option<String>,
    /// The value after; for a new user, the outcome.
    after: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum ChangeKind {
    /// Only in the later list.
    New,
    /// Only in the earlier list.
    Vanished,
    /// In both lists, with different results.
    Changed,
}

/// A user with the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ChangeExample {
    /// The username.
    username: String,
    /// The number of the row.
    row: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct ChangeGroup {
    users: u64,
    examples: Vec<ChangeExample>,
}

/// Collects the changes.
#[derive(Debug)]
pub struct Comparison {
    max_examples: usize,
    groups: BTreeMap<ChangeKey, ChangeGroup>,
    in_no_group: u64,
}

/// Two runs compared.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ComparisonDocument<'a> {
    /// The earlier run.
    before: &'a Side,
    /// The later run.
    after: &'a Side,
    /// Whether usernames that differ only in case are the same user.
    usernames_without_case: bool,
    /// Users that only the later list has.
    new: u64,
    /// Users that only the earlier list has.
    vanished: u64,
    /// Users who changed.
    changed: u64,
    /// Users who did not change.
    unchanged: u64,
    /// Users with the same change.
    groups: Vec<GroupDocument<'a>>,
    /// Changes in further groups, which are not listed.
    in_no_group: u64,
}

/// Users with the same change.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct GroupDocument<'a> {
    #[serde(flatten)]
    key: &'a ChangeKey,
    /// The number of users.
    users: u64,
    /// The first of them.
    examples: &'a [ChangeExample],
}

impl Comparison {
    /// Creates an empty comparison with a maximum number of examples for each group.
    #[must_use]
    pub fn new(max_examples: usize) -> Self {
        Self {
            max_examples,
            groups: BTreeMap::new(),
            in_no_group: 0,
        }
    }

    /// Adds a user. A user with several changes is in several groups.
    pub fn add(&mut self, change: &UserChange<'_>) {
        match change {
            UserChange::New(after) => self.add_to_group(ChangeKind::New, None, None, Some(after)),
            UserChange::Vanished(before) => {
                self.add_to_group(ChangeKind::Vanished, None, Some(before), None)
            }
            UserChange::Changed {
                before,
                after,
                fields,
            } => {
                for field in *fields {
                    let kind = ChangeKind::Changed;
                    self.add_to_group(kind, Some(*field), Some(before), Some(after));
                }
            }
        }
    }

    fn add_to_group(
        &mut self,
        change: ChangeKind,
        field: Option<Field>,
        before: Option<&UserSnapshot>,
        after: Option<&UserSnapshot>,
    ) {
        let value = |user: Option<&UserSnapshot>| match field {
            // Different for each user, so it cannot be part of the group.
            Some(Field::UserSub) => None,
            Some(field) => user?.field(field).map(str::to_owned),
            None => user?.field(Field::Outcome).map(str::to_owned),
        };
        let key = ChangeKey {
            change,
            field: field.map(Field::name),
            // What the earlier run updated is not the value before.
            before: value(before.filter(|_| field != Some(Field::Updated))),
            after: value(after),
        };
        if self.groups.len() >= MAX_GROUPS && !self.groups.contains_key(&key) {
            self.in_no_group += 1;
            return;
        }
        let group = self.groups.entry(key).or_default();
        group.users += 1;
        if group.examples.len() < self.max_examples
            && let Some(user) = after.or(before)
        {
            group.examples.push(ChangeExample {
                username: user.username.clone(),
                row: user.row,
            });
        }
    }

    /// Returns the JSON document.
    #[must_use]
    pub fn document<'a>(
        &'a self,
        sides: [&'a Side; 2],
        case_insensitive: bool,
        compared: Compared,
    ) -> impl Serialize + use<'a> {
        let [before, after] = sides;
        ComparisonDocument {
            before,
            after,
            usernames_without_case: case_insensitive,
            new: compared.new,
            vanished: compared.vanished,
            changed: compared.changed,
            unchanged: compared.unchanged,
            groups: self
                .groups
                .iter()
                .map(|(key, group)| GroupDocument {
                    key,
                    users: group.users,
                    examples: &group.examples,
                })
                .collect(),
            in_no_group: self.in_no_group,
        }
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self, sides: [&Side; 2], case_insensitive: bool, compared: Compared) -> String {
        let mut text = String::new();
        for (label, side) in ["before:", "after: "].into_iter().zip(sides) {
            let nameless = match side.nameless {
                0 => String::new(),
                rows => format!(", {rows} of them without a readable username"),
            };
            let _ = writeln!(
                text,
                "{label} {} ({} of {} into {}, {}): {}{nameless}",
                one_line(&side.run_directory),
                side.kind,
                one_line(&side.list),
                side.user_pool_id,
                side.started,
                counted(side.rows, "row", "rows")
            );
        }
        if !case_insensitive {
            text.push_str("usernames that differ only in case are different users\n");
        }
        for (kind, users, meaning) in [
            (ChangeKind::New, compared.new, "new: only in the later list"),
            (
                ChangeKind::Vanished,
                compared.vanished,
                "vanished: only in the earlier list",
            ),
            (ChangeKind::Changed, compared.changed, "changed"),
        ] {
            let _ = writeln!(text, "{users} {meaning}");
            for (key, group) in self.groups.iter().filter(|(key, _)| key.change == kind) {
                let _ = writeln!(text, "    {} x {key}{}", group.users, group.examples());
            }
        }
        if self.in_no_group > 0 {
            let _ = writeln!(text, "    {} other changes", self.in_no_group);
        }
        let _ = writeln!(text, "{} unchanged", compared.unchanged);
        text
    }
}

impl std::fmt::Display for ChangeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(field) = self.field {
            f.write_str(field)?;
        }
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => {
                write!(f, " {} -> {}", one_line(before), one_line(after))
            }
            (Some(one), None) | (None, Some(one)) => {
                let space = if self.field.is_some() { " " } else { "" };
                write!(f, "{space}{}", one_line(one))
            }
            (None, None) => f.write_str(": another user with the same username"),
        }
    }
}

impl ChangeGroup {
    fn examples(&self) -> String {
        if self.examples.is_empty() {
            return String::new();
        }
        let names: Vec<String> = self
            .examples
            .iter()
            .map(|example| format!("{} (row {})", one_line(&example.username), example.row))
            .collect();
        let more = if self.users > names.len() as u64 {
            ", ..."
        } else {
            ""
        };
        format!(": {}{more}", names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::{Comparison, MAX_GROUPS, Side};
    use crate::ledger::comparison::{Compared, Field, UserChange, UserSnapshot};
    use crate::outcome::Outcome;

    #[test]
    fn messages() {
        let side = |started: &str, nameless| Side {
            run_directory: format!("runs/{started}"),
            kind: "import".to_owned(),
            list: "users.csv".to_owned(),
            user_pool_id: "us-east-1_A".to_owned(),
            started: format!("{started}T22:04:05Z"),
            rows: 7,
            nameless,
        };
        let user = |row: u64, outcome, user_sub: &str| UserSnapshot {
            row,
            username: format!("user{row}"),
            outcome,
            user_status: Some("CONFIRMED".to_owned()),
            confirmed: None,
            enabled: None,
            follow_up: None,
            user_sub: Some(user_sub.to_owned()),
            error_code: None,
            updated: (row == 7).then(|| "email".to_owned()),
        };
        let mut comparison = Comparison::new(2);
        for row in 1..=3 {
            comparison.add(&UserChange::New(&user(row, Outcome::Created, "a")));
        }
        comparison.add(&UserChange::Vanished(&user(4, Outcome::Existed, "a")));
        comparison.add(&UserChange::Changed {
            before: &user(5, Outcome::Created, "a"),
            after: &user(6, Outcome::Existed, "b"),
            fields: &[Field::Outcome, Field::UserSub],
        });
        comparison.add(&UserChange::Changed {
            before: &user(7, Outcome::Existed, "a"),
            after: &user(7, Outcome::Existed, "a"),
            fields: &[Field::Updated],
        });
        comparison.in_no_group = 3;
        let compared = Compared {
            new: 3,
            vanished: 1,
            changed: 1,
            unchanged: 2,
            nameless_before: 0,
            nameless_after: 1,
        };
        let (before, after) = (side("2026-11-24", 0), side("2026-11-25", 1));
        let text = comparison.text([&before, &after], false, compared);
        assert_messages!("comparison", text);
    }

    #[test]
    fn groups_and_examples_are_limited() {
        let user = |row: u64, status: u64| UserSnapshot {
            row,
            username: format!("user{row}"),
            outcome: Outcome::Existed,
            user_status: Some(format!("STATUS{status}")),
            confirmed: None,
            enabled: None,
            follow_up: None,
            user_sub: None,
            error_code: None,
            updated: None,
        };
        let mut comparison = Comparison::new(2);
        for row in 0..1_000 {
            comparison.add(&UserChange::Changed {
                before: &user(row, 0),
                after: &user(row, row % 200 + 1),
                fields: &[Field::UserStatus],
            });
        }
        assert_eq!(comparison.groups.len(), MAX_GROUPS);
        assert_eq!(comparison.in_no_group, 500);
        let mut groups = comparison.groups.values();
        assert!(groups.all(|group| group.users == 5 && group.examples.len() == 2));
    }
}
