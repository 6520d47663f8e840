//! `results.csv`: the result of each row, in the order of the list.

use std::borrow::Cow;
use std::io;

use super::atomic_file::AtomicFile;
use super::csv_file::{self, safe_cell};
use super::{ReportOptions, RowReport};
use crate::ledger::reader::rfc3339;
use crate::outcome::{Delivery, Evidence, RowResult, UserUpdate, names_of};

/// The columns, in order. The kept columns of the list follow them.
pub const COLUMNS: [&str; 24] = [
    "row",
    "line",
    "username",
    "outcome",
    "evidence",
    "user_sub",
    "user_status",
    "confirmed",
    "enabled",
    "created_at",
    "delivery_medium",
    "delivery_destination",
    "error_code",
    "error_message",
    "attempts",
    "duration_ms",
    "same_as_row",
    "delivery",
    "follow_up",
    "confirmed_at_sign_up",
    "differs",
    "updated",
    "new",
    "known",
];

/// The cell of `differs` if no attribute differs. An empty cell means that this is unknown.
const NOTHING: &str = "none";

/// The cell of `updated` if the user was modified later than the row.
const NEWER: &str = "newer";

pub(super) struct ResultsCsv(csv::Writer<AtomicFile>);

impl RowReport for ResultsCsv {
    const FILE: &'static str = "results.csv";

    fn begin(file: AtomicFile, kept: &[String], options: &ReportOptions) -> io::Result<Self> {
        let mut csv = csv_file::writer(file, options.csv)?;
        let kept = unique_names(kept);
        csv.write_record(COLUMNS.into_iter().chain(kept.iter().map(String::as_str)))?;
        Ok(Self(csv))
    }

    fn row(&mut self, row: &RowResult) -> io::Result<()> {
        let outcome = &row.outcome;
        let number =
            |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
        let yes_no = |flag: Option<bool>| match flag {
            Some(true) => "true",
            Some(false) => "false",
            None => "",
        };
        let differs = outcome
            .differs
            .as_deref()
            .map(|differences| match differences {
                [] => NOTHING.to_owned(),
                differences => names_of(differences),
            });
        let updated = match outcome.update {
            Some(UserUpdate::Newer) => NEWER.to_owned(),
            Some(UserUpdate::Planned | UserUpdate::Changes(_)) | None => {
                row.updated().collect::<Vec<_>>().join(" ")
            }
        };
        let follow_up = row.follow_up.as_ref().map(ToString::to_string);
        let cells: [Cow<'_, str>; COLUMNS.len()] = [
            row.row.to_string().into(),
            row.line.to_string().into(),
            safe_cell(row.username.as_deref()),
            outcome.outcome.name().into(),
            outcome.evidence.map_or("", Evidence::name).into(),
            safe_cell(outcome.user_sub.as_deref()),
            safe_cell(outcome.user_status.as_deref()),
            yes_no(row.confirmed()).into(),
            yes_no(row.enabled()).into(),
            outcome.created_at.map_or_else(String::new, rfc3339).into(),
            safe_cell(outcome.delivery_medium.as_deref()),
            safe_cell(outcome.delivery_destination.as_deref()),
            safe_cell(outcome.error_code.as_deref()),
            safe_cell(outcome.error_message.as_deref()),
            outcome.attempts.to_string().into(),
            outcome.duration_ms.to_string().into(),
            number(outcome.same_as_row).into(),
            outcome.delivery.map_or("", Delivery::name).into(),
            safe_cell(follow_up.as_deref()),
            yes_no(row.confirmed_at_sign_up()).into(),
            safe_cell(differs.as_deref()),
            safe_cell(Some(&updated)),
            yes_no(row.is_new.then_some(true)).into(),
            yes_no(row.known.then_some(true)).into(),
        ];
        for cell in &cells {
            self.0.write_field(cell.as_bytes())?;
        }
        for cell in &row.kept {
            self.0.write_field(safe_cell(cell.as_deref()).as_bytes())?;
        }
        // Ends the record.
        self.0.write_record(None::<&[u8]>)?;
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        csv_file::finish(self.0)
    }
}

/// Returns the names of the kept columns, with the prefix `kept_` if a name is already taken.
fn unique_names(kept: &[String]) -> Vec<String> {
    let mut names: Vec<String> = COLUMNS.map(str::to_owned).to_vec();
    for name in kept {
        let mut name = safe_cell(Some(name)).into_owned();
        while names.iter().any(|other| other.eq_ignore_ascii_case(&name)) {
            name = format!("kept_{name}");
        }
        names.push(name);
    }
    names.split_off(COLUMNS.len())
}

#[cfg(test)]
mod tests {
    use super::unique_names;

    #[test]
    fn kept_columns_are_renamed_if_their_name_is_taken() {
        let names = |names: &[&str]| {
            let owned: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            unique_names(&owned)
        };
        assert_eq!(names(&["ID", "Old Key"]), ["ID", "Old Key"]);
        assert_eq!(names(&["row", "USERNAME"]), ["kept_row", "kept_USERNAME"]);
        assert_eq!(names(&["kept_row", "row"]), ["kept_row", "kept_kept_row"]);
        assert_eq!(names(&["=1+1"]), ["'=1+1"]);
    }
}
