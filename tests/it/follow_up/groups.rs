//! Groups missing from the pool.

use cognito_import::rehearsal::PoolSettings;
use serde_json::json;

use crate::harness::{Pool, TestDir, quick, users};

#[test]
fn missing_groups_are_refused_or_created_before_the_first_sign_up() {
    let dir = TestDir::new();
    // More than one page of groups.
    let many: Vec<String> = (0..70).map(|n| format!("g{n}")).collect();
    let pool = Pool::start(PoolSettings {
        groups: many,
        ..quick()
    });
    let list = dir.file(
        "users.csv",
        "username,password,email,groups\nann,Passw0rd!1,ann@example.com,g69;crew\nbob,Passw0rd!2,bob@example.com,g1;night\n",
    );
    let import = || dir.import(&pool, list).args(["--group", "all"]);
    import()
        .run()
        .exits(3)
        .names(["all, ", "crew, ", "night [group_missing]", "--group"]);
    assert_eq!(pool.requests("SignUp"), 0);
    let check = dir
        .check(&pool, list)
        .args(["--group", "all", "--create-groups"]);
    let plan = check.json().run().exits(0).document()["plan"].clone();
    assert_eq!(plan["groups_to_create"], json!(["all", "crew", "night"]));
    assert_eq!(pool.requests("CreateGroup"), 0, "check creates no group");
    import().arg("--create-groups").run().exits(0);
    assert_eq!(pool.requests("CreateGroup"), 3);
    assert_eq!(pool.users()["ann"].groups, ["all", "g69", "crew"]);
    assert_eq!(pool.users()["bob"].groups, ["all", "g1", "night"]);
}

#[test]
fn a_group_named_only_by_a_flag_is_not_blamed_on_the_list() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(1));
    let import = || dir.import(&pool, list);
    let output = import().args(["--group", "crew"]).run().exits(3).names([
        "crew [group_missing]",
        "--group",
        "follow_up.groups",
    ]);
    assert!(!output.stderr.contains("column"), "{}", output.stderr);
    let output = import()
        .args(["--group", "night shift"])
        .run()
        .exits(2)
        .names(["'--group <NAME>'", "night"]);
    assert!(!output.stderr.contains("users.csv"), "{}", output.stderr);
    let mapping = dir.file("mapping.toml", "[follow_up]\ngroups = [\"night shift\"]\n");
    import()
        .args(["--mapping", mapping])
        .run()
        .exits(3)
        .names(["--mapping mapping.toml: line 2, follow_up.groups"]);
    let own = dir.file(
        "own.csv",
        "username,password,email,groups\nann,Passw0rd!1,ann@example.com,crew\n",
    );
    let output = dir
        .import(&pool, own)
        .run()
        .exits(3)
        .names(["crew [group_missing]", "column"]);
    assert!(
        !output.stderr.contains("follow_up.groups"),
        "{}",
        output.stderr
    );
    assert_eq!(pool.requests("SignUp"), 0);
}

#[test]
fn a_mapping_file_creates_groups() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", users(1));
    let import = |mapping: &str| {
        let mapping = dir.file("mapping.toml", mapping);
        dir.import(&pool, list).args(["--mapping", mapping])
    };
    import("[follow_up]\ncreate_groups = true\n").run().exits(3);
    let both = "[follow_up]\ngroups = [\"crew\"]\ncreate_groups = true\n";
    import(both).arg("--no-preflight").run().exits(3);
    assert_eq!(pool.requests("CreateGroup"), 0);
    import("[follow_up]\ngroups = [\"crew\"]\n").run().exits(3);
    import(both).run().exits(0);
    assert_eq!(pool.requests("CreateGroup"), 1);
    assert!(pool.users().values().all(|user| user.groups == ["crew"]));
}
