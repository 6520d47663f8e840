//! The retry policy. The random number is an argument.

use std::time::Duration;

/// Requests blocked by a firewall before the run stops.
pub const FORBIDDEN_TRIES: u32 = 6;

/// How often a request is retried, and after how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The maximum number of sign-ups sent for one row after unclear answers, and of connection
    /// attempts.
    pub tries: u32,
    /// The maximum number of attempts of one lookup.
    pub lookups: u32,
    /// The upper bound of the first backoff.
    pub base: Duration,
    /// The upper bound of every backoff.
    pub cap: Duration,
    /// A request without a response may still create its user within this time: Cognito calls a
    /// trigger up to three times, five seconds each (developer guide, "Customizing user pool
    /// workflows with Lambda triggers").
    pub settle: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 5,
            lookups: 6,
            base: Duration::from_millis(200),
            cap: Duration::from_secs(20),
            settle: Duration::from_secs(15),
        }
    }
}

impl RetryPolicy {
    /// Returns an exponential backoff with full jitter, so that rows that failed together are not
    /// retried together. `chance` is in 0.0..=1.0.
    #[must_use]
    pub fn backoff(&self, tries: u32, chance: f64) -> Duration {
        let doubled = 2_u32.saturating_pow(tries.saturating_sub(1).min(16));
        let bound = self.base.saturating_mul(doubled).min(self.cap);
        bound.mul_f64(chance.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::RetryPolicy;
    use std::time::Duration;

    #[test]
    fn backoff_doubles_up_to_the_cap_with_full_jitter() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.backoff(1, 1.0), Duration::from_millis(200));
        assert_eq!(policy.backoff(3, 1.0), Duration::from_millis(800));
        assert_eq!(policy.backoff(3, 0.5), Duration::from_millis(400));
        assert_eq!(policy.backoff(3, 0.0), Duration::ZERO);
        assert_eq!(policy.backoff(99, 1.0), policy.cap);
    }
}
