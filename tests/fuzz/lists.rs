//! Lists: from bytes through rows and the mapping to rejects and back.

use std::io::{Cursor, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cognito_import::cli::mapping_file::MappingFile;
use cognito_import::cli::settings::pool_rules;
use cognito_import::mapping::{Mapping, MappingOptions, PasswordFrom};
use cognito_import::rows::rewrite::{Rewriter, Secrets, Selected, Selection};
use cognito_import::rows::{Dialect, Quote, RawRow, Rows, Unreadable};
use cognito_import::source::OpenSource;
use cognito_import::user::rules::Strictness;
use cognito_import::user::{NotSent, Rule};
use fastrand::Rng;

use crate::case::{Case, fuzz};
use crate::mutate::{self, pick};

/// A list, and how it is read.
pub(crate) struct Base {
    pub(crate) list: Vec<u8>,
    dialect: Dialect,
    options: MappingOptions,
}

/// Lists in dialects that no sample has.
const LISTS: [&str; 7] = [
    "username,password,email,groups\nann,\"Pass, \"\"w0rd!\"\"\",ann@example.com,a|b\nbob,Passw0rd!,\"bob\n@example.com\",\n",
    "username;password;email;nickname\r\nann;Passw0rd!;ann@example.com;\"x;\ty\"\r\n\r\nbob;Passw0rd!;bob@example.com;=1+1\r\n",
    "username\tpassword\temail\tnickname\nann\tPassw0rd!\tann@example.com\tAn \"A\" Lee\nbob\tPassw0rd!\tbob\t\"Bob\n",
    "cognito:username,password,email,address,cognito:mfa_enabled\nann,Passw0rd!,ann@example.com,1\\, High St,\nbob,Pw!9,bob,2\\, St,a\n",
    "sep=;\nusername;password;email;a,b,c,d,e\nann;Passw0rd!;ann@example.com;x\nbob;Passw0rd!;bob;y\n",
    "username,password,email,reason_outcome,reason_code,reason_message,reason_row,reason_line\nann,Passw0rd!,ann@a.b,invalid,email.format,no,2,2\n",
    "username,password,phone_number,birthdate\r\n=\"ann\",Passw0rd!,'+493012345,1990-02-03\r\n'bob,Passw0rd!,030 12345.0,3/4/1990\r\n",
];

/// Pieces of lists.
const TOKENS: [&[u8]; 46] = [
    b",",
    b";",
    b"\t",
    b"|",
    b"\n",
    b"\r\n",
    b"\r",
    b"\"",
    b"\"\"",
    b"'",
    b"\\",
    b"\\,",
    b"\\\"",
    b" ",
    b"\0",
    b"\n\0endoflist\0\n",
    b"\0endoflist\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xff",
    b"\xc3\xa4",
    b"\xef\xbf\xbd",
    b"\xe2\x80\x8b",
    b"\xc2\xa0",
    b"\x1a",
    b"\x1b[31m",
    b"=",
    b"=\"x\"",
    b"+1",
    b"@",
    b"-",
    b"NULL",
    b"\\N",
    b"\"\n\"",
    b"\",\"",
    b",,,,",
    b"sep=;\n",
    b"username",
    b"password",
    b"email",
    b"groups",
    b"custom:x",
    b"reason_outcome",
    b"9999999999999999999",
    b"0000-00-00",
    b"$2a$10$abcdefghijklmnopqrstuv",
];

pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// Folders of `samples/` with a list and its mapping.
pub(crate) const SAMPLES: [&str; 6] = [
    "auth0",
    "aws-template",
    "excel",
    "keycloak",
    "okta",
    "wordpress",
];

pub(crate) fn bases() -> Vec<Base> {
    let plain = |list: Vec<u8>| Base {
        list,
        dialect: Dialect::default(),
        options: MappingOptions {
            ignore_unknown: true,
            ..MappingOptions::default()
        },
    };
    let sample = |name: &&str| {
        let folder = samples().join(name);
        let mapping = MappingFile::read(&folder.join("mapping.toml")).unwrap();
        Base {
            list: std::fs::read(folder.join("users.csv")).unwrap(),
            dialect: mapping.dialect().unwrap(),
            options: mapping.options().unwrap(),
        }
    };
    let files =
        ["users.csv", "users-broken.csv"].map(|name| std::fs::read(samples().join(name)).unwrap());
    let lists = LISTS.map(|list| list.as_bytes().to_vec());
    files
        .into_iter()
        .chain(lists)
        .map(plain)
        .chain(SAMPLES.iter().map(sample))
        .collect()
}

/// Another way to read the list.
fn vary(rng: &mut Rng, mut dialect: Dialect) -> Dialect {
    if rng.u8(..3) == 0 {
        dialect.delimiter = Some(*b",;\t|^".get(rng.usize(..5)).unwrap());
    }
    if rng.u8(..4) == 0 {
        dialect.quote = Some([Quote::Mark(b'"'), Quote::Mark(b'\''), Quote::None][rng.usize(..3)]);
    }
    if rng.u8(..6) == 0 && dialect.quote != Some(Quote::None) {
        dialect.escape = Some(b'\\');
    }
    if rng.u8(..6) == 0 {
        let labels = [
            "utf-8",
            "utf-16le",
            "windows-1252",
            "shift_jis",
            "gb18030",
            "iso-2022-jp",
        ];
        dialect.encoding = Some(pick(rng, &labels).parse().unwrap());
    }
    if rng.u8(..10) == 0 {
        let names = ["username", "password", "email", "nickname", "custom:x"];
        let count = rng.usize(2..=names.len());
        dialect.columns = Some(
            names[..count]
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
        );
    }
    if rng.u8(..10) == 0 {
        dialect.skip_lines = rng.u64(..4);
    }
    dialect.flexible ^= rng.u8(..6) == 0;
    dialect.drop_apostrophe ^= rng.u8(..6) == 0;
    dialect.unwrap_formulas ^= rng.u8(..6) == 0;
    dialect
}

fn vary_options(rng: &mut Rng, mut options: MappingOptions) -> MappingOptions {
    options.trim ^= rng.u8(..4) == 0;
    if rng.u8(..3) == 0 {
        let all = [
            PasswordFrom::Column,
            PasswordFrom::ColumnOrGenerate,
            PasswordFrom::None,
        ];
        options.password = Some(all[rng.usize(..3)]);
    }
    if rng.u8(..4) == 0 {
        options.null = vec!["NULL".to_owned(), "\\N".to_owned()];
    }
    options
}

/// The bytes as a file may hold them.
fn packed(rng: &mut Rng, list: Vec<u8>) -> Vec<u8> {
    let mut packed = match rng.u8(..12) {
        0 => {
            let text = String::from_utf8_lossy(&list);
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        }
        1 => {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(&list).unwrap();
            gzip.finish().unwrap()
        }
        2 => zstd::encode_all(&*list, 1).unwrap(),
        _ => return list,
    };
    if rng.u8(..4) == 0 {
        mutate::bytes(rng, &mut packed, &TOKENS, &list);
    }
    packed
}

/// Hands bytes out a few at a time.
struct Pieces(Cursor<Vec<u8>>, Rng);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = self.1.usize(1..=40).min(buffer.len());
        self.0.read(&mut buffer[..most])
    }
}

