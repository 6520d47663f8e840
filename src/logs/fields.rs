//! The fields of a line for people. What a pool or a list wrote may stand in them: it is shown so that it can neither repaint a terminal nor
//! look like a line of its own.

use std::fmt::{self, Debug};

use tracing::field::Field;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

use crate::sanitize::visible;

/// What tracing-subscriber does on its own (the message, then `name=value`), with hidden characters and line breaks by their numbers.
pub(super) fn fields() -> impl for<'w> FormatFields<'w> + Send + Sync + 'static {
    debug_fn(field).delimited(" ")
}

fn field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    let text = one_line(&format!("{value:?}"));
    match field.name() {
        "message" => writer.write_str(&text),
        // Names in italics and pale signs, as they were.
        name if writer.has_ansi_escapes() => {
            write!(writer, "\u{1b}[3m{name}\u{1b}[0m\u{1b}[2m=\u{1b}[0m{text}")
        }
        name => write!(writer, "{name}={text}"),
    }
}

fn one_line(text: &str) -> String {
    visible(text).replace('\n', "[U+000A]")
}

#[cfg(test)]
mod tests {
    use super::super::text::tests::logged;

    const HOSTILE: &str = "a\u{1b}[2J\u{202e}b\r\nERROR forged";

    #[test]
    fn text_of_others_stays_harmless_and_on_its_line() {
        let line = logged(false, || {
            tracing::warn!(row = 7, words = HOSTILE, reason = %HOSTILE, "it says {HOSTILE}");
        });
        let shown = "a[U+001B][2J[U+202E]b[U+000D][U+000A]ERROR forged";
        assert_eq!(
            line,
            format!(
                "  WARN it says {shown} row=7 words={:?} reason={shown}\n",
                HOSTILE
            )
        );
    }

    #[test]
    fn colours_are_the_line_s_own() {
        let line = logged(true, || tracing::warn!(reason = %HOSTILE, "said"));
        let plain = console::strip_ansi_codes(&line);
        assert_eq!(
            plain,
            "  WARN said reason=a[U+001B][2J[U+202E]b[U+000D][U+000A]ERROR forged\n"
        );
        assert!(line.contains("\u{1b}[3mreason\u{1b}[0m"), "{line:?}");
    }
}
