//! Extreme and random values in every number and date of the service's responses at once.

use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};

use super::{FirstRequests, import};
use crate::harness::{
    Pool, ProcessOutput, ProgramCommand, TestDir, TestEndpoint, TestReply, quick, users,
};

/// Few cases, because each has several runs. Values differ between fields and rows.
fn few_cases() -> Config {
    Config {
        failure_persistence: None,
        max_shrink_iters: 8,
        ..Config::with_cases(6)
    }
}

/// Retry an unreadable response at most once, since its values stay the same.
const ONCE: [&str; 2] = ["--preflight-timeout", "100ms"];

/// A number that an emulator, a proxy or an attacker might send.
fn extreme() -> impl Strategy<Value = Value> {
    let now = 1_795_658_400_i64;
    let numbers = prop::sample::select(vec![
        0,
        -1,
        1,
        now,
        now * 1_000,
        now * 1_000_000,
        i64::MAX,
        i64::MIN,
        i64::from(i32::MAX),
        i64::from(i32::MIN),
        // The first seconds of the years 10000 and 0, and the last second before 1970.
        253_402_300_800,
        -62_167_219_200,
        -62_135_596_801,
    ])
    .prop_map(Value::from);
    let fractions = prop::sample::select(vec![
        -0.0,
        1e-308,
        1e18,
        1e19,
        1e308,
        -1e308,
        0.999_999_999_9,
    ])
    .prop_map(Value::from);
    let others = prop::sample::select(vec![
        json!("NaN"),
        json!("Infinity"),
        json!("-Infinity"),
        json!("1e400"),
        json!("1795658400"),
        json!("2026-11-29T00:00:00Z"),
        json!("99999999999999999999"),
        json!(""),
        json!(u64::MAX),
        json!(true),
        json!([0]),
        json!({}),
        Value::Null,
    ]);
    prop_oneof![
        4 => numbers,
        2 => fractions,
        1 => others,
        2 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(|number| json!(number)),
    ]
}

fn extremes(count: usize) -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(extreme(), count)
}

/// Asserts a documented exit code that matches the JSON document.
#[track_caller]
fn assert_documented_exit(output: &ProcessOutput, values: &dyn std::fmt::Debug) -> Value {
    let context = format!("{values:?}\n{}", output.stderr);
    assert!(matches!(output.code, Some(0 | 1 | 3 | 4 | 5)), "{context}");
    output.assert_no_panic();
    let document = output.document();
    assert_eq!(document["exit_code"], output.code.unwrap(), "{context}");
    document
}

/// Asserts that the run ended properly and that every row has an outcome, also in a regenerated
/// report. A run that was refused, or whose listing failed, did not begin.
#[track_caller]
fn assert_every_row_has_an_outcome(
    dir: &TestDir,
    import: ProgramCommand,
    rows: usize,
    values: &[Value],
) {
    let output = import.args(ONCE).json().run();
    assert_documented_exit(&output, &values);
    let began = dir.path("run").join("ledger.db").exists();
    match output.code {
        Some(3) => assert!(!began, "{values:?}"),
        Some(4) => {}
        code => assert!(began, "{code:?} for {values:?}"),
    }
    if !began {
        return;
    }
    for again in [false, true] {
        if again {
            let report = dir.cli("report").args(["run", "--output", "json"]).run();
            let document = assert_documented_exit(&report, &values);
            assert_eq!(report.code, output.code, "{values:?}");
            assert_eq!(document["summary"]["rows"], rows, "{values:?}");
        }
        let results = dir.results();
        let outcomes = results.outcomes();
        assert_eq!(outcomes.len(), rows, "{values:?}");
        assert!(outcomes.iter().all(|it| !it.is_empty()), "{outcomes:?}");
    }
}

fn pick(values: &[Value], at: usize) -> Value {
    values[at % values.len()].clone()
}

fn number_of(username: &str) -> usize {
    username.trim_start_matches("user").parse().unwrap_or(0)
}

