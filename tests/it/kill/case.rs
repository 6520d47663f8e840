//! A test case: a list with rows of every kind and a pool with faults, derived from a seed.

use std::collections::BTreeMap;

use super::number;
use cognito_import::rehearsal::{
    BurstFault, DatePrecision, ExistingUser, Faults, LateFault, PoolSettings, SimulatedLatency,
    UserStatus,
};

/// Requests per second.
pub(super) const RATE: u64 = 150;

/// The minimum of [`KillCase::busy_micros`].
const BUSY_MICROS: u64 = 400_000;

/// The maximum number of kills before the program may finish.
const MAX_KILLS: u32 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    New,
    Existing,
    DuplicateOf(u64),
    Invalid,
    WeakPassword,
}

impl KillCase {
    /// How long a run is busy, in microseconds: rows are sent in the first half, and their steps
    /// follow.
    pub(super) fn busy_micros(&self) -> u64 {
        let rows = self.kinds.len() as u64;
        BUSY_MICROS.max(rows * 1_000_000 / RATE)
    }
}

pub(super) struct KillCase {
    pub(super) kinds: Vec<Kind>,
    pub(super) list: String,
    pub(super) settings: PoolSettings,
    pub(super) kills: u32,
    pub(super) lookups: bool,
    /// Whether the pool's rules are applied before rows are sent.
    pub(super) preflight: bool,
    /// The flags that choose how existing users are looked up.
    pub(super) lookup_flags: [&'static str; 4],
    pub(super) follow_up: CaseSteps,
    /// A killed process loses nothing it has written, synced or not, so half of the cases do not
    /// wait for the disk.
    pub(super) durability: &'static str,
}

/// Follow-up steps: confirm, verify the address, add to two groups, disable every fifth user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CaseSteps {
    Nothing,
    OfNewUsers,
    OfAllUsers,
}

/// The columns of a row that set its follow-up steps.
pub(super) fn follow_up_of(row: u64) -> (String, &'static str) {
    let state = if row.is_multiple_of(5) {
        "left"
    } else {
        "here"
    };
    (format!("team{}", row % 3), state)
}

pub(super) fn username(row: u64) -> String {
    format!("user{row}")
}

/// Chooses the kind of a row, given the rows before it.
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

/// The row as a line of the list.
fn line(row: u64, name: &str, kind: Kind, follow_up: CaseSteps) -> String {
    let password = if kind == Kind::WeakPassword {
        "weakweak".to_owned()
    } else {
        format!("Str0ng#Enough{row}")
    };
    match (kind, follow_up) {
        (Kind::Invalid, _) => format!("{name},{password}\n"),
        (_, CaseSteps::Nothing) => format!("{name},{password},{name}@example.com\n"),
        (_, CaseSteps::OfNewUsers | CaseSteps::OfAllUsers) => {
            let (group, state) = follow_up_of(row);
            format!("{name},{password},{name}@example.com,{group},{state}\n")
        }
    }
}

/// Generates the case of a seed.
pub(super) fn case(seed: u64) -> KillCase {
    let mut random = fastrand::Rng::with_seed(seed);
    let rows = random.u64(6..24);
    let long_list = number("KILL_ROWS");
    let rows = long_list.unwrap_or(rows);
    let follow_up = match seed % 4 {
        0 | 2 => CaseSteps::OfNewUsers,
        1 => CaseSteps::OfAllUsers,
        _ => CaseSteps::Nothing,
    };
    let mut list = String::from("username,password,email");
    list.push_str(match follow_up {
        CaseSteps::Nothing => "\n",
        CaseSteps::OfNewUsers | CaseSteps::OfAllUsers => ",groups,state\n",
    });
    let mut kinds = Vec::new();
    let mut existing = Vec::new();
    let offset = random.i64(-90_000..90_000);
    let pool_now = now_ms().saturating_add(offset).div_euclid(1_000);
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
                // It has the row's attributes: only its date distinguishes it from a user created
                // by the run.
                attributes: BTreeMap::from([("email".to_owned(), format!("{name}@example.com"))]),
                // A few seconds ago on the pool's clock, or long ago.
                created: random.bool().then(|| pool_now - random.i64(0..3)),
                status: UserStatus::Unconfirmed,
                ..ExistingUser::default()
            });
        }
        kinds.push(kind);
    }
    let settings = PoolSettings {
        seed,
        existing,
        faults: match long_list {
            None => faults(&mut random),
            // Random throttling slows a run to a few rows a second.
            Some(_) => without_throttling(faults(&mut random)),
        },
        latency: SimulatedLatency {
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
    KillCase {
        kinds,
        list,
        settings,
        kills: random.u32(0..=MAX_KILLS),
        // Like lookups, steps are signed requests.
        lookups: random.u32(0..8) > 0 || follow_up != CaseSteps::Nothing,
        follow_up,
        durability: if (seed / 4).is_multiple_of(2) {
            "process"
        } else {
            "power"
        },
        preflight: seed.is_multiple_of(3),
        lookup_flags: match seed % 5 {
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

fn without_throttling(faults: Faults) -> Faults {
    Faults {
        throttle: 0.0,
        throttle_burst: BurstFault::default(),
        read_throttle: 0.0,
        write_throttle: 0.0,
        ..faults
    }
}

fn faults(random: &mut fastrand::Rng) -> Faults {
    let mut sometimes = |limit: f64| {
        if random.bool() {
            random.f64() * limit
        } else {
            0.0
        }
    };
    Faults {
        commit_then_drop: sometimes(0.15),
        drop_before: sometimes(0.1),
        answer_late: LateFault {
            probability: sometimes(0.05),
            delay_ms: 600,
        },
        commit_late: LateFault {
            probability: sometimes(0.05),
            delay_ms: 350,
        },
        error_500_before: sometimes(0.1),
        error_500_after: sometimes(0.1),
        truncated_body: sometimes(0.05),
        non_json_body: sometimes(0.05),
        limit_exceeded_after: sometimes(0.1),
        throttle: sometimes(0.1),
        throttle_burst: BurstFault {
            probability: sometimes(0.02),
            requests: 5,
        },
        unexpected_lambda_before: sometimes(0.05),
        unexpected_lambda_after: sometimes(0.05),
        read_drop: sometimes(0.05),
        read_500: sometimes(0.05),
        read_throttle: sometimes(0.05),
        write_drop_before: sometimes(0.05),
        write_commit_then_drop: sometimes(0.1),
        write_500: sometimes(0.05),
        write_throttle: sometimes(0.1),
        ..Faults::default()
    }
}
