//! Runs the cases of a target until its time is over.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Without `COGNITO_IMPORT_FUZZ_TIME`.
const TIME: Duration = Duration::from_secs(20);

/// Without `COGNITO_IMPORT_FUZZ_TIME` as well: two runs of the suite try the same cases in the same order.
const SEED: u64 = 1;

/// One case: the same seed makes the same input.
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) rng: fastrand::Rng,
    input: Vec<u8>,
    notes: Vec<String>,
}

impl Case {
    /// Remembers the input, to be written to a file if the case fails.
    pub(crate) fn input(&mut self, input: &[u8]) {
        input.clone_into(&mut self.input);
    }

    /// Remembers what else the case depends on.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// What to say of a case that failed.
    fn failure(&self, target: &str, why: &str) -> String {
        let name = format!("fuzz-{target}-{}", self.seed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let input = match std::fs::write(&path, &self.input) {
            Ok(()) => path.display().to_string(),
            Err(error) => format!("not written: {error}"),
        };
        format!(
            "{target}: {why}\nrepeat it: COGNITO_IMPORT_FUZZ_SEED={} cargo test --test fuzz {target}\ninput: {input}\n{}",
            self.seed,
            self.notes.join("\n")
        )
    }
}

/// The first case's seed, and how long to go on.
fn plan() -> (u64, Duration) {
    let given = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let time = given("COGNITO_IMPORT_FUZZ_TIME")
        .map(|text| humantime::parse_duration(&text).expect("COGNITO_IMPORT_FUZZ_TIME, like 2h"));
    let seed = given("COGNITO_IMPORT_FUZZ_SEED").map_or_else(
        || time.map_or(SEED, |_| fastrand::u64(..)),
        |text| text.parse().expect("COGNITO_IMPORT_FUZZ_SEED, a number"),
    );
    (seed, time.unwrap_or(TIME))
}

/// Says it past the test runner, which keeps what a passing test prints to itself.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Tries one case after another, so many at a time, until the time is over or one fails.
pub(crate) fn fuzz(target: &str, workers: usize, run: impl Fn(&mut Case) + Sync) {
    let (first, time) = plan();
    say(&format!(
        "fuzz {target}: COGNITO_IMPORT_FUZZ_SEED={first}, for {time:?}"
    ));
    let began = Instant::now();
    let (begun, failure) = (AtomicU64::new(0), Mutex::new(None));
    let work = || {
        loop {
            let number = begun.fetch_add(1, Ordering::Relaxed);
            let seed = first.wrapping_add(number);
            let mut case = Case {
                seed,
                rng: fastrand::Rng::with_seed(seed),
                input: Vec::new(),
                notes: Vec::new(),
            };
            let ended = catch_unwind(AssertUnwindSafe(|| run(&mut case)));
            let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(panic) = ended {
                failure.get_or_insert_with(|| case.failure(target, reason(&*panic)));
            }
            if failure.is_some() || began.elapsed() >= time {
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
    let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(failure) = failure {
        panic!("{failure}");
    }
    say(&format!(
        "fuzz {target}: {} cases",
        begun.load(Ordering::Relaxed)
    ));
}

/// The words of a panic.
fn reason(panic: &(dyn std::any::Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("panicked")
}
