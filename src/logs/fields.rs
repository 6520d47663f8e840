//! Formats the fields of text lines. Values may come from a pool or a list, so control characters
//! and line breaks are escaped: they can neither affect a terminal nor forge a log line.

use std::fmt::{self, Debug};

use tracing::field::Field;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

use crate::sanitize::visible;

/// Like the default of tracing-subscriber (the message, then `name=value`), but with escaped
/// invisible characters and line breaks.
pub(super) fn field_formatter() -> impl for<'w> FormatFields<'w> + Send + Sync + 'static {
    debug_fn(write_field).delimited(" ")
}

fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> fmt::Result {
    let text = one_line(&format!("{value:?}"));
    match field.name() {
        "message" => writer.write_str(&text),
        // Names in italics, equals signs dimmed, as by default.
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
    fn escapes_foreign_text() {
        let line = logged(false, || {
            tracing::warn!(row = 7, text = HOSTILE, reason = %HOSTILE, "response: {HOSTILE}");
        });
        let escaped = "a[U+001B][2J[U+202E]b[U+000D][U+000A]ERROR forged";
        assert_eq!(
            line,
            format!(
                "  WARN response: {escaped} row=7 text={:?} reason={escaped}\n",
                HOSTILE
            )
        );
    }

    #[test]
    fn colors_come_from_the_formatter_only() {
        let line = logged(true, || tracing::warn!(reason = %HOSTILE, "failed"));
        let plain = console::strip_ansi_codes(&line);
        assert_eq!(
            plain,
            "  WARN failed reason=a[U+001B][2J[U+202E]b[U+000D][U+000A]ERROR forged\n"
        );
        assert!(line.contains("\u{1b}[3mreason\u{1b}[0m"), "{line:?}");
    }
}
