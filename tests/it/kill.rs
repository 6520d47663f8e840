//! The proof of the first three promises: the real program, under random faults, killed at random moments until it finishes.
//! Every row's outcome is then compared with what the pool itself knows.
//!
//! `KILL_CASES=5000 cargo test kill` runs more cases, `KILL_SEED=17 cargo test kill` runs the one that was printed.

mod steps;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cognito_import::rehearsal::{
    BurstFault, DatePrecision, ExistingUser, Faults, LateFault, Latency, PoolSettings,
    RehearsalPool, UserStatus, UserTruth,
};

use steps::wrong_steps;

/// Cases within `cargo test`'s time.
const CASES: u64 = 200;

/// Cases at the same time: most of a case is waiting.
const TOGETHER: u64 = 12;

/// After this many kills the program is left to finish.
const MOST_KILLS: u32 = 4;

/// Longer than anything in the pool that comes late.
const SETTLE: &str = "700ms";

/// What a row of the list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    New,
    Existing,
    DuplicateOf(u64),
    Invalid,
    WeakPassword,
}

struct Case {
    kinds: Vec<Kind>,
    list: String,
    settings: PoolSettings,
    kills: u32,
    look_ups: bool,
    /// Whether rows are held to the pool's rules before they are sent.
    preflight: bool,
    /// How users that exist are found, where they are looked up.
    found_by: [&'static str; 4],
    follow_up: FollowUp,
}

/// What follows the sign-ups: confirming, verifying the address, two groups, and disabling every fifth user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FollowUp {
    Nothing,
    OfNewUsers,
    OfAllUsers,
}

/// The columns of a row that say what follows it.
fn follow_up_of(row: u64) -> (String, &'static str) {
    let state = if row.is_multiple_of(5) {
        "left"
    } else {
        "here"
    };
    (format!("team{}", row % 3), state)
}

fn username(row: u64) -> String {
    format!("user{row}")
}

/// What a row is, among those before it.
fn kind_of(row: u64, kinds: &[Kind], random: &mut fastrand::Rng) -> Kind {
    let earlier_new: Vec<u64> = (1..row)
        .filter(|earlier| matches!(kinds[*earlier as usize - 1], Kind::New | Kind::Existing))
        .collect();
    match random.u32(0..20) {
        0..=3 => Kind::Existing,
        4..=5 if !earlier_new.is_empty() => {
            Kind::DuplicateOf(earlier_new[random.usize(0..earlier_new.len())])
        }
        6 => Kind::Invalid,
        7 => Kind::WeakPassword,
        _ => Kind::New,
    }
}

/// A row as it stands in the list.
fn line(row: u64, name: &str, kind: Kind, follow_up: FollowUp) -> String {
    let password = if kind == Kind::WeakPassword {
        "weakweak"
    } else {
        "Str0ng#Enough"
    };
    match (kind, follow_up) {
        (Kind::Invalid, _) => format!("{name},{password}\n"),
        (_, FollowUp::Nothing) => format!("{name},{password},{name}@example.com\n"),
        (_, FollowUp::OfNewUsers | FollowUp::OfAllUsers) => {
            let (group, state) = follow_up_of(row);
            format!("{name},{password},{name}@example.com,{group},{state}\n")
        }
    }
}

