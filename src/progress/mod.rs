//! Progress output on standard error: a bar on a terminal, periodic lines otherwise.
//!
//! [`estimate`] computes progress, rate and remaining time, `format` and `render_bar` turn them
//! into text, and [`screen`] shows it.

mod bar;
pub mod estimate;
mod format;
mod live;
mod plain;
mod render_bar;
pub mod screen;
mod wrap;

use crate::import::{Progress, Watch};
use crate::sanitize::one_line;

pub use estimate::{ExpectedRows, ExpectedWork};
pub use live::LiveWatch;
pub use render_bar::Color;
pub use screen::{Screen, output_width, terminal_width};
pub use wrap::wrapped;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressMode {
    /// A progress bar.
    Bar(Color),
    /// A line every ten seconds.
    Lines,
    /// Only notices.
    Notices,
    /// Nothing.
    Silent,
}

/// Returns an observer that shows a run's progress on this screen.
#[must_use]
pub fn watcher(mode: ProgressMode, screen: &Screen, expected: ExpectedWork) -> Box<dyn Watch> {
    match mode {
        ProgressMode::Bar(color) => {
            Box::new(bar::TerminalBar::new(screen.clone(), expected, color))
        }
        ProgressMode::Lines => Box::new(plain::PlainProgress::new(screen.clone(), expected)),
        ProgressMode::Notices => Box::new(Notices(screen.clone())),
        ProgressMode::Silent => Box::new(Silent),
    }
}

/// Shows only notices.
struct Notices(Screen);

impl Watch for Notices {
    fn progress(&mut self, _: &Progress) {}

    fn reading(&mut self, _: u64, _: Option<u64>, _: std::time::Duration) {}

    fn notice(&mut self, text: &str) {
        self.0.line(&one_line(text));
    }
}

/// Shows nothing.
struct Silent;

impl Watch for Silent {
    fn progress(&mut self, _: &Progress) {}

    fn reading(&mut self, _: u64, _: Option<u64>, _: std::time::Duration) {}

    fn notice(&mut self, _: &str) {}
}
