//! Findings and notes: each is reported while the list is read, and counted with a few examples.

use serde::Serialize;

use super::Survey;
use crate::user::finding::{Finding, Rule};
use crate::user::hint::FlagsGiven;
use crate::user::note::{Note, NoteKind};

/// Examples that are kept of each rule and kind of note.
pub(super) const EXAMPLES: usize = 3;

/// A rule, and how often it is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCount {
    /// The rule.
    pub rule: Rule,
    /// Findings.
    pub findings: u64,
    /// The first ones.
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
    /// What was found.
    pub found: String,
}

/// A kind of note, and how often it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteCount {
    /// The kind.
    pub kind: NoteKind,
    /// Notes of it.
    pub count: u64,
    /// The first ones.
    pub examples: Vec<FindingExample>,
}

/// A finding or a note, reported while the list is being read.
#[derive(Debug)]
pub struct ReportedFinding<'a> {
    /// Number of the row.
    pub row: u64,
    /// Line on which it begins.
    pub line: u64,
    /// Its username, where one could be read.
    pub username: Option<&'a str>,
    /// What is reported.
    pub item: Item<'a>,
}

/// What is reported of a row.
#[derive(Debug, Clone, Copy)]
pub enum Item<'a> {
    /// Something that keeps it from being sent.
    Finding(&'a Finding),
    /// Something worth knowing.
    Note(&'a Note),
}

impl Item<'_> {
    /// Its stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Finding(finding) => finding.rule.code(),
            Self::Note(note) => note.kind.code(),
        }
    }

    /// The column, where it is about one.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Finding(finding) => finding.column.as_deref(),
            Self::Note(note) => note.column.as_deref(),
        }
    }

    /// What was found.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Finding(finding) => &finding.message,
            Self::Note(note) => &note.message,
        }
    }

    /// What to do about it.
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
                        keep(&mut broken.examples, reported);
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
                        keep(&mut notes.examples, reported);
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
}

impl Survey {
    /// Counts something more for a kind of note that was made already.
    pub(super) fn count_more(&mut self, kind: NoteKind, more: u64) {
        if let Some(notes) = self.notes.iter_mut().find(|notes| notes.kind == kind) {
            notes.count += more;
        }
    }
}

fn keep(examples: &mut Vec<FindingExample>, reported: &ReportedFinding<'_>) {
    if examples.len() < EXAMPLES {
        examples.push(reported.example());
    }
}
