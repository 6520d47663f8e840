//! The column `differs`: how users that existed differ from their rows.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cognito_import::rehearsal::{ExistingUser, PoolSettings};
use serde_json::json;

use crate::harness::{Pool, TestDir, quick};

fn existing(username: &str, attributes: &[(&str, &str)]) -> ExistingUser {
    let attributes = attributes.iter();
    let attributes = attributes.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    ExistingUser {
        username: username.to_owned(),
        attributes: attributes.collect(),
        created: Some(1_714_979_289),
        ..ExistingUser::default()
    }
}

fn with(existing: Vec<ExistingUser>, case_sensitive: bool) -> Pool {
    Pool::start(PoolSettings {
        existing,
        case_sensitive,
        ..quick()
    })
}

const LIST: &str = "username,password,email,name,nickname,updated_at\n\
    new,Passw0rd!,new@example.com,New,,\n\
    same,Passw0rd!,Same@Example.com,Same,,0017\n\
    moved,Passw0rd!,moved@new.example,Moved,M,1\n\
    renamed,Passw0rd!,renamed@example.com,NEW NAME,,\n";

fn pool_of_list(case_sensitive: bool) -> Pool {
    let users = vec![
        existing(
            "same",
            &[
                ("email", "same@example.com"),
                ("name", "Same"),
                ("nickname", "ignored"),
                ("updated_at", "17"),
            ],
        ),
        existing(
            "moved",
            &[
                ("email", "moved@old.example"),
                ("name", "Moved"),
                ("updated_at", "1"),
            ],
        ),
        existing(
            "renamed",
            &[("email", "renamed@example.com"), ("name", "New Name")],
        ),
    ];
    with(users, case_sensitive)
}

#[test]
fn attributes_that_differ_are_named_whether_users_are_looked_up_or_listed() {
    for (prescan, lookup) in [("never", "get"), ("never", "list"), ("always", "get")] {
        let dir = TestDir::new();
        let pool = pool_of_list(false);
        let list = dir.file("users.csv", LIST);
        let import = dir.import(&pool, list);
        import
            .args(["--prescan", prescan, "--lookup", lookup])
            .run()
            .exits(0);
        let results = dir.results();
        let differs = results.rows.iter().map(|row| row["differs"].as_str());
        let expected = ["", "none", "email nickname", "name"];
        assert_eq!(differs.collect::<Vec<_>>(), expected, "{prescan} {lookup}");
        assert_eq!(results.lines[0].get("differs"), None);
        assert_eq!(results.lines[1]["differs"], json!([]));
        assert_eq!(results.lines[2]["differs"], json!(["email", "nickname"]));
        assert_eq!(results.lines[2].get("differences"), None);
        let counts = json!({"email": 1, "name": 1, "nickname": 1});
        assert_eq!(results.summary["differs"], counts);
        let users = json!({"same": 1, "different": 2, "newer": 0, "updated": 0, "unknown": 0});
        assert_eq!(results.summary["existing_users"], users);
        assert_eq!(pool.requests("AdminUpdateUserAttributes"), 0);
    }
}

#[test]
fn comparing_sends_no_request() {
    let requests = |attributes: bool| {
        let dir = TestDir::new();
        let pool = pool_of_list(false);
        let list = if attributes {
            LIST.to_owned()
        } else {
            "username,password,email\n".to_owned()
                + "new,Passw0rd!,new@example.com\nsame,Passw0rd!,same@example.com\n\
                   moved,Passw0rd!,moved@old.example\nrenamed,Passw0rd!,renamed@example.com\n"
        };
        let list = dir.file("users.csv", list);
        dir.import(&pool, list).run().exits(0);
        let operations = pool.stats().operations.into_iter();
        operations
            .map(|(name, stats)| (name, stats.requests))
            .collect::<BTreeMap<_, _>>()
    };
    assert_eq!(requests(true), requests(false));
}

#[test]
fn case_of_an_address_differs_in_a_pool_that_compares_it() {
    let dir = TestDir::new();
    let pool = pool_of_list(true);
    let list = dir.file("users.csv", LIST);
    dir.import(&pool, list).run().exits(0);
    assert_eq!(dir.results().row(2)["differs"], "email");
}

