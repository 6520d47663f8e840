//! Lines for people, folded to the width of their terminal: what does not fit goes on below, indented under its label.

use console::measure_text_width;

/// A label is a short word in front of a line's text: it has at most so many columns, with its colon.
const LABEL: usize = 16;

/// Where a terminal is narrower than this, its own way to break lines is no worse.
const NARROWEST: usize = 40;

/// The text with no line wider than `width` columns, but for words that are wider themselves.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    if width < NARROWEST {
        return text.to_owned();
    }
    let lines: Vec<String> = text.split('\n').map(|line| folded(line, width)).collect();
    lines.join("\n")
}

fn folded(line: &str, width: usize) -> String {
    if measure_text_width(line) <= width || is_command(line) {
        return line.to_owned();
    }
    let hanging = hanging(line);
    let start = line.len() - line.trim_start().len();
    let (indentation, words) = line.split_at(start);
    let mut folded = indentation.to_owned();
    let mut column = measure_text_width(indentation);
    let mut is_first = true;
    for word in words.split(' ') {
        let wide = measure_text_width(word);
        if is_first {
            is_first = false;
        } else if column + 1 + wide <= width {
            folded.push(' ');
            column += 1;
        } else {
            folded.push('\n');
            folded.push_str(&" ".repeat(hanging));
            column = hanging;
        }
        folded.push_str(word);
        column += wide;
    }
    folded
}

/// Whether the line is a command or a list of flags, which must be copied as one line.
fn is_command(line: &str) -> bool {
    let text = line.trim_start();
    ["cognito-import ", "--"]
        .iter()
        .any(|start| text.starts_with(start))
}

/// Columns before what goes on: under the text behind the label; where there is none, a little further in than the line itself.
fn hanging(line: &str) -> usize {
    let text = line.trim_start();
    let indentation = measure_text_width(line) - measure_text_width(text);
    let label = text
        .split_once(": ")
        .map(|(label, _)| measure_text_width(label) + 2)
        .filter(|label| *label <= LABEL);
    indentation + label.unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn what_does_not_fit_goes_on_under_its_label() {
        let plan = "plan: 3 rows\n      UserRead: one AdminGetUser for each user that exists, at 96 a second\n      time: about 1s";
        assert_eq!(
            wrapped(plan, 40),
            "plan: 3 rows\n      UserRead: one AdminGetUser for\n                each user that exists,\n                at 96 a second\n      \
             time: about 1s"
        );
        assert_eq!(wrapped(plan, 80), plan);
    }

    #[test]
    fn commands_and_flags_to_copy_are_not_wrapped() {
        for line in [
            "      --map 'First Name=given_name' --map 'Last Name=family_name'",
            "  cognito-import check users.csv --pool pool.toml --strict",
        ] {
            let text = format!("error: the header does not fit\n{line}");
            assert_eq!(wrapped(&text, 40), text);
        }
    }

    #[test]
    fn a_line_without_a_label_goes_on_a_little_further_in() {
        let text = "      allow it for this pool, or leave the step out of this run: that is all";
        assert_eq!(
            wrapped(text, 44),
            "      allow it for this pool, or leave the\n        step out of this run: that is all"
        );
    }

    #[test]
    fn wide_characters_count_twice_and_a_word_is_never_broken() {
        let wide = "note: \u{540d}\u{524d}\u{540d}\u{524d}\u{540d}\u{524d}\u{540d}\u{524d}\u{540d}\u{524d} \u{540d}\u{524d}\u{540d}\u{524d}\u{540d}\u{524d}\u{540d}\u{524d}\u{540d}\u{524d}";
        assert_eq!(wrapped(wide, 44).lines().count(), 2);
        let long = format!("note: {} end", "x".repeat(60));
        assert_eq!(
            wrapped(&long, 44),
            format!("note:\n      {}\n      end", "x".repeat(60))
        );
    }

    #[test]
    fn a_terminal_of_hardly_any_width_is_left_to_itself() {
        let text = "note: one two three four five six seven eight nine ten";
        assert_eq!(wrapped(text, 12), text);
    }
}
