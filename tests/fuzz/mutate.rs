//! Mutations of valid input.

use fastrand::Rng;
use serde_json::Value;

pub(crate) fn pick<'t, T: ?Sized>(rng: &mut Rng, from: &[&'t T]) -> &'t T {
    from[rng.usize(..from.len())]
}

/// Usually a short range, sometimes any.
fn range(rng: &mut Rng, length: usize) -> std::ops::Range<usize> {
    let from = rng.usize(..=length);
    let longest = if rng.u8(..16) == 0 { length } else { 12 };
    from..(from + rng.usize(..=longest)).min(length)
}

/// The offsets of line starts, and the end.
fn line_starts(text: &[u8]) -> Vec<usize> {
    let after = |(at, byte): (usize, &u8)| (*byte == b'\n').then_some(at + 1);
    let inner = text.iter().enumerate().filter_map(after);
    std::iter::once(0)
        .chain(inner)
        .chain([text.len()])
        .collect()
}

/// Mutates some bytes. Inserts `tokens` and parts of `other`.
pub(crate) fn bytes(rng: &mut Rng, input: &mut Vec<u8>, tokens: &[&[u8]], other: &[u8]) {
    for _ in 0..rng.usize(..6) {
        let at = rng.usize(..=input.len());
        match rng.u8(..20) {
            0..=1 if at < input.len() => input[at] ^= 1 << rng.u8(..8),
            2 if at < input.len() => input[at] = rng.u8(..),
            3..=8 => {
                let token = pick(rng, tokens);
                input.splice(at..at, token.iter().copied());
            }
            9..=11 => {
                let token = pick(rng, tokens);
                input.splice(range(rng, input.len()), token.iter().copied());
            }
            12 => drop(input.drain(range(rng, input.len()))),
            13 => {
                let copy = input[range(rng, input.len())].to_vec();
                input.splice(at..at, copy);
            }
            14..=15 => {
                let starts = line_starts(input);
                let line = rng.usize(..starts.len() - 1);
                let copy = input[starts[line]..starts[line + 1]].to_vec();
                let to = starts[rng.usize(..starts.len())];
                input.splice(to..to, copy);
            }
            16 => {
                let starts = line_starts(input);
                let line = rng.usize(..starts.len() - 1);
                input.drain(starts[line]..starts[line + 1]);
            }
            17 if rng.bool() => input.truncate(at),
            _ => {
                let piece = other[range(rng, other.len())].to_vec();
                input.splice(at..at, piece);
            }
        }
    }
}

/// Extreme numbers and dates.
const NUMBERS: [&str; 18] = [
    "0",
    "-0.0",
    "-1",
    "1",
    "2147483647",
    "2147483648",
    "-2147483649",
    "-62135596801",
    "253402300800",
    "1795658400000",
    "1795658400000000",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "1e18",
    "-1e300",
    "1e-300",
    "1.7976931348623157e308",
];

/// Unusual texts.
const TEXTS: [&str; 14] = [
    "",
    " ",
    "\u{0}",
    "\u{1b}[31m\u{7}",
    "a\nerror: b\r\n",
    "NaN",
    "Infinity",
    "1970-01-01T00:00:00Z",
    "+99999-12-31T23:59:60Z",
    "\u{202e}\u{feff}",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "user0002",
    "00000000-0000-4000-8000-000000000000",
];

fn value(rng: &mut Rng, secret: &str) -> Value {
    match rng.u8(..16) {
        0 => Value::Null,
        1 => Value::Bool(rng.bool()),
        2..=6 => serde_json::from_str(pick(rng, &NUMBERS)).unwrap(),
        7..=10 => pick(rng, &TEXTS).into(),
        11 => "y".repeat(1 << rng.u32(6..18)).into(),
        12 => secret.into(),
        13 => format!("Value {} not accepted", secret.replace('!', "%21")).into(),
        14 => Value::Array(vec![]),
        _ => (0..rng.usize(..200)).fold(Value::Null, |inner, _| Value::Array(vec![inner])),
    }
}

/// Mutates some values of a document. May insert `secret`.
pub(crate) fn json(rng: &mut Rng, document: &mut Value, secret: &str) {
    for _ in 0..rng.usize(1..4) {
        let mut index = rng.usize(..count(document));
        change(rng, document, &mut index, secret);
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Mutates the value with this depth-first index.
fn change(rng: &mut Rng, at: &mut Value, index: &mut usize, secret: &str) -> bool {
    if *index == 0 {
        match (rng.u8(..6), &mut *at) {
            (0, Value::Array(items)) => {
                let copies: Vec<Value> = items
                    .iter()
                    .cycle()
                    .take(items.len() * 3)
                    .cloned()
                    .collect();
                *items = copies;
            }
            (0..=3, Value::Object(fields)) if !fields.is_empty() => {
                let name = fields
                    .keys()
                    .nth(rng.usize(..fields.len()))
                    .cloned()
                    .unwrap();
                let value = fields.remove(&name).unwrap();
                if rng.bool() {
                    fields.insert(pick(rng, &TEXTS).to_owned(), value);
                }
            }
            _ => *at = value(rng, secret),
        }
        return true;
    }
    *index -= 1;
    match at {
        Value::Array(items) => items
            .iter_mut()
            .any(|item| change(rng, item, index, secret)),
        Value::Object(fields) => fields
            .values_mut()
            .any(|field| change(rng, field, index, secret)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
