//! Fuzzes undo: with a damaged `undo.db`, and with mutated service responses.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex};

use cognito_import::rehearsal::{ExistingUser, PoolSettings, PreSignUp, QuotaSetting, Quotas};
use serde_json::json;

use crate::case::{Case, fuzz};
use crate::harness::{
    CsvRow, Pool, ProcessOutput, ProgramCommand, TestDir, TestEndpoint, TestReply, quick, users,
    wait_until,
};
use crate::hostile::Hostile;
use crate::ledgers::{copy, damage, databases};

/// A user in the list who existed before the run.
const BYSTANDER: &str = "zoe";

fn settings() -> PoolSettings {
    let plenty = QuotaSetting::per_second(100_000.0);
    PoolSettings {
        quotas: Quotas {
            user_update: plenty,
            user_resource_read: plenty,
            ..quick().quotas
        },
        existing: vec![ExistingUser {
            username: BYSTANDER.to_owned(),
            ..ExistingUser::default()
        }],
        ..quick()
    }
}

fn import(dir: &TestDir, pool: &Pool, rows: usize) {
    let list = users(rows) + "zoe,Passw0rd!0,zoe@example.com\n";
    dir.import(pool, dir.file("users.csv", list))
        .args(["--no-lookup", "--no-preflight"])
        .run()
        .exits(0);
}

fn undo(dir: &TestDir, pool: &Pool, endpoint: &TestEndpoint) -> ProgramCommand {
    dir.undo(pool)
        .args(["--endpoint-url", &endpoint.url()])
        .json()
        .default_flag("--delete-rate", "1000")
        .default_flag("--lookup-rate", "1000")
}

/// Asserts a documented exit code that matches the JSON document.
fn assert_documented_exit(output: &ProcessOutput) {
    output.assert_no_panic();
    assert!(
        matches!(output.code, Some(0 | 1 | 3 | 4)),
        "{:?}: {}",
        output.code,
        output.stderr
    );
    assert!(!output.stderr.contains('\u{1b}'), "{:?}", output.stderr);
    let document = output.document();
    assert_eq!(document["exit_code"], output.code.unwrap());
}

/// The rows of `undo-results.csv`. Asserts that each user occurs once.
fn undone(dir: &TestDir) -> Vec<CsvRow> {
    let path = dir.path("run/undo-results.csv");
    let Ok(mut csv) = csv::Reader::from_path(path) else {
        return Vec::new();
    };
    let rows: Vec<CsvRow> = csv.deserialize().map(Result::unwrap).collect();
    let names: BTreeSet<&str> = rows.iter().map(|row| row["username"].as_str()).collect();
    assert_eq!(names.len(), rows.len(), "{rows:?}");
    assert!(rows.iter().all(|row| !row["undone"].is_empty()), "{rows:?}");
    rows
}

/// A pool that keeps its users: the endpoint answers deletions and records their subs.
struct Deletions {
    endpoint: TestEndpoint,
    named: Arc<Mutex<BTreeSet<String>>>,
}

impl Deletions {
    fn of(pool: &Pool) -> Self {
        let named = Arc::<Mutex<BTreeSet<String>>>::default();
        let deleted = Arc::clone(&named);
        let endpoint = TestEndpoint::start(pool, move |request| {
            if request.operation != "AdminDeleteUser" {
                return TestReply::Forward;
            }
            deleted
                .lock()
                .unwrap()
                .insert(request.username().to_owned());
            TestReply::json(200, &json!({}))
        });
        Self { endpoint, named }
    }
}

/// A run whose undo finished or was killed.
struct UndoBase {
    dir: TestDir,
    pool: Pool,
    made: BTreeSet<String>,
    /// The subs of the same users, as named in deletions.
    subs: BTreeSet<String>,
}

