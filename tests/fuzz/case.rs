//! Runs the cases of a target until its time is up.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The default duration, without `COGNITO_IMPORT_FUZZ_TIME`.
const TIME: Duration = Duration::from_secs(20);

/// The default seed, without `COGNITO_IMPORT_FUZZ_TIME`: two runs of the suite then try the same
/// cases in the same order.
const SEED: u64 = 1;

/// A case. The same seed gives the same input.
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) rng: fastrand::Rng,
    input: Vec<u8>,
    notes: Vec<String>,
}

impl Case {
    /// Records the input, which is written to a file if the case fails.
    pub(crate) fn input(&mut self, input: &[u8]) {
        input.clone_into(&mut self.input);
    }

    /// Records another parameter of the case.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Describes a failed case.
    fn failure(&self, target: &str, message: &str) -> String {
        let name = format!("fuzz-{target}-{}", self.seed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let input = match std::fs::write(&path, &self.input) {
            Ok(()) => path.display().to_string(),
            Err(error) => format!("not written: {error}"),
        };
        format!(
            "{target}: {message}\nrepeat it: COGNITO_IMPORT_FUZZ_SEED={} cargo test --test fuzz {target}\ninput: {input}\n{}",
            self.seed,
            self.notes.join("\n")
        )
    }
}

/// The seed of the first case, and the duration.
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

/// Prints on standard error, which the test runner does not capture.
fn print_uncaptured(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Runs cases on `workers` threads until the time is up or one fails.
pub(crate) fn fuzz(target: &str, workers: usize, run: impl Fn(&mut Case) + Sync) {
    let (first, time) = plan();
    print_uncaptured(&format!(
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
    print_uncaptured(&format!(
        "fuzz {target}: {} cases",
        begun.load(Ordering::Relaxed)
    ));
}

/// The message of a panic.
fn reason(panic: &(dyn std::any::Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("panicked")
}
