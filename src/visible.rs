//! Text of others (a list's cells, a pool's messages) as people can look at it without harm.
//!
//! A control character can repaint a terminal, and one that turns the direction of writing makes a name look like another one
//! (Unicode Technical Report 36, "Unicode Security Considerations"). Neither is shown as it is: its number is. Nothing is lost by it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with its hidden characters as `[U+202E]`. Line breaks and tabs stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    replaced(text, |to, hidden| {
        let _ = write!(to, "[U+{:04X}]", u32::from(hidden));
    })
}

/// A JSON text with its hidden characters escaped: for programs it means the same. They stand nowhere but in strings.
#[must_use]
pub fn visible_json(json: &str) -> Cow<'_, str> {
    replaced(json, |to, hidden| {
        for unit in hidden.encode_utf16(&mut [0; 2]) {
            let _ = write!(to, "\\u{unit:04x}");
        }
    })
}

fn replaced(text: &str, replace: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if is_plain(text) || !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hidden(character) {
            replace(&mut shown, character);
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Whether it is printable ASCII throughout. Nearly all text is, and lists are long: without a way out half-way, many bytes are looked at in
/// one step.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) | (byte == b'\n') | (byte == b'\t');
    text.bytes().fold(true, |all, byte| all & plain(byte))
}

/// Characters that show nothing of their own and change how others look. The joiners U+200C and U+200D are left as they are: Persian, the
/// languages of India and emoji are written with them.
fn is_hidden(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        // Soft hyphen; the Arabic letter mark; zero width space and the two marks of direction; separators of lines and paragraphs.
        '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' => {
            true
        }
        // Embeddings and overrides of direction; word joiner, invisible operators and isolates; the byte order mark.
        '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => true,
        // Annotations; tags, in which text can hide.
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::{visible, visible_json};

    #[test]
    fn what_is_hidden_or_turns_the_text_is_shown_by_its_number() {
        for (text, shown) in [
            ("\u{1b}[2Jann", "[U+001B][2Jann"),
            ("ann\u{9b}31m", "ann[U+009B]31m"),
            ("\r\u{7}\u{0}\u{7f}", "[U+000D][U+0007][U+0000][U+007F]"),
            ("exe.\u{202e}gpj", "exe.[U+202E]gpj"),
            ("\u{2066}a\u{2069}", "[U+2066]a[U+2069]"),
            ("\u{feff}a\u{200b}b", "[U+FEFF]a[U+200B]b"),
            ("a\u{e0041}", "a[U+E0041]"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn what_people_write_stays() {
        for text in [
            "ann@example.com",
            "Ünïcödé, 名前\n\tנעמה علي",
            "می\u{200c}خواهم",
            "👩\u{200d}🚀",
            "",
        ] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn json_means_the_same_as_before() {
        let said = "a\u{202e}\u{9b}\u{e0041}\u{7f}";
        let json = serde_json::to_string(said).unwrap();
        let shown = visible_json(&json);
        assert_eq!(shown, "\"a\\u202e\\u009b\\udb40\\udc41\\u007f\"");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), said);
    }
}
