//! Standard error, shared by messages and the progress bar. All messages go through [`Screen`], so
//! that the bar can make room for them.
//!
//! indicatif manages the bar's state, draw rate and locking, but this module draws it. indicatif
//! pads lines to the terminal's width and erases as many rows as it has drawn, so a terminal that
//! is made narrower rewraps the lines and keeps remains of them. Here, lines are not padded, and
//! each drawing erases the rows that the previous lines take up at the current width.
//!
//! On terminals that truncate lines instead of rewrapping them (xterm), one or two rows above the
//! bar are lost when the terminal becomes narrower than the bar.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use console::{Term, measure_text_width, truncate_str};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::wrap::wrapped;

/// How often per second the bar is drawn.
const DRAWS_PER_SECOND: u8 = 10;

/// Rows and columns of a terminal of unknown size.
const DEFAULT_SIZE: (u16, u16) = (24, 80);

/// A handle to standard error. Clones share the same bar.
#[derive(Debug, Clone)]
pub struct Screen(ProgressBar);

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

impl Screen {
    /// Creates a screen without a bar.
    #[must_use]
    pub fn new() -> Self {
        Self(ProgressBar::with_draw_target(
            None,
            ProgressDrawTarget::hidden(),
        ))
    }

    /// Writes a message above the bar, wrapped at the terminal's width. Ignores errors: a run
    /// continues even if its messages cannot be written.
    pub fn line(&self, text: &str) {
        let text = match terminal_width() {
            Some(columns) => Cow::Owned(wrapped(text, usize::from(columns))),
            None => Cow::Borrowed(text),
        };
        let _ = self.write(format!("{text}\n").as_bytes());
    }

    /// Writes whole lines above the bar.
    ///
    /// # Errors
    /// Fails if standard error cannot be written.
    pub fn write(&self, lines: &[u8]) -> io::Result<()> {
        self.0.suspend(|| io::stderr().write_all(lines))
    }

    /// Returns the current width of the terminal.
    pub(super) fn width(&self) -> usize {
        usize::from(size().1)
    }

    /// Starts showing a bar, also after another one was removed.
    pub(super) fn start_bar(&self) {
        self.0.set_message("");
        self.0.reset();
        let target =
            ProgressDrawTarget::term_like_with_hz(Box::new(Terminal::default()), DRAWS_PER_SECOND);
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            self.0.set_style(style);
        }
        self.0.set_draw_target(target);
    }

    /// Replaces the bar's lines.
    pub(super) fn update_bar(&self, lines: &[String]) {
        self.0.set_message(lines.join("\n"));
    }

    /// Removes the bar.
    pub(super) fn remove_bar(&self) {
        self.0.finish_and_clear();
    }
}

/// Returns the width of the terminal that standard error is connected to, if any.
#[must_use]
pub fn terminal_width() -> Option<u16> {
    width_of(&Term::stderr())
}

/// Returns the width of the terminal that standard output is connected to, if any.
#[must_use]
pub fn output_width() -> Option<u16> {
    width_of(&Term::stdout())
}

fn width_of(term: &Term) -> Option<u16> {
    let (_, columns) = term.is_term().then(|| term.size_checked()).flatten()?;
    (columns > 0).then_some(columns)
}

/// Returns rows and columns.
fn size() -> (u16, u16) {
    Term::stderr()
        .size_checked()
        .filter(|(rows, columns)| *rows > 0 && *columns > 0)
        .unwrap_or(DEFAULT_SIZE)
}

/// The terminal that indicatif draws on. For each line, indicatif writes the text and then padding;
/// `flush` ends a drawing.
#[derive(Debug, Default)]
struct Terminal(Mutex<Drawing>);

#[derive(Debug, Default)]
struct Drawing {
    /// The lines on the terminal.
    drawn: Vec<String>,
    /// The strings written for the next drawing: alternating text and padding.
    pending: Vec<String>,
}

impl Terminal {
    fn drawing(&self) -> MutexGuard<'_, Drawing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drawing {
    /// Returns the output for the next drawing at this width; empty if nothing has changed.
    fn next(&mut self, columns: usize) -> String {
        let lines: Vec<String> = std::mem::take(&mut self.pending)
            .into_iter()
            .step_by(2)
            .map(|line| truncate_str(&line, columns.saturating_sub(1), "").into_owned())
            .collect();
        if lines == self.drawn {
            return String::new();
        }
        let mut text = String::new();
        if !self.drawn.is_empty() {
            let rows: usize = self
                .drawn
                .iter()
                .map(|line| measure_text_width(line).div_ceil(columns.max(1)).max(1))
                .sum();
            text.push('\r');
            if rows > 1 {
                text.push_str(&format!("\u{1b}[{}A", rows - 1));
            }
            text.push_str("\u{1b}[J");
        }
        text.push_str(&lines.join("\r\n"));
        self.drawn = lines;
        text
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        size().1
    }

    fn height(&self) -> u16 {
        size().0
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.drawing().pending.push(text.to_owned());
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let text = self.drawing().next(usize::from(size().1));
        if text.is_empty() {
            return Ok(());
        }
        io::stderr().write_all(text.as_bytes())
    }

    fn write_line(&self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Drawing;

    fn padded(lines: &[&str]) -> Vec<String> {
        lines
            .iter()
            .flat_map(|line| [(*line).to_owned(), "   ".to_owned()])
            .collect()
    }

    #[test]
    fn erases_the_rows_of_the_previous_drawing_after_rewrapping() {
        let mut drawing = Drawing {
            pending: padded(&["0123456789abcdef", "xy"]),
            ..Drawing::default()
        };
        assert_eq!(drawing.next(20), "0123456789abcdef\r\nxy");
        drawing.pending = padded(&["0123456789abcdef", "xy"]);
        assert_eq!(drawing.next(20), "", "unchanged");
        drawing.pending = padded(&["01234", "yz"]);
        assert_eq!(
            drawing.next(6),
            "\r\u{1b}[3A\u{1b}[J01234\r\nyz",
            "rewrapped to three rows and one"
        );
        drawing.pending = padded(&["0123456789abcdef"]);
        assert_eq!(
            drawing.next(6),
            "\r\u{1b}[1A\u{1b}[J01234",
            "truncated before the edge"
        );
        drawing.pending = Vec::new();
        assert_eq!(drawing.next(6), "\r\u{1b}[J");
        drawing.pending = Vec::new();
        assert_eq!(drawing.next(6), "");
    }
}
