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

/// The text on one line: line breaks and tabs are shown by their numbers as well. For words of others within a message of ours.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    match visible(text) {
        shown if shown.contains(['\n', '\t']) => {
            Cow::Owned(shown.replace('\n', "[U+000A]").replace('\t', "[U+0009]"))
        }
        shown => shown,
    }
}

/// A message of ours that may have several lines: those after the first are indented, or belong to a table. A line break before anything
/// else comes from untrusted text and is shown by its number.
#[must_use]
pub fn message(text: &str) -> Cow<'_, str> {
    let is_ours = |behind: &str| {
        behind.is_empty()
            || behind.starts_with("  ")
            || behind.starts_with(|first| ('\u{2500}'..='\u{257f}').contains(&first))
    };
    let foreign = |(at, _): (usize, &str)| !text.get(at + 1..).is_none_or(is_ours);
    if !text.match_indices('\n').any(foreign) {
        return visible(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for (place, line) in text.split_inclusive('\n').enumerate() {
        if place > 0 && !is_ours(line) {
            shown.pop();
            shown.push_str("[U+000A]");
        }
        shown.push_str(line);
    }
    Cow::Owned(visible(&shown).into_owned())
}

/// A word as it can be pasted into a shell. Control characters are written as bash, zsh and ksh have them (`$'\n'`).
#[must_use]
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=,+@%".contains(c);
    // zsh looks up a word that begins with an equals sign.
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(plain) {
        return word.to_owned();
    }
    if matches!(one_line(word), Cow::Borrowed(_)) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut text = String::from("$'");
    for character in word.chars() {
        match character {
            '\n' => text.push_str(r"\n"),
            '\t' => text.push_str(r"\t"),
            '\\' | '\'' => text.extend(['\\', character]),
            hidden if is_hidden(hidden) => {
                for byte in hidden.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(text, r"\x{byte:02x}");
                }
            }
            other => text.push(other),
        }
    }
    text.push('\'');
    text
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
    use super::{message, one_line, shell_word, visible, visible_json};

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
    fn words_of_others_stay_on_their_line() {
        assert_eq!(one_line("a\nb\tc\u{1b}d"), "a[U+000A]b[U+0009]c[U+001B]d");
        assert_eq!(one_line("ann"), "ann");
    }

    #[test]
    fn only_lines_of_ours_begin_as_lines() {
        for (text, shown) in [
            ("list:\n  - a\n      b", "list:\n  - a\n      b"),
            (
                "table\n\u{2502} a\n\u{2514}\n",
                "table\n\u{2502} a\n\u{2514}\n",
            ),
            (
                "a\nerror: b\n  c\n\n d",
                "a[U+000A]error: b\n  c[U+000A][U+000A] d",
            ),
            ("a\r\n b", "a[U+000D][U+000A] b"),
        ] {
            assert_eq!(message(text), shown);
        }
    }

    #[test]
    fn a_word_can_be_pasted_into_a_shell() {
        for (word, quoted) in [
            ("--map", "--map"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("=a", "'=a'"),
            ("a\n  b'\\\u{1b}", r"$'a\n  b\'\\\x1b'"),
            ("a\u{ad}b", r"$'a\xc2\xadb'"),
        ] {
            assert_eq!(shell_word(word), quoted);
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
