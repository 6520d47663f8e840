//! The cost of storing and finding the usernames of a pool: CPU time per user, and peak memory.
//!
//! `cargo bench --bench listing_cost` (argument after `--`: users; 1,000,000 by default). Peak
//! memory is `VmHWM` in `/proc`: Linux only.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints and panics on errors"
)]

#[expect(dead_code, reason = "each benchmark uses some of it")]
mod common;

use std::time::Instant;

use cognito_import::ledger::listing::{Listing, ListingEntry};
use common::{numbers, peak_mib, username};

fn name(number: u64) -> String {
    format!("{}@example.com", username(number))
}

fn page(first: u64, users: u64) -> Vec<(String, ListingEntry)> {
    (first..(first + 60).min(users))
        .map(|number| {
            let user = ListingEntry {
                sub: Some(format!(
                    "{:08x}-0000-4000-8000-{number:012x}",
                    number as u32
                )),
                status: Some("CONFIRMED".to_owned()),
                enabled: true,
                created_ms: Some(1_700_000_000_000),
                modified_ms: None,
                attributes: ATTRIBUTES
                    .map(|name| (name.to_owned(), format!("{name} {number}")))
                    .to_vec(),
            };
            (name(number), user)
        })
        .collect()
}

/// The attributes of a usual list.
const ATTRIBUTES: [&str; 3] = ["email", "given_name", "family_name"];

fn main() {
    let [users] = numbers([1_000_000]);
    let each = |what: &str, began: Instant| {
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "{what}: {seconds:.2} s, {:.2} us a user, peak {:.1} MiB",
            seconds * 1e6 / users as f64,
            peak_mib(std::process::id()).unwrap()
        );
    };
    let mut listing = Listing::new(ATTRIBUTES.map(str::to_owned).to_vec()).unwrap();
    let began = Instant::now();
    for first in (0..users).step_by(60) {
        let page = page(first, users);
        listing
            .add(page.iter().map(|(name, user)| (name.as_str(), user)))
            .unwrap();
    }
    each("put down", began);
    let began = Instant::now();
    // The first lookup sorts.
    assert!(listing.find("unknown").unwrap().is_none());
    each("sorted", began);
    // In a different order than they were added, since a list is not in the pool's order.
    let began = Instant::now();
    for step in 0..users {
        let number = (step * 7_919) % users;
        assert!(listing.find(&name(number)).unwrap().is_some());
    }
    each("found", began);
    let began = Instant::now();
    for number in users..2 * users {
        assert!(listing.find(&name(number)).unwrap().is_none());
    }
    each("not found", began);
}
