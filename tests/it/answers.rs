//! Responses that Cognito would not send: too long, endless, or with extreme values.

mod dates;
mod endless;
mod numbers;
mod pages;

use std::collections::HashSet;
use std::sync::Mutex;

use crate::harness::{Pool, ProgramCommand, ReceivedRequest, TestDir, TestEndpoint};

/// `import` through this endpoint.
fn import(dir: &TestDir, pool: &Pool, endpoint: &TestEndpoint, list: &str) -> ProgramCommand {
    dir.import(pool, list)
        .args(["--endpoint-url", &endpoint.url()])
}

/// Recognizes the first request for each operation and user.
#[derive(Default)]
struct FirstRequests(Mutex<HashSet<String>>);

impl FirstRequests {
    fn is_first(&self, request: &ReceivedRequest) -> bool {
        let name = format!("{} {}", request.operation, request.username());
        self.0.lock().unwrap().insert(name)
    }
}