#[test]
fn an_unknown_difference_is_not_reported_as_none() {
    let dir = TestDir::new();
    let pool = pool_of_list(false);
    let list = dir.file("users.csv", LIST);
    dir.import(&pool, list)
        .args(["--no-lookup", "--allow-messages"])
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(results.row(2)["outcome"], "existed");
    assert_eq!(results.row(2)["differs"], "");
    assert_eq!(results.lines[1].get("differs"), None);
    let users = json!({"same": 0, "different": 0, "newer": 0, "updated": 0, "unknown": 3});
    assert_eq!(results.summary["existing_users"], users);
}

#[test]
fn values_are_recorded_on_request_and_never_a_password() {
    let dir = TestDir::new();
    let secret = "Correct-Horse-7";
    let user = existing(
        "ann",
        &[
            ("email", "ann@old.example"),
            ("name", &format!("was {secret}")),
        ],
    );
    let pool = with(vec![user], false);
    let list = format!(
        "username,password,email,name,nickname\nann,{secret},ann@new.example,{secret},Annie\n"
    );
    let list = dir.file("users.csv", list);
    dir.import(&pool, list)
        .args(["--differences", "values"])
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(results.row(1)["differs"], "email name nickname");
    let values = &results.lines[0]["differences"];
    let email = json!({"list": "ann@new.example", "pool": "ann@old.example"});
    assert_eq!(values["email"], email);
    assert_eq!(values["nickname"], json!({"list": "Annie", "pool": null}));
    assert!(!values.to_string().contains(secret), "{values}");
    let csv = std::fs::read_to_string(dir.path("run").join("results.csv")).unwrap();
    assert!(!csv.contains("ann@old.example"));
}

#[test]
fn metrics_and_report_count_users_by_attribute() {
    let dir = TestDir::new();
    let pool = pool_of_list(false);
    let list = dir.file("users.csv", LIST);
    dir.import(&pool, list)
        .args(["--metrics-file", "users.prom"])
        .run()
        .exits(0);
    let metrics = std::fs::read_to_string(dir.path("users.prom")).unwrap();
    for sample in [
        "cognito_import_existing_users{import=\"users\",compared=\"different\"} 2",
        "cognito_import_existing_users{import=\"users\",compared=\"same\"} 1",
        "cognito_import_differs{import=\"users\",attribute=\"email\"} 1",
    ] {
        assert!(metrics.contains(sample), "{metrics}");
    }
    let html = std::fs::read_to_string(dir.path("run").join("report.html")).unwrap();
    assert!(html.contains("<bdi>nickname</bdi>"));
}

/// The same person in the pool and in the list: other case, composition and whitespace.
fn variants(number: usize) -> ([String; 3], [String; 3]) {
    let (composed, decomposed) = [
        ("Zo\u{eb}", "Zoe\u{308}"),
        ("\u{c5}sa", "A\u{30a}sa"),
        ("Nguy\u{1ec5}n", "Nguye\u{302}\u{303}n"),
        (
            "\u{d55c}\u{ae00}",
            "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}",
        ),
        ("Jos\u{e9}", "Jose\u{301}"),
    ][number % 5];
    let space = [" ", "  ", "\u{a0}", "\u{3000}"][number % 4];
    let pool = [
        format!("user{number}@example.com"),
        format!("{composed} Lee"),
        format!("{number}"),
    ];
    let list = [
        format!("User{number}@EXAMPLE.com"),
        format!(" {decomposed}{space}Lee "),
        format!("{number:08}"),
    ];
    (pool, list)
}

#[test]
fn variants_of_the_same_text_are_no_difference() {
    const ROWS: usize = 10_000;
    let dir = TestDir::new();
    let mut users = Vec::new();
    let mut list = "username,password,email,name,updated_at\n".to_owned();
    for number in 0..ROWS {
        let (pool, [email, name, updated]) = variants(number);
        let [pool_email, pool_name, pool_updated] = &pool;
        users.push(existing(
            &format!("user{number}"),
            &[
                ("email", pool_email),
                ("name", pool_name),
                ("updated_at", pool_updated),
            ],
        ));
        writeln!(
            list,
            "user{number},Passw0rd!{number},{email},{name},{updated}"
        )
        .unwrap();
    }
    let pool = with(users, false);
    let list = dir.file("users.csv", list);
    let import = dir.import(&pool, list).args(["--prescan", "always"]);
    import.run().exits(0);
    let results = dir.results();
    let users = json!({"same": ROWS, "different": 0, "newer": 0, "updated": 0, "unknown": 0});
    assert_eq!(results.summary["existing_users"], users);
    assert!(results.rows.iter().all(|row| row["differs"] == "none"));
}