/// What becomes of a row.
#[derive(Debug, PartialEq)]
struct Seen {
    number: u64,
    line: u64,
    unreadable: Option<Unreadable>,
    selected: Selected,
    class: Class,
}

#[derive(Debug, PartialEq)]
enum Class {
    /// With everything but the password.
    Sent(String),
    Skipped,
    Invalid(Vec<Rule>),
}

/// What is read of a list.
struct Whole {
    names: Vec<String>,
    is_template: bool,
    is_mapped: bool,
    rows: Vec<Seen>,
    /// Why it was not read to its end.
    refused: Option<String>,
    /// Its rows written as rejects.
    rejects: Vec<u8>,
}

/// How lists of a case are read.
struct How {
    dialect: Dialect,
    options: MappingOptions,
    strictness: Strictness,
}

impl How {
    fn read(&self, bytes: Box<dyn Read + Send>, length: usize) -> Result<Whole, String> {
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
            .map(|mapping| mapping.held_to(&self.strictness));
        let selection = Selection::new(&header, Secrets::Written);
        let mut rejects = Rewriter::begin(Vec::new(), rows.reading(), &header).unwrap();
        let is_template = rows.reading().identity().contains("template=aws");
        let (mut seen, mut end_byte) = (Vec::<Seen>::new(), 0);
        let refused = loop {
            let row = match rows.next_row() {
                Ok(Some(row)) => row,
                Ok(None) => break None,
                Err(error) => break Some(error.to_string()),
            };
            assert_eq!(row.number, seen.len() as u64 + 1);
            assert!(seen.last().is_none_or(|before| before.line <= row.line));
            // The reader puts a line end after the list, and more, which a quote that is never closed takes in.
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
            seen.push(Seen {
                number: row.number,
                line: row.line,
                class: class(mapping.as_ref(), &row),
                unreadable: row.unreadable,
                selected,
            });
        };
        Ok(Whole {
            names: header.names().to_vec(),
            is_template,
            is_mapped: mapping.is_some(),
            rows: seen,
            refused,
            rejects: rejects.finish(),
        })
    }
}