/// A case follows from its seed alone.
fn case(seed: u64) -> Case {
    let mut random = fastrand::Rng::with_seed(seed);
    let rows = random.u64(8..40);
    let follow_up = match seed % 4 {
        0 | 2 => FollowUp::OfNewUsers,
        1 => FollowUp::OfAllUsers,
        _ => FollowUp::Nothing,
    };
    let mut list = String::from("username,password,email");
    list.push_str(match follow_up {
        FollowUp::Nothing => "\n",
        FollowUp::OfNewUsers | FollowUp::OfAllUsers => ",groups,state\n",
    });
    let mut kinds = Vec::new();
    let mut existing = Vec::new();
    let offset = random.i64(-90_000..90_000);
    for row in 1..=rows {
        let kind = kind_of(row, &kinds, &mut random);
        let name = match kind {
            Kind::DuplicateOf(earlier) if random.bool() => username(earlier).to_uppercase(),
            Kind::DuplicateOf(earlier) => username(earlier),
            Kind::New | Kind::Existing | Kind::Invalid | Kind::WeakPassword => username(row),
        };
        list.push_str(&line(row, &name, kind, follow_up));
        if kind == Kind::Existing {
            existing.push(ExistingUser {
                username: name.clone(),
                // Its attributes are those of the row: only the date tells it from one of ours.
                attributes: BTreeMap::from([("email".to_owned(), format!("{name}@example.com"))]),
                // So many seconds ago on the pool's clock, or long ago.
                created: random.bool().then(|| random.i64(0..3)),
                status: UserStatus::Unconfirmed,
                ..ExistingUser::default()
            });
        }
        kinds.push(kind);
    }
    for user in &mut existing {
        user.created = user
            .created
            .map(|ago| now_ms().saturating_add(offset).div_euclid(1_000) - ago);
    }
    let settings = PoolSettings {
        seed,
        existing,
        faults: faults(&mut random),
        latency: Latency {
            base_ms: 1,
            jitter_ms: random.u64(0..40),
        },
        date_offset_ms: offset,
        groups: ["all", "team0", "team1", "team2"]
            .map(str::to_owned)
            .to_vec(),
        create_date_precision: if random.bool() {
            DatePrecision::Seconds
        } else {
            DatePrecision::Milliseconds
        },
        ..PoolSettings::default()
    };
    Case {
        kinds,
        list,
        settings,
        kills: random.u32(0..=MOST_KILLS),
        // Steps are signed, as look-ups are.
        look_ups: random.u32(0..8) > 0 || follow_up != FollowUp::Nothing,
        follow_up,
        preflight: seed.is_multiple_of(3),
        found_by: match seed % 5 {
            0 => ["--prescan", "always", "--lookup", "get"],
            1 => ["--prescan", "always", "--lookup", "list"],
            2 => ["--prescan", "never", "--lookup", "list"],
            _ => ["--prescan", "auto", "--lookup", "get"],
        },
    }
}

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

fn faults(random: &mut fastrand::Rng) -> Faults {
    let mut some = |most: f64| {
        if random.bool() {
            random.f64() * most
        } else {
            0.0
        }
    };
    Faults {
        commit_then_drop: some(0.15),
        drop_before: some(0.1),
        answer_late: LateFault {
            probability: some(0.05),
            delay_ms: 600,
        },
        commit_late: LateFault {
            probability: some(0.05),
            delay_ms: 350,
        },
        error_500_before: some(0.1),
        error_500_after: some(0.1),
        truncated_body: some(0.05),
        non_json_body: some(0.05),
        limit_exceeded_after: some(0.1),
        throttle: some(0.1),
        throttle_burst: BurstFault {
            probability: some(0.02),
            requests: 5,
        },
        unexpected_lambda_before: some(0.05),
        unexpected_lambda_after: some(0.05),
        read_drop: some(0.05),
        read_500: some(0.05),
        read_throttle: some(0.05),
        write_drop_before: some(0.05),
        write_commit_then_drop: some(0.1),
        write_500: some(0.05),
        write_throttle: some(0.1),
        ..Faults::default()
    }
}

fn start(case: &Case, pool: &RehearsalPool, folder: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cognito-import"));
    command
        .current_dir(folder)
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", "AKIDTEST")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .args([
            "import",
            "users.csv",
            "--user-pool-id",
            &case.settings.pool_id,
        ])
        .args([
            "--client-id",
            &case.settings.client_id,
            "--endpoint-url",
            &pool.endpoint_url(),
        ])
        .args([
            "--rate",
            "150",
            "--lookup-rate",
            "150",
            "--attempt-timeout",
            "400ms",
            "--settle-time",
            SETTLE,
        ])
        .args([
            "--max-failures",
            "0",
            "--max-failure-rate",
            "1",
            "--run-dir",
            "run",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(folder.join("stderr.txt")).unwrap());
    if !case.preflight {
        command.arg("--no-preflight");
    }
    match case.follow_up {
        FollowUp::Nothing => {}
        FollowUp::OfNewUsers | FollowUp::OfAllUsers => {
            command
                .args(["--confirm", "--verify", "email", "--group", "all"])
                .args(["--disable-where", "state=left", "--update-rate", "150"]);
        }
    }
    if case.follow_up == FollowUp::OfAllUsers {
        command.arg("--follow-up-existing");
    }
    if case.look_ups {
        command.args(case.found_by);
    } else {
        command.args(["--no-lookup", "--usernames", "ignore-case"]);
    }
    command.spawn().unwrap()
}

/// Waits for the program, but not longer than `most`; true: it ended by itself.
fn ended_within(child: &mut Child, most: Duration) -> bool {
    let until = std::time::Instant::now() + most;
    while std::time::Instant::now() < until {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::park_timeout(Duration::from_micros(500));
    }
    false
}

