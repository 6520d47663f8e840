//! Findings and notes, reported while the list is read and counted with a few examples.

use serde::Serialize;

use super::Survey;
use crate::user::finding::{Finding, Rule};
use crate::user::hint::FlagsGiven;
use crate::user::note::{Note, NoteKind};

/// The number of examples of each rule and kind of note.
pub(super) const EXAMPLES: usize = 3;

/// A rule and how often it is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCount {
    pub rule: Rule,
    pub findings: u64,
    /// The first findings.
    pub examples: Vec<FindingExample>,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FindingExample {
    /// The number of the row.
    pub row: u64,
    /// The line on which the row starts.
    pub line: u64,
    /// A description of the finding.
    pub found: String,
}

/// A kind of note and how often it occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteCount {
    pub kind: NoteKind,
    pub count: u64,
    /// The first notes.
    pub examples: Vec<FindingExample>,
}

/// A finding or note about a row, reported while the list is read.
#[derive(Debug)]
pub struct ReportedFinding<'a> {
    pub row: u64,
    /// The line on which the row starts.
    pub line: u64,
    /// The username of the row, if it has one.
    pub username: Option<&'a str>,
    pub item: Item<'a>,
}

#[derive(Debug, Clone, Copy)]
pub enum Item<'a> {
    /// Makes the row invalid.
    Finding(&'a Finding),
    /// For information only.
    Note(&'a Note),
}

impl Item<'_> {
    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Finding(finding) => finding.rule.code(),
            Self::Note(note) => note.kind.code(),
        }
    }

    /// Returns the column, if it is about one.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Finding(finding) => finding.column.as_deref(),
            Self::Note(note) => note.column.as_deref(),
        }
    }

    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Finding(finding) => &finding.message,
            Self::Note(note) => &note.message,
        }
    }

    #[must_use]
    pub fn hint(&self, given: &FlagsGiven) -> String {
        match self {
            Self::Finding(finding) => finding.rule.hint(given),
            Self::Note(note) => note.kind.hint(given),
        }
    }
}

impl ReportedFinding<'_> {
    fn example(&self) -> FindingExample {
        FindingExample {
            row: self.row,
            line: self.line,
            found: match self.item {
                Item::Finding(finding) => finding.to_string(),
                Item::Note(note) => note.to_string(),
            },
        }
    }
}

impl Survey {
    pub(super) fn count(&mut self, reported: &ReportedFinding<'_>) {
        match reported.item {
            Item::Finding(Finding { rule, .. }) => {
                match self.broken.iter_mut().find(|broken| broken.rule == *rule) {
                    Some(broken) => {
                        broken.findings += 1;
                        add_example(&mut broken.examples, reported);
                    }
                    None => self.broken.push(RuleCount {
                        rule: *rule,
                        findings: 1,
                        examples: vec![reported.example()],
                    }),
                }
            }
            Item::Note(Note { kind, .. }) => {
                match self.notes.iter_mut().find(|notes| notes.kind == *kind) {
                    Some(notes) => {
                        notes.count += 1;
                        add_example(&mut notes.examples, reported);
                    }
                    None => self.notes.push(NoteCount {
                        kind: *kind,
                        count: 1,
                        examples: vec![reported.example()],
                    }),
                }
            }
        }
    }

    /// Adds to the count of a kind of note without reporting anything.
    pub(super) fn increase_count(&mut self, kind: NoteKind, by: u64) {
        if let Some(notes) = self.notes.iter_mut().find(|notes| notes.kind == kind) {
            notes.count += by;
        }
    }
}

fn add_example(examples: &mut Vec<FindingExample>, reported: &ReportedFinding<'_>) {
    if examples.len() < EXAMPLES {
        examples.push(reported.example());
    }
}
