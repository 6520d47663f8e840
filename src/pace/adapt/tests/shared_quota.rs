//! Simulations of processes that share one quota, and of one whose quota drops: lists, permits as
//! in `lane`, latency and retries, in virtual time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use super::super::Adapt;
use super::GrantedBucket;
use tokio::time::Instant;

/// The fraction of the rate that a lane uses, and the window that never exceeds the rate.
const RATE_FRACTION: f64 = 0.994;
const WINDOW: Duration = Duration::from_millis(1_005);

/// The maximum backoff of a throttled request.
const BACKOFF: Duration = Duration::from_millis(200);

const GOLDEN_RATIO: f64 = 1.618_033_988_749_895;

/// Response times: at least this many seconds, and at most twice as many.
const LATENCY: f64 = 0.02;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Permit,
    Arrival { permit_at: Duration },
    Response { permit_at: Duration, accepted: bool },
    Retry,
}

/// A process with a list.
struct Process {
    adapt: Adapt,
    to_send: u32,
    /// Whether it waits for a row to send.
    idle: bool,
    /// The rate of the last permit, and when the next one is due without jitter.
    rate: f64,
    due: Duration,
    permits: usize,
    window: VecDeque<Duration>,
}

impl Process {
    fn new(rows: u32, ceiling: f64, origin: Instant, start: Duration) -> Self {
        Self {
            adapt: Adapt::new(ceiling, origin + start),
            to_send: rows,
            idle: false,
            rate: ceiling,
            due: start,
            permits: 0,
            window: VecDeque::new(),
        }
    }

    /// Returns when to try again, or `None` to go ahead.
    fn closed_until(&mut self, now: Duration) -> Option<Duration> {
        let rate = self.adapt.rate();
        #[expect(clippy::float_cmp, reason = "the same number, copied")]
        if rate != self.rate {
            self.rate = rate;
            let last = self.window.back().copied().unwrap_or_default();
            self.due = (last + period(rate)).max(now);
            if now < self.due {
                return Some(self.due);
            }
        }
        while self.window.len() as f64 >= rate.ceil() {
            match self.window.front() {
                Some(oldest) if now < *oldest + WINDOW => return Some(*oldest + WINDOW),
                Some(_) | None => self.window.pop_front(),
            };
        }
        None
    }

    /// Takes a permit and returns when to try the next one.
    fn next_permit(&mut self, now: Duration) -> Duration {
        self.window.push_back(now);
        self.permits += 1;
        let period = period(self.rate);
        self.due += period;
        if self.due + period * 3 < now {
            self.due = now + period;
        }
        let in_second = self.permits as f64 % self.rate.ceil();
        (self.due + period.mul_f64((in_second * GOLDEN_RATIO).fract())).max(now)
    }
}

fn period(rate: f64) -> Duration {
    Duration::from_secs_f64(1.0 / (rate * RATE_FRACTION))
}

/// The quota: `rate(second)` a second, in a bucket that holds `depth` seconds' worth.
struct Quota<F> {
    rate: F,
    depth: f64,
}

#[derive(Default)]
struct SharedUse {
    /// When the last request was accepted, in seconds.
    end: f64,
    sent: u32,
    throttled: u32,
}

impl SharedUse {
    fn note(&mut self, second: f64, accepted: bool) {
        if accepted {
            self.end = second;
        } else {
            self.throttled += 1;
        }
    }

    fn throttled_fraction(&self) -> f64 {
        f64::from(self.throttled) / f64::from(self.sent)
    }
}

