//! Finds duplicate usernames and usernames that differ only in case.

use std::io;

use super::key_groups::{KeyGroups, KeyedText};
use super::reported::{Item, ReportedFinding};
use super::row_tag::RowTag;
use super::{Survey, SurveyError};
use crate::user::finding::{Finding, Rule};
use crate::user::fold;
use crate::user::note::{Note, NoteKind};
use crate::user::rules::quoted;

/// The usernames of valid rows.
pub(super) struct SurveyedUsernames {
    groups: KeyGroups,
    case_insensitive: bool,
}

impl SurveyedUsernames {
    pub(super) fn new(case_insensitive: bool) -> io::Result<Self> {
        Ok(Self {
            groups: KeyGroups::new(fold)?,
            case_insensitive,
        })
    }

    pub(super) fn add(&mut self, row: u64, line: u64, username: &str, tag: RowTag) {
        self.groups.add(&KeyedText {
            row,
            line,
            tag: tag.0,
            text: username,
        });
    }

    /// Reports the rows whose username an earlier row has.
    pub(super) fn finish(
        self,
        column: &str,
        survey: &mut Survey,
        mut report: impl FnMut(&ReportedFinding<'_>) -> io::Result<()>,
    ) -> Result<(), SurveyError> {
        let case_insensitive = self.case_insensitive;
        let groups = self.groups.finish().map_err(SurveyError::TempFile)?;
        groups.each(|entries| {
            if case_insensitive {
                return report_duplicates(entries, column, survey, &mut report);
            }
            let mut entries = entries.to_vec();
            entries.sort_by_key(|entry| (entry.text, entry.row));
            for same in entries.chunk_by(|one, next| one.text == next.text) {
                report_duplicates(same, column, survey, &mut report)?;
            }
            entries.dedup_by_key(|entry| entry.text);
            entries.sort_by_key(|entry| entry.row);
            report_case_variants(&entries, column, survey, &mut report)
        })?;
        Ok(())
    }
}

/// Reports all rows with the same username except the first.
fn report_duplicates(
    entries: &[KeyedText<'_>],
    column: &str,
    survey: &mut Survey,
    report: &mut impl FnMut(&ReportedFinding<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let Some((first, others)) = entries.split_first() else {
        return Ok(());
    };
    for entry in others {
        survey.count_row(Some(entry.text), entry.row, |counts| {
            counts.make_duplicate(RowTag(entry.tag));
        });
        let finding = Finding {
            rule: Rule::Duplicate,
            column: Some(column.to_owned()),
            message: format!(
                "row {} (line {}) already has the username {}",
                first.row,
                first.line,
                quoted(entry.text)
            ),
        };
        let reported = ReportedFinding {
            row: entry.row,
            line: entry.line,
            username: Some(entry.text),
            item: Item::Finding(&finding),
        };
        survey.count(&reported);
        report(&reported)?;
    }
    Ok(())
}

/// Reports usernames that differ only in case, for a case-sensitive pool. The count includes the
/// first username.
fn report_case_variants(
    entries: &[KeyedText<'_>],
    column: &str,
    survey: &mut Survey,
    report: &mut impl FnMut(&ReportedFinding<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let Some((first, others @ [_, ..])) = entries.split_first() else {
        return Ok(());
    };
    for entry in others {
        let note = Note {
            kind: NoteKind::NameCase,
            column: Some(column.to_owned()),
            message: format!(
                "{} differs only in case from {} in row {} (line {})",
                quoted(entry.text),
                quoted(first.text),
                first.row,
                first.line
            ),
        };
        let reported = ReportedFinding {
            row: entry.row,
            line: entry.line,
            username: Some(entry.text),
            item: Item::Note(&note),
        };
        survey.count(&reported);
        report(&reported)?;
    }
    survey.increase_count(NoteKind::NameCase, 1);
    Ok(())
}
