//! Reads the whole list before anything is sent: counts the rows to send, the findings and the
//! messages. Memory stays constant.

mod aliases;
mod counted;
mod key_groups;
mod reach;
mod reported;
mod totals;
mod usernames;

use std::collections::BTreeSet;
use std::io;

use crate::hints::Hint;
use crate::mapping::{CheckedRow, MappedRow, Mapping};
use crate::pool::groups::MOST_GROUPS;
use crate::rows::prefetch::Prefetch;
use crate::rows::{OwnedRow, RawRow, Rows, RowsError};
use crate::user::FollowUpStep;
use crate::user::finding::{Finding, Rule};
use crate::user::password_column::PasswordColumn;
use aliases::Aliases;
use counted::RowTag;
use reach::Places;
use usernames::SurveyedUsernames;

pub use aliases::AliasRepeats;
pub use reported::{FindingExample, Item, NoteCount, ReportedFinding, RuleCount};
pub use totals::{StepTotals, SurveyCounts};

const BATCH_ROWS: usize = 512;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    pub counts: SurveyCounts,
    /// Broken rules, the most frequent first.
    pub broken: Vec<RuleCount>,
    /// Kinds of notes, the most frequent first.
    pub notes: Vec<NoteCount>,
    /// Addresses that several usernames have, if they are aliases.
    pub alias_repeats: Vec<AliasRepeats>,
    /// The groups that users are added to, up to one more than a pool can have.
    pub groups: BTreeSet<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// The temporary file of usernames and addresses cannot be written or read.
    #[error(
        "usernames and addresses cannot be kept in a temporary file while they are compared: {0}"
    )]
    Room(io::Error),
    /// The findings cannot be written.
    #[error("what was found cannot be written: {0}")]
    Write(#[from] io::Error),
}

impl Hint for SurveyError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Rows(error) => return error.hint(),
            Self::Room(..) => "make room there, or name another folder in TMPDIR".to_owned(),
            Self::Write(..) => "make room where it goes".to_owned(),
        })
    }
}

impl Survey {
    /// Reads the list to its end. `case_insensitive` says whether usernames are compared without
    /// case; `tell` hears of every finding and note: those of a row one after the other, and at
    /// the end those about several rows.
    ///
    /// # Errors
    /// The list cannot be read on, `tell` fails, or there is no room for a temporary file.
    pub fn of(
        rows: Rows,
        mapping: &Mapping,
        case_insensitive: bool,
        tell: impl FnMut(&ReportedFinding<'_>) -> io::Result<()>,
    ) -> Result<Self, SurveyError> {
        let mut surveyor = Surveyor {
            mapping,
            places: Places::of(mapping),
            usernames: SurveyedUsernames::new(case_insensitive).map_err(SurveyError::Room)?,
            aliases: Aliases::new(mapping, case_insensitive).map_err(SurveyError::Room)?,
            passwords: PasswordColumn::default(),
            found: Self::default(),
            tell,
        };
        let mut list = Prefetch::start(rows, BATCH_ROWS, |row, spare| {
            Ok(Some(OwnedRow::copy(row, spare)))
        })?;
        while let Some(batch) = list.next_blocking()? {
            for row in &batch {
                surveyor.row(&row.as_raw())?;
            }
            list.recycle(batch);
        }
        surveyor.finish()
    }

    /// Computes the totals.
    fn sum_up(&mut self, passwords: &PasswordColumn) {
        let findings_of = |rules: &[Rule]| -> u64 {
            self.broken
                .iter()
                .filter(|broken| rules.contains(&broken.rule))
                .map(|broken| broken.findings)
                .sum()
        };
        let swallowing = findings_of(&[Rule::OpenQuote, Rule::SwallowedRows]);
        let misquoted = findings_of(&[Rule::Quotes]);
        let counts = &mut self.counts;
        counts.swallowing = swallowing;
        counts.misquoted = misquoted;
        counts.passwords = passwords.counts();
        counts.to_send = counts.rows - counts.invalid - counts.skipped - counts.duplicates;
        self.broken
            .sort_by_key(|broken| std::cmp::Reverse(broken.findings));
        self.notes
            .sort_by_key(|notes| std::cmp::Reverse(notes.count));
    }

    fn steps(&mut self, steps: &[FollowUpStep]) {
        for step in steps {
            self.counts.steps.add(step.kind());
            if let FollowUpStep::AddToGroup(name) = step
                && !self.groups.contains(&**name)
                && self.groups.len() <= MOST_GROUPS
            {
                self.groups.insert(name.to_string());
            }
        }
    }
}

/// A survey in progress.
struct Surveyor<'m, F> {
    mapping: &'m Mapping,
    places: Places,
    usernames: SurveyedUsernames,
    aliases: Aliases,
    passwords: PasswordColumn,
    found: Survey,
    tell: F,
}

