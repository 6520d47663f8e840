//! Detects files that are not CSV from their first bytes, and suggests a command to convert them.

mod convert;
mod json;

use std::fmt;

use super::unpack::Packing;

/// The number of bytes inspected first.
pub(super) const MAGIC_BYTES: usize = 4;

/// The number of bytes that distinguishes a workbook from another ZIP archive: a local file header
/// with its name (APPNOTE 4.3.7).
const ZIP_BYTES: usize = 30 + 64;

/// `BZh`, the block size and the magic number of the first block.
const BZIP2_BYTES: usize = 10;

const MAGICS: [(&[u8], Format); 5] = [
    // A compound file, also used for newer workbooks with a password.
    (b"\xd0\xcf\x11\xe0", Format::Xls),
    // BIFF streams of Excel 5 and 8 without a compound file around them.
    (b"\x09\x08\x08\x00", Format::Xls),
    (b"\x09\x08\x10\x00", Format::Xls),
    (b"\xfd7zX", Format::Xz),
    (b"7z\xbc\xaf", Format::SevenZip),
];

/// The first entries of Excel workbooks (ECMA-376, part 2).
const WORKBOOK_ENTRIES: [&[u8]; 4] = [b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/"];

/// The first entry of an OpenDocument spreadsheet (OpenDocument 1.3, part 2).
const SPREADSHEET_ENTRY: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet";

/// The offset and text of a tar archive's magic number (POSIX, ustar).
const TAR_MAGIC: (usize, &[u8]) = (257, b"ustar");

/// Starts of an HTML document, in lowercase.
const HTML_STARTS: [&[u8]; 9] = [
    b"<!doctype html",
    b"<html",
    b"<head",
    b"<body",
    b"<meta",
    b"<script",
    b"<style",
    b"<table",
    b"<div",
];

/// A format other than CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Format {
    /// A single document.
    Json(JsonRows),
    /// An object on each line.
    JsonLines,
    Ldif,
    Html,
    Xml,
    Xlsx,
    Xls,
    Ods,
    Zip,
    Bzip2,
    Xz,
    SevenZip,
    Tar,
    /// Compressed twice.
    Packed(Packing),
}

/// The location of the users in a JSON document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum JsonRows {
    /// The document is an array of users.
    TopLevel,
    /// An array with this key.
    Key(String),
    /// Not found in the inspected part.
    Unknown,
}

/// The compression and encoding of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wrapping {
    pub(super) packing: Option<Packing>,
    /// The encoding as iconv names it. `None` for UTF-8.
    pub(super) encoding: Option<&'static str>,
}

/// A file that is not a CSV list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is {format}, not CSV")]
pub struct Foreign {
    pub(super) format: Format,
    pub(super) wrapping: Wrapping,
}

impl Wrapping {
    /// Returns whether a text with this start may be another format, so that more lines are needed
    /// to decide.
    #[must_use]
    pub fn may_be_foreign(head: &[u8]) -> bool {
        let text = head.trim_ascii_start();
        let line = text.split(|byte| matches!(byte, b'\r' | b'\n')).next();
        let is_comment = |line: &[u8]| {
            let has_columns = line.iter().any(|byte| b",;\t|".contains(byte));
            line.starts_with(b"#") && !has_columns
        };
        matches!(text.first(), Some(b'{' | b'[' | b'<'))
            || text.starts_with(b"version:")
            || line.is_some_and(is_comment)
    }

