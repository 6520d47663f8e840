//! How fast a category may go: at its ceiling, and, once the pool says "too many requests", as fast as the pool grants. Pure: time is
//! an argument.
//!
//! A throttled answer says that the pool's bucket is empty. What it accepted between two such answers is therefore what it
//! granted, however deep the bucket is: so the second one lowers the rate to just below that, where the bucket fills a little
//! again. The first one says nothing but "less": it more than halves the rate. From there the rate rises by steps: slowly up to what was
//! granted last, then by steps that double, for the pool may grant more again. Each step needs an interval in which the rate
//! was used and nobody was throttled; one success proves nothing.

use std::time::Duration;

use tokio::time::Instant;

/// The rate is lowered at most once in this time, and rises at most once in it: quotas are counted by the second.
const INTERVAL: Duration = Duration::from_secs(1);

/// At a low rate an interval is as long as this many requests take.
const REQUESTS_AN_INTERVAL: f64 = 4.0;

/// What the rate is multiplied by when it is not known what the pool grants. Less than half: others who ask for half of it may have emptied
/// the bucket, and it would stay empty, so that they are throttled as often as we are.
const BELOW_HALF: f64 = 0.45;

/// This part of what the pool granted is used first, so that its bucket fills again.
const BELOW_GRANTED: f64 = 0.97;

/// So long it takes from there to what the pool granted: time in which the bucket fills.
const BACK_TO_GRANTED: Duration = Duration::from_secs(8);

/// The first step beyond what the pool granted last, as a part of the rate. Each one is twice the one before.
const FIRST_STEP: f64 = 0.01;

/// The largest step.
const LARGEST_STEP: f64 = 0.25;

/// A throttled answer this long ago says nothing about what is granted now.
const FORGOTTEN: Duration = Duration::from_secs(30);

/// So much of the rate has to be used in an interval for the rate to rise.
const USED: f64 = 0.8;

/// Somebody has to ask whether there is room again: never below this part of the ceiling.
const LEAST_PART: f64 = 0.02;

/// Nor below this many requests a second.
const LEAST: f64 = 0.2;

/// See the module's words.
#[derive(Debug, Clone)]
pub(super) struct Adapt {
    ceiling: f64,
    rate: f64,
    cut: Option<Cut>,
    step: f64,
    began: Instant,
    given: u32,
    throttled: bool,
}

/// When the rate was lowered last.
#[derive(Debug, Clone, Copy)]
struct Cut {
    at: Instant,
    /// Answers since then that were not throttled.
    accepted: u32,
    /// Requests a second that the pool granted, where it is known.
    granted: Option<f64>,
    /// When the rate was back at what was granted, and the answers accepted by then.
    back: Option<(Instant, u32)>,
}

impl Cut {
    /// Requests a second that the pool granted since then, as a throttled answer shows it; none where that is too long ago.
    ///
    /// What was accepted over the whole time is exact if the bucket could hold what was left over while the rate was low. A
    /// shallow one could not, and there the time when the rate was high again says more; for a deep one that says too much.
    fn granted_until(&self, now: Instant) -> Option<f64> {
        let a_second = |accepted: u32, since: Instant| {
            f64::from(accepted) / now.saturating_duration_since(since).as_secs_f64()
        };
        if now.saturating_duration_since(self.at) > FORGOTTEN {
            return None;
        }
        let whole = a_second(self.accepted, self.at);
        let high = self
            .back
            .filter(|(since, _)| now.saturating_duration_since(*since) >= INTERVAL)
            .map(|(since, before)| a_second(self.accepted - before, since));
        Some(high.map_or(whole, |high| f64::midpoint(whole, high)))
    }
}

impl Adapt {
    /// `ceiling` is requests a second, never more.
    pub(super) fn new(ceiling: f64, now: Instant) -> Self {
        Self {
            ceiling,
            rate: ceiling,
            cut: None,
            step: FIRST_STEP,
            began: now,
            given: 0,
            throttled: false,
        }
    }

    /// Requests a second, never more.
    pub(super) fn ceiling(&self) -> f64 {
        self.ceiling
    }

    /// Requests a second that may be sent now.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// A permit was given.
    pub(super) fn gave(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.began);
        let needed = REQUESTS_AN_INTERVAL / self.rate;
        if elapsed >= INTERVAL && elapsed.as_secs_f64() >= needed {
            self.interval_over(elapsed, now);
        }
        self.given += 1;
    }

    /// The pool answered a request whose permit was given at that time, and did not throttle it.
    pub(super) fn accepted(&mut self) {
        if let Some(cut) = &mut self.cut {
            cut.accepted += 1;
        }
    }

    /// The pool throttled a request whose permit was given at that time.
    pub(super) fn throttled(&mut self, given: Instant, now: Instant) {
        self.throttled = true;
        if self.cut.is_some_and(|cut| given < cut.at + INTERVAL) {
            return;
        }
        let granted = self.cut.and_then(|cut| cut.granted_until(now));
        let lowered = match granted {
            Some(granted) => granted.min(self.rate) * BELOW_GRANTED,
            None => 0.0,
        };
        let least = (self.ceiling * LEAST_PART).max(LEAST).min(self.ceiling);
        self.rate = lowered.max(self.rate * BELOW_HALF).max(least);
        self.step = FIRST_STEP;
        self.cut = Some(Cut {
            at: now,
            accepted: 0,
            granted,
            back: None,
        });
    }

    fn interval_over(&mut self, elapsed: Duration, now: Instant) {
        let used = f64::from(self.given) >= self.rate * elapsed.as_secs_f64() * USED;
        if used && !self.throttled {
            self.rise(elapsed, now);
        }
        self.began = now;
        self.given = 0;
        self.throttled = false;
    }

    fn rise(&mut self, elapsed: Duration, now: Instant) {
        let granted = self.cut.and_then(|cut| cut.granted);
        let higher = match granted.filter(|granted| self.rate < *granted) {
            Some(granted) => {
                let way = granted * (1.0 - BELOW_GRANTED);
                self.rate + way * elapsed.as_secs_f64() / BACK_TO_GRANTED.as_secs_f64()
            }
            None => {
                let higher = self.rate * (1.0 + self.step);
                self.step = (self.step * 2.0).min(LARGEST_STEP);
                higher
            }
        };
        self.rate = higher.min(self.ceiling);
        if let Some(cut) = &mut self.cut
            && cut.granted.is_some_and(|granted| self.rate >= granted)
        {
            cut.back.get_or_insert((now, cut.accepted));
        }
    }
}

#[cfg(test)]
mod tests;
