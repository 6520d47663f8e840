//! Detects text that lost characters or was read in the wrong encoding.

/// The characters of the bytes 0x80 to 0x9F in Windows-1252 (WHATWG Encoding Standard), which
/// differ from Latin-1.
const WINDOWS_1252: [(char, u8); 27] = [
    ('€', 0x80),
    ('‚', 0x82),
    ('ƒ', 0x83),
    ('„', 0x84),
    ('…', 0x85),
    ('†', 0x86),
    ('‡', 0x87),
    ('ˆ', 0x88),
    ('‰', 0x89),
    ('Š', 0x8a),
    ('‹', 0x8b),
    ('Œ', 0x8c),
    ('Ž', 0x8e),
    ('‘', 0x91),
    ('’', 0x92),
    ('“', 0x93),
    ('”', 0x94),
    ('•', 0x95),
    ('–', 0x96),
    ('—', 0x97),
    ('˜', 0x98),
    ('™', 0x99),
    ('š', 0x9a),
    ('›', 0x9b),
    ('œ', 0x9c),
    ('ž', 0x9e),
    ('Ÿ', 0x9f),
];

/// The first bytes of two-byte characters in UTF-8, read as Mac OS Roman (√) or as an MS-DOS code
/// page (├, ┬). Another non-ASCII character follows them, which does not occur in names.
const FIRST_BYTES: [char; 3] = ['√', '├', '┬'];

/// Returns whether the text looks like the result of a wrong conversion: `MÃ¼ller`, `M√ºller`
/// or `M\u{fffd}ller` instead of `Müller`.
pub(crate) fn is_garbled(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    let mut previous = 'a';
    for character in text.chars() {
        let follows_first_byte = FIRST_BYTES.contains(&previous) && !character.is_ascii();
        if character == '\u{fffd}' || is_c1(character) || follows_first_byte {
            return true;
        }
        previous = character;
    }
    text.split(|character: char| character.is_ascii())
        .any(is_utf_8_read_as_windows_1252)
}

/// Returns whether characters were lost and replaced by U+FFFD, or by `ï¿½`, its UTF-8 read as
/// Windows-1252.
pub(crate) fn lost_characters(text: &str) -> bool {
    text.contains('\u{fffd}') || text.contains("ï¿½")
}

/// Returns whether this is a control character from U+0080 to U+009F. They result from reading
/// Windows-1252 as Latin-1.
fn is_c1(character: char) -> bool {
    ('\u{80}'..='\u{9f}').contains(&character)
}

/// Returns whether these non-ASCII characters, encoded in Windows-1252, are valid UTF-8.
fn is_utf_8_read_as_windows_1252(characters: &str) -> bool {
    let bytes: Option<Vec<u8>> = characters.chars().map(windows_1252_byte).collect();
    bytes.is_some_and(|bytes| !bytes.is_empty() && std::str::from_utf8(&bytes).is_ok())
}

fn windows_1252_byte(character: char) -> Option<u8> {
    let entry = WINDOWS_1252.iter().find(|(known, _)| *known == character);
    entry
        .map(|(_, byte)| *byte)
        .or_else(|| u8::try_from(u32::from(character)).ok())
}

#[cfg(test)]
mod tests {
    use super::is_garbled;

    #[test]
    fn distinguishes_garbled_text_from_text_with_accents() {
        for garbled in [
            "MÃ¼ller",
            "Oâ€™Neil",
            "FranÃ§ois",
            "ÃƒÂ¼",
            "Ð\u{90}Ð½Ð½Ð°",
            "JosÃ\u{a0}",
            "M\u{fffd}ller",
            "Mï¿½ller",
            "O\u{92}Neil",
            "M√ºller",
            "M├╝ller",
            "å\u{90}\u{8d}å‰\u{8d}",
        ] {
            assert!(is_garbled(garbled), "{garbled}");
        }
        for intact in [
            "",
            "Ann",
            "Müller",
            "José Ángel Muñoz",
            "François",
            "Škoda",
            "Анна",
            "名前",
            "Łukasz",
            "Ångström",
            "Ñandú",
            "Zoë “Zo” O’Neil – Lee",
            "Größe",
            "ÄÖÜ",
            "Âme",
            "Ã",
        ] {
            assert!(!is_garbled(intact), "{intact}");
        }
    }
}
