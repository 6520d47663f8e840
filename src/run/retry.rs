//! When a request is sent again. Pure: the random number is an argument.

use std::time::Duration;

/// A request that a firewall refuses this many times is given up.
pub const FORBIDDEN_TRIES: u32 = 6;

/// How often a request is sent again, and after how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Sign-ups sent for one row on answers that leave it unclear, and connections tried, at most.
    pub tries: u32,
    /// Look-ups sent for one question at most.
    pub look_ups: u32,
    /// The first back-off, at most.
    pub base: Duration,
    /// Any back-off, at most.
    pub cap: Duration,
    /// So long after a request without an answer the service may still make the user: a trigger may run three times five
    /// seconds (Cognito's developer guide, "Customizing user pool workflows with Lambda triggers").
    pub settle: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 5,
            look_ups: 6,
            base: Duration::from_millis(200),
            cap: Duration::from_secs(20),
            settle: Duration::from_secs(15),
        }
    }
}

impl RetryPolicy {
    /// Full jitter: anything between nothing and a bound that doubles with each try, so that rows that failed together do not
    /// come back together. `chance` is from 0 up to 1.
    #[must_use]
    pub fn back_off(&self, tries: u32, chance: f64) -> Duration {
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
    fn back_offs_double_up_to_the_cap_and_are_spread_over_the_whole_of_it() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.back_off(1, 1.0), Duration::from_millis(200));
        assert_eq!(policy.back_off(3, 1.0), Duration::from_millis(800));
        assert_eq!(policy.back_off(3, 0.5), Duration::from_millis(400));
        assert_eq!(policy.back_off(3, 0.0), Duration::ZERO);
        assert_eq!(policy.back_off(99, 1.0), policy.cap);
    }
}
