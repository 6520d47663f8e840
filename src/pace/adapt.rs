//! Adapts the rate of a category: the ceiling, or what the pool grants once it throttles. Time is
//! an argument.
//!
//! A throttled response means that the pool's bucket is empty. The requests accepted between
//! two throttled responses are therefore its grant, regardless of the bucket's size: the second one
//! lowers the rate to just below the grant, so that the bucket refills. After the first one the
//! grant is still unknown, so the rate is more than halved. If that is not enough, because several
//! processes were each given the whole quota, the fraction of requests that is still throttled
//! gives the grant, without waiting for an interval to end.
//!
//! From there the rate rises in steps: slowly up to the last grant, then in doubling steps, because
//! another client may have ended. Each step needs an interval in which the rate was used and no
//! request was throttled. At a high rate, and with fast responses, overshooting costs a smaller
//! fraction of the requests, so the rate rises faster. Steps are larger far below the ceiling, so
//! that the rates of processes that share a quota converge.

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

/// The first step beyond the last grant, as a fraction of the geometric mean of rate and ceiling.
/// Each step is twice the one before.
const FIRST_STEP: f64 = 0.01;

/// The first step while the grant is unknown: the rate was lowered further than necessary.
const FIRST_BLIND_STEP: f64 = 0.2;

/// The largest step, as a fraction of the rate.
const LARGEST_STEP: f64 = 0.25;

/// Overshooting costs the first throttled request, and about this fraction of the requests sent
/// before its response.
const FRACTION_BEFORE_RESPONSE: f64 = 0.2;

/// The times and steps above apply if overshooting costs this many seconds' worth of requests.
/// Otherwise the rate rises faster or slower in proportion, within these bounds.
const USUAL_COST: f64 = 0.1;
const SLOWEST: f64 = 0.8;
const FASTEST: f64 = 4.0;

/// Throttled responses within an interval of the last cut are expected until the bucket refills.
/// This many, if they are also this fraction of the responses, lower the rate again.
const STILL_THROTTLED: u32 = 4;
const STILL_THROTTLED_FRACTION: f64 = 0.1;

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
    interval_began: Instant,
    /// Permits granted in this interval.
    permits: u32,
    /// Whether a request was throttled in this interval.
    throttled: bool,
}

/// When the rate was last lowered.
#[derive(Debug, Clone, Copy)]
struct Cut {
    at: Instant,
    /// The response time of the throttled request.
    response_time: Duration,
    /// Responses since then that were not throttled.
    accepted: u32,
    /// The responses to requests permitted since then.
    new_accepted: u32,
    new_throttled: u32,
    /// The grant in requests per second, if known.
    granted: Option<f64>,
    /// When the rate reached the grant again, and the responses accepted by then.
    recovered: Option<(Instant, u32)>,
}

impl Cut {
    /// Returns the fraction of the new responses that were not throttled, if many were throttled.
    fn accepted_fraction_if_low(&self) -> Option<f64> {
        let all = f64::from(self.new_accepted + self.new_throttled);
        let is_low = self.new_throttled >= STILL_THROTTLED
            && f64::from(self.new_throttled) >= all * STILL_THROTTLED_FRACTION;
        is_low.then(|| f64::from(self.new_accepted) / all)
    }

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
            interval_began: now,
            permits: 0,
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

    /// Records a granted permit.
    pub(super) fn permitted(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.interval_began);
        let needed = MIN_REQUESTS_PER_INTERVAL / self.rate;
        if elapsed >= INTERVAL && elapsed.as_secs_f64() >= needed {
            self.end_interval(elapsed, now);
        }
        self.permits += 1;
    }

    /// Records a response that was not throttled. `permit_at` is when its permit was granted.
    pub(super) fn accepted(&mut self, permit_at: Instant) {
        if let Some(cut) = &mut self.cut {
            cut.accepted += 1;
            cut.new_accepted += u32::from(permit_at > cut.at);
        }
    }

    /// Records a throttled response. `permit_at` is when its permit was granted.
    pub(super) fn throttled(&mut self, permit_at: Instant, now: Instant) {
        self.throttled = true;
        let granted = match &mut self.cut {
            None => None,
            Some(cut) if permit_at <= cut.at => return,
            Some(cut) => {
                cut.new_throttled += 1;
                if permit_at < cut.at + INTERVAL {
                    let Some(accepted) = cut.accepted_fraction_if_low() else {
                        return;
                    };
                    Some(self.rate * accepted)
                } else {
                    cut.granted_until(now)
                }
            }
        };
        // Responses to requests sent at a higher rate may be among those counted.
        let granted = granted.map(|granted| granted.min(self.rate));
        let minimum = (self.ceiling * MIN_FRACTION)
            .max(MIN_RATE)
            .min(self.ceiling);
        let lowered = granted.map_or(0.0, |granted| granted * BELOW_GRANTED);
        self.rate = lowered.max(self.rate * BELOW_HALF).max(minimum);
        self.step = match granted {
            Some(_) => FIRST_STEP,
            None => FIRST_BLIND_STEP,
        };
        self.cut = Some(Cut {
            at: now,
            response_time: now.saturating_duration_since(permit_at),
            accepted: 0,
            new_accepted: 0,
            new_throttled: 0,
            granted,
            recovered: None,
        });
    }

    fn end_interval(&mut self, elapsed: Duration, now: Instant) {
        let is_used = f64::from(self.permits) >= self.rate * elapsed.as_secs_f64() * MIN_USE;
        if is_used && !self.throttled {
            self.rise(elapsed, now);
        }
        self.interval_began = now;
        self.permits = 0;
        self.throttled = false;
    }

    fn rise(&mut self, elapsed: Duration, now: Instant) {
        let granted = self.cut.and_then(|cut| cut.granted);
        let speed = match granted {
            Some(_) => self.speed(),
            None => 1.0,
        };
        let higher = match granted.filter(|granted| self.rate < *granted) {
            Some(granted) => {
                let gap = granted * (1.0 - BELOW_GRANTED) * speed;
                self.rate + gap * elapsed.as_secs_f64() / BACK_TO_GRANTED.as_secs_f64()
            }
            None => {
                let step = (self.rate * self.ceiling).sqrt() * self.step * speed;
                self.step = (self.step * 2.0).min(1.0);
                self.rate + step.min(self.rate * LARGEST_STEP)
            }
        };
        self.rate = higher.min(self.ceiling);
        if let Some(cut) = &mut self.cut
            && cut.granted.is_some_and(|granted| self.rate >= granted)
        {
            cut.recovered.get_or_insert((now, cut.accepted));
        }
    }

    /// Returns how many times faster than usual the rate rises.
    fn speed(&self) -> f64 {
        let response_time = self.cut.map_or(Duration::ZERO, |cut| cut.response_time);
        let cost = 1.0 / self.rate + response_time.as_secs_f64() * FRACTION_BEFORE_RESPONSE;
        (USUAL_COST / cost).clamp(SLOWEST, FASTEST)
    }
}

#[cfg(test)]
mod tests;
