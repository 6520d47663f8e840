//! Starts the program, pools and endpoints for tests, and reads the results.

mod browser;
mod bucket;
mod emulator;
mod encode;
mod endpoint;
mod moto;
mod pool;
mod program;
mod proxy;
mod python;
mod results;
mod schemas;
mod screen;
mod sdk;
mod terminal;
mod test_dir;
mod tls;

use std::io::Write as _;
use std::time::{Duration, Instant};

pub(crate) use browser::{View, render_pages};
pub(crate) use bucket::Bucket;
pub(crate) use emulator::{EmulatedPool, Emulator};
pub(crate) use encode::{gzip, marked_utf_16, utf_16, zstd};
pub(crate) use endpoint::{ReceivedRequest, TestEndpoint, TestReply, head};
pub(crate) use moto::{MotoBucket, MotoServices};
pub(crate) use pool::{Pool, assert_only_described, existing_user, quick, silent};
pub(crate) use program::{ProcessOutput, ProgramCommand, RunningProcess, codes, with_code};
pub(crate) use proxy::{BadReply, Proxy};
pub(crate) use python::installed;
pub(crate) use results::{CsvRow, Results};
pub(crate) use schemas::{Document, violations};
pub(crate) use screen::TerminalScreen;
pub(crate) use sdk::Sdk;
pub(crate) use terminal::CTRL_C;
pub(crate) use test_dir::{TestDir, users, users_numbered};
pub(crate) use tls::{CertificateAuthority, Tls};

/// Everything finishes sooner unless it hangs. The slowest step takes a minute on an idle machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(300);

/// Polls until `ask` returns a value. Fails the test after [`TIMEOUT`].
pub(crate) fn wait_until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < TIMEOUT, "timed out waiting for {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// Reports a skipped test on standard error, which the test runner does not capture.
pub(crate) fn report_skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "NOT RUN: {what}");
}
