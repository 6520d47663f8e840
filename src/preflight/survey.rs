//! Surveys the whole list before anything is sent: counts rows, findings and messages in constant
//! memory.

mod aliases;
mod key_groups;
mod new_users;
mod record;
mod reported;
mod row_tag;
mod totals;
mod usernames;

use std::collections::BTreeSet;
use std::io;

use crate::hints::Hint;
use crate::mapping::{CheckedRow, MappedRow, Mapping};
use crate::part::Part;
use crate::pool::groups::MAX_GROUPS;
use crate::rows::prefetch::Prefetch;
use crate::rows::{OwnedRow, RawRow, Rows, RowsError};
use crate::user::finding::{Finding, Rule};
use crate::user::password_column::PasswordColumn;
use crate::user::{FollowUpStep, StepKind};
use aliases::Aliases;
use row_tag::{ContactIndexes, RowTag};
use usernames::SurveyedUsernames;

pub use aliases::AliasRepeats;
pub use new_users::NewUserCounts;
pub use reported::{FindingExample, Item, NoteCount, ReportedFinding, RuleCount};
pub use totals::{StepTotals, SurveyCounts};

const BATCH_ROWS: usize = 512;

/// The result of reading the list once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// All rows.
    pub counts: SurveyCounts,
    /// The rows of a part.
    part: Option<PartCounts>,
    /// Broken rules, the most frequent first.
    pub broken: Vec<RuleCount>,
    /// Kinds of notes, the most frequent first.
    pub notes: Vec<NoteCount>,
    /// Aliases that several usernames share.
    pub alias_repeats: Vec<AliasRepeats>,
    /// The groups that users are added to, at most one more than a pool can have.
    pub groups: BTreeSet<String>,
}

/// The rows of a part, and how they are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PartCounts {
    part: Part,
    counts: SurveyCounts,
}

#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    #[error(transparent)]
    Rows(#[from] RowsError),
    #[error("cannot use the temporary file of usernames and addresses: {0}")]
    TempFile(io::Error),
    #[error("cannot write the findings: {0}")]
    Write(#[from] io::Error),
    #[error("{cause}")]
    PoolUsers { cause: String, hint: Option<String> },
}

impl Hint for SurveyError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Rows(error) => return error.hint(),
            Self::TempFile(..) => {
                "free some disk space, or set TMPDIR to another directory".to_owned()
            }
            Self::Write(..) => "free some disk space".to_owned(),
            Self::PoolUsers { hint, .. } => return hint.clone(),
        })
    }
}

