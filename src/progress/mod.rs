//! What people see while a run is at work: a bar on a terminal, a line now and then elsewhere, nothing when they want quiet.
//! All of it on standard error.
//!
//! [`estimate`] works out how far it is and how long it takes, `format` and `render_bar` how that is put; [`screen`] is where it goes.

mod bar;
pub mod estimate;
mod format;
mod plain;
mod render_bar;
pub mod screen;
mod wrap;

use crate::import::{Progress, Watch};
use crate::sanitize::one_line;

pub use estimate::{ExpectedRows, ExpectedWork};
pub use render_bar::Colour;
pub use screen::{Screen, terminal_width};
pub use wrap::wrapped;

/// The form in which progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressMode {
    /// A bar that is drawn again and again.
    Bar(Colour),
    /// A line now and then.
    Lines,
    /// Only what people should know at once.
    Notices,
    /// Nothing.
    Silent,
}

/// Shows a run's progress on this screen.
#[must_use]
pub fn for_people(form: ProgressMode, screen: &Screen, expected: ExpectedWork) -> Box<dyn Watch> {
    match form {
        ProgressMode::Bar(colour) => {
            Box::new(bar::TerminalBar::new(screen.clone(), expected, colour))
        }
        ProgressMode::Lines => Box::new(plain::PlainProgress::new(screen.clone(), expected)),
        ProgressMode::Notices => Box::new(Notices(screen.clone())),
        ProgressMode::Silent => Box::new(Silent),
    }
}

/// Says what people should know at once.
struct Notices(Screen);

impl Watch for Notices {
    fn progress(&mut self, _: &Progress) {}

    fn reading(&mut self, _: u64, _: Option<u64>, _: std::time::Duration) {}

    fn notice(&mut self, text: &str) {
        self.0.line(&one_line(text));
    }
}

/// Says nothing.
struct Silent;

impl Watch for Silent {
    fn progress(&mut self, _: &Progress) {}

    fn reading(&mut self, _: u64, _: Option<u64>, _: std::time::Duration) {}

    fn notice(&mut self, _: &str) {}
}
