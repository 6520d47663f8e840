//! Simulations against pools: token buckets whose grant changes.

use std::time::Duration;

use super::{Adapt, BELOW_GRANTED, INTERVAL, MIN_RATE};
use tokio::time::Instant;

mod shared_quota;

/// A simulated pool: a token bucket of this size.
struct GrantedBucket {
    tokens: f64,
    depth: f64,
    filled: Duration,
}

impl GrantedBucket {
    fn full(depth: f64) -> Self {
        Self {
            tokens: depth,
            depth,
            filled: Duration::ZERO,
        }
    }

    fn takes(&mut self, at: Duration, granted: f64) -> bool {
        let since = at.saturating_sub(self.filled).as_secs_f64();
        self.tokens = (self.tokens + since * granted).min(self.depth);
        self.filled = at;
        let takes = self.tokens >= 1.0;
        if takes {
            self.tokens -= 1.0;
        }
        takes
    }
}

/// The results of one second.
#[derive(Clone, Copy, Default)]
struct Second {
    accepted: u32,
    throttled: u32,
}

/// Simulates a client that always has requests to send, against a pool that grants
/// `granted(second)` and responds after `latency`.
fn simulate(
    ceiling: f64,
    depth: f64,
    latency: Duration,
    seconds: u64,
    granted: impl Fn(f64) -> f64,
) -> Vec<Second> {
    let start = Instant::now();
    let mut adapt = Adapt::new(ceiling, start);
    let mut bucket = GrantedBucket::full(depth);
    let mut outcome = vec![Second::default(); usize::try_from(seconds).unwrap()];
    let mut answers: Vec<(Duration, Duration, bool)> = Vec::new();
    let mut now = Duration::ZERO;
    while now < Duration::from_secs(seconds) {
        while let Some((given, answered, taken)) =
            answers.first().copied().filter(|first| first.1 <= now)
        {
            answers.remove(0);
            if taken {
                adapt.accepted(start + given);
            } else {
                adapt.throttled(start + given, start + answered);
            }
        }
        adapt.permitted(start + now);
        let taken = bucket.takes(now, granted(now.as_secs_f64()));
        let second = &mut outcome[usize::try_from(now.as_secs()).unwrap()];
        if taken {
            second.accepted += 1;
        } else {
            second.throttled += 1;
        }
        answers.push((now, now + latency, taken));
        now += Duration::from_secs_f64(1.0 / adapt.rate());
    }
    outcome
}

fn accepted(of: &[Second]) -> f64 {
    of.iter().map(|second| f64::from(second.accepted)).sum()
}

fn throttled_fraction(of: &[Second]) -> f64 {
    let throttled: f64 = of.iter().map(|second| f64::from(second.throttled)).sum();
    throttled / (accepted(of) + throttled)
}

const LATENCIES: [Duration; 3] = [
    Duration::from_millis(5),
    Duration::from_millis(60),
    Duration::from_millis(400),
];

#[test]
fn keeps_a_ceiling_that_is_granted() {
    let outcome = simulate(50.0, 50.0, LATENCIES[1], 300, |_| 50.0);
    assert!(throttled_fraction(&outcome) == 0.0);
    assert!(accepted(&outcome) >= 50.0 * 299.0);
}

#[test]
fn uses_the_grant_with_little_throttling() {
    for latency in LATENCIES {
        for (ceiling, granted) in [
            (50.0, 30.0),
            (50.0, 45.0),
            (50.0, 10.0),
            (400.0, 150.0),
            (2_000.0, 700.0),
        ] {
            for depth in [granted / 10.0 + 2.0, granted, granted * 5.0] {
                let what = format!("{granted} of {ceiling}, {depth} deep, {latency:?}");
                let outcome = simulate(ceiling, depth, latency, 240, |_| granted);
                let steady = &outcome[40..];
                let used = accepted(steady) / (granted * 200.0);
                let throttled = throttled_fraction(steady);
                assert!(used >= 0.95, "{what}: {used}");
                assert!(throttled <= 0.01, "{what}: {throttled}");
            }
        }
    }
}

#[test]
fn follows_a_falling_and_recovering_grant() {
    for latency in LATENCIES {
        for back in 90..100_u32 {
            let granted = |second: f64| {
                if (60.0..f64::from(back)).contains(&second) {
                    30.0
                } else {
                    50.0
                }
            };
            let outcome = simulate(50.0, 50.0, latency, 160, granted);
            let back = back as usize;
            let less = &outcome[60..back];
            assert!(accepted(less) >= 0.95 * 30.0 * less.len() as f64);
            let fast = outcome[back..]
                .iter()
                .position(|second| second.accepted >= 48)
                .unwrap();
            assert!(fast < 20, "{fast} s");
            assert!(throttled_fraction(&outcome) <= 0.01);
        }
    }
}

