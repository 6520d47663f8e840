//! Finds aliases that several usernames share. Only one of these users could sign in with it.

use std::borrow::Cow;
use std::io;

use super::key_groups::{KeyFn, KeyGroups, KeyedText};
use super::reported::{EXAMPLES, FindingExample, Item, ReportedFinding};
use super::{Survey, SurveyError};
use crate::mapping::{MappedRow, Mapping};
use crate::user::note::{Note, NoteKind};
use crate::user::pool_rules::Contact;
use crate::user::rules::{quoted, shown};
use crate::user::{FollowUpStep, fold};

/// Separates the address from the username. Neither contains it.
const SEPARATOR: char = '\0';

/// The tag of a row whose address would be verified.
const VERIFIED: u8 = 1;

/// The maximum number of rows in an example.
const ROWS_IN_EXAMPLE: usize = 3;

/// Addresses of one kind that several usernames share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasRepeats {
    pub contact: Contact,
    pub addresses: u64,
    /// Rows with one of them.
    pub rows: u64,
    /// Whether any would be verified after the sign-up.
    pub verified: bool,
    /// The first ones.
    pub examples: Vec<FindingExample>,
}

/// The aliases in valid rows.
pub(super) struct Aliases {
    by_contact: Vec<ContactAliases>,
    case_insensitive: bool,
}

struct ContactAliases {
    contact: Contact,
    /// The index of the attribute.
    index: usize,
    groups: KeyGroups,
}

impl Aliases {
    pub(super) fn new(mapping: &Mapping, case_insensitive: bool) -> io::Result<Self> {
        let key: KeyFn = if case_insensitive {
            |text| fold(address(text))
        } else {
            |text| Cow::Borrowed(address(text))
        };
        let indexes = mapping.aliases().iter().filter_map(|contact| {
            let mut names = mapping.attributes();
            let index = names.position(|name| name == contact.attribute())?;
            Some((*contact, index))
        });
        let by_contact = indexes.map(|(contact, index)| {
            Ok(ContactAliases {
                contact,
                index,
                groups: KeyGroups::new(key)?,
            })
        });
        Ok(Self {
            by_contact: by_contact.collect::<io::Result<_>>()?,
            case_insensitive,
        })
    }

    pub(super) fn add(&mut self, row: u64, line: u64, mapped: &MappedRow<'_>) {
        for aliases in &mut self.by_contact {
            let mut values = mapped.values.iter();
            let Some(value) = values.find(|value| value.index == aliases.index) else {
                continue;
            };
            let verifies = mapped.follow_up.iter().any(|step| match step {
                FollowUpStep::Verify(addresses) => addresses.contacts().contains(&aliases.contact),
                FollowUpStep::Update
                | FollowUpStep::Confirm
                | FollowUpStep::AddToGroup(_)
                | FollowUpStep::Disable => false,
            });
            let text = format!("{}{SEPARATOR}{}", value.value.text, mapped.username.text);
            aliases.groups.add(&KeyedText {
                row,
                line,
                tag: if verifies { VERIFIED } else { 0 },
                text: &text,
            });
        }
    }

    /// Reports the rows whose address another username has too.
    pub(super) fn finish(
        self,
        survey: &mut Survey,
        mut report: impl FnMut(&ReportedFinding<'_>) -> io::Result<()>,
    ) -> Result<(), SurveyError> {
        for aliases in self.by_contact {
            let mut repeats = AliasRepeats {
                contact: aliases.contact,
                addresses: 0,
                rows: 0,
                verified: false,
                examples: Vec::new(),
            };
            let groups = aliases.groups.finish().map_err(SurveyError::TempFile)?;
            groups.each(|entries| {
                let rows = first_row_of_each_user(entries, self.case_insensitive);
                if rows.len() < 2 {
                    return Ok(());
                }
                repeats.add(&rows);
                report_notes(aliases.contact, &rows, &mut report)
            })?;
            if repeats.addresses > 0 {
                survey.alias_repeats.push(repeats);
            }
        }
        Ok(())
    }
}

impl AliasRepeats {
    fn add(&mut self, rows: &[KeyedText<'_>]) {
        self.addresses += 1;
        self.rows += rows.len() as u64;
        self.verified |= rows.iter().any(|entry| entry.tag == VERIFIED);
        if let Some(first) = rows.first()
            && self.examples.len() < EXAMPLES
        {
            self.examples.push(FindingExample {
                row: first.row,
                line: first.line,
                found: describe(rows, first),
            });
        }
    }
}

/// Returns a text like `2 rows share bob@example.com: row 1 (line 2), row 2 (line 3)`.
fn describe(rows: &[KeyedText<'_>], first: &KeyedText<'_>) -> String {
    let listed: Vec<String> = rows
        .iter()
        .take(ROWS_IN_EXAMPLE)
        .map(|entry| format!("row {} (line {})", entry.row, entry.line))
        .collect();
    let more = match rows.len() - listed.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "{} rows share {}: {}{more}",
        rows.len(),
        shown(address(first.text)),
        listed.join(", ")
    )
}

/// Reports a note for each row except the first.
fn report_notes(
    contact: Contact,
    rows: &[KeyedText<'_>],
    report: &mut impl FnMut(&ReportedFinding<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let Some((first, others)) = rows.split_first() else {
        return Ok(());
    };
    for entry in others {
        let note = Note {
            kind: NoteKind::AliasRepeat,
            column: Some(contact.attribute().to_owned()),
            message: format!(
                "row {} (line {}) also has {}, under the username {}",
                first.row,
                first.line,
                quoted(address(entry.text)),
                quoted(username(first.text))
            ),
        };
        report(&ReportedFinding {
            row: entry.row,
            line: entry.line,
            username: Some(username(entry.text)),
            item: Item::Note(&note),
        })?;
    }
    Ok(())
}

/// Returns the first row of each username, in the order of the list.
fn first_row_of_each_user<'a>(
    entries: &[KeyedText<'a>],
    case_insensitive: bool,
) -> Vec<KeyedText<'a>> {
    let username_key = |entry: &KeyedText<'a>| {
        if case_insensitive {
            fold(username(entry.text))
        } else {
            Cow::Borrowed(username(entry.text))
        }
    };
    let mut rows = entries.to_vec();
    rows.sort_by(|one, other| {
        username_key(one)
            .cmp(&username_key(other))
            .then(one.row.cmp(&other.row))
    });
    rows.dedup_by(|one, other| username_key(one) == username_key(other));
    rows.sort_by_key(|entry| entry.row);
    rows
}

fn address(text: &str) -> &str {
    text.split_once(SEPARATOR)
        .map_or(text, |(address, _)| address)
}

fn username(text: &str) -> &str {
    text.split_once(SEPARATOR)
        .map_or("", |(_, username)| username)
}
