//! `results.csv`: a row for each row of the list, in its order, for people with spreadsheets and for the next program.

use std::borrow::Cow;
use std::io;

use super::whole_file::WholeFile;
use super::{ReportOptions, RowReport, csv_file};
use crate::ledger::reader::rfc3339;
use crate::outcome::{Delivery, Evidence, RowResult};
use crate::sanitize::visible;

/// The columns, in order; those that are copied from the list follow.
pub const COLUMNS: [&str; 20] = [
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
];

/// See the module's words.
pub(super) struct ResultsCsv(csv::Writer<WholeFile>);

impl RowReport for ResultsCsv {
    const FILE: &'static str = "results.csv";

    fn begin(file: WholeFile, kept: &[String], options: &ReportOptions) -> io::Result<Self> {
        let mut csv = csv_file::writer(file, options.csv)?;
        let kept = names_beside_ours(kept);
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
        let follow_up = row.follow_up.as_ref().map(ToString::to_string);
        let cells: [Cow<'_, str>; COLUMNS.len()] = [
            row.row.to_string().into(),
            row.line.to_string().into(),
            defused(row.username.as_deref()),
            outcome.outcome.name().into(),
            outcome.evidence.map_or("", Evidence::name).into(),
            defused(outcome.user_sub.as_deref()),
            defused(outcome.user_status.as_deref()),
            yes_no(row.confirmed()).into(),
            yes_no(row.enabled()).into(),
            outcome.created_at.map_or_else(String::new, rfc3339).into(),
            defused(outcome.delivery_medium.as_deref()),
            defused(outcome.delivery_destination.as_deref()),
            defused(outcome.error_code.as_deref()),
            defused(outcome.error_message.as_deref()),
            outcome.attempts.to_string().into(),
            outcome.duration_ms.to_string().into(),
            number(outcome.same_as_row).into(),
            outcome.delivery.map_or("", Delivery::name).into(),
            defused(follow_up.as_deref()),
            yes_no(row.confirmed_at_sign_up()).into(),
        ];
        for cell in &cells {
            self.0.write_field(cell.as_bytes())?;
        }
        for cell in &row.kept {
            self.0.write_field(defused(cell.as_deref()).as_bytes())?;
        }
        // Ends the record.
        self.0.write_record(None::<&[u8]>)?;
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        csv_file::finish(self.0)
    }
}

/// The names of columns that are copied from the list: `kept_NAME` where the name is taken, by a column of ours or by another one
/// that is copied.
fn names_beside_ours(kept: &[String]) -> Vec<String> {
    let mut taken: Vec<String> = COLUMNS.map(str::to_owned).to_vec();
    let ours = taken.len();
    for name in kept {
        let mut name = defused(Some(name)).into_owned();
        let is_taken = |name: &str, taken: &[String]| {
            taken.iter().any(|other| other.eq_ignore_ascii_case(name))
        };
        while is_taken(&name, &taken) {
            name = format!("kept_{name}");
        }
        taken.push(name);
    }
    taken.split_off(ours)
}

/// Spreadsheets take a cell that begins like a formula for one, and a list's author could run what they like on the reader's
/// machine (OWASP, "CSV Injection"; some take wide signs for narrow ones). An apostrophe in front makes it text. Characters that could
/// repaint a terminal or turn the text are shown by their numbers.
pub(super) fn defused(cell: Option<&str>) -> Cow<'_, str> {
    let cell = cell.unwrap_or_default();
    let formula = [
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ];
    if cell.starts_with(formula) {
        Cow::Owned(format!("'{}", visible(cell)))
    } else {
        visible(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::{defused, names_beside_ours};

    #[test]
    fn a_kept_column_has_its_own_name_unless_it_is_taken() {
        let names = |names: &[&str]| {
            let owned: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            names_beside_ours(&owned)
        };
        assert_eq!(names(&["ID", "Old Key"]), ["ID", "Old Key"]);
        assert_eq!(names(&["row", "USERNAME"]), ["kept_row", "kept_USERNAME"]);
        assert_eq!(names(&["kept_row", "row"]), ["kept_row", "kept_kept_row"]);
        assert_eq!(names(&["=1+1"]), ["'=1+1"]);
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_text() {
        for cell in ["=1+1", "+49", "-1", "@SUM(A1)", "\tx", "\nx", "\u{ff1d}1"] {
            assert_eq!(defused(Some(cell)), format!("'{cell}"));
        }
        assert_eq!(defused(Some("\rx")), "'[U+000D]x");
        assert_eq!(defused(Some("a\u{1b}[2J")), "a[U+001B][2J");
        for cell in ["ann", "a=b", "a+b@example.com", ""] {
            assert_eq!(defused(Some(cell)), cell);
        }
    }
}
