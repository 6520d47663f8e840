//! Usernames that several rows have, and usernames that differ only in case.

use std::io;

use super::counted::RowTag;
use super::key_groups::{KeyGroups, KeyedText};
use super::reported::{Item, ReportedFinding};
use super::{Survey, SurveyError};
use crate::user::finding::{Finding, Rule};
use crate::user::fold;
use crate::user::note::{Note, NoteKind};
use crate::user::rules::quoted;

/// The usernames of valid rows.
pub(super) struct SurveyedUsernames {
    groups: KeyGroups,
    /// Usernames are case-insensitive.
    case_insensitive: bool,
}

impl SurveyedUsernames {
    pub(super) fn new(case_insensitive: bool) -> io::Result<Self> {
        Ok(Self {
            groups: KeyGroups::new(fold)?,
            case_insensitive,
        })
    }

    pub(super) fn add(&mut self, row: u64, line: u64, username: &str, counted: RowTag) {
        self.groups.add(&KeyedText {
            row,
            line,
            tag: counted.0,
            text: username,
        });
    }

    /// Reports the rows whose username an earlier row has.
    pub(super) fn finish(
        self,
        column: &str,
        found: &mut Survey,
        mut tell: impl FnMut(&ReportedFinding<'_>) -> io::Result<()>,
    ) -> Result<(), SurveyError> {
        let case_insensitive = self.case_insensitive;
        let groups = self.groups.finish().map_err(SurveyError::Room)?;
        groups.each(|entries| {
            if case_insensitive {
                return duplicates(entries, column, found, &mut tell);
            }
            let mut entries = entries.to_vec();
            entries.sort_by_key(|entry| (entry.text, entry.row));
            for same in entries.chunk_by(|one, next| one.text == next.text) {
                duplicates(same, column, found, &mut tell)?;
            }
            entries.dedup_by_key(|entry| entry.text);
            entries.sort_by_key(|entry| entry.row);
            case_variants(&entries, column, found, &mut tell)
        })?;
        Ok(())
    }
}

/// Reports all rows with the same username except the first.
fn duplicates(
    entries: &[KeyedText<'_>],
    column: &str,
    found: &mut Survey,
    tell: &mut impl FnMut(&ReportedFinding<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let Some((first, others)) = entries.split_first() else {
        return Ok(());
    };
    for entry in others {
        found.counts.duplicates += 1;
        found.counts.take_back(RowTag(entry.tag));
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
        found.count(&reported);
        tell(&reported)?;
    }
    Ok(())
}

/// Reports usernames that differ only in case, each with its first row, in a case-sensitive pool.
/// The count includes the first username.
fn case_variants(
    entries: &[KeyedText<'_>],
    column: &str,
    found: &mut Survey,
    tell: &mut impl FnMut(&ReportedFinding<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let Some((first, others @ [_, ..])) = entries.split_first() else {
        return Ok(());
    };
    for entry in others {
        let note = Note {
            kind: NoteKind::NameCase,
            column: Some(column.to_owned()),
            message: format!(
                "{} differs in case alone from {} in row {} (line {})",
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
        found.count(&reported);
        tell(&reported)?;
    }
    found.count_more(NoteKind::NameCase, 1);
    Ok(())
}