#[test]
fn keeps_probing_a_pool_that_grants_nothing() {
    let outcome = simulate(50.0, 50.0, LATENCIES[0], 120, |second| {
        if second < 10.0 { 50.0 } else { 0.0 }
    });
    let asked: u32 = outcome[60..].iter().map(|second| second.throttled).sum();
    assert!((12..=60).contains(&asked), "{asked}");
}

#[test]
fn one_burst_of_throttling_lowers_the_rate_once() {
    let start = Instant::now();
    let mut adapt = Adapt::new(50.0, start);
    for after in 0..20 {
        adapt.throttled(start, start + Duration::from_millis(after));
    }
    assert!((adapt.rate() - 22.5).abs() < 0.01);
    // Requests in flight when the rate was lowered do not lower it again, however late their
    // responses are.
    adapt.throttled(start + INTERVAL / 2, start + INTERVAL * 5);
    assert!((adapt.rate() - 22.5).abs() < 0.01);
}

#[test]
fn heavy_throttling_lowers_the_rate_again_at_once() {
    let start = Instant::now();
    let mut adapt = Adapt::new(400.0, start);
    adapt.throttled(start, start);
    let soon = start + INTERVAL / 10;
    // Answers to requests that were sent before say nothing about the lowered rate.
    for _ in 0..100 {
        adapt.accepted(start);
    }
    for _ in 0..6 {
        adapt.accepted(soon);
    }
    for _ in 0..3 {
        adapt.throttled(soon, soon);
    }
    assert!((adapt.rate() - 180.0).abs() < 0.01, "too few");
    adapt.throttled(soon, soon);
    // 6 of 10 were accepted.
    let granted = 180.0 * 0.6;
    assert!(
        (adapt.rate() - granted * BELOW_GRANTED).abs() < 0.01,
        "{}",
        adapt.rate()
    );
}

#[test]
fn a_few_throttled_responses_among_many_do_not_lower_the_rate_again() {
    let start = Instant::now();
    let mut adapt = Adapt::new(2_000.0, start);
    adapt.throttled(start, start);
    let soon = start + INTERVAL / 2;
    for _ in 0..400 {
        adapt.accepted(soon);
    }
    for _ in 0..20 {
        adapt.throttled(soon, soon);
    }
    assert!((adapt.rate() - 900.0).abs() < 0.01, "{}", adapt.rate());
}

#[test]
fn late_responses_do_not_slow_the_rise() {
    let start = Instant::now();
    let mut adapt = Adapt::new(400.0, start);
    adapt.throttled(start, start);
    // Requests that were sent at the ceiling are answered late: the pool seems to grant 400 a
    // second, more than was sent since.
    for _ in 0..440 {
        adapt.accepted(start);
    }
    let later = start + INTERVAL + INTERVAL / 10;
    adapt.throttled(later, later);
    assert!((adapt.rate() - 180.0 * BELOW_GRANTED).abs() < 0.01);
    let mut now = later;
    while now < later + INTERVAL * 8 {
        adapt.permitted(now);
        now += Duration::from_secs_f64(1.0 / adapt.rate());
    }
    assert!(adapt.rate() >= 300.0, "{}", adapt.rate());
}

#[test]
fn bucket_refills_if_others_use_half_of_the_quota() {
    let start = Instant::now();
    let mut adapt = Adapt::new(50.0, start);
    adapt.throttled(start, start);
    let left_over = 50.0 - 25.0 - adapt.rate();
    assert!(left_over >= 50.0 * (1.0 - BELOW_GRANTED), "{left_over}");
}

#[test]
fn second_throttled_response_reveals_the_grant() {
    let start = Instant::now();
    let mut adapt = Adapt::new(50.0, start);
    adapt.throttled(start, start);
    for _ in 0..40 {
        adapt.accepted(start + INTERVAL);
    }
    let later = start + INTERVAL * 2;
    adapt.throttled(later, later);
    assert!(
        (adapt.rate() - 20.0 * BELOW_GRANTED).abs() < 0.01,
        "{}",
        adapt.rate()
    );
}

#[test]
fn unused_rate_does_not_rise() {
    let start = Instant::now();
    let mut adapt = Adapt::new(50.0, start);
    adapt.throttled(start, start);
    for second in 1..100 {
        adapt.permitted(start + Duration::from_secs(second));
    }
    assert!((adapt.rate() - 22.5).abs() < 0.01);
}

#[test]
fn rate_stays_within_its_bounds() {
    let start = Instant::now();
    for ceiling in [0.1, 1.0, 50.0] {
        let mut adapt = Adapt::new(ceiling, start);
        for second in 0..200_u64 {
            let at = start + Duration::from_secs(second * 2);
            adapt.throttled(at, at);
            assert!(adapt.rate() <= ceiling && adapt.rate() >= MIN_RATE.min(ceiling));
        }
    }
}