/// The one class in which a row ends. `check` and `import` agree on it.
fn class(mapping: Option<&Mapping>, raw: &RawRow<'_>) -> Class {
    let Some(mapping) = mapping else {
        return Class::Skipped;
    };
    let findings = mapping.findings(raw).findings;
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
        Err(NotSent::Broken(broken)) => {
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

/// Rows that were written as rejects are the same rows when they are read, or are still none.
fn compare(first: &Whole, again: &Whole) {
    let reasons = |name: &&String| !name.to_lowercase().contains("reason_");
    let names = |whole: &Whole| {
        whole
            .names
            .iter()
            .filter(reasons)
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(names(again), names(first), "columns of the rejects");
    assert_eq!(again.refused, None, "the rejects are read to their end");
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
        // What is wrong with a column of reasons is not written again.
        if let Some(Unreadable::Encoding { column, .. } | Unreadable::Transcoding { column, .. }) =
            row.unreadable
            && first.names.get(column).is_some_and(|name| !reasons(&name))
        {
            continue;
        }
        let was_replaced = cells.iter().any(|cell| cell.contains('\u{fffd}'));
        // There is no way to write a cell of the template that ends with a backslash.
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

fn run(bases: &[Base], pool: &Strictness, case: &mut Case) {
    let base = &bases[case.rng.usize(..bases.len())];
    let other = &bases[case.rng.usize(..bases.len())];
    let mut list = base.list.clone();
    mutate::bytes(&mut case.rng, &mut list, &TOKENS, &other.list);
    let list = packed(&mut case.rng, list);
    case.input(&list);
    let how = How {
        dialect: vary(&mut case.rng, base.dialect.clone()),
        options: vary_options(&mut case.rng, base.options.clone()),
        strictness: match case.rng.u8(..3) {
            0 => Strictness::Api,
            1 => Strictness::Formats,
            _ => pool.clone(),
        },
    };
    case.note(format!("{:?}", how.dialect));
    let whole = how.read(Box::new(Cursor::new(list.clone())), list.len());
    let pieces = Pieces(Cursor::new(list.clone()), case.rng.fork());
    let in_pieces = how.read(Box::new(pieces), list.len());
    let (first, in_pieces) = match (whole, in_pieces) {
        (Ok(first), Ok(in_pieces)) => (first, in_pieces),
        (Err(why), Err(in_pieces)) => {
            assert_eq!(why, in_pieces);
            assert!(why.starts_with("users.csv"), "{why}");
            return;
        }
        (first, in_pieces) => panic!("{:?}, in pieces {:?}", first.err(), in_pieces.err()),
    };
    assert_eq!(in_pieces.rows, first.rows, "in pieces");
    assert_eq!(in_pieces.refused, first.refused, "in pieces");
    // UTF-16 can hold a NUL in its header. Written as UTF-8, that is refused.
    let is_writable = first.names.iter().all(|name| !name.contains('\0'));
    if first.is_mapped && is_writable && first.refused.is_none() {
        let length = first.rejects.len();
        case.note(String::from_utf8_lossy(&first.rejects));
        let again = how.read(Box::new(Cursor::new(first.rejects.clone())), length);
        match again {
            Ok(again) => compare(&first, &again),
            Err(why) => panic!("the rejects cannot be read: {why}"),
        }
    }
}

#[test]
fn lists() {
    let bases = bases();
    let pool = Strictness::Pool(Arc::new(pool_rules(&samples().join("pool.toml")).unwrap()));
    fuzz("lists", 1, |case| run(&bases, &pool, case));
}
