//! Detects JSON and the location of the users in it.

use serde::de::IgnoredAny;

use super::{Format, JsonRows};

/// Detects JSON in a text that starts with a bracket or brace. A CSV header or row may start with
/// one too.
pub(super) fn format(text: &[u8]) -> Option<Format> {
    let (first, rest) = text.split_first()?;
    let next = rest.trim_ascii_start().first();
    match (first, next) {
        (b'[', Some(b'{' | b'[' | b'"' | b']')) => Some(Format::Json(JsonRows::TopLevel)),
        (b'{', Some(b'"' | b'}')) => Some(object(text)),
        _ => None,
    }
}

/// Distinguishes a single document from one on each line.
fn object(text: &[u8]) -> Format {
    let mut lines = text.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let is_whole = serde_json::from_slice::<IgnoredAny>(first).is_ok();
    let mut more = lines.filter(|line| !line.trim_ascii().is_empty());
    match (is_whole, more.next(), array_key(text)) {
        (true, Some(second), _) if second.trim_ascii_start().starts_with(b"{") => Format::JsonLines,
        (_, _, Some(key)) => Format::Json(JsonRows::Key(key)),
        (true, _, None) => Format::JsonLines,
        (false, _, None) => Format::Json(JsonRows::Unknown),
    }
}

/// Returns the first key whose value is an array of objects.
fn array_key(text: &[u8]) -> Option<String> {
    let mut depth = 0_usize;
    let mut string = None;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                let end = string_end(text, at + 1)?;
                string = text.get(at..=end);
                at = end;
            }
            b'[' if depth == 1 => {
                let rest = text.get(at + 1..).unwrap_or_default();
                if rest.trim_ascii_start().starts_with(b"{") {
                    return serde_json::from_slice(string?).ok();
                }
                depth += 1;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Returns the index of the quote that ends the string.
fn string_end(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match text.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}
