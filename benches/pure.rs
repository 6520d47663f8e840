//! The cost of the pure parts of a row: parsing its record, mapping and checking it, deciding about
//! an answer, and getting a permit.
//!
//! `cargo bench --bench pure`. No network, no disk.
#![expect(clippy::unwrap_used, reason = "a benchmark panics on errors")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use cognito_import::import::registration::{
    Registration, RegistrationEvent, RegistrationRules, SentBefore,
};
use cognito_import::import::resolve::Times;
use cognito_import::mapping::{Mapping, MappingOptions};
use cognito_import::pace::{Category, Ceilings, Pacer};
use cognito_import::pool::{LookupMode, SignedUp};
use cognito_import::rows::{Dialect, Rows};
use cognito_import::run::RetryPolicy;
use cognito_import::s3::S3Access;
use cognito_import::source::Source;
use cognito_import::user::pool_rules::PoolRules;
use cognito_import::user::rules::Strictness;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// The number of rows in the list.
const ROWS: u64 = 1_000;

/// A list on disk, in the page cache.
fn list() -> tempfile::NamedTempFile {
    let mut text = String::from("username,password,email,given_name,family_name\n");
    for row in 1..=ROWS {
        writeln!(
            text,
            "person{row},Str0ng#Enough{row},person{row}@example.com,Given{row},Family{row}"
        )
        .unwrap();
    }
    let file = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn open(list: &tempfile::NamedTempFile) -> Rows {
    let source = Source::named(list.path(), &S3Access::default()).unwrap();
    let opened = source.open().unwrap();
    Rows::open(source.name(), opened, &Dialect::default()).unwrap()
}

fn rows(criterion: &mut Criterion) {
    let list = list();
    let mapping = Mapping::from_header(
        "users.csv",
        open(&list).header(),
        &MappingOptions::default(),
    )
    .unwrap();
    let held = mapping
        .clone()
        .with_rules(&Strictness::Pool(Arc::new(PoolRules::default())));
    let mut group = criterion.benchmark_group("1000 rows");
    group.throughput(Throughput::Elements(ROWS));
    group.bench_function("read", |bencher| {
        bencher.iter(|| {
            let mut rows = open(&list);
            while let Some(row) = rows.next_row().unwrap() {
                black_box(row.line);
            }
        });
    });
    for (name, mapping) in [
        ("read and mapped", &mapping),
        ("read, mapped, held to a pool's rules", &held),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut rows = open(&list);
                while let Some(row) = rows.next_row().unwrap() {
                    black_box(mapping.row(&row).user.is_ok());
                }
            });
        });
    }
    group.finish();
}

fn decisions(criterion: &mut Criterion) {
    let list = list();
    let mut rows = open(&list);
    let mapping =
        Mapping::from_header("users.csv", rows.header(), &MappingOptions::default()).unwrap();
    let user = mapping
        .row(&rows.next_row().unwrap().unwrap())
        .user
        .unwrap();
    let times = Times {
        begun_ms: 1,
        second_before_run_ms: Some(0),
    };
    let rules = RegistrationRules {
        retry: RetryPolicy::default(),
        lookups: LookupMode::Get,
        comparison: Arc::default(),
    };
    criterion.bench_function("a row's registration: sign-up, answered", |bencher| {
        bencher.iter(|| {
            let mut registration = Registration::new(&user, rules.clone(), times, SentBefore::No);
            let step = registration.next(RegistrationEvent::Start, Duration::ZERO, 0.5);
            let answer = SignedUp {
                sub: "7d8ca528-4931-4254-9273-ea5ee853f271".to_owned(),
                confirmed: false,
                message: None,
            };
            let settled =
                registration.next(RegistrationEvent::SignUp(Ok(answer)), Duration::ZERO, 0.5);
            black_box((step, settled))
        });
    });
}

fn permits(criterion: &mut Criterion) {
    let plenty = NonZeroU32::new(1_000_000_000).unwrap();
    let pacer = Pacer::new(Ceilings {
        creation: plenty,
        read: plenty,
        update: plenty,
        resource_read: plenty,
        list: plenty,
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    criterion.bench_function("a permit, and its answer", |bencher| {
        bencher.iter(|| {
            let permit = runtime.block_on(pacer.permit(Category::UserCreation));
            pacer.record_response(black_box(&permit), false);
        });
    });
}

criterion_group!(pure, rows, decisions, permits);
criterion_main!(pure);
