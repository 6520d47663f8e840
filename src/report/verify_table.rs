//! The summary of a verification on a terminal.

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};

use crate::outcome::{Discrepancy, UserDiscrepancy};

/// Users by problem.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyTally {
    /// Users of the run that were checked.
    pub checked: u64,
    /// How many of them have no problem.
    pub as_reported: u64,
    /// How many of them have more than one.
    pub several_problems: u64,
    /// How many of them have attributes that differ as the run recorded.
    pub known_to_differ: u64,
    pub problems: BTreeMap<Discrepancy, u64>,
    /// Users by attribute that differs.
    pub attributes: BTreeMap<String, u64>,
}

impl VerifyTally {
    /// Counts a user of the run with these problems. A user in two missing groups counts once.
    pub fn add(&mut self, problems: &[UserDiscrepancy], known_to_differ: bool) {
        self.checked += 1;
        self.as_reported += u64::from(problems.is_empty());
        self.known_to_differ += u64::from(known_to_differ);
        let kinds: BTreeSet<Discrepancy> = problems.iter().map(|problem| problem.kind).collect();
        self.several_problems += u64::from(kinds.len() > 1);
        for kind in kinds {
            *self.problems.entry(kind).or_default() += 1;
        }
        for problem in problems {
            if let (Discrepancy::AttributeDiffers, Some(name)) = (problem.kind, &problem.item) {
                *self.attributes.entry(name.clone()).or_default() += 1;
            }
        }
    }

    /// Counts a user of the pool that is in no row.
    pub fn add_extra(&mut self) {
        *self.problems.entry(Discrepancy::Extra).or_default() += 1;
    }
}

/// Formats the number of users by problem.
#[must_use]
pub fn verify_table(tally: &VerifyTally) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    table.set_header(["verify", "users", ""]);
    let mut row = |name: &str, users: u64, meaning: &str| {
        table.add_row([name, &users.to_string(), meaning]);
    };
    row("as reported", tally.as_reported, "");
    for problem in Discrepancy::ALL {
        let users = tally.problems.get(&problem).copied().unwrap_or(0);
        if users > 0 {
            row(problem.name(), users, problem.meaning());
        }
        if problem == Discrepancy::AttributeDiffers {
            for (attribute, users) in &tally.attributes {
                row(&format!("  {attribute}"), *users, "");
            }
        }
    }
    table.add_row(["", "", ""]);
    let mut row = |name: &str, users: u64, meaning: &str| {
        table.add_row([name, &users.to_string(), meaning]);
    };
    row("checked", tally.checked, "users of the run");
    if tally.several_problems > 0 {
        let meaning = "of them with several problems, counted in each line";
        row("", tally.several_problems, meaning);
    }
    if tally.known_to_differ > 0 {
        let meaning = "of them differed from the list when the run ended (results.csv)";
        row("", tally.known_to_differ, meaning);
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Discrepancy, UserDiscrepancy, VerifyTally, verify_table};

    #[test]
    fn messages() {
        let all = Discrepancy::ALL.map(|problem| (problem, 12)).into();
        let attributes = BTreeMap::from([("email".to_owned(), 9), ("name".to_owned(), 3)]);
        let without_problems = VerifyTally {
            checked: 100,
            as_reported: 100,
            ..VerifyTally::default()
        };
        let with_problems = VerifyTally {
            as_reported: 7,
            several_problems: 60,
            known_to_differ: 3,
            problems: all,
            attributes,
            ..without_problems.clone()
        };
        let text = [without_problems, with_problems].map(|tally| verify_table(&tally));
        assert_messages!("verify_table", text.join("\n\n"));
    }

    #[test]
    fn a_user_counts_once_for_each_kind_of_problem() {
        let of = UserDiscrepancy::of;
        let mut tally = VerifyTally::default();
        tally.add(&[], true);
        let groups = ["a", "b"].map(|name| of(Discrepancy::MissingGroup).with_item(name));
        tally.add(&groups, false);
        let name = of(Discrepancy::AttributeDiffers).with_item("name");
        tally.add(&[of(Discrepancy::Disabled), name], false);
        tally.add_extra();
        let expected = VerifyTally {
            checked: 3,
            as_reported: 1,
            several_problems: 1,
            known_to_differ: 1,
            problems: [
                Discrepancy::Disabled,
                Discrepancy::MissingGroup,
                Discrepancy::AttributeDiffers,
                Discrepancy::Extra,
            ]
            .map(|problem| (problem, 1))
            .into(),
            attributes: [("name".to_owned(), 1)].into(),
        };
        assert_eq!(tally, expected);
    }
}