impl UndoBase {
    fn new(was_killed: bool) -> Self {
        let dir = TestDir::new();
        let pool = Pool::start(settings());
        import(&dir, &pool, 30);
        let deletions = Deletions::of(&pool);
        let undo = undo(&dir, &pool, &deletions.endpoint);
        if was_killed {
            let running = undo.args(["--delete-rate", "40"]).start();
            wait_until("deletions", || {
                (deletions.named.lock().unwrap().len() > 10).then_some(())
            });
            running.signal("KILL");
            running.wait();
        } else {
            undo.run().exits(0);
        }
        let mut users = pool.users();
        assert!(users.remove(BYSTANDER).is_some());
        let subs = users.values().map(|user| user.sub.clone()).collect();
        let made = users.into_keys().collect();
        copy(&dir.path("run"), &dir.path("kept"));
        Self {
            dir,
            pool,
            made,
            subs,
        }
    }
}

fn log(bases: &[UndoBase], case: &mut Case) {
    let base = &bases[case.rng.usize(..bases.len())];
    let dir = TestDir::new();
    let run = dir.path("run");
    copy(&base.dir.path("kept"), &run);
    let damage = damage(&mut case.rng, &run, "undo.db");
    case.note(damage);
    let before = databases(&run);
    case.input(before.get("undo.db").map_or(&[], Vec::as_slice));
    let deletions = Deletions::of(&base.pool);
    let output = undo(&dir, &base.pool, &deletions.endpoint).run();
    assert_documented_exit(&output);
    let deleted = deletions.named.lock().unwrap();
    assert!(deleted.is_subset(&base.subs), "{deleted:?}");
    if output.code == Some(3) {
        assert!(output.stderr.contains("undo.db"), "{}", output.stderr);
        assert!(deleted.is_empty(), "refused, but users were deleted");
        let after = databases(&run);
        let changed = |name: &&String| after.get(*name) != before.get(*name);
        let changed: Vec<&String> = after.keys().chain(before.keys()).filter(changed).collect();
        assert!(
            changed.is_empty(),
            "refused, but files were changed: {changed:?}: {}",
            output.stderr
        );
        return;
    }
    for row in undone(&dir) {
        assert!(base.made.contains(&row["username"]), "{row:?}");
    }
}

fn answered(case: &mut Case) {
    let dir = TestDir::new();
    let mut settings = settings();
    settings.threat_protection = case.rng.bool();
    if case.rng.bool() {
        settings.pre_sign_up = PreSignUp::AutoConfirm;
    }
    let pool = Pool::start(settings);
    import(&dir, &pool, 10);
    let unchanged_one_in = if case.rng.bool() { 2 } else { 6 };
    let hostile = Hostile::new(case.seed, unchanged_one_in);
    let endpoint = TestEndpoint::start(&pool, move |request| hostile.answer(request));
    let mut undo = undo(&dir, &pool, &endpoint).args(["--attempt-timeout", "1s"]);
    if case.rng.u8(..4) == 0 {
        undo = undo.arg("--even-if-used");
    }
    let output = undo.run();
    assert_documented_exit(&output);
    let left = pool.users();
    assert!(left.contains_key(BYSTANDER), "{}", output.stderr);
    if output.code == Some(3) {
        assert_eq!(left.len(), 11, "refused, but users were deleted");
        return;
    }
    let rows = undone(&dir);
    assert!(
        rows.iter().all(|row| row["username"] != BYSTANDER),
        "{rows:?}"
    );
    // The ledger is unchanged: the remaining users can be undone once the service responds
    // properly.
    let plain = TestEndpoint::start(&pool, |_| TestReply::Forward);
    let again = self::undo(&dir, &pool, &plain).run();
    assert_documented_exit(&again);
    assert!(matches!(again.code, Some(0 | 1)), "{}", again.stderr);
    assert!(pool.users().contains_key(BYSTANDER));
    assert_eq!(undone(&dir).len(), 10);
    for row in undone(&dir) {
        let is_kept = row["undone"].starts_with("kept");
        assert!(
            is_kept || !pool.users().contains_key(&row["username"]) || rows.contains(&row),
            "{row:?}"
        );
    }
    assert!(fs::exists(dir.path("run/ledger.db")).unwrap());
}

#[test]
fn undo_logs() {
    let bases = [UndoBase::new(false), UndoBase::new(true)];
    fuzz("undo_logs", 2, |case| log(&bases, case));
}

#[test]
fn undos() {
    fuzz("undos", 3, answered);
}
