//! Standard error, where lines and a bar share it: whoever writes a line does it here, so that the bar makes room for it.
//!
//! indicatif keeps the bar's state, its pace and who may write when; how it is put on the terminal is ours. indicatif fills each line
//! up to the terminal's edge and counts on as many rows as it had drawn: a terminal that is made narrower breaks such lines anew, and
//! what they were stays behind. Here lines end where their words do, and before the next drawing as many rows are erased as the old
//! lines take up at the width of now.
//!
//! Terminals that cut lines off instead of breaking them (xterm) lose a row or two above the bar when they are made narrower than it.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use console::{Term, measure_text_width, truncate_str};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::wrap::wrapped;

/// How often the bar is drawn, a second. More is not seen.
const DRAWS_A_SECOND: u8 = 10;

/// Rows and columns of a terminal that does not say.
const SIZE: (u16, u16) = (24, 80);

/// See the module's words. A copy is the same screen.
#[derive(Debug, Clone)]
pub struct Screen(ProgressBar);

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

impl Screen {
    /// Without a bar.
    #[must_use]
    pub fn new() -> Self {
        Self(ProgressBar::with_draw_target(
            None,
            ProgressDrawTarget::hidden(),
        ))
    }

    /// Writes a message above the bar, if there is one, wrapped at the terminal's width. Errors are ignored: a run goes on
    /// when no one reads its messages.
    pub fn line(&self, text: &str) {
        let text = match terminal_width() {
            Some(columns) => Cow::Owned(wrapped(text, usize::from(columns))),
            None => Cow::Borrowed(text),
        };
        let _ = self.write(format!("{text}\n").as_bytes());
    }

    /// Writes whole lines, above the bar where there is one.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write(&self, lines: &[u8]) -> io::Result<()> {
        self.0.suspend(|| io::stderr().write_all(lines))
    }

    /// Columns of the terminal at this moment.
    pub(super) fn width(&self) -> usize {
        usize::from(size().1)
    }

    /// From now on there is a bar.
    pub(super) fn begin(&self) {
        let target =
            ProgressDrawTarget::term_like_with_hz(Box::new(Terminal::default()), DRAWS_A_SECOND);
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            self.0.set_style(style);
        }
        self.0.set_draw_target(target);
    }

    /// Shows the bar with these lines.
    pub(super) fn show(&self, lines: &[String]) {
        self.0.set_message(lines.join("\n"));
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}

/// Columns of the terminal that standard error is; none where it is none.
#[must_use]
pub fn terminal_width() -> Option<u16> {
    let term = Term::stderr();
    let (_, columns) = term.is_term().then(|| term.size_checked()).flatten()?;
    (columns > 0).then_some(columns)
}

/// Rows and columns.
fn size() -> (u16, u16) {
    Term::stderr()
        .size_checked()
        .filter(|(rows, columns)| *rows > 0 && *columns > 0)
        .unwrap_or(SIZE)
}

/// A terminal as indicatif draws on it. A drawing ends with `flush`; before that come, for each line, its text and what fills it up.
#[derive(Debug, Default)]
struct Terminal(Mutex<Drawing>);

#[derive(Debug, Default)]
struct Drawing {
    /// The lines that are on the terminal.
    drawn: Vec<String>,
    /// The ones of the next drawing, each with what fills it up behind it.
    told: Vec<String>,
}

impl Terminal {
    fn drawing(&self) -> MutexGuard<'_, Drawing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drawing {
    /// What brings the next drawing onto a terminal of so many columns; nothing where it is there.
    fn next(&mut self, columns: usize) -> String {
        let lines: Vec<String> = std::mem::take(&mut self.told)
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
        self.drawing().told.push(text.to_owned());
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

    fn told(lines: &[&str]) -> Vec<String> {
        lines
            .iter()
            .flat_map(|line| [(*line).to_owned(), "   ".to_owned()])
            .collect()
    }

    #[test]
    fn a_drawing_erases_the_one_before_as_the_terminal_has_broken_it() {
        let mut drawing = Drawing {
            told: told(&["0123456789abcdef", "xy"]),
            ..Drawing::default()
        };
        assert_eq!(drawing.next(20), "0123456789abcdef\r\nxy");
        drawing.told = told(&["0123456789abcdef", "xy"]);
        assert_eq!(drawing.next(20), "", "it is there already");
        drawing.told = told(&["01234", "yz"]);
        assert_eq!(
            drawing.next(6),
            "\r\u{1b}[3A\u{1b}[J01234\r\nyz",
            "three rows and one"
        );
        drawing.told = told(&["0123456789abcdef"]);
        assert_eq!(
            drawing.next(6),
            "\r\u{1b}[1A\u{1b}[J01234",
            "cut off before the edge"
        );
        drawing.told = Vec::new();
        assert_eq!(drawing.next(6), "\r\u{1b}[J");
        drawing.told = Vec::new();
        assert_eq!(drawing.next(6), "");
    }
}
