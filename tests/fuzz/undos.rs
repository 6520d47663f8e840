//! An undo with a damaged `undo.db`, and an undo against a service with changed answers.

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex};

use cognito_import::rehearsal::{ExistingUser, PoolSettings, PreSignUp, QuotaSetting, Quotas};
use serde_json::json;

use crate::case::{Case, fuzz};
use crate::harness::{Cli, Endpoint, Place, Pool, Ran, Reply, Row, quick, until, users};
use crate::hostile::Hostile;
use crate::ledgers::{copy, damage, databases};

/// A user who is in the list and existed before the run.
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

fn import(place: &Place, pool: &Pool, rows: usize) {
    let list = users(rows) + "zoe,Passw0rd!0,zoe@example.com\n";
    place
        .import(pool, place.file("users.csv", list))
        .args(["--no-lookup", "--no-preflight"])
        .run()
        .exits(0);
}

fn undo(place: &Place, pool: &Pool, endpoint: &Endpoint) -> Cli {
    place
        .cli("undo")
        .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
        .env("AWS_SECRET_ACCESS_KEY", "made-up")
        .args(["run", "--yes-delete", &pool.settings().pool_id])
        .args(["--endpoint-url", &endpoint.url(), "--output", "json"])
        .or_else_flag("--delete-rate", "1000")
        .or_else_flag("--lookup-rate", "1000")
}

/// It ended as documented, and its document says the same.
fn is_sound(ran: &Ran) {
    for word in ["panicked", "internal error"] {
        assert!(!ran.stderr.contains(word), "{}", ran.stderr);
    }
    assert!(
        matches!(ran.code, Some(0 | 1 | 3 | 4)),
        "{:?}: {}",
        ran.code,
        ran.stderr
    );
    assert!(!ran.stderr.contains('\u{1b}'), "{:?}", ran.stderr);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["exit_code"], ran.code.unwrap());
}

/// The users that `undo-results.csv` names, each once.
fn undone(place: &Place) -> Vec<Row> {
    let path = place.path("run/undo-results.csv");
    let Ok(mut csv) = csv::Reader::from_path(path) else {
        return Vec::new();
    };
    let rows: Vec<Row> = csv.deserialize().map(Result::unwrap).collect();
    let names: BTreeSet<&str> = rows.iter().map(|row| row["username"].as_str()).collect();
    assert_eq!(names.len(), rows.len(), "{rows:?}");
    assert!(rows.iter().all(|row| !row["undone"].is_empty()), "{rows:?}");
    rows
}

/// A pool whose users stay: deletions are answered by the endpoint, which remembers whom they name, by sub.
struct Deletions {
    endpoint: Endpoint,
    named: Arc<Mutex<BTreeSet<String>>>,
}

impl Deletions {
    fn of(pool: &Pool) -> Self {
        let named = Arc::<Mutex<BTreeSet<String>>>::default();
        let deleted = Arc::clone(&named);
        let endpoint = Endpoint::start(pool, move |request| {
            if request.operation != "AdminDeleteUser" {
                return Reply::Pass;
            }
            deleted
                .lock()
                .unwrap()
                .insert(request.username().to_owned());
            Reply::json(200, &json!({}))
        });
        Self { endpoint, named }
    }
}

/// A run whose undo has ended, or was killed.
struct Base {
    place: Place,
    pool: Pool,
    made: BTreeSet<String>,
    /// The same users: deletions name them so.
    subs: BTreeSet<String>,
}

impl Base {
    fn new(was_killed: bool) -> Self {
        let place = Place::new();
        let pool = Pool::start(settings());
        import(&place, &pool, 30);
        let deletions = Deletions::of(&pool);
        let undo = undo(&place, &pool, &deletions.endpoint);
        if was_killed {
            let running = undo.args(["--delete-rate", "40"]).start();
            until("deletions", || {
                (deletions.named.lock().unwrap().len() > 10).then_some(())
            });
            running.signal("KILL");
            running.end();
        } else {
            undo.run().exits(0);
        }
        let mut users = pool.users();
        assert!(users.remove(BYSTANDER).is_some());
        let subs = users.values().map(|user| user.sub.clone()).collect();
        let made = users.into_keys().collect();
        copy(&place.path("run"), &place.path("kept"));
        Self {
            place,
            pool,
            made,
            subs,
        }
    }
}

fn log(bases: &[Base], case: &mut Case) {
    let base = &bases[case.rng.usize(..bases.len())];
    let place = Place::new();
    let run = place.path("run");
    copy(&base.place.path("kept"), &run);
    let how = damage(&mut case.rng, &run, "undo.db");
    case.note(how);
    let before = databases(&run);
    case.input(before.get("undo.db").map_or(&[], Vec::as_slice));
    let deletions = Deletions::of(&base.pool);
    let ran = undo(&place, &base.pool, &deletions.endpoint).run();
    is_sound(&ran);
    let deleted = deletions.named.lock().unwrap();
    assert!(deleted.is_subset(&base.subs), "{deleted:?}");
    if ran.code == Some(3) {
        assert!(ran.stderr.contains("undo.db"), "{}", ran.stderr);
        assert!(deleted.is_empty(), "refused, and users were deleted");
        assert!(
            databases(&run) == before,
            "refused, and files were changed: {}",
            ran.stderr
        );
        return;
    }
    for row in undone(&place) {
        assert!(base.made.contains(&row["username"]), "{row:?}");
    }
}

fn answered(case: &mut Case) {
    let place = Place::new();
    let mut settings = settings();
    settings.threat_protection = case.rng.bool();
    if case.rng.bool() {
        settings.pre_sign_up = PreSignUp::AutoConfirm;
    }
    let pool = Pool::start(settings);
    import(&place, &pool, 10);
    let calm = if case.rng.bool() { 2 } else { 6 };
    let hostile = Hostile::new(case.seed, calm);
    let endpoint = Endpoint::start(&pool, move |request| hostile.answer(request));
    let mut undo = undo(&place, &pool, &endpoint).args(["--attempt-timeout", "1s"]);
    if case.rng.u8(..4) == 0 {
        undo = undo.arg("--even-if-used");
    }
    let ran = undo.run();
    is_sound(&ran);
    let left = pool.users();
    assert!(left.contains_key(BYSTANDER), "{}", ran.stderr);
    if ran.code == Some(3) {
        assert_eq!(left.len(), 11, "refused, and users were deleted");
        return;
    }
    let rows = undone(&place);
    assert!(
        rows.iter().all(|row| row["username"] != BYSTANDER),
        "{rows:?}"
    );
    // The ledger is as it was: what is left can be undone once the service answers as it should.
    let plain = Endpoint::start(&pool, |_| Reply::Pass);
    let again = self::undo(&place, &pool, &plain).run();
    is_sound(&again);
    assert!(matches!(again.code, Some(0 | 1)), "{}", again.stderr);
    assert!(pool.users().contains_key(BYSTANDER));
    assert_eq!(undone(&place).len(), 10);
    for row in undone(&place) {
        let is_kept = row["undone"].starts_with("kept");
        assert!(
            is_kept || !pool.users().contains_key(&row["username"]) || rows.contains(&row),
            "{row:?}"
        );
    }
    assert!(fs::exists(place.path("run/ledger.db")).unwrap());
}

#[test]
fn undo_logs() {
    let bases = [Base::new(false), Base::new(true)];
    fuzz("undo_logs", 2, |case| log(&bases, case));
}

#[test]
fn undos() {
    fuzz("undos", 3, answered);
}
