//! Answers that Cognito would not give: too long, without an end, or with values that nothing expects.

mod bounded;
mod dates;
mod numbers;
mod pages;

use std::collections::HashSet;
use std::sync::Mutex;

use crate::harness::{Cli, Endpoint, Pool, Request, TestDir};

/// `import` of a list through this endpoint, with quick look-ups.
fn import(dir: &TestDir, pool: &Pool, endpoint: &Endpoint, list: &str) -> Cli {
    dir.import(pool, list)
        .args(["--endpoint-url", &endpoint.url()])
}

/// Tells the first request of an operation for each user from later ones.
#[derive(Default)]
struct Firsts(Mutex<HashSet<String>>);

impl Firsts {
    fn is_first(&self, request: &Request) -> bool {
        let name = format!("{} {}", request.operation, request.username());
        self.0.lock().unwrap().insert(name)
    }
}
