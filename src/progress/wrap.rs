//! Wraps messages at the width of the terminal, with continuation lines indented under the label.

use console::measure_text_width;

/// The maximum width of a label such as `error: `, including colon and space.
const MAX_LABEL_WIDTH: usize = 16;

/// Narrower terminals wrap lines themselves.
const MIN_WIDTH: usize = 40;

/// Wraps text at `width` columns, except within words, between backticks and in commands to copy.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> String {
    if width < MIN_WIDTH {
        return text.to_owned();
    }
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| wrap_line(line, width))
        .collect();
    lines.join("\n")
}

fn wrap_line(line: &str, width: usize) -> String {
    if measure_text_width(line) <= width || is_command(line) {
        return line.to_owned();
    }
    let continuation = continuation_indent(line);
    let indent = line.len() - line.trim_start().len();
    let (indentation, words) = line.split_at(indent);
    let mut wrapped = indentation.to_owned();
    let mut column = measure_text_width(indentation);
    let mut is_first = true;
    for word in split_words(words) {
        let word_width = measure_text_width(word);
        if is_first {
            is_first = false;
        } else if column + 1 + word_width <= width {
            wrapped.push(' ');
            column += 1;
        } else {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(continuation));
            column = continuation;
        }
        wrapped.push_str(word);
        column += word_width;
    }
    wrapped
}

/// Splits a line at its spaces, except between backticks.
fn split_words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        let mut is_quoted = false;
        let end = rest.char_indices().find(|(at, c)| {
            if *c == '`' {
                // An unpaired backtick quotes nothing.
                is_quoted = !is_quoted && rest.get(at + 1..).is_some_and(|rest| rest.contains('`'));
            }
            *c == ' ' && !is_quoted
        });
        match end.and_then(|(at, _)| rest.split_at_checked(at)) {
            Some((word, after)) => {
                words.push(word);
                rest = after.strip_prefix(' ').unwrap_or(after);
            }
            None => {
                words.push(rest);
                return words;
            }
        }
    }
}

/// Returns whether the line is a command or a list of flags that must be copied as one line.
fn is_command(line: &str) -> bool {
    let text = line.trim_start();
    let text = text.strip_prefix("resume: ").unwrap_or(text);
    ["cognito-import ", "--"]
        .iter()
        .any(|prefix| text.starts_with(prefix))
}

/// Returns the indentation of continuation lines: that of the text after the label, or two more
/// than the line if it has no label.
fn continuation_indent(line: &str) -> usize {
    let text = line.trim_start();
    let indentation = measure_text_width(line) - measure_text_width(text);
    let label = text
        .split_once(": ")
        .map(|(label, text)| {
            let spaces = text.len() - text.trim_start_matches(' ').len();
            measure_text_width(label) + 2 + spaces
        })
        .filter(|label| *label <= MAX_LABEL_WIDTH);
    indentation + label.unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn continues_under_the_text_after_the_label() {
        let plan = "plan: 3 rows\n      UserRead: one AdminGetUser for each user that exists, at 96 a second\n      time: about 1s";
        assert_eq!(
            wrapped(plan, 40),
            "plan: 3 rows\n      UserRead: one AdminGetUser for\n                each user that exists,\n                at 96 a second\n      \
             time: about 1s"
        );
        assert_eq!(wrapped(plan, 80), plan);
        let aligned = "after:  a run with forty rows in the list";
        let expected = "after:  a run with forty rows in the\n        list";
        assert_eq!(wrapped(aligned, 40), expected);
    }

    #[test]
    fn does_not_wrap_commands_and_flags() {
        for line in [
            "      --map 'First Name=given_name' --map 'Last Name=family_name'",
            "  cognito-import check users.csv --pool pool.toml --strict",
            "  resume: cognito-import undo runs/night --even-if-used",
        ] {
            let text = format!("error: the header does not fit\n{line}");
            assert_eq!(wrapped(&text, 40), text);
        }
    }

    #[test]
    fn does_not_wrap_between_backticks() {
        let text = "note: `cognito-import report runs/nightly` writes them, and so do `a` and `b";
        assert_eq!(
            wrapped(text, 40),
            "note:\n      `cognito-import report runs/nightly`\n      writes them, and so do `a` and `b"
        );
    }

    #[test]
    fn indents_continuation_of_lines_without_a_label() {
        let text = "      allow it for this pool, or leave the step out of this run: that is all";
        assert_eq!(
            wrapped(text, 44),
            "      allow it for this pool, or leave the\n        step out of this run: that is all"
        );
    }

    #[test]
    fn counts_wide_characters_twice_and_keeps_words_whole() {
        let wide = "note: \u{540d}\u{524d}\u{540d}\u{524d}\u{540d}\u{524d}\u{540d}\u{524d}\u{540d}\u{524d} \u{540d}\u{524d}\u{540d}\u{524d}\u{540d}\u{524d}\u{540d}\u{524d}\u{540d}\u{524d}";
        assert_eq!(wrapped(wide, 44).lines().count(), 2);
        let long = format!("note: {} end", "x".repeat(60));
        assert_eq!(
            wrapped(&long, 44),
            format!("note:\n      {}\n      end", "x".repeat(60))
        );
    }

    #[test]
    fn does_not_wrap_for_very_narrow_terminals() {
        let text = "note: one two three four five six seven eight nine ten";
        assert_eq!(wrapped(text, 12), text);
    }
}
