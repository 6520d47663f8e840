//! Fuzzes lists: bytes to rows, mapping, rejects, and reading the rejects again.

mod inputs;

use std::io::{Cursor, Read};
use std::sync::Arc;

use cognito_import::cli::settings::pool_rules;
use cognito_import::mapping::{Mapping, MappingOptions};
use cognito_import::rows::rewrite::{Rewriter, Secrets, Selected, Selection};
use cognito_import::rows::{Dialect, RawRow, Rows, Unreadable};
use cognito_import::source::OpenSource;
use cognito_import::user::rules::Strictness;
use cognito_import::user::{NotSent, Rule};

use crate::case::{Case, fuzz};
use crate::mutate;
pub(crate) use inputs::{ListBase, SAMPLES, bases, samples};
use inputs::{Pieces, TOKENS, packed, vary, vary_options};

/// How a row was read and mapped.
#[derive(Debug, PartialEq)]
struct MappedOutcome {
    number: u64,
    line: u64,
    unreadable: Option<Unreadable>,
    selected: Selected,
    class: Class,
}

#[derive(Debug, PartialEq)]
enum Class {
    /// The mapped row without its password.
    Sent(String),
    Skipped,
    Invalid(Vec<Rule>),
}

/// The result of reading a list.
struct ListContents {
    names: Vec<String>,
    is_template: bool,
    is_mapped: bool,
    rows: Vec<MappedOutcome>,
    /// The error that ended reading.
    refused: Option<String>,
    /// All rows written as rejects.
    rejects: Vec<u8>,
}

/// The settings for reading the lists of a case.
struct ReadSettings {
    dialect: Dialect,
    options: MappingOptions,
    strictness: Strictness,
}

impl ReadSettings {
    fn read(&self, bytes: Box<dyn Read + Send>, length: usize) -> Result<ListContents, String> {
        let source = OpenSource {
            bytes,
            length: Some(length as u64),
        };
        let mut rows = Rows::open("users.csv".into(), source, &self.dialect)
            .map_err(|error| error.to_string())?;
        let header = rows.header().clone();
        let mapping = Mapping::from_header("users.csv", &header, &self.options);
        if let Err(error) = &mapping {
            assert!(!error.to_string().is_empty());
        }
        let mapping = mapping
            .ok()
            .map(|mapping| mapping.with_rules(&self.strictness));
        let selection = Selection::new(&header, Secrets::Written);
        let mut rejects = Rewriter::begin(Vec::new(), rows.dialect(), &header, false).unwrap();
        let is_template = rows.dialect().identity().contains("template=aws");
        let (mut seen, mut end_byte) = (Vec::<MappedOutcome>::new(), 0);
        let refused = loop {
            let row = match rows.next_row() {
                Ok(Some(row)) => row,
                Ok(None) => break None,
                Err(error) => break Some(error.to_string()),
            };
            assert_eq!(row.number, seen.len() as u64 + 1);
            assert!(seen.last().is_none_or(|before| before.line <= row.line));
            // The reader appends line ends, which become part of an unclosed quote.
            let is_open = matches!(row.unreadable, Some(Unreadable::OpenQuote { .. }));
            assert!(
                is_open || row.end_byte <= length as u64 + 1,
                "{} of {length} bytes",
                row.end_byte
            );
            assert!(
                end_byte <= row.end_byte,
                "{} after {end_byte}",
                row.end_byte
            );
            end_byte = row.end_byte;
            let selected = selection.of(&row);
            let outcome = ["invalid", "x", "y\n\"z\", \\", "1", "2"];
            rejects.row(&selected, &outcome).unwrap();
            seen.push(MappedOutcome {
                number: row.number,
                line: row.line,
                class: class(mapping.as_ref(), &row),
                unreadable: row.unreadable,
                selected,
            });
        };
        Ok(ListContents {
            names: header.names().to_vec(),
            is_template,
            is_mapped: mapping.is_some(),
            rows: seen,
            refused,
            rejects: rejects.finish(),
        })
    }
}

/// The final class of a row, on which `check` and `import` agree.
fn class(mapping: Option<&Mapping>, raw: &RawRow<'_>) -> Class {
    let Some(mapping) = mapping else {
        return Class::Skipped;
    };
    let findings = mapping.check_row(raw).findings;
    let skips = mapping.skips(raw);
    let row = mapping.row(raw);
    assert_eq!(row.kept.len(), mapping.kept().len());
    match row.user {
        Ok(user) => {
            assert!(raw.unreadable.is_none() && findings.is_empty() && !skips);
            assert!(!user.username.is_empty() && user.username.chars().count() <= 128);
            assert!(
                user.attributes
                    .iter()
                    .all(|attribute| !attribute.value.is_empty())
            );
            Class::Sent(format!(
                "{:?} {:?} {:?} {}",
                user.username,
                user.attributes,
                user.follow_up,
                user.password.is_some()
            ))
        }
        Err(NotSent::Skipped { .. }) => {
            assert!(skips);
            Class::Skipped
        }
        Err(NotSent::Invalid(broken)) => {
            assert!(!skips && !broken.findings.is_empty());
            let rules: Vec<Rule> = broken.findings.iter().map(|finding| finding.rule).collect();
            assert_eq!(
                rules,
                findings
                    .iter()
                    .map(|finding| finding.rule)
                    .collect::<Vec<_>>()
            );
            Class::Invalid(rules)
        }
    }
}

