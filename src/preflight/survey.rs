//! The list, read to its end before anything is sent: how many rows would be sent, what is wrong with the others, and how many people
//! would get a message. Memory does not grow with the list.

mod counted;
mod duplicates;
mod heaps;

use std::collections::BTreeSet;
use std::io;

use crate::pace::Category;
use crate::pool::groups::MOST_GROUPS;
use crate::pool::{category_of, operation_of};
use serde::{Serialize, Serializer};

use crate::rows::beside::ReadBeside;
use crate::rows::{RawRow, Rows, RowsError};
use crate::user::finding::{Finding, Rule};
use crate::user::mapping::{Checked, Draft, Mapping};
use crate::user::pool_rules::{Contact, PoolRules};
use crate::user::rules::looks_like_digest;
use crate::user::{Step, StepKind};
use counted::Counted;
use duplicates::Duplicates;

/// Examples that are kept of each rule.
const EXAMPLES: usize = 3;

/// How a user can be reached, in a byte.
const BY_EMAIL: u8 = 1;
const BY_PHONE_NUMBER: u8 = 2;
const BY_BOTH: u8 = BY_EMAIL | BY_PHONE_NUMBER;

/// Rows, by what would become of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All of them.
    pub rows: u64,
    /// Those that would be sent.
    pub to_send: u64,
    /// Those that are broken.
    pub invalid: u64,
    /// Those that `--skip-where` leaves out.
    pub skipped: u64,
    /// Those whose username stands earlier in the list.
    pub duplicates: u64,
    /// Of those that would be sent: with an e-mail address, no phone number.
    pub with_email: u64,
    /// Of those that would be sent: with a phone number, no e-mail address.
    pub with_phone_number: u64,
    /// Of those that would be sent: with both.
    pub with_both: u64,
    /// Of the sound ones: with an e-mail address that begins with an apostrophe, as hardly anybody's does.
    pub with_apostrophe: u64,
    /// Of the broken ones: with a quote that swallowed other rows.
    pub swallowing: u64,
    /// Of the sound ones: with a password of as many hexadecimal digits as a digest has.
    pub with_digest: u64,
    /// Steps that would follow the sign-ups of those that would be sent.
    pub steps: StepTotals,
}

/// Steps, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StepTotals([u64; StepKind::ALL.len()]);

/// By the operation that takes them, but for those that do not occur.
impl Serialize for StepTotals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kinds = StepKind::ALL.into_iter();
        serializer.collect_map(
            kinds
                .filter(|kind| self.of(*kind) > 0)
                .map(|kind| (operation_of(kind), self.of(kind))),
        )
    }
}

impl StepTotals {
    /// None of any kind.
    pub const NONE: Self = Self([0; StepKind::ALL.len()]);

    /// One more step.
    pub fn add(&mut self, kind: StepKind) {
        if let Some(steps) = self.0.get_mut(kind as usize) {
            *steps += 1;
        }
    }

    fn take_back(&mut self, kind: StepKind, number: u64) {
        if let Some(steps) = self.0.get_mut(kind as usize) {
            *steps = steps.saturating_sub(number);
        }
    }

    /// Steps of this kind.
    #[must_use]
    pub fn of(&self, kind: StepKind) -> u64 {
        self.0.get(kind as usize).copied().unwrap_or(0)
    }

    /// Steps that draw on this quota.
    #[must_use]
    pub fn of_category(&self, category: Category) -> u64 {
        let kinds = StepKind::ALL.into_iter();
        kinds
            .filter(|kind| category_of(*kind) == category)
            .map(|kind| self.of(kind))
            .sum()
    }
}

impl Counts {
    /// Mails and text messages that the sign-ups would send. Where a pool verifies both, Cognito sends the code to the phone number
    /// (developer guide, "Verifying contact information at sign-up").
    #[must_use]
    pub fn messages(&self, rules: &PoolRules) -> (u64, u64) {
        let verifies = |contact| rules.auto_verified_attributes.contains(&contact);
        let (email, phone) = (verifies(Contact::Email), verifies(Contact::PhoneNumber));
        let texts = if phone {
            self.with_phone_number + self.with_both
        } else {
            0
        };
        let mails = match (email, phone) {
            (true, true) => self.with_email,
            (true, false) => self.with_email + self.with_both,
            (false, _) => 0,
        };
        (mails, texts)
    }
}