/// Simulates a process for each list; they start within a second of each other.
fn simulate(rows: &[u32], ceiling: f64, quota: Quota<impl Fn(f64) -> f64>, seed: u64) -> SharedUse {
    let mut random = fastrand::Rng::with_seed(seed);
    let origin = Instant::now();
    let mut bucket = GrantedBucket::full((quota.rate)(0.0) * quota.depth);
    let mut events = BinaryHeap::new();
    let mut processes = Vec::new();
    for (index, rows) in rows.iter().enumerate() {
        let start = Duration::from_secs_f64(if index == 0 { 0.0 } else { random.f64() });
        events.push(Reverse((start, index, Event::Permit)));
        processes.push(Process::new(*rows, ceiling, origin, start));
    }
    let mut outcome = SharedUse::default();
    while let Some(Reverse((now, index, event))) = events.pop() {
        let process = &mut processes[index];
        let one_way = Duration::from_secs_f64(LATENCY / 2.0 * (1.0 + random.f64()));
        let (at, next) = match event {
            Event::Permit if process.to_send == 0 => {
                process.idle = true;
                continue;
            }
            Event::Permit => {
                let next = if let Some(later) = process.closed_until(now) {
                    later
                } else {
                    process.to_send -= 1;
                    process.adapt.permitted(origin + now);
                    outcome.sent += 1;
                    let arrival = Event::Arrival { permit_at: now };
                    events.push(Reverse((now + one_way, index, arrival)));
                    process.next_permit(now)
                };
                (next, Event::Permit)
            }
            Event::Arrival { permit_at } => {
                let second = now.as_secs_f64();
                let rate = (quota.rate)(second);
                bucket.depth = rate * quota.depth;
                let accepted = bucket.takes(now, rate);
                outcome.note(second, accepted);
                let response = Event::Response {
                    permit_at,
                    accepted,
                };
                (now + one_way, response)
            }
            Event::Response {
                permit_at,
                accepted: true,
            } => {
                process.adapt.accepted(origin + permit_at);
                continue;
            }
            Event::Response { permit_at, .. } => {
                process.adapt.throttled(origin + permit_at, origin + now);
                (now + BACKOFF.mul_f64(random.f64()), Event::Retry)
            }
            Event::Retry => {
                process.to_send += 1;
                if !std::mem::take(&mut process.idle) {
                    continue;
                }
                process.due = now;
                (now, Event::Permit)
            }
        };
        events.push(Reverse((at, index, next)));
    }
    outcome
}

/// The lists of processes that start together and end one after another.
const LISTS: [[u32; 4]; 3] = [
    [2_000, 4_000, 6_000, 8_000],
    [1_000, 2_000, 4_000, 13_000],
    [1_000, 1_000, 1_000, 17_000],
];

#[test]
fn processes_use_a_shared_quota_also_after_others_end() {
    // The depth of the pool's bucket in seconds: what it holds at the start does not count as used.
    for (depth, least) in [(1.0, 0.88), (5.0, 0.85), (0.1, 0.78)] {
        for rows in LISTS {
            for seed in 0..10 {
                let quota = Quota {
                    rate: |_| 400.0,
                    depth,
                };
                let outcome = simulate(&rows, 400.0, quota, seed);
                let what = format!("{rows:?}, {depth} s deep, seed {seed}");
                let all = f64::from(rows.iter().sum::<u32>());
                let used = (all - depth * 400.0) / (outcome.end * 400.0);
                assert!(used >= least, "{what}: {used}");
                let throttled = outcome.throttled_fraction();
                assert!(throttled <= 0.01, "{what}: {throttled}");
            }
        }
    }
}

#[test]
fn processes_that_were_told_their_share_are_not_throttled() {
    for rows in LISTS {
        let quota = Quota {
            rate: |_| 400.0,
            depth: 1.0,
        };
        let outcome = simulate(&rows, 100.0, quota, 0);
        assert_eq!(outcome.throttled, 0);
        let ideal = f64::from(rows[3]) / 100.0;
        assert!(outcome.end <= ideal * 1.02, "{}", outcome.end);
    }
}

#[test]
fn finishes_soon_after_the_quota_drops() {
    for (depth, ideal) in [(1.0, 25.7), (5.0, 21.7)] {
        for seed in 0..10 {
            let quota = Quota {
                rate: |second| if second < 10.0 { 50.0 } else { 30.0 },
                depth,
            };
            let outcome = simulate(&[1_000], 50.0, quota, seed);
            let took = outcome.end;
            assert!(took <= ideal + 0.8, "{depth} s deep: {took}");
            assert!(outcome.throttled <= 5, "{}", outcome.throttled);
        }
    }
}