/// Asserts that rows read from rejects equal the original rows, or are still unreadable.
fn compare(first: &ListContents, again: &ListContents) {
    let reasons = |name: &&String| !name.to_lowercase().contains("reason_");
    let names = |contents: &ListContents| {
        contents
            .names
            .iter()
            .filter(reasons)
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(names(again), names(first), "columns of the rejects");
    assert_eq!(again.refused, None, "the rejects are read completely");
    assert!(again.is_mapped, "the header of the rejects");
    assert_eq!(again.rows.len(), first.rows.len(), "rows of the rejects");
    for (row, read) in first.rows.iter().zip(&again.rows) {
        let Selected::Cells(cells) = &row.selected else {
            assert!(
                !matches!(read.class, Class::Sent(_)),
                "row {}: {:?}",
                row.number,
                read.class
            );
            continue;
        };
        // Errors in a column of reasons are not written.
        if let Some(Unreadable::Encoding { column, .. } | Unreadable::Transcoding { column, .. }) =
            row.unreadable
            && first.names.get(column).is_some_and(|name| !reasons(&name))
        {
            continue;
        }
        let was_replaced = cells.iter().any(|cell| cell.contains('\u{fffd}'));
        // The template format cannot represent a cell that ends with a backslash.
        let is_changed = first.is_template && cells.iter().any(|cell| cell.ends_with('\\'));
        if row.unreadable.is_some() || was_replaced {
            assert!(
                !matches!(read.class, Class::Sent(_)),
                "row {}: {:?}",
                row.number,
                read.class
            );
        } else if !is_changed {
            assert_eq!(read.selected, row.selected, "row {}", row.number);
            assert_eq!(read.class, row.class, "row {}", row.number);
        }
    }
}

fn run(bases: &[ListBase], pool: &Strictness, case: &mut Case) {
    let base = &bases[case.rng.usize(..bases.len())];
    let other = &bases[case.rng.usize(..bases.len())];
    let mut list = base.list.clone();
    mutate::bytes(&mut case.rng, &mut list, &TOKENS, &other.list);
    let list = packed(&mut case.rng, list);
    case.input(&list);
    let settings = ReadSettings {
        dialect: vary(&mut case.rng, base.dialect.clone()),
        options: vary_options(&mut case.rng, base.options.clone()),
        strictness: match case.rng.u8(..3) {
            0 => Strictness::Api,
            1 => Strictness::Formats,
            _ => pool.clone(),
        },
    };
    case.note(format!("{:?}", settings.dialect));
    let contents = settings.read(Box::new(Cursor::new(list.clone())), list.len());
    let pieces = Pieces(Cursor::new(list.clone()), case.rng.fork());
    let in_pieces = settings.read(Box::new(pieces), list.len());
    let (first, in_pieces) = match (contents, in_pieces) {
        (Ok(first), Ok(in_pieces)) => (first, in_pieces),
        (Err(error), Err(in_pieces)) => {
            assert_eq!(error, in_pieces);
            assert!(error.starts_with("users.csv"), "{error}");
            return;
        }
        (first, in_pieces) => panic!("{:?}, in pieces {:?}", first.err(), in_pieces.err()),
    };
    assert_eq!(in_pieces.rows, first.rows, "in pieces");
    assert_eq!(in_pieces.refused, first.refused, "in pieces");
    // A UTF-16 header may contain a NUL, which is refused in UTF-8.
    let is_writable = first.names.iter().all(|name| !name.contains('\0'));
    if first.is_mapped && is_writable && first.refused.is_none() {
        let length = first.rejects.len();
        case.note(String::from_utf8_lossy(&first.rejects));
        let again = settings.read(Box::new(Cursor::new(first.rejects.clone())), length);
        match again {
            Ok(again) => compare(&first, &again),
            Err(error) => panic!("the rejects cannot be read: {error}"),
        }
    }
}

#[test]
fn lists() {
    let bases = bases();
    let pool = Strictness::Pool(Arc::new(pool_rules(&samples().join("pool.toml")).unwrap()));
    fuzz("lists", 1, |case| run(&bases, &pool, case));
}
