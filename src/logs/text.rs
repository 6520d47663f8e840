//! One line of text: time, level, the spans around the event with their fields, the message and the event's own fields.

use std::fmt;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{Format, FormatEvent, FormatFields, Full, Writer};
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, MakeWriter};
use tracing_subscriber::layer::Layer;
use tracing_subscriber::registry::LookupSpan;

use super::fields::fields;
use crate::detail::meant;

/// Lines of text, written to where `to` says, each of them by one write.
pub(super) fn text_lines<S, W>(to: W, colours: bool) -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let others = Format::default()
        .with_target(false)
        .with_level(false)
        .without_time();
    tracing_subscriber::fmt::layer()
        .with_writer(to)
        .with_ansi(colours)
        .event_format(TextLine(others))
        .fmt_fields(fields())
}

/// What tracing-subscriber does on its own, with the level that is meant.
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
        let (level, _) = meant(event.metadata());
        if writer.has_ansi_escapes() {
            writer.write_str("\u{1b}[2m")?;
            SystemTime.format_time(&mut writer)?;
            write!(
                writer,
                "\u{1b}[0m \u{1b}[{}m{level:>5}\u{1b}[0m ",
                colour_of(level)
            )?;
        } else {
            SystemTime.format_time(&mut writer)?;
            write!(writer, " {level:>5} ")?;
        }
        self.0.format_event(context, writer, event)
    }
}

/// As tracing-subscriber has them: red to purple.
fn colour_of(level: Level) -> u8 {
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
    struct LogFields(Arc<Mutex<Vec<u8>>>);

    impl Write for LogFields {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(line);
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged, without the time that stands before it.
    pub(in crate::logs) fn logged(colours: bool, say: impl FnOnce()) -> String {
        let kept = LogFields::default();
        let to = kept.clone();
        let lines = text_lines(move || to.clone(), colours);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), say);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let (time, line) = text.split_once('Z').unwrap();
        assert!(time.ends_with(|last: char| last.is_ascii_digit()), "{text}");
        line.to_owned()
    }

    #[test]
    fn a_line_has_the_level_that_is_meant_and_the_spans_around_it() {
        let span = || tracing::error_span!("run", run = "r1");
        let line = logged(false, || {
            let _run = span().entered();
            detail::debug!(row = 7, "no success");
        });
        assert_eq!(line, " DEBUG run{run=\"r1\"}: no success row=7\n");
        let line = logged(
            false,
            || detail::trace!(parent: &span(), row = 7, "answered"),
        );
        assert_eq!(line, " TRACE run{run=\"r1\"}: answered row=7\n");
        let line = logged(false, || tracing::warn!("it rains"));
        assert_eq!(line, "  WARN it rains\n");
    }

    #[test]
    fn levels_are_coloured_where_colours_may_be() {
        let line = logged(true, || detail::debug!("no success"));
        assert_eq!(line, "\u{1b}[0m \u{1b}[34mDEBUG\u{1b}[0m no success\n");
    }
}