impl Survey {
    /// Reads the list to its end. Every row is judged; those of `part` are counted separately.
    /// `case_insensitive` applies to usernames. `report` is called with every finding and note,
    /// first row by row, then with those about several rows.
    ///
    /// # Errors
    /// The list cannot be read, `report` fails, or a temporary file cannot be written.
    pub fn of(
        rows: Rows,
        mapping: &Mapping,
        case_insensitive: bool,
        part: Option<Part>,
        report: impl FnMut(&ReportedFinding<'_>) -> io::Result<()>,
    ) -> Result<Self, SurveyError> {
        let mut surveyor = Surveyor {
            mapping,
            contacts: ContactIndexes::new(mapping),
            usernames: SurveyedUsernames::new(case_insensitive).map_err(SurveyError::TempFile)?,
            aliases: Aliases::new(mapping, case_insensitive).map_err(SurveyError::TempFile)?,
            passwords: PasswordColumn::default(),
            survey: Self::of_part(part),
            report,
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
        surveyor.survey.set_left_out(list.left_out());
        surveyor.finish()
    }

    fn compute_totals(&mut self, passwords: &PasswordColumn, updates: bool) {
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
        let part = self.part.as_mut().map(|part| &mut part.counts);
        for counts in [counts].into_iter().chain(part) {
            counts.to_send = counts.rows - counts.invalid - counts.skipped - counts.duplicates;
            if updates {
                // At most: which users exist is unknown.
                counts.steps.set(StepKind::Update, counts.to_send);
            }
        }
        self.broken
            .sort_by_key(|broken| std::cmp::Reverse(broken.findings));
        self.notes
            .sort_by_key(|notes| std::cmp::Reverse(notes.count));
    }

    fn set_left_out(&mut self, rows: u64) {
        self.counts.left_out = rows;
        if let Some(part) = &mut self.part {
            part.counts.left_out = rows;
        }
    }

    fn of_part(part: Option<Part>) -> Self {
        let part = part.map(|part| PartCounts {
            part,
            counts: SurveyCounts::default(),
        });
        Self {
            part,
            ..Self::default()
        }
    }

    /// Returns the counts of the rows that this process imports.
    #[must_use]
    pub fn own_counts(&self) -> SurveyCounts {
        self.part.map_or(self.counts, |part| part.counts)
    }

    /// Returns the part, if the process does not import the whole list.
    #[must_use]
    pub fn part(&self) -> Option<Part> {
        self.part.map(|part| part.part)
    }

    /// Counts a row in the totals, and in those of the part if it belongs to it.
    fn count_row(&mut self, username: Option<&str>, row: u64, add: impl Fn(&mut SurveyCounts)) {
        add(&mut self.counts);
        if let Some(PartCounts { part, counts }) = &mut self.part
            && part.contains(username, row)
        {
            add(counts);
        }
    }

    fn count_groups(&mut self, steps: &[FollowUpStep]) {
        for step in steps {
            if let FollowUpStep::AddToGroup(name) = step
                && !self.groups.contains(&**name)
                && self.groups.len() <= MAX_GROUPS
            {
                self.groups.insert(name.to_string());
            }
        }
    }
}

/// A survey in progress.
struct Surveyor<'m, F> {
    mapping: &'m Mapping,
    contacts: ContactIndexes,
    usernames: SurveyedUsernames,
    aliases: Aliases,
    passwords: PasswordColumn,
    survey: Survey,
    report: F,
}

impl<F: FnMut(&ReportedFinding<'_>) -> io::Result<()>> Surveyor<'_, F> {
    fn row(&mut self, raw: &RawRow<'_>) -> io::Result<()> {
        if self.mapping.skips(raw) {
            let username = self.survey.part.and_then(|_| self.mapping.username_of(raw));
            self.survey
                .count_row(username.as_deref(), raw.number, |counts| {
                    counts.rows += 1;
                    counts.skipped += 1;
                });
            return Ok(());
        }
        let CheckedRow { mapped, findings } = self.mapping.check_row(raw);
        let Some(mapped) = mapped else {
            let username = self.mapping.username_of(raw);
            return self.invalid(raw, username.as_deref(), &findings);
        };
        self.password(&mapped);
        // Also in invalid rows, because the apostrophes may be why they are invalid.
        self.survey.counts.with_apostrophe += u64::from(self.contacts.has_apostrophe(&mapped));
        self.notes(raw, &mapped)?;
        if findings.is_empty() {
            self.valid(raw, &mapped);
            Ok(())
        } else {
            self.invalid(raw, Some(&mapped.username.text), &findings)
        }
    }

    /// Counts passwords of invalid rows too, because a problem with the whole column affects every
    /// row.
    fn password(&mut self, mapped: &MappedRow<'_>) {
        let password = mapped.password.filter(|password| !password.is_empty());
        if let Some(password) = password
            && !self.mapping.allows_suspicious_passwords()
        {
            self.passwords.add(password);
        }
    }

    fn valid(&mut self, raw: &RawRow<'_>, mapped: &MappedRow<'_>) {
        let contacts = self.contacts.contacts(mapped, self.mapping);
        let tag = RowTag::new(contacts, &mapped.follow_up);
        self.usernames
            .add(raw.number, raw.line, &mapped.username.text, tag);
        self.aliases.add(raw.number, raw.line, mapped);
        let username = Some(&*mapped.username.text);
        self.survey.count_row(username, raw.number, |counts| {
            counts.rows += 1;
            counts.add_sent(contacts, &mapped.follow_up);
        });
        self.survey.count_groups(&mapped.follow_up);
    }

    fn invalid(
        &mut self,
        raw: &RawRow<'_>,
        username: Option<&str>,
        findings: &[Finding],
    ) -> io::Result<()> {
        let username = username.filter(|name| !name.is_empty());
        self.survey.count_row(username, raw.number, |counts| {
            counts.rows += 1;
            counts.invalid += 1;
        });
        for finding in findings {
            self.report(&ReportedFinding {
                row: raw.number,
                line: raw.line,
                username,
                item: Item::Finding(finding),
            })?;
        }
        Ok(())
    }

    fn notes(&mut self, raw: &RawRow<'_>, mapped: &MappedRow<'_>) -> io::Result<()> {
        let mut notes = Vec::new();
        self.mapping.notes(raw, mapped, &mut notes);
        for note in &notes {
            self.report(&ReportedFinding {
                row: raw.number,
                line: raw.line,
                username: Some(&*mapped.username.text).filter(|name| !name.is_empty()),
                item: Item::Note(note),
            })?;
        }
        Ok(())
    }

    fn report(&mut self, reported: &ReportedFinding<'_>) -> io::Result<()> {
        self.survey.count(reported);
        (self.report)(reported)
    }

    fn finish(self) -> Result<Survey, SurveyError> {
        let Self {
            mapping,
            usernames,
            aliases,
            passwords,
            mut survey,
            mut report,
            ..
        } = self;
        usernames.finish(mapping.username_column(), &mut survey, &mut report)?;
        aliases.finish(&mut survey, &mut report)?;
        let kinds = mapping.follow_up_kinds();
        survey.compute_totals(&passwords, kinds.contains(&StepKind::Update));
        Ok(survey)
    }
}

#[cfg(test)]
mod tests;