impl Counts {
    /// Nobody gets a second message, and nothing follows a sign-up that is not sent.
    fn take_back(&mut self, counted: Counted) {
        if let Some(count) = self.of_reach(counted.reach()) {
            *count -= 1;
        }
        for kind in StepKind::ALL {
            self.steps.take_back(kind, counted.steps(kind));
        }
    }

    /// The count of the users that can be reached so; none for those that cannot be.
    fn of_reach(&mut self, reach: u8) -> Option<&mut u64> {
        match reach {
            BY_EMAIL => Some(&mut self.with_email),
            BY_PHONE_NUMBER => Some(&mut self.with_phone_number),
            BY_BOTH => Some(&mut self.with_both),
            _ => None,
        }
    }
}

/// A rule, and how often it is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The rule.
    pub rule: Rule,
    /// Findings.
    pub findings: u64,
    /// The first ones.
    pub examples: Vec<Example>,
}

/// One finding, as an example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// Number of the row.
    pub row: u64,
    /// Line on which it begins.
    pub line: u64,
    /// What was found.
    pub found: String,
}

/// A finding, told while the list is being read.
#[derive(Debug)]
pub struct Told<'a> {
    /// Number of the row.
    pub row: u64,
    /// Line on which it begins.
    pub line: u64,
    /// Its username, where one could be read.
    pub username: Option<&'a str>,
    /// What is wrong.
    pub finding: &'a Finding,
}

/// What a list was found to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Rows.
    pub counts: Counts,
    /// Rules that are broken, the one that is broken most first.
    pub broken: Vec<Broken>,
    /// The names of the groups that users are put into; of too many, the first ones, and one more than a pool can have.
    pub groups: BTreeSet<String>,
}

/// A list cannot be surveyed.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// It cannot be read.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// There is no room for the usernames that are compared.
    #[error(
        "usernames cannot be kept in a temporary file while they are compared: {0}; make room there, or name another folder in TMPDIR"
    )]
    Room(io::Error),
    /// What is found cannot be written.
    #[error("what was found cannot be written: {0}; make room where it goes")]
    Write(#[from] io::Error),
}

/// The places of what a message can go to among a list's attributes.
#[derive(Debug, Clone, Copy)]
struct Places {
    email: Option<usize>,
    phone_number: Option<usize>,
}

impl Places {
    fn of(mapping: &Mapping) -> Self {
        let place = |contact: Contact| {
            mapping
                .attributes()
                .position(|name| name == contact.attribute())
        };
        Self {
            email: place(Contact::Email),
            phone_number: place(Contact::PhoneNumber),
        }
    }

    /// How a user can be reached: by an attribute, or by the username where it stands for one.
    fn reach(self, draft: &Draft<'_>, mapping: &Mapping) -> u8 {
        let by = |contact: Contact, place: Option<usize>, bit| {
            let given =
                place.is_some_and(|place| draft.values.iter().any(|value| value.place == place));
            if given || mapping.username_stands_for(contact.attribute(), &draft.username.text) {
                bit
            } else {
                0
            }
        };
        by(Contact::Email, self.email, BY_EMAIL)
            | by(Contact::PhoneNumber, self.phone_number, BY_PHONE_NUMBER)
    }
}

