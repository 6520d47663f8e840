//! Adapts the rate of a category: the ceiling, or what the pool grants once it throttles. Pure:
//! time is an argument.
//!
//! A throttled answer means that the pool's bucket is empty. What the pool accepted between two
//! throttled answers is therefore what it granted, however deep the bucket is: the second one
//! lowers the rate to just below that, so that the bucket refills. The first one only says "less"
//! and more than halves the rate. From there the rate rises in steps: slowly up to the last grant,
//! then in doubling steps. Each step needs an interval in which the rate was used and no request
//! was throttled.

use std::time::Duration;

use tokio::time::Instant;

/// The rate changes at most once in this interval, because quotas are per second.
const INTERVAL: Duration = Duration::from_secs(1);

/// At a low rate, an interval lasts this many requests.
const REQUESTS_AN_INTERVAL: f64 = 4.0;

/// The factor by which the rate is lowered while the grant is unknown. Less than half: if another
/// client uses half of the quota, the bucket would otherwise stay empty and throttle both.
const BELOW_HALF: f64 = 0.45;

/// The fraction of the grant that is used first, so that the bucket refills.
const BELOW_GRANTED: f64 = 0.97;

/// The time to rise from there to the grant while the bucket refills.
const BACK_TO_GRANTED: Duration = Duration::from_secs(8);

/// The first step beyond the last grant, as a fraction of the rate. Each step is twice the one
/// before.
const FIRST_STEP: f64 = 0.01;

/// The largest step.
const LARGEST_STEP: f64 = 0.25;

/// An older throttled answer says nothing about the current grant.
const FORGOTTEN: Duration = Duration::from_secs(30);

/// The fraction of the rate that has to be used in an interval before the rate rises.
const USED: f64 = 0.8;

/// The minimum rate as a fraction of the ceiling, which keeps probing the pool.
const LEAST_PART: f64 = 0.02;

/// The minimum rate in requests a second.
const LEAST: f64 = 0.2;

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

/// When the rate was last lowered.
#[derive(Debug, Clone, Copy)]
struct Cut {
    at: Instant,
    /// Answers since then that were not throttled.
    accepted: u32,
    /// The grant in requests a second, if known.
    granted: Option<f64>,
    /// When the rate reached the grant again, and the answers accepted by then.
    back: Option<(Instant, u32)>,
}

impl Cut {
    /// Returns the grant since then, in requests a second, or `None` if that is too long ago.
    ///
    /// What was accepted over the whole time is exact if the bucket could hold what was left over
    /// while the rate was low. A shallow one could not, and there the time when the rate was
    /// high again says more; for a deep one that says too much.
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
    /// `ceiling` is the maximum in requests a second.
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

    /// Returns the maximum in requests a second.
    pub(super) fn ceiling(&self) -> f64 {
        self.ceiling
    }

    /// Returns the current rate in requests a second.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    pub(super) fn gave(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.began);
        let needed = REQUESTS_AN_INTERVAL / self.rate;
        if elapsed >= INTERVAL && elapsed.as_secs_f64() >= needed {
            self.interval_over(elapsed, now);
        }
        self.given += 1;
    }

    /// A request with a permit of this time was answered and not throttled.
    pub(super) fn accepted(&mut self) {
        if let Some(cut) = &mut self.cut {
            cut.accepted += 1;
        }
    }

    /// A request with a permit of this time was throttled.
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
