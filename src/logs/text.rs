//! Log lines as text: time, level, the enclosing spans with their fields, the message and the
//! event's fields.

use std::fmt;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{Format, FormatEvent, FormatFields, Full, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, MakeWriter};
use tracing_subscriber::layer::Layer;
use tracing_subscriber::registry::LookupSpan;

use super::fields::field_formatter;
use crate::detail::original;

/// Returns a layer that writes each event as a line of text, in a single write.
pub(super) fn text_lines<S, W>(writer: W, colors: bool) -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let rest = Format::default()
        .with_target(false)
        .with_level(false)
        .without_time();
    tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(colors)
        .event_format(TextLine(rest))
        .fmt_fields(field_formatter())
}

/// Like the default format of tracing-subscriber, but with the original level.
struct TextLine(Format<Full, ()>);

impl<S, N> FormatEvent<S, N> for TextLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'w> FormatFields<'w> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (level, _) = original(event.metadata());
        if writer.has_ansi_escapes() {
            writer.write_str("\u{1b}[2m")?;
            SystemTime.format_time(&mut writer)?;
            write!(
                writer,
                "\u{1b}[0m \u{1b}[{}m{level:>5}\u{1b}[0m ",
                color_of(level)
            )?;
        } else {
            SystemTime.format_time(&mut writer)?;
            write!(writer, " {level:>5} ")?;
        }
        self.0.format_event(context, writer, event)
    }
}

/// Returns the ANSI color of a level, as in tracing-subscriber.
fn color_of(level: Level) -> u8 {
    match level {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        Level::DEBUG => 34,
        Level::TRACE => 35,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::text_lines;
    use crate::detail;

    #[derive(Clone, Default)]
    struct LogBuffer(Arc<Mutex<Vec<u8>>>);

    impl Write for LogBuffer {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(line);
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Returns the logged line without its leading time.
    pub(in crate::logs) fn logged(colors: bool, log: impl FnOnce()) -> String {
        let buffer = LogBuffer::default();
        let writer = buffer.clone();
        let lines = text_lines(move || writer.clone(), colors);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), log);
        let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        let (time, line) = text.split_once('Z').unwrap();
        assert!(time.ends_with(|last: char| last.is_ascii_digit()), "{text}");
        line.to_owned()
    }

    #[test]
    fn line_has_the_original_level_and_the_spans() {
        let span = || tracing::error_span!("run", run = "r1");
        let line = logged(false, || {
            let _run = span().entered();
            detail::debug!(row = 7, "failed");
        });
        assert_eq!(line, " DEBUG run{run=\"r1\"}: failed row=7\n");
        let line = logged(
            false,
            || detail::trace!(parent: &span(), row = 7, "answered"),
        );
        assert_eq!(line, " TRACE run{run=\"r1\"}: answered row=7\n");
        let line = logged(false, || tracing::warn!("careful"));
        assert_eq!(line, "  WARN careful\n");
    }

    #[test]
    fn colors_levels() {
        let line = logged(true, || detail::debug!("failed"));
        assert_eq!(line, "\u{1b}[0m \u{1b}[34mDEBUG\u{1b}[0m failed\n");
    }
}
