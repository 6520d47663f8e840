//! A bar for terminals.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{counts, held_up, rate, reading};
use crate::import::{Progress, Watch};
use crate::visible::visible;

/// How often the bar is drawn, a second. More is not seen.
const DRAWS_A_SECOND: u8 = 5;

/// Progress is measured in bytes of the list: its rows are not known before they are read.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(bytes: Option<u64>) -> Self {
        let target = ProgressDrawTarget::stderr_with_hz(DRAWS_A_SECOND);
        let (bar, template) = match bytes {
            Some(bytes) => (
                ProgressBar::with_draw_target(Some(bytes), target),
                "{bar:24} {percent:>3}%  {prefix}  eta {eta}\n{wide_msg}",
            ),
            None => (
                ProgressBar::with_draw_target(None, target),
                "{spinner} {elapsed}  {prefix}\n{wide_msg}",
            ),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(500));
        Self(bar)
    }
}

impl Watch for Bar {
    fn progress(&mut self, progress: &Progress) {
        self.0.set_position(progress.bytes);
        self.0.set_prefix(format!(
            "{} rows, {:.1} rows/s",
            progress.counts.rows(),
            rate(progress)
        ));
        self.0
            .set_message(format!("{}{}", counts(progress), held_up(progress)));
    }

    fn reading(&mut self, users: u64, about: Option<u64>, _: Duration) {
        self.0.set_message(reading(users, about));
    }

    fn notice(&mut self, text: &str) {
        self.0.println(visible(text));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
