//! Detects JSON, and where it has the users.

use serde::de::IgnoredAny;

use super::{Format, JsonRows};

/// The format of a text that starts with a bracket or brace. A CSV header or row may start like
/// that too.
pub(super) fn format(text: &[u8]) -> Option<Format> {
    let (first, rest) = text.split_first()?;
    let next = rest.trim_ascii_start().first();
    match (first, next) {
        (b'[', Some(b'{' | b'[' | b'"' | b']')) => Some(Format::Json(JsonRows::Whole)),
        (b'{', Some(b'"' | b'}')) => Some(object(text)),
        _ => None,
    }
}

/// One document, or one on each line.
fn object(text: &[u8]) -> Format {
    let mut lines = text.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let is_whole = serde_json::from_slice::<IgnoredAny>(first).is_ok();
    let mut others = lines.filter(|line| !line.trim_ascii().is_empty());
    match (is_whole, others.next(), key_of_array(text)) {
        (true, Some(second), _) if second.trim_ascii_start().starts_with(b"{") => Format::JsonLines,
        (_, _, Some(key)) => Format::Json(JsonRows::Under(key)),
        (true, _, None) => Format::JsonLines,
        (false, _, None) => Format::Json(JsonRows::Unknown),
    }
}

/// The first key in the text whose value is an array of objects.
fn key_of_array(text: &[u8]) -> Option<String> {
    let mut depth = 0_usize;
    let mut string = None;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                let end = end_of_string(text, at + 1)?;
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

/// The position of the quote that ends the string.
fn end_of_string(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match text.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}