impl Survey {
    /// Reads the list to its end. `folds` says whether usernames are compared without case; `tell` hears of every finding, those of
    /// a row one after the other, and of duplicates at the end.
    ///
    /// # Errors
    /// The list cannot be read on, `tell` fails, or there is no room for a temporary file.
    pub fn of(
        rows: Rows,
        mapping: &Mapping,
        folds: bool,
        mut tell: impl FnMut(&Told<'_>) -> io::Result<()>,
    ) -> Result<Self, SurveyError> {
        let mut survey = Self::default();
        let contacts = Places::of(mapping);
        let mut usernames = Duplicates::new(folds).map_err(SurveyError::Room)?;
        let mut list = ReadBeside::start(rows)?;
        let mut done = None;
        while let Some(batch) = list.next(done.take())? {
            for raw in batch.rows() {
                survey.row(&raw, mapping, contacts, &mut usernames, &mut tell)?;
            }
            done = Some(batch);
        }
        let usernames = usernames.dealt().map_err(SurveyError::Room)?;
        usernames.each(|double| {
            survey.counts.duplicates += 1;
            survey.counts.take_back(double.counted);
            let finding = Finding {
                rule: Rule::Duplicate,
                column: Some(mapping.username_column().to_owned()),
                message: format!(
                    "the username stands in row {} (line {}) already: {}",
                    double.first_row, double.first_line, double.username
                ),
            };
            let told = Told {
                row: double.row,
                line: double.line,
                username: Some(double.username),
                finding: &finding,
            };
            survey.note(&told);
            tell(&told)
        })?;
        let swallowing = [Rule::OpenQuote, Rule::SwallowedRows];
        survey.counts.swallowing = survey
            .broken
            .iter()
            .filter(|broken| swallowing.contains(&broken.rule))
            .map(|broken| broken.findings)
            .sum();
        let counts = &mut survey.counts;
        counts.to_send = counts.rows - counts.invalid - counts.skipped - counts.duplicates;
        survey
            .broken
            .sort_by_key(|broken| std::cmp::Reverse(broken.findings));
        Ok(survey)
    }

    /// One row: it is counted, and what is wrong with it is told.
    fn row(
        &mut self,
        raw: &RawRow<'_>,
        mapping: &Mapping,
        contacts: Places,
        usernames: &mut Duplicates,
        tell: &mut impl FnMut(&Told<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.counts.rows += 1;
        if mapping.skips(raw) {
            self.counts.skipped += 1;
            return Ok(());
        }
        let Checked { draft, findings } = mapping.findings(raw);
        if let (Some(draft), []) = (&draft, findings.as_slice()) {
            let reach = contacts.reach(draft, mapping);
            let counted = Counted::of(reach, &draft.follow_up);
            usernames.add(raw.number, raw.line, &draft.username.text, counted);
            if let Some(count) = self.counts.of_reach(reach) {
                *count += 1;
            }
            let escaped = draft.values.iter().any(|value| {
                Some(value.place) == contacts.email && value.value.text.starts_with('\'')
            });
            self.counts.with_apostrophe += u64::from(escaped);
            self.steps(&draft.follow_up);
            self.counts.with_digest += u64::from(draft.password.is_some_and(looks_like_digest));
            return Ok(());
        }
        self.counts.invalid += 1;
        let username = match &draft {
            Some(draft) => Some(&*draft.username.text),
            None => mapping.username_of_unreadable(raw),
        };
        for finding in &findings {
            let told = Told {
                row: raw.number,
                line: raw.line,
                username: username.filter(|name| !name.is_empty()),
                finding,
            };
            self.note(&told);
            tell(&told)?;
        }
        Ok(())
    }

    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            self.counts.steps.add(step.kind());
            if let Step::AddToGroup(name) = step
                && !self.groups.contains(&**name)
                && self.groups.len() <= MOST_GROUPS
            {
                self.groups.insert(name.to_string());
            }
        }
    }

    fn note(&mut self, told: &Told<'_>) {
        let rule = told.finding.rule;
        let place = self.broken.iter().position(|broken| broken.rule == rule);
        let place = place.unwrap_or_else(|| {
            self.broken.push(Broken {
                rule,
                findings: 0,
                examples: Vec::new(),
            });
            self.broken.len() - 1
        });
        if let Some(broken) = self.broken.get_mut(place) {
            broken.findings += 1;
            if broken.examples.len() < EXAMPLES {
                broken.examples.push(Example {
                    row: told.row,
                    line: told.line,
                    found: told.finding.to_string(),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests;
