//! Permits in paused time: no test waits.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::{Instant, advance};

use super::{Category, Ceilings, Pacer};

fn pacer(rate: u32) -> Pacer {
    let rate = NonZeroU32::new(rate).unwrap();
    Pacer::new(Ceilings {
        creation: rate,
        read: rate,
        update: rate,
        resource_read: rate,
        list: rate,
    })
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
async fn the_rate_is_held_and_no_second_has_more() {
    for rate in [1, 2, 7, 50, 120, 400, 3_000] {
        let given = permits(&pacer(rate), (rate as usize * 20).max(200)).await;
        let took = *given.last().unwrap() - given[0];
        let reached = (given.len() - 1) as f64 / took.as_secs_f64();
        assert!(reached >= f64::from(rate) * 0.99, "{rate}: {reached}");
        assert!(most_in_any_second(&given) <= rate as usize, "{rate}");
    }
}

#[tokio::test(start_paused = true)]
async fn late_wake_ups_and_idle_times_neither_lose_the_rate_nor_overrun_it() {
    let pacer = pacer(50);
    let mut given = Vec::new();
    for turn in 0..2_000_u64 {
        let _ = pacer.permit(Category::UserCreation).await;
        given.push(Instant::now());
        // Up to 12 ms of somebody else's work in each turn, and now and then a long pause.
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
async fn after_a_rest_there_is_no_flying_start() {
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
async fn stalls_of_a_few_permits_lose_no_rate() {
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
async fn a_throttled_category_slows_down_and_the_others_do_not() {
    let pacer = pacer(100);
    let throttled = pacer.permit(Category::UserCreation).await;
    pacer.answered(&throttled, true);
    let start = Instant::now();
    let slow = permits(&pacer, 90).await;
    let took = *slow.last().unwrap() - start;
    // A little less than half of the rate at first, and then more by steps.
    assert!((1.5..=2.1).contains(&took.as_secs_f64()), "{took:?}");
    let start = Instant::now();
    for _ in 0..100 {
        let _ = pacer.permit(Category::UserRead).await;
    }
    assert!(start.elapsed() < Duration::from_millis(1_020));
}

#[tokio::test(start_paused = true)]
async fn another_rate_gives_no_permit_away_and_loses_none() {
    // Alternately throttled and left alone, the rate changes with nearly every second. What was
    // given has to be what the rates say.
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
        pacer.answered(&permit, given.len() % 400 == 399);
    }
    let used = given.len() as f64 / allowed;
    assert!((0.98..=1.001).contains(&used), "{used}");
    assert!(most_in_any_second(&given) <= 50);
}

#[tokio::test(start_paused = true)]
async fn what_came_of_the_permits_is_counted() {
    let pacer = pacer(50);
    for number in 0..10 {
        let permit = pacer.permit(Category::UserList).await;
        if number > 2 {
            pacer.answered(&permit, number == 9);
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
async fn those_who_wait_are_counted_until_they_are_served_or_give_up() {
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

/// A pool's bucket of a category: 50 requests a second, and 50 at once after a rest.
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

/// Of a thousand people who sign up at that rate, evenly spaced, while the whole quota is used: how
/// many the pool turns away.
async fn turned_away(a_second: u32, first: Duration) -> usize {
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
        while let at = begin + Duration::from_secs(1) * live / a_second
            && at <= now
        {
            away += usize::from(!bucket.takes(at));
            live += 1;
        }
        answers.push_back((now + Duration::from_millis(30), permit, bucket.takes(now)));
        while let Some((_, permit, accepted)) = answers.pop_front_if(|(at, ..)| *at <= now) {
            pacer.answered(&permit, !accepted);
        }
    }
    away
}

#[tokio::test(start_paused = true)]
async fn people_in_step_with_the_pace_are_not_turned_away_in_its_place() {
    for a_second in [5, 10, 25] {
        let mut together = 0;
        for first in (0..200).step_by(10) {
            let away = turned_away(a_second, Duration::from_millis(first)).await;
            assert!(away <= 50, "{away} of 1,000, at {a_second} a second");
            together += away;
        }
        assert!(
            together <= 200,
            "{together} of 20,000, at {a_second} a second"
        );
    }
}
