//! Makes untrusted text (cells of a list, messages of a pool) safe to display.
//!
//! Control characters can repaint a terminal, and characters that change the writing direction can
//! make one name look like another (Unicode Technical Report 36, "Unicode Security
//! Considerations"). They are replaced with their code points, so no information is lost.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Replaces hidden characters with their code points, like `[U+202E]`. Keeps line breaks and tabs.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    replace_hidden(text, |output, hidden| {
        let _ = write!(output, "[U+{:04X}]", u32::from(hidden));
    })
}

/// Replaces hidden characters, line breaks and tabs with their code points. For untrusted text
/// within a message.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    match visible(text) {
        shown if shown.contains(['\n', '\t']) => {
            Cow::Owned(shown.replace('\n', "[U+000A]").replace('\t', "[U+0009]"))
        }
        shown => shown,
    }
}

/// Replaces hidden characters in a message of this program, which may have several lines. All lines
/// after the first are indented or belong to a table. Any other line break comes from untrusted
/// text and is replaced too.
#[must_use]
pub fn message(text: &str) -> Cow<'_, str> {
    let is_trusted = |line: &str| {
        line.is_empty()
            || line.starts_with("  ")
            || line.starts_with(|first| ('\u{2500}'..='\u{257f}').contains(&first))
    };
    let is_untrusted_break =
        |(index, _): (usize, &str)| !text.get(index + 1..).is_none_or(is_trusted);
    if !text.match_indices('\n').any(is_untrusted_break) {
        return visible(text);
    }
    let mut output = String::with_capacity(text.len() + 16);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if index > 0 && !is_trusted(line) {
            output.pop();
            output.push_str("[U+000A]");
        }
        output.push_str(line);
    }
    Cow::Owned(visible(&output).into_owned())
}

/// Quotes a word for a shell. Control characters use the syntax of bash, zsh and ksh (`$'\n'`).
#[must_use]
pub fn shell_word(word: &str) -> String {
    let needs_no_quotes = |c: char| c.is_alphanumeric() || "-_./:=,+@%".contains(c);
    // zsh expands words that begin with an equals sign.
    if !word.is_empty() && !word.starts_with('=') && word.chars().all(needs_no_quotes) {
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

/// Escapes hidden characters in a JSON document. They occur only in strings, so its meaning does
/// not change.
#[must_use]
pub fn visible_json(json: &str) -> Cow<'_, str> {
    replace_hidden(json, |output, hidden| {
        for unit in hidden.encode_utf16(&mut [0; 2]) {
            let _ = write!(output, "\\u{unit:04x}");
        }
    })
}

fn replace_hidden(text: &str, replace: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if is_plain(text) || !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut output = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hidden(character) {
            replace(&mut output, character);
        } else {
            output.push(character);
        }
    }
    Cow::Owned(output)
}

/// Returns whether the text is printable ASCII, as nearly all text is. There is no early exit, so
/// that the compiler can vectorize the loop.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) | (byte == b'\n') | (byte == b'\t');
    text.bytes().fold(true, |all, byte| all & plain(byte))
}

/// Returns whether a character is invisible and can change how others look. The joiners U+200C and
/// U+200D are not included, because Persian, the languages of India and emoji need them.
fn is_hidden(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        // Soft hyphen, Arabic letter mark, zero-width space, direction marks, line and paragraph
        // separators.
        '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' => {
            true
        }
        // Direction embeddings and overrides, word joiner, invisible operators, isolates, byte
        // order mark.
        '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => true,
        // Annotations, and tags, which can hide text.
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::{message, one_line, shell_word, visible, visible_json};

    #[test]
    fn replaces_hidden_characters_with_code_points() {
        for (text, expected) in [
            ("\u{1b}[2Jann", "[U+001B][2Jann"),
            ("ann\u{9b}31m", "ann[U+009B]31m"),
            ("\r\u{7}\u{0}\u{7f}", "[U+000D][U+0007][U+0000][U+007F]"),
            ("exe.\u{202e}gpj", "exe.[U+202E]gpj"),
            ("\u{2066}a\u{2069}", "[U+2066]a[U+2069]"),
            ("\u{feff}a\u{200b}b", "[U+FEFF]a[U+200B]b"),
            ("a\u{e0041}", "a[U+E0041]"),
        ] {
            assert_eq!(visible(text), expected);
        }
    }

    #[test]
    fn keeps_ordinary_text() {
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
    fn one_line_replaces_line_breaks_and_tabs() {
        assert_eq!(one_line("a\nb\tc\u{1b}d"), "a[U+000A]b[U+0009]c[U+001B]d");
        assert_eq!(one_line("ann"), "ann");
    }

    #[test]
    fn message_replaces_untrusted_line_breaks() {
        for (text, expected) in [
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
            assert_eq!(message(text), expected);
        }
    }

    #[test]
    fn quotes_words_for_a_shell() {
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
    fn escaping_json_keeps_its_meaning() {
        let text = "a\u{202e}\u{9b}\u{e0041}\u{7f}";
        let json = serde_json::to_string(text).unwrap();
        let escaped = visible_json(&json);
        assert_eq!(escaped, "\"a\\u202e\\u009b\\udb40\\udc41\\u007f\"");
        assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
    }
}
