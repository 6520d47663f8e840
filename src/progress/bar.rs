//! A bar for terminals.

use std::time::Duration;

use super::face::{Colour, face};
use super::outlook::{ExpectedWork, Outlook};
use super::screen::Screen;
use super::words::{bottleneck, counts, reading};
use crate::import::{Progress, Watch};
use crate::visible::one_line;

pub(super) struct TerminalBar {
    screen: Screen,
    outlook: Outlook,
    colour: Colour,
}

impl TerminalBar {
    pub(super) fn new(screen: Screen, expected: ExpectedWork, colour: Colour) -> Self {
        screen.begin();
        Self {
            screen,
            outlook: Outlook::new(expected),
            colour,
        }
    }
}

impl Watch for TerminalBar {
    fn progress(&mut self, progress: &Progress) {
        let view = self.outlook.view(progress);
        let lines = face(
            &view,
            &counts(progress),
            progress.bottleneck.as_ref().map(bottleneck).as_deref(),
            self.screen.width(),
            self.colour,
        );
        self.screen.show(&lines);
    }

    fn reading(&mut self, users: u64, about: Option<u64>, _: Duration) {
        self.screen.show(&[reading(users, about)]);
    }

    fn notice(&mut self, text: &str) {
        self.screen.line(&one_line(text));
    }
}

impl Drop for TerminalBar {
    fn drop(&mut self) {
        self.screen.end();
    }
}
