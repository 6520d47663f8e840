//! What is different between two runs, in groups, with some examples of each: as text and for programs. Memory is flat: of groups there
//! are few, and those beyond a number are counted together.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::ledger::comparison::{Compared, Field, Stood, UserChange};
use crate::plural::counted;

/// Groups that are told apart. Words of the pool make them: it has no reason to have so many.
const MOST_GROUPS: usize = 100;

/// A run that is compared.
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
    /// The field that changed; null for a user whom only one list has.
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

/// See the module's words.
#[derive(Debug)]
pub struct Comparison {
    most_examples: usize,
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
    /// With so many examples of each group at most.
    #[must_use]
    pub fn new(most_examples: usize) -> Self {
        Self {
            most_examples,
            groups: BTreeMap::new(),
            in_no_group: 0,
        }
    }

    /// Takes a user in. Who has changed in several ways is in several groups.
    pub fn add(&mut self, change: &UserChange<'_>) {
        match change {
            UserChange::New(after) => self.put(ChangeKind::New, None, None, Some(after)),
            UserChange::Vanished(before) => {
                self.put(ChangeKind::Vanished, None, Some(before), None)
            }
            UserChange::Changed {
                before,
                after,
                fields,
            } => {
                for field in *fields {
                    self.put(ChangeKind::Changed, Some(*field), Some(before), Some(after));
                }
            }
        }
    }

    fn put(
        &mut self,
        change: ChangeKind,
        field: Option<Field>,
        before: Option<&Stood>,
        after: Option<&Stood>,
    ) {
        let value = |stood: Option<&Stood>| match field {
            // It is another one for each user.
            Some(Field::UserSub) => None,
            Some(field) => stood?.field(field).map(str::to_owned),
            None => stood?.field(Field::Outcome).map(str::to_owned),
        };
        let key = ChangeKey {
            change,
            field: field.map(Field::name),
            before: value(before),
            after: value(after),
        };
        if self.groups.len() >= MOST_GROUPS && !self.groups.contains_key(&key) {
            self.in_no_group += 1;
            return;
        }
        let group = self.groups.entry(key).or_default();
        group.users += 1;
        if let (true, Some(stood)) = (group.examples.len() < self.most_examples, after.or(before)) {
            group.examples.push(ChangeExample {
                username: stood.username.clone(),
                row: stood.row,
            });
        }
    }

    /// For programs.
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

    /// For people.
    #[must_use]
    pub fn text(&self, sides: [&Side; 2], case_insensitive: bool, compared: Compared) -> String {
        let mut text = String::new();
        for (when, side) in ["before", "after "].into_iter().zip(sides) {
            let nameless = match side.nameless {
                0 => String::new(),
                rows => format!(", {rows} of them without a readable username"),
            };
            let _ = writeln!(
                text,
                "{when}: {} ({} of {} into {}, {}): {}{nameless}",
                harmless(&side.run_directory),
                side.kind,
                harmless(&side.list),
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
                let _ = writeln!(text, "    {} x {key}{}", group.users, group.some());
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
                write!(f, " {} -> {}", harmless(before), harmless(after))
            }
            (Some(one), None) | (None, Some(one)) => f.write_str(&harmless(one)),
            (None, None) => f.write_str(": another user with the same username"),
        }
    }
}

impl ChangeGroup {
    fn some(&self) -> String {
        if self.examples.is_empty() {
            return String::new();
        }
        let names: Vec<String> = self
            .examples
            .iter()
            .map(|example| format!("{} (row {})", harmless(&example.username), example.row))
            .collect();
        let more = if self.users > names.len() as u64 {
            ", ..."
        } else {
            ""
        };
        format!(": {}{more}", names.join(", "))
    }
}

/// Without what a terminal would obey, or show in another order.
fn harmless(text: &str) -> String {
    let turns_text = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}');
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || turns_text(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{Comparison, MOST_GROUPS, Side, harmless};
    use crate::ledger::comparison::{Compared, Field, Stood, UserChange};
    use crate::outcome::Outcome;

    #[test]
    fn a_name_does_nothing_to_the_terminal_that_shows_it() {
        assert_eq!(harmless("ann\u{1b}[2J"), "ann\\u{1b}[2J");
        assert_eq!(harmless("a\u{202e}nna"), "a\\u{202e}nna");
        assert_eq!(harmless("Jürgen"), "Jürgen");
    }

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
        let stood = |row: u64, outcome, user_sub: &str| Stood {
            row,
            username: format!("user{row}"),
            outcome,
            user_status: Some("CONFIRMED".to_owned()),
            confirmed: None,
            enabled: None,
            follow_up: None,
            user_sub: Some(user_sub.to_owned()),
        };
        let mut comparison = Comparison::new(2);
        for row in 1..=3 {
            comparison.add(&UserChange::New(&stood(row, Outcome::Created, "a")));
        }
        comparison.add(&UserChange::Vanished(&stood(4, Outcome::Existed, "a")));
        comparison.add(&UserChange::Changed {
            before: &stood(5, Outcome::Created, "a"),
            after: &stood(6, Outcome::Existed, "b"),
            fields: &[Field::Outcome, Field::UserSub],
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
    fn groups_and_examples_are_few_however_many_changes_there_are() {
        let stood = |row: u64, status: u64| Stood {
            row,
            username: format!("user{row}"),
            outcome: Outcome::Existed,
            user_status: Some(format!("STATUS{status}")),
            confirmed: None,
            enabled: None,
            follow_up: None,
            user_sub: None,
        };
        let mut comparison = Comparison::new(2);
        for row in 0..1_000 {
            comparison.add(&UserChange::Changed {
                before: &stood(row, 0),
                after: &stood(row, row % 200 + 1),
                fields: &[Field::UserStatus],
            });
        }
        assert_eq!(comparison.groups.len(), MOST_GROUPS);
        assert_eq!(comparison.in_no_group, 500);
        let mut groups = comparison.groups.values();
        assert!(groups.all(|group| group.users == 5 && group.examples.len() == 2));
    }
}