    /// Detects a known text format other than CSV. `head` is the part that was read.
    #[must_use]
    pub fn foreign_text(self, head: &[u8]) -> Option<Foreign> {
        let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head);
        let is_tar = |(offset, magic): (usize, &[u8])| {
            let rest = head.get(offset..);
            rest.is_some_and(|rest| rest.starts_with(magic))
        };
        let format = match head.trim_ascii_start() {
            [b'{', ..] | [b'[', ..] => json::format(head.trim_ascii_start()),
            [b'<', ..] => markup(head),
            _ if is_ldif(head) => Some(Format::Ldif),
            _ if is_tar(TAR_MAGIC) => Some(Format::Tar),
            _ => None,
        }?;
        Some(Foreign {
            format,
            wrapping: self,
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json(_) => "JSON",
            Self::JsonLines => "NDJSON (a JSON object on each line)",
            Self::Ldif => "LDIF",
            Self::Html => "HTML",
            Self::Xml => "XML",
            Self::Xlsx => "an Excel workbook (.xlsx)",
            Self::Xls => "an old Excel workbook (.xls), or a newer one with a password",
            Self::Ods => "an OpenDocument spreadsheet (.ods)",
            Self::Zip => "a ZIP archive",
            Self::Bzip2 => "a bzip2 archive",
            Self::Xz => "an xz archive",
            Self::SevenZip => "a 7-Zip archive",
            Self::Tar => "a tar archive",
            Self::Packed(Packing::Gzip) => "a gzip archive in another archive",
            Self::Packed(Packing::Zstd) => "a zstd archive in another archive",
        })
    }
}

/// Returns the number of bytes needed to detect the format of a file with this start.
pub(super) fn bytes_needed(head: &[u8]) -> usize {
    match head {
        [b'P', b'K', ..] => ZIP_BYTES,
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => BZIP2_BYTES,
        _ => MAGIC_BYTES,
    }
}

/// Detects a binary format.
pub(super) fn binary_format(head: &[u8]) -> Option<Format> {
    if let [b'B', b'Z', b'h', b'1'..=b'9', block @ ..] = head {
        // The digits of pi, or of its square root if the archive is empty.
        let is_block = block.starts_with(b"1AY&SY") || block.starts_with(b"\x17rE8P\x90");
        return is_block.then_some(Format::Bzip2);
    }
    if head.starts_with(b"PK") {
        return match head.get(2..4) {
            Some(b"\x03\x04") => Some(zip(head)),
            // An empty archive, and one of several parts.
            Some(b"\x05\x06" | b"\x07\x08") => Some(Format::Zip),
            Some(_) | None => None,
        };
    }
    let known = MAGICS.iter().find(|(magic, _)| head.starts_with(magic));
    known.map(|(_, format)| format.clone())
}

fn zip(head: &[u8]) -> Format {
    let first_entry = head.get(30..).unwrap_or_default();
    let is_workbook = |name: &&[u8]| first_entry.starts_with(name);
    if WORKBOOK_ENTRIES.iter().any(is_workbook) {
        Format::Xlsx
    } else if first_entry.starts_with(SPREADSHEET_ENTRY) {
        Format::Ods
    } else {
        Format::Zip
    }
}

fn markup(head: &[u8]) -> Option<Format> {
    let text = head.trim_ascii_start().to_ascii_lowercase();
    let starts_with = |names: &[&[u8]]| names.iter().any(|name| text.starts_with(name));
    if starts_with(&HTML_STARTS) {
        return Some(Format::Html);
    }
    // A comment, a declaration, or any element.
    if !starts_with(&[b"<?xml", b"<!"]) && !matches!(text.get(1), Some(b'a'..=b'z')) {
        return None;
    }
    let contains = |name: &[u8]| text.windows(name.len()).any(|window| window == name);
    Some(if contains(b"<html") {
        Format::Html
    } else {
        Format::Xml
    })
}

/// Returns whether the text starts with an LDIF entry, after comments and the version (RFC 2849). A
/// title such as `version: 1` is not an entry.
fn is_ldif(head: &[u8]) -> bool {
    let lines = head.split(|byte| matches!(byte, b'\r' | b'\n'));
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    let first = lines.next().unwrap_or_default();
    let line = if first.starts_with(b"version:") {
        lines.next().unwrap_or_default()
    } else {
        first
    };
    let name = line.get(..3).unwrap_or_default();
    name.eq_ignore_ascii_case(b"dn:")
}

#[cfg(test)]
mod tests;
