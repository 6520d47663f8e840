//! Tests in paused time.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::{Instant, advance};

use super::{Category, Ceilings, Pacer};

fn pacer(rate: u32) -> Pacer {
    let rate = NonZeroU32::new(rate).unwrap();
    Pacer::new(Ceilings::same(rate))
}

async fn permits(pacer: &Pacer, count: usize) -> Vec<Instant> {
    let mut given = Vec::new();
    for _ in 0..count {
        let _ = pacer.permit(Category::UserCreation).await;
        given.push(Instant::now());
    }
    given
}

fn most_in_any_second(given: &[Instant]) -> usize {
    (0..given.len())
        .map(|from| {
            given[from..]
                .iter()
                .take_while(|at| **at < given[from] + Duration::from_secs(1))
                .count()
        })
        .max()
        .unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn sustains_the_rate_without_exceeding_it_in_any_second() {
    for rate in [1, 2, 7, 50, 120, 400, 3_000] {
        let given = permits(&pacer(rate), (rate as usize * 20).max(200)).await;
        let took = *given.last().unwrap() - given[0];
        let reached = (given.len() - 1) as f64 / took.as_secs_f64();
        assert!(reached >= f64::from(rate) * 0.99, "{rate}: {reached}");
        assert!(most_in_any_second(&given) <= rate as usize, "{rate}");
    }
}

#[tokio::test(start_paused = true)]
async fn sustains_the_rate_despite_late_timers_and_idle_times() {
    let pacer = pacer(50);
    let mut given = Vec::new();
    for turn in 0..2_000_u64 {
        let _ = pacer.permit(Category::UserCreation).await;
        given.push(Instant::now());
        // Each iteration is delayed by up to 12 ms of other work, and sometimes by a long pause.
        let busy = if turn % 500 == 499 {
            3_000
        } else {
            turn * 7 % 13
        };
        advance(Duration::from_millis(busy)).await;
    }
    assert!(most_in_any_second(&given) <= 50);
    let steady = &given[0..499];
    let took = *steady.last().unwrap() - steady[0];
    assert!(498.0 / took.as_secs_f64() >= 49.5);
}

#[tokio::test(start_paused = true)]
async fn idle_time_does_not_accumulate_permits() {
    for rate in [2, 50, 1_000] {
        let pacer = pacer(rate);
        for _ in 0..2 {
            advance(Duration::from_secs(10)).await;
            let given = permits(&pacer, rate as usize).await;
            let took = *given.last().unwrap() - given[0];
            let least = f64::from(rate - 1) / f64::from(rate) - 0.002;
            assert!(took.as_secs_f64() >= least, "{rate}: {took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn short_stalls_do_not_lower_the_rate() {
    for (rate, stall) in [(50, 39), (80, 36), (99, 29), (200, 19), (1_000, 11)] {
        let pacer = pacer(rate);
        let start = Instant::now();
        let turns = u64::from(rate) * 20;
        for turn in 0..turns {
            let _ = pacer.permit(Category::UserCreation).await;
            // One in a tenth of a second.
            if turn % u64::from(rate / 10) == 0 {
                advance(Duration::from_millis(stall)).await;
            }
        }
        let reached = turns as f64 / start.elapsed().as_secs_f64();
        assert!(reached >= f64::from(rate) * 0.99, "{rate}: {reached}");
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_slows_down_only_its_category() {
    let pacer = pacer(100);
    let throttled = pacer.permit(Category::UserCreation).await;
    pacer.record_response(&throttled, true);
    let start = Instant::now();
    let slow = permits(&pacer, 90).await;
    let took = *slow.last().unwrap() - start;
    // Slightly less than half of the rate at first, then rising in steps.
    assert!((1.5..=2.1).contains(&took.as_secs_f64()), "{took:?}");
    let start = Instant::now();
    for _ in 0..100 {
        let _ = pacer.permit(Category::UserRead).await;
    }
    assert!(start.elapsed() < Duration::from_millis(1_020));
}

#[tokio::test(start_paused = true)]
async fn rate_changes_neither_add_nor_lose_permits() {
    // Alternating throttling changes the rate nearly every second. The number of permits must match
    // the rates.
    let pacer = pacer(50);
    let mut allowed = 0.0;
    let mut given = Vec::new();
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(120) {
        let before = Instant::now();
        let permit = pacer.permit(Category::UserCreation).await;
        let rate = pacer.reading(Category::UserCreation).allowed;
        allowed += rate * before.elapsed().as_secs_f64();
        given.push(Instant::now());
        pacer.record_response(&permit, given.len() % 400 == 399);
    }
    let used = given.len() as f64 / allowed;
    assert!((0.98..=1.001).contains(&used), "{used}");
    assert!(most_in_any_second(&given) <= 50);
}

#[tokio::test(start_paused = true)]
async fn counts_permits_by_result() {
    let pacer = pacer(50);
    for number in 0..10 {
        let permit = pacer.permit(Category::UserList).await;
        if number > 2 {
            pacer.record_response(&permit, number == 9);
        }
    }
    let reading = pacer.reading(Category::UserList);
    assert_eq!(
        (reading.sent, reading.accepted, reading.throttled),
        (10, 6, 1)
    );
    assert!((reading.allowed - 22.5).abs() < 0.01);
    assert_eq!(pacer.reading(Category::UserRead).sent, 0);
}

#[tokio::test(start_paused = true)]
async fn counts_waiting_tasks() {
    let pacer = pacer(1);
    let _first = pacer.permit(Category::UserRead).await;
    {
        let mut gives_up = Box::pin(pacer.permit(Category::UserRead));
        let soon = tokio::time::timeout(Duration::from_millis(10), &mut gives_up).await;
        assert!(soon.is_err());
        assert_eq!(pacer.waiting(Category::UserRead), 1);
    }
    assert_eq!(pacer.waiting(Category::UserRead), 0);
    let _second = pacer.permit(Category::UserRead).await;
    assert_eq!(pacer.waiting(Category::UserRead), 0);
}

/// A pool's token bucket: 50 requests per second, and 50 at once after a pause.
struct SharedBucket {
    tokens: f64,
    at: Instant,
}

impl SharedBucket {
    fn takes(&mut self, at: Instant) -> bool {
        let gained = (at - self.at).as_secs_f64() * 50.0;
        self.tokens = (self.tokens + gained).min(50.0);
        self.at = at;
        let takes = self.tokens >= 1.0;
        if takes {
            self.tokens -= 1.0;
        }
        takes
    }
}

/// Returns how many of a thousand evenly spaced sign-ups of another client the pool throttles while
/// the whole quota is used.
async fn throttled_sign_ups(per_second: u32, first: Duration) -> usize {
    let pacer = pacer(50);
    let mut bucket = SharedBucket {
        tokens: 50.0,
        at: Instant::now(),
    };
    let begin = bucket.at + Duration::from_secs(3) + first;
    let (mut live, mut away) = (0, 0);
    let mut answers = VecDeque::new();
    while live < 1_000 {
        let permit = pacer.permit(Category::UserCreation).await;
        let now = Instant::now();
        while let at = begin + Duration::from_secs(1) * live / per_second
            && at <= now
        {
            away += usize::from(!bucket.takes(at));
            live += 1;
        }
        answers.push_back((now + Duration::from_millis(30), permit, bucket.takes(now)));
        while let Some((_, permit, accepted)) = answers.pop_front_if(|(at, ..)| *at <= now) {
            pacer.record_response(&permit, !accepted);
        }
    }
    away
}

#[tokio::test(start_paused = true)]
async fn other_evenly_spaced_clients_are_not_starved() {
    for a_second in [5, 10, 25] {
        let mut together = 0;
        for first in (0..200).step_by(10) {
            let away = throttled_sign_ups(a_second, Duration::from_millis(first)).await;
            assert!(away <= 50, "{away} of 1,000, at {a_second} a second");
            together += away;
        }
        assert!(
            together <= 200,
            "{together} of 20,000, at {a_second} a second"
        );
    }
}
