//! Adapts the rate of a category: the ceiling, or what the pool grants once it throttles. Time is
//! an argument.
//!
//! A throttled response means that the pool's bucket is empty. The requests accepted between
//! two throttled responses are therefore its grant, regardless of the bucket's size: the second one
//! lowers the rate to just below the grant, so that the bucket refills. After the first one the
//! grant is still unknown, so the rate is more than halved. From there the rate rises in steps:
//! slowly up to the last grant, then in doubling steps. Each step needs an interval in which the
//! rate was used and no request was throttled.

use std::time::Duration;

use tokio::time::Instant;

/// The rate changes at most once in this interval, because quotas are per second.
const INTERVAL: Duration = Duration::from_secs(1);

/// At a low rate, an interval lasts this many requests.
const MIN_REQUESTS_PER_INTERVAL: f64 = 4.0;

/// The factor by which the rate is lowered while the grant is unknown. Less than half: if another
/// client uses half of the quota, the bucket would otherwise stay empty and throttle both.
const BELOW_HALF: f64 = 0.45;

/// The fraction of the grant that is used at first, so that the bucket refills.
const BELOW_GRANTED: f64 = 0.97;

/// The time to rise from there to the grant while the bucket refills.
const BACK_TO_GRANTED: Duration = Duration::from_secs(8);

/// The first step beyond the last grant, as a fraction of the rate. Each step is twice the one
/// before.
const FIRST_STEP: f64 = 0.01;

/// The largest step.
const LARGEST_STEP: f64 = 0.25;

/// Older throttled responses say nothing about the current grant.
const GRANT_LIFETIME: Duration = Duration::from_secs(30);

/// The fraction of the rate that must be used in an interval for the rate to rise.
const MIN_USE: f64 = 0.8;

/// The minimum rate as a fraction of the ceiling, which keeps probing the pool.
const MIN_FRACTION: f64 = 0.02;

/// The minimum rate in requests per second.
const MIN_RATE: f64 = 0.2;

#[derive(Debug, Clone)]
pub(super) struct Adapt {
    ceiling: f64,
    rate: f64,
    cut: Option<Cut>,
    step: f64,
    began: Instant,
    granted: u32,
    throttled: bool,
}

/// When the rate was last lowered.
#[derive(Debug, Clone, Copy)]
struct Cut {
    at: Instant,
    /// Responses since then that were not throttled.
    accepted: u32,
    /// The grant in requests per second, if known.
    granted: Option<f64>,
    /// When the rate reached the grant again, and the responses accepted by then.
    recovered: Option<(Instant, u32)>,
}

impl Cut {
    /// Returns the grant since the cut, in requests per second. `None` if that is too long ago.
    ///
    /// A deep bucket keeps what was left over while the rate was low, so the average since the cut
    /// is exact. A shallow one overflowed, so only the time since the rate recovered counts. The
    /// depth is unknown: take the mean of both.
    fn granted_until(&self, now: Instant) -> Option<f64> {
        let per_second = |accepted: u32, since: Instant| {
            f64::from(accepted) / now.saturating_duration_since(since).as_secs_f64()
        };
        if now.saturating_duration_since(self.at) > GRANT_LIFETIME {
            return None;
        }
        let whole = per_second(self.accepted, self.at);
        let high = self
            .recovered
            .filter(|(since, _)| now.saturating_duration_since(*since) >= INTERVAL)
            .map(|(since, before)| per_second(self.accepted - before, since));
        Some(high.map_or(whole, |high| f64::midpoint(whole, high)))
    }
}

impl Adapt {
    /// Starts at `ceiling`, the maximum in requests per second.
    pub(super) fn new(ceiling: f64, now: Instant) -> Self {
        Self {
            ceiling,
            rate: ceiling,
            cut: None,
            step: FIRST_STEP,
            began: now,
            granted: 0,
            throttled: false,
        }
    }

    /// Returns the maximum in requests per second.
    pub(super) fn ceiling(&self) -> f64 {
        self.ceiling
    }

    /// Returns the current rate in requests per second.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    pub(super) fn granted(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.began);
        let needed = MIN_REQUESTS_PER_INTERVAL / self.rate;
        if elapsed >= INTERVAL && elapsed.as_secs_f64() >= needed {
            self.end_interval(elapsed, now);
        }
        self.granted += 1;
    }

    /// Records a response that was not throttled.
    pub(super) fn accepted(&mut self) {
        if let Some(cut) = &mut self.cut {
            cut.accepted += 1;
        }
    }

    /// Records a throttled response. `permit_at` is when its permit was granted.
    pub(super) fn throttled(&mut self, permit_at: Instant, now: Instant) {
        self.throttled = true;
        if self.cut.is_some_and(|cut| permit_at < cut.at + INTERVAL) {
            return;
        }
        let granted = self.cut.and_then(|cut| cut.granted_until(now));
        let lowered = match granted {
            Some(granted) => granted.min(self.rate) * BELOW_GRANTED,
            None => 0.0,
        };
        let minimum = (self.ceiling * MIN_FRACTION)
            .max(MIN_RATE)
            .min(self.ceiling);
        self.rate = lowered.max(self.rate * BELOW_HALF).max(minimum);
        self.step = FIRST_STEP;
        self.cut = Some(Cut {
            at: now,
            accepted: 0,
            granted,
            recovered: None,
        });
    }

    fn end_interval(&mut self, elapsed: Duration, now: Instant) {
        let is_used = f64::from(self.granted) >= self.rate * elapsed.as_secs_f64() * MIN_USE;
        if is_used && !self.throttled {
            self.rise(elapsed, now);
        }
        self.began = now;
        self.granted = 0;
        self.throttled = false;
    }

    fn rise(&mut self, elapsed: Duration, now: Instant) {
        let granted = self.cut.and_then(|cut| cut.granted);
        let higher = match granted.filter(|granted| self.rate < *granted) {
            Some(granted) => {
                let gap = granted * (1.0 - BELOW_GRANTED);
                self.rate + gap * elapsed.as_secs_f64() / BACK_TO_GRANTED.as_secs_f64()
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
            cut.recovered.get_or_insert((now, cut.accepted));
        }
    }
}

#[cfg(test)]
mod tests;
