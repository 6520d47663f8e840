//! The progress bar for terminals.

use std::time::Duration;

use super::estimate::{Estimate, ExpectedWork};
use super::format::{bottleneck, counts, reading};
use super::render_bar::{Color, render_bar};
use super::screen::Screen;
use crate::import::{Progress, Watch};
use crate::sanitize::one_line;

pub(super) struct TerminalBar {
    screen: Screen,
    estimate: Estimate,
    color: Color,
}

impl TerminalBar {
    pub(super) fn new(screen: Screen, expected: ExpectedWork, color: Color) -> Self {
        screen.start_bar();
        Self {
            screen,
            estimate: Estimate::new(expected),
            color,
        }
    }
}

impl Watch for TerminalBar {
    fn progress(&mut self, progress: &Progress) {
        let status = self.estimate.update(progress);
        let lines = render_bar(
            &status,
            &counts(progress),
            progress.bottleneck.as_ref().map(bottleneck).as_deref(),
            self.screen.width(),
            self.color,
        );
        self.screen.update_bar(&lines);
    }

    fn reading(&mut self, users: u64, estimated_total: Option<u64>, _: Duration) {
        self.screen.update_bar(&[reading(users, estimated_total)]);
    }

    fn notice(&mut self, text: &str) {
        self.screen.line(&one_line(text));
    }
}

impl Drop for TerminalBar {
    fn drop(&mut self) {
        self.screen.remove_bar();
    }
}