/// Runs one case to its end and says what is wrong with it.
fn run(seed: u64) -> Result<Vec<String>, String> {
    let case = case(seed);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("users.csv"), &case.list).unwrap();
    let pool = RehearsalPool::start("127.0.0.1:0".parse().unwrap(), case.settings.clone())
        .map_err(|e| e.to_string())?;
    let mut random = fastrand::Rng::with_seed(seed ^ 0xdead);
    for _ in 0..case.kills {
        let mut child = start(&case, &pool, folder.path());
        // A new run does not send anything in its first second: some kills hit that, most hit the rows.
        let moment = Duration::from_micros(random.u64(0..1_900_000));
        let ended = ended_within(&mut child, moment);
        let _ = child.kill();
        child.wait().unwrap();
        if ended {
            break;
        }
    }
    let mut child = start(&case, &pool, folder.path());
    if !ended_within(&mut child, Duration::from_secs(60)) {
        let _ = child.kill();
        child.wait().unwrap();
        return Err("did not finish within a minute".to_owned());
    }
    let code = child.wait().unwrap().code();
    if !matches!(code, Some(0 | 1 | 5)) {
        let said = std::fs::read_to_string(folder.path().join("stderr.txt")).unwrap_or_default();
        return Err(format!("exit {code:?}: {said}"));
    }
    let results = results(&folder.path().join("run/results.csv"));
    let truth = pool.stats_users();
    pool.stop();
    judge(&case, &results, &truth)
}

fn results(path: &Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(path)
        .unwrap()
        .deserialize()
        .map(Result::unwrap)
        .collect()
}

/// Rows in doubt, or what is wrong.
fn judge(
    case: &Case,
    results: &[BTreeMap<String, String>],
    truth: &[UserTruth],
) -> Result<Vec<String>, String> {
    let users: BTreeMap<&str, &UserTruth> = truth
        .iter()
        .map(|user| (user.username.as_str(), user))
        .collect();
    if results.len() != case.kinds.len() {
        return Err(format!(
            "{} rows in, {} rows out",
            case.kinds.len(),
            results.len()
        ));
    }
    let mut in_doubt = Vec::new();
    for ((row, kind), result) in (1..).zip(&case.kinds).zip(results) {
        let outcome = result["outcome"].as_str();
        let user = users.get(username(row).as_str());
        let wrong = |why: &str| {
            Err(format!(
                "row {row} ({kind:?}) is called {outcome}: {why}: {result:?} {user:?}"
            ))
        };
        if result["row"] != row.to_string() {
            return wrong("not in its place");
        }
        match (outcome, kind) {
            ("duplicate", Kind::DuplicateOf(earlier))
                if result["same_as_row"] == earlier.to_string() => {}
            ("invalid", Kind::Invalid) => {}
            ("rejected", Kind::WeakPassword) if user.is_none() => {}
            ("invalid", Kind::WeakPassword) if user.is_none() && case.preflight => {}
            ("existed", Kind::Existing) if user.is_some_and(|user| user.preexisting) => {}
            ("created", Kind::New)
                if user.is_some_and(|user| !user.preexisting && user.sub == result["user_sub"]) => {
            }
            ("failed", Kind::New) if user.is_none() => {}
            ("in_doubt", Kind::New | Kind::Existing | Kind::WeakPassword) => {
                in_doubt.push(format!("{result:?} {user:?}"))
            }
            _ => return wrong("that is not so"),
        }
        if let Some(why) = wrong_steps(case, row, result, user.copied()) {
            return wrong(&why);
        }
        // Without look-ups, what a killed process had not yet written down can only be asked for again.
        if case.look_ups && user.is_some_and(|user| user.sign_ups_after_answer > 0) {
            return wrong("it was asked for again after its answer had been delivered");
        }
    }
    if case.look_ups && !in_doubt.is_empty() {
        return Err(format!(
            "rows {in_doubt:?} are in doubt, and every look-up was answered in the end"
        ));
    }
    Ok(in_doubt)
}

#[test]
fn killed_at_random_moments_under_random_faults_nothing_is_lost_and_nothing_told_wrong() {
    // Not beside a test that measures.
    let _machine = crate::harness::Place::new();
    if let Some(seed) = number("KILL_SEED") {
        run(seed).unwrap();
        return;
    }
    let cases = number("KILL_CASES").unwrap_or(CASES);
    let next = AtomicU64::new(0);
    let failures = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..TOGETHER {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= cases {
                        break;
                    }
                    if let Err(why) = run(seed) {
                        failures
                            .lock()
                            .unwrap()
                            .push(format!("KILL_SEED={seed}: {why}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(
        failures.is_empty(),
        "{} of {cases} cases:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}
