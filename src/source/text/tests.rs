use std::io::{Cursor, Read as _};

use proptest::prelude::*;

use super::{ListText, TextEncoding, TextPosition};
use crate::source::OpenSource;

fn text(bytes: Vec<u8>, encoding: Option<&str>) -> ListText {
    let source = OpenSource {
        length: Some(bytes.len() as u64),
        bytes: Box::new(Cursor::new(bytes)),
    };
    source
        .text(encoding.map(|label| label.parse().unwrap()))
        .unwrap()
}

fn all(mut text: ListText) -> (Vec<u8>, &'static str) {
    let mut bytes = Vec::new();
    text.bytes.read_to_end(&mut bytes).unwrap();
    (bytes, text.encoding.name())
}

fn utf_16(text: &str, mark: bool, big: bool) -> Vec<u8> {
    let mark = if mark { "\u{feff}" } else { "" };
    mark.encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(|unit| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        })
        .collect()
}

#[test]
fn a_byte_order_mark_selects_the_encoding_and_is_dropped() {
    let marked = "\u{feff}Zoë".as_bytes().to_vec();
    // The mark overrides a contradicting label.
    for label in [None, Some("utf-8"), Some("windows-1252")] {
        assert_eq!(
            all(text(marked.clone(), label)),
            ("Zoë".as_bytes().to_vec(), "UTF-8")
        );
        assert_eq!(
            all(text(utf_16("Zoë", true, false), label)),
            ("Zoë".as_bytes().to_vec(), "UTF-16LE")
        );
        assert_eq!(
            all(text(utf_16("Zoë", true, true), label)),
            ("Zoë".as_bytes().to_vec(), "UTF-16BE")
        );
    }
    assert_eq!(all(text(b"\xef\xbb\xbf".to_vec(), None)), (vec![], "UTF-8"));
}

#[test]
fn transcodes_from_the_named_encoding() {
    for (bytes, label, name, expected) in [
        (&b"Zo\xeb \x80"[..], "windows-1252", "windows-1252", "Zoë €"),
        (b"Zo\xeb", "ISO-8859-1", "windows-1252", "Zoë"),
        (b"\x83\x41", "shift_jis", "Shift_JIS", "ア"),
        (b"Z\0o\0\xeb\0", "utf-16le", "UTF-16LE", "Zoë"),
        (b"\0Z\0o\0\xeb", "utf-16be", "UTF-16BE", "Zoë"),
    ] {
        assert_eq!(
            all(text(bytes.to_vec(), Some(label))),
            (expected.as_bytes().to_vec(), name)
        );
    }
}

#[test]
fn replaces_invalid_bytes_and_keeps_invalid_utf_8() {
    let (bytes, _) = all(text(b"a\x83\n\xffb".to_vec(), Some("shift_jis")));
    assert_eq!(String::from_utf8(bytes).unwrap(), "a\u{fffd}\n\u{fffd}b");
    // An incomplete character at the end.
    let (bytes, _) = all(text(b"a\0b".to_vec(), Some("utf-16le")));
    assert_eq!(String::from_utf8(bytes).unwrap(), "a\u{fffd}");
    for label in [None, Some("utf-8")] {
        let broken = b"a\xff\xc3,b".to_vec();
        assert_eq!(all(text(broken.clone(), label)), (broken, "UTF-8"));
    }
}

#[test]
fn rejects_an_unknown_encoding_and_suggests_some() {
    // The second one is known but cannot be decoded.
    for label in ["latin-9000", "hz-gb-2312", ""] {
        let error = label.parse::<TextEncoding>().unwrap_err().to_string();
        assert!(error.contains("windows-1252"), "{error}");
    }
}

#[test]
fn converts_positions_in_the_text_to_positions_in_the_list() {
    let plain = text(b"abc".to_vec(), None);
    assert_eq!(plain.position.in_list(2), 2);
    let marked = text("\u{feff}abc".as_bytes().to_vec(), None);
    assert_eq!(marked.position.in_list(2), 5);

    let mut wide = text(utf_16(&"x".repeat(100_000), true, false), None);
    assert!(matches!(wide.position, TextPosition::Read(_)));
    let mut half = vec![0; 50_000];
    wide.bytes.read_exact(&mut half).unwrap();
    assert!((100_000..200_000).contains(&wide.position.in_list(50_000)));
    wide.bytes.read_to_end(&mut half).unwrap();
    assert_eq!(wide.position.in_list(100_000), 200_002);
}

proptest! {
    #[test]
    fn utf_16_round_trips(original in any::<String>(), big in any::<bool>(), mark in any::<bool>()) {
        prop_assume!(!original.starts_with('\u{feff}'));
        let label = if big { "utf-16be" } else { "utf-16le" };
        let bytes = utf_16(&original, mark, big);
        // Without a mark, the bytes must not look like a mark or an archive.
        prop_assume!(mark || bytes.first() != Some(&0xef));
        prop_assume!(!bytes.starts_with(&[0x1f, 0x8b]));
        let (read, _) = all(text(bytes, Some(label)));
        prop_assert_eq!(String::from_utf8(read).unwrap(), original);
    }
}