impl<F: FnMut(&ReportedFinding<'_>) -> io::Result<()>> Surveyor<'_, F> {
    fn row(&mut self, raw: &RawRow<'_>) -> io::Result<()> {
        let counts = &mut self.found.counts;
        counts.rows += 1;
        if self.mapping.skips(raw) {
            counts.skipped += 1;
            return Ok(());
        }
        let CheckedRow { draft, findings } = self.mapping.findings(raw);
        let Some(draft) = draft else {
            let username = self.mapping.username_of_unreadable(raw);
            return self.invalid(raw, username.as_deref(), &findings);
        };
        self.password(&draft);
        self.notes(raw, &draft)?;
        if findings.is_empty() {
            self.sound(raw, &draft);
            Ok(())
        } else {
            self.invalid(raw, Some(&draft.username.text), &findings)
        }
    }

    /// Passwords count even if their rows are invalid: a fault of the whole column affects every
    /// row.
    fn password(&mut self, draft: &MappedRow<'_>) {
        let password = draft.password.filter(|password| !password.is_empty());
        if let Some(password) = password
            && !self.mapping.allows_suspicious_passwords()
        {
            self.passwords.add(password);
        }
    }

    fn sound(&mut self, raw: &RawRow<'_>, draft: &MappedRow<'_>) {
        let reach = self.places.reach(draft, self.mapping);
        let counted = RowTag::of(reach, &draft.follow_up);
        self.usernames
            .add(raw.number, raw.line, &draft.username.text, counted);
        self.aliases.add(raw.number, raw.line, draft);
        let counts = &mut self.found.counts;
        if let Some(count) = counts.of_reach(reach) {
            *count += 1;
        }
        counts.with_apostrophe += u64::from(self.places.has_apostrophe(draft));
        self.found.steps(&draft.follow_up);
    }

    fn invalid(
        &mut self,
        raw: &RawRow<'_>,
        username: Option<&str>,
        findings: &[Finding],
    ) -> io::Result<()> {
        self.found.counts.invalid += 1;
        for finding in findings {
            self.report(&ReportedFinding {
                row: raw.number,
                line: raw.line,
                username: username.filter(|name| !name.is_empty()),
                item: Item::Finding(finding),
            })?;
        }
        Ok(())
    }

    fn notes(&mut self, raw: &RawRow<'_>, draft: &MappedRow<'_>) -> io::Result<()> {
        let mut notes = Vec::new();
        self.mapping.notes(raw, draft, &mut notes);
        for note in &notes {
            self.report(&ReportedFinding {
                row: raw.number,
                line: raw.line,
                username: Some(&*draft.username.text).filter(|name| !name.is_empty()),
                item: Item::Note(note),
            })?;
        }
        Ok(())
    }

    fn report(&mut self, reported: &ReportedFinding<'_>) -> io::Result<()> {
        self.found.count(reported);
        (self.tell)(reported)
    }

    fn finish(self) -> Result<Survey, SurveyError> {
        let Self {
            mapping,
            usernames,
            aliases,
            passwords,
            mut found,
            mut tell,
            ..
        } = self;
        usernames.finish(mapping.username_column(), &mut found, &mut tell)?;
        aliases.finish(&mut found, &mut tell)?;
        found.sum_up(&passwords);
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
