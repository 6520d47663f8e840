//! Rows skipped because of the value of a cell.

use crate::harness::{Pool, TestDir, quick};

const LIST: &str = "\
username,password,email,Status
ann,Passw0rd!1,ann@example.com,active
bob,Passw0rd!1,bob@example.com, Deleted
bob,Passw0rd!2,bob2@example.com,active
cy,x,not an address,DELETED
,,,gone
ann,Passw0rd!3,ann3@example.com,deleted
";

const SKIP: [&str; 4] = [
    "--skip-where",
    "Status=deleted",
    "--skip-where",
    "Status=gone",
];

#[test]
fn skipped_rows_are_counted_not_sent_and_do_not_claim_usernames() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", LIST);
    dir.import(&pool, list).args(SKIP).run().exits(0);
    let results = dir.results();
    assert_eq!(
        results.outcomes(),
        [
            "created", "skipped", "created", "skipped", "skipped", "skipped"
        ]
    );
    assert_eq!(results.row(4)["username"], "cy");
    assert_eq!(results.row(4)["error_code"], "");
    assert_eq!(pool.users()["bob"].attributes["email"], "bob2@example.com");
    assert_eq!(pool.requests("SignUp"), 2);
    assert_eq!(results.summary["outcomes"]["skipped"], 4);
    assert_eq!(results.summary["exit_code"], 0);
    assert!(!dir.path("run/rejects.csv").exists());
    let page = std::fs::read_to_string(dir.path("run/report.html")).unwrap();
    assert!(page.contains("4 skipped"));
}

#[test]
fn check_counts_skipped_rows_without_checking_them() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", LIST);
    let checked = dir.cli("check").arg(list).args(SKIP).json().run().exits(0);
    let document = checked.document();
    assert_eq!(document["rows"]["skipped"], 4);
    assert_eq!(document["rows"]["to_send"], 2);
    assert_eq!(document["findings"], 0);
}

#[test]
fn resuming_requires_the_same_skip_conditions() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", LIST);
    let import = || dir.import(&pool, list);
    import().args(SKIP).run().exits(0);
    import().args(SKIP).run().exits(0);
    assert_eq!(pool.requests("SignUp"), 2, "the run was finished");
    import()
        .args(["--skip-where", "Status=deleted"])
        .run()
        .exits(3);
    assert_eq!(pool.requests("SignUp"), 2);
}

#[test]
fn checks_ignore_skipped_rows() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = "username,password,email,Status\n\
                ann,x,ann@example.com,\nbob,x,bob@example.com,\ncy,Passw0rd!1,cy@example.com,\n\
                d,x,,gone\ne,x,,gone\nf,x,,gone\ng,x,,gone\n";
    let list = dir.file("users.csv", list);
    let import = || dir.import(&pool, list).json();
    let refused = import()
        .args(["--skip-where", "Status=gone"])
        .run()
        .exits(3);
    let document = refused.document();
    assert_eq!(document["refusals"][0]["code"], "mostly_invalid");
    assert_eq!(pool.requests("SignUp"), 0);
}

#[test]
fn mapping_files_can_skip_rows_also_of_standard_input() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let mapping = dir.file(
        "mapping.toml",
        "skip_where = [\"Status=deleted\", \"Status=gone\"]\n",
    );
    dir.import(&pool, "-")
        .args(["--mapping", mapping])
        .input(LIST)
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), 2);
    assert_eq!(results.count("skipped"), 4);
}

/// A column may have a value table too: a blocked user must not stay enabled because of it.
#[test]
fn disable_where_uses_the_original_cell() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "username,password,email,Status\nann,Passw0rd!1,ann@example.com,active\nbob,Passw0rd!1,bob@example.com,blocked\n",
    );
    dir.import(&pool, list)
        .args(["--value", "Status:active=true", "--value", "Status:*=false"])
        .args(["--map", "Status=custom:legacy_id"])
        .args(["--disable-where", "Status=blocked"])
        .run()
        .exits(0);
    let users = pool.users();
    assert!(users["ann"].enabled && !users["bob"].enabled);
    assert_eq!(users["bob"].attributes["custom:legacy_id"], "false");
}
