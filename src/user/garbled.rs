//! Text that lost its characters, or was read in another encoding than it was written in.

/// What Windows-1252 has for the bytes from 0x80 to 0x9F (WHATWG Encoding Standard), where it differs from Latin-1.
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

/// The characters that the first byte of a two-byte character becomes where UTF-8 is read as Mac OS Roman (√) or as an MS-DOS code page
/// (├, ┬). Another character that is not ASCII follows them, which no name has.
const FIRST_BYTES: [char; 3] = ['√', '├', '┬'];

/// Whether this is what `Müller` becomes in a wrong conversion: `MÃ¼ller`, `M√ºller`, `M\u{fffd}ller`.
pub(crate) fn is_garbled(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    let mut before = 'a';
    for character in text.chars() {
        let follows_first_byte = FIRST_BYTES.contains(&before) && !character.is_ascii();
        if character == '\u{fffd}' || is_c1(character) || follows_first_byte {
            return true;
        }
        before = character;
    }
    text.split(|character: char| character.is_ascii())
        .any(is_utf_8_read_as_windows_1252)
}

/// Whether characters were lost for good: U+FFFD replaces them. `ï¿½` is its UTF-8, read as Windows-1252.
pub(crate) fn lost_characters(text: &str) -> bool {
    text.contains('\u{fffd}') || text.contains("ï¿½")
}

/// A control character from U+0080 to U+009F. People do not type them: reading Windows-1252 as Latin-1 makes them.
fn is_c1(character: char) -> bool {
    ('\u{80}'..='\u{9f}').contains(&character)
}

/// Whether the bytes of these characters in Windows-1252, none of which is ASCII, are whole characters in UTF-8.
fn is_utf_8_read_as_windows_1252(characters: &str) -> bool {
    let bytes: Option<Vec<u8>> = characters.chars().map(in_windows_1252).collect();
    bytes.is_some_and(|bytes| !bytes.is_empty() && std::str::from_utf8(&bytes).is_ok())
}

fn in_windows_1252(character: char) -> Option<u8> {
    let of_table = WINDOWS_1252.iter().find(|(known, _)| *known == character);
    of_table
        .map(|(_, byte)| *byte)
        .or_else(|| u8::try_from(u32::from(character)).ok())
}

#[cfg(test)]
mod tests {
    use super::is_garbled;

    #[test]
    fn text_of_a_wrong_conversion_is_told_from_text_with_accents() {
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
        for sound in [
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
            assert!(!is_garbled(sound), "{sound}");
        }
    }
}