proptest! {
    #![proptest_config(few_cases())]

    #[test]
    fn dates_of_users(values in extremes(7), is_listed in any::<bool>()) {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        // Existing users, and users whose sign-up gets no answer.
        let old = dir.file("old.csv", users(3));
        dir.import(&pool, old).args(["--no-preflight", "--no-lookup", "--run-dir", "old"]).run().exits(0);
        let list = dir.file("users.csv", users(6));
        let firsts = FirstRequests::default();
        let given = values.clone();
        let endpoint = TestEndpoint::start(&pool, move |request| {
            let values = given.clone();
            match request.operation.as_str() {
                "SignUp" if firsts.is_first(request) => TestReply::ForwardThen(Box::new(TestReply::Bytes(Vec::new()))),
                "AdminGetUser" => {
                    let at = number_of(request.username());
                    TestReply::ForwardEdited(Box::new(move |user| change_dates(user, &values, at)))
                }
                "ListUsers" => TestReply::ForwardEdited(Box::new(move |page| {
                    let page = page["Users"].as_array_mut();
                    for (at, user) in page.into_iter().flatten().enumerate() {
                        change_dates(user, &values, at);
                    }
                })),
                _ => TestReply::Forward,
            }
        });
        let import = import(&dir, &pool, &endpoint, list);
        let import = if is_listed { import.args(["--prescan", "always", "--lookup", "list"]) } else { import };
        assert_every_row_has_an_outcome(&dir, import, 6, &values);
    }

    #[test]
    fn numbers_of_the_pool_its_client_and_its_quotas(values in extremes(12)) {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", users(2));
        let given = values.clone();
        let endpoint = TestEndpoint::start(&pool, move |request| {
            let values = given.clone();
            match request.operation.as_str() {
                "DescribeUserPool" => TestReply::ForwardEdited(Box::new(move |answer| change_pool(answer, &values))),
                "DescribeUserPoolClient" => TestReply::ForwardEdited(Box::new(move |answer| {
                    let client = &mut answer["UserPoolClient"];
                    for (at, field) in CLIENT.iter().enumerate() {
                        client[*field] = pick(&values, at);
                    }
                })),
                "GetProvisionedLimit" => TestReply::json(200, &json!({ "Limit": {
                    "ProvisionedLimitValue": pick(&values, 3),
                    "FreeLimitValue": pick(&values, 4),
                } })),
                _ => TestReply::Forward,
            }
        });
        let import = import(&dir, &pool, &endpoint, list);
        let import = import.without_flag("--rate").args(["--rate", "auto", "--prescan", "auto"]);
        assert_every_row_has_an_outcome(&dir, import, 2, &values);
        for command in ["check", "describe"] {
            let cli = dir.read_only(command, &pool).args(["--endpoint-url", &endpoint.url(), "--output", "json"]).args(ONCE);
            let cli = if command == "check" { cli.arg(list) } else { cli };
            assert_documented_exit(&cli.run(), &values);
        }
    }

    #[test]
    fn dates_and_precedence_of_groups(values in extremes(5)) {
        let dir = TestDir::new();
        let mut settings = quick();
        settings.groups = vec!["crew".to_owned()];
        let pool = Pool::start(settings);
        let list = dir.file("users.csv", users(2));
        let given = values.clone();
        let endpoint = TestEndpoint::start(&pool, move |request| {
            let values = given.clone();
            match request.operation.as_str() {
                "ListGroups" => TestReply::ForwardEdited(Box::new(move |page| {
                    for group in page["Groups"].as_array_mut().into_iter().flatten() {
                        change_group(group, &values);
                    }
                })),
                "CreateGroup" => TestReply::ForwardEdited(Box::new(move |answer| change_group(&mut answer["Group"], &values))),
                _ => TestReply::Forward,
            }
        });
        let import = import(&dir, &pool, &endpoint, list);
        let import = import.args(["--group", "crew", "--group", "night", "--create-groups"]);
        assert_every_row_has_an_outcome(&dir, import, 2, &values);
    }

    #[test]
    fn dates_of_events_and_users_in_an_undo(values in extremes(7)) {
        let dir = TestDir::new();
        let mut settings = quick();
        settings.threat_protection = true;
        let pool = Pool::start(settings);
        let list = dir.file("users.csv", users(4));
        dir.import(&pool, list).arg("--confirm").run().exits(0);
        let given = values.clone();
        let endpoint = TestEndpoint::start(&pool, move |request| {
            let values = given.clone();
            let at = number_of(request.username());
            match request.operation.as_str() {
                // The events of two of the four users are listed.
                "AdminGetUser" if at.is_multiple_of(2) => TestReply::ForwardEdited(Box::new(move |user| change_dates(user, &values, at))),
                "AdminListUserAuthEvents" => TestReply::ForwardEdited(Box::new(move |page| {
                    let events = page["AuthEvents"].as_array_mut();
                    for (index, event) in events.into_iter().flatten().enumerate() {
                        event["CreationDate"] = pick(&values, at + index);
                        event["EventFeedback"] = json!({ "FeedbackValue": "Valid", "Provider": "p", "FeedbackDate": pick(&values, at + 1) });
                    }
                })),
                _ => TestReply::Forward,
            }
        });
        let undo = dir
            .undo(&pool)
            .args(["--endpoint-url", &endpoint.url()])
            .args(["--delete-rate", "1000", "--lookup-rate", "1000"])
            .json()
            .run();
        assert_documented_exit(&undo, &values);
        let mut undone = csv::Reader::from_path(dir.path("run/undo-results.csv")).unwrap();
        let column = undone.headers().unwrap().iter().position(|name| name == "undone").unwrap();
        let undone: Vec<_> = undone.records().map(Result::unwrap).collect();
        prop_assert_eq!(undone.len(), 4, "{:?}", values);
        prop_assert!(undone.iter().all(|row| !row[column].is_empty()), "{:?}", undone);
        dir.cli("report").arg("run").run().exits(0);
    }

    #[test]
    fn the_headers_date_and_retry_after(values in prop::collection::vec(header(), 4)) {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", users(4));
        let firsts = FirstRequests::default();
        let given = values.clone();
        let endpoint = TestEndpoint::start(&pool, move |request| {
            let [date, retry] = [0, 1].map(|at| given[(number_of(request.username()) + at) % given.len()].clone());
            let headers = vec![("date", date.clone()), ("retry-after", retry.clone())];
            if request.operation != "SignUp" || !firsts.is_first(request) {
                return TestReply::ForwardWithHeaders(headers);
            }
            let body = json!({ "__type": "TooManyRequestsException", "message": "m" }).to_string();
            let head = format!(
                "HTTP/1.1 429 X\r\ndate: {date}\r\nretry-after: {retry}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            TestReply::Bytes((head + &body).into_bytes())
        });
        let shown: Vec<Value> = values.iter().map(|text| json!(text)).collect();
        assert_every_row_has_an_outcome(&dir, import(&dir, &pool, &endpoint, list), 4, &shown);
    }
}

/// A header value in place of a date or a number of seconds.
fn header() -> impl Strategy<Value = String> {
    let dates = prop::sample::select(vec![
        "Sun, 29 Nov 2026 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Sat, 01 Jan 10000 00:00:00 GMT",
        "Wed, 31 Dec 1969 23:59:59 GMT",
        "Sat, 01 Jan 0000 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Sun, 99 Nov 2026 99:99:99 GMT",
        "Sun, 29 Nov 2026 00:00:60 GMT",
        "Sun, 29 Nov 292277026596 15:30:08 GMT",
        "2026-11-29T00:00:00Z",
        "NaN",
        "",
    ])
    .prop_map(str::to_owned);
    prop_oneof![3 => dates, 2 => extreme().prop_map(|value| value.to_string())]
}

fn change_dates(user: &mut Value, values: &[Value], at: usize) {
    for (index, field) in ["UserCreateDate", "UserLastModifiedDate"]
        .iter()
        .enumerate()
    {
        // Errors have none.
        if user.get(field).is_some() {
            user[*field] = pick(values, at + index);
        }
    }
}

fn change_group(group: &mut Value, values: &[Value]) {
    for (at, field) in ["CreationDate", "LastModifiedDate", "Precedence"]
        .iter()
        .enumerate()
    {
        group[*field] = pick(values, at);
    }
}

/// Numeric settings of an app client.
const CLIENT: [&str; 6] = [
    "RefreshTokenValidity",
    "AccessTokenValidity",
    "IdTokenValidity",
    "AuthSessionValidity",
    "CreationDate",
    "LastModifiedDate",
];

fn change_pool(answer: &mut Value, values: &[Value]) {
    let text = |at: usize| {
        let value = pick(values, at);
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let pool = &mut answer["UserPool"];
    for (at, field) in ["EstimatedNumberOfUsers", "CreationDate", "LastModifiedDate"]
        .iter()
        .enumerate()
    {
        pool[*field] = pick(values, at);
    }
    let policy = &mut pool["Policies"]["PasswordPolicy"];
    for (at, field) in [
        "MinimumLength",
        "PasswordHistorySize",
        "TemporaryPasswordValidityDays",
    ]
    .iter()
    .enumerate()
    {
        policy[*field] = pick(values, at + 3);
    }
    pool["AdminCreateUserConfig"]["UnusedAccountValidityDays"] = pick(values, 6);
    for (at, attribute) in pool["SchemaAttributes"]
        .as_array_mut()
        .into_iter()
        .flatten()
        .enumerate()
    {
        attribute["StringAttributeConstraints"] =
            json!({ "MinLength": text(at), "MaxLength": text(at + 1) });
        attribute["NumberAttributeConstraints"] =
            json!({ "MinValue": text(at + 2), "MaxValue": text(at + 3) });
    }
}
