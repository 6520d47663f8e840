//! Lists from other systems: column mapping and value conversion.

use serde_json::{Value, json};

use crate::harness::{Pool, ProgramCommand, TestDir, assert_only_described, quick};

/// A list in which nothing has the form Cognito wants.
const FOREIGN: &str = "\
ID,E-Mail Address,Kennwort,First Name,Last Name,Telefon,Geboren,Changed,Status,email_verified,Shoe
17, Ann@Example.com ,Passw0rd!,Ann,Lee,030 901820,1.2.1990,02.01.1970,active,true,38
018,bob@example.com,Passw0rd!,,Ng,+1 212 555 0100,,,left,true,
";

/// The mapping of [`FOREIGN`].
const MAPPING: &str = r#"
username_from = "E-Mail Address"
ignore_unknown = true
ignore = ["email_verified"]
keep = ["ID"]
trim = true
lowercase = ["username", "email"]
phone_region = "DE"

[columns]
"E-Mail Address" = "email"
Kennwort = "password"
Telefon = "phone_number"
Geboren = "birthdate"
Changed = "updated_at"
Status = "custom:department"

[set]
"custom:legacy_id" = "from the old shop"

[join]
name = ["First Name", "Last Name"]

[dates]
birthdate = "%d.%m.%Y"
updated_at = "%d.%m.%Y"

[values.Status]
active = "true"
left = ""
"#;

/// [`MAPPING`] as flags.
const FLAGS: [&str; 39] = [
    "--username-from",
    "E-Mail Address",
    "--ignore-unknown",
    "--ignore-column",
    "email_verified",
    "--keep",
    "id",
    "--trim",
    "--lowercase",
    "username,email",
    "--phone-region",
    "de",
    "--map",
    "E-Mail Address=email",
    "--map",
    "Kennwort=password",
    "--map",
    "Telefon=phone_number",
    "--map",
    "Geboren=birthdate",
    "--map",
    "Changed=updated_at",
    "--map",
    "Status=custom:department",
    "--set",
    "custom:legacy_id=from the old shop",
    "--join",
    "name=First Name+Last Name",
    "--date-format",
    "birthdate=%d.%m.%Y",
    "--date-format",
    "updated_at=%d.%m.%Y",
    "--value",
    "Status:active=true",
    "--value",
    "Status:left=",
    "--max-failures",
    "0",
    "--quiet",
];

#[track_caller]
fn assert_foreign_users(pool: &Pool) {
    let users = pool.users();
    let set: Vec<(&str, Value)> = users
        .values()
        .map(|user| {
            let mut attributes = user.attributes.clone();
            attributes.retain(|name, _| !name.ends_with("_verified") && name != "sub");
            (&*user.username, json!(attributes))
        })
        .collect();
    let ann = json!({
        "email": "ann@example.com", "name": "Ann Lee", "phone_number": "+4930901820", "birthdate": "1990-02-01",
        "updated_at": "86400", "custom:department": "true", "custom:legacy_id": "from the old shop",
    });
    let bob = json!({
        "email": "bob@example.com", "name": "Ng", "phone_number": "+12125550100",
        "custom:legacy_id": "from the old shop",
    });
    assert_eq!(set, [("ann@example.com", ann), ("bob@example.com", bob)]);
}

#[test]
fn a_run_with_a_mapping_file_can_be_resumed_with_equivalent_flags() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", FOREIGN);
    let mapping = dir.file("mapping.toml", MAPPING);
    dir.import(&pool, list)
        .args(["--mapping", mapping])
        .run()
        .exits(0)
        .names(["(--ignore-unknown): Shoe"]);
    assert_foreign_users(&pool);
    let results = dir.results();
    assert_eq!(results.row(1)["username"], "ann@example.com");
    assert_eq!(
        (&*results.row(1)["ID"], &*results.row(2)["ID"]),
        ("17", "018")
    );
    // The same mapping in another form continues the same run.
    let before = pool.requests("SignUp");
    dir.import(&pool, list).args(FLAGS).run().exits(0);
    assert_eq!(pool.requests("SignUp"), before);
}

#[test]
fn a_foreign_list_is_imported_by_flags() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", FOREIGN);
    dir.import(&pool, list).args(FLAGS).run().exits(0);
    assert_foreign_users(&pool);
}

#[test]
fn flags_override_the_mapping_file() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", FOREIGN);
    let mapping = dir.file("mapping.toml", MAPPING);
    dir.import(&pool, list)
        .args(["--mapping", mapping])
        .args([
            "--set",
            "name=No Name",
            "--map",
            "Status=nickname",
            "--value",
            "Status:left=gone",
        ])
        .run()
        .exits(0);
    let users = pool.users();
    let bob = &users["bob@example.com"].attributes;
    assert_eq!((&*bob["name"], &*bob["nickname"]), ("No Name", "gone"));
    assert!(!bob.contains_key("custom:department"));
}

#[test]
fn invalid_rows_report_every_problem_and_are_not_sent() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = format!("{FOREIGN}19,eve@example.com,Pass word\u{a0},,,12,1990-02-01,,gone,,\n");
    let list = dir.file("users.csv", list);
    let mapping = dir.file("mapping.toml", MAPPING);
    dir.import(&pool, list)
        .args(["--mapping", mapping])
        .run()
        .exits(1);
    let results = dir.results();
    let row = results.row(3);
    assert_eq!((&*row["outcome"], &*row["ID"]), ("invalid", "19"));
    for datum in [
        "column Telefon: \"12\"",
        "column Geboren: \"1990-02-01\"",
        "%d.%m.%Y",
        "column Status: \"gone\"",
        "column Kennwort: ",
    ] {
        assert!(row["error_message"].contains(datum), "{datum}: {row:?}");
    }
    assert!(!row["error_message"].contains("Pass word"));
    assert_eq!(pool.requests("SignUp"), 2);
}

/// Asserts exit code 3 after Describe calls only.
#[track_caller]
fn assert_refused(cli: ProgramCommand, pool: &Pool, data: &[&str]) -> String {
    let output = cli.run().exits(3).names(data);
    assert_only_described(pool);
    output.stderr
}

#[test]
fn all_header_problems_are_reported_at_once_with_flags_to_paste() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", FOREIGN);
    let cli = dir
        .import(&pool, list)
        .args([
            "--keep",
            "IDs",
            "--keep",
            "Kennwort",
            "--map",
            "E-Mail Adress=email",
        ])
        .args(["--set", "email=x", "--username-from", "E-Mail Address"]);
    let stderr = assert_refused(
        cli,
        &pool,
        &[
            "--keep IDs",
            "--keep Kennwort",
            "--map E-Mail Adress=email",
            "E-Mail Address",
            "column 3, ",
            "column 4, ",
        ],
    );
    let last = stderr.trim_end().lines().last().unwrap().trim();
    assert_eq!(
        last,
        "--map Kennwort=password --map 'First Name=given_name' --map 'Last Name=family_name' --map Telefon=phone_number \
         --ignore-column ID --ignore-column Geboren --ignore-column Changed --ignore-column Status --ignore-column Shoe"
    );
    assert!(!dir.path("run").exists());
}

#[test]
fn an_invalid_mapping_file_is_refused_with_line_and_key() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", FOREIGN);
    let import = || dir.import(&pool, list).args(["--mapping", "mapping.toml"]);
    assert_refused(import(), &pool, &["--mapping mapping.toml: "]);
    dir.file("mapping.toml", "trim = true\nkep = [\"ID\"]\n");
    let data = ["mapping.toml: line 2, ", "kep: ", "keep", "username_from"];
    assert_refused(import(), &pool, &data);
    dir.file("mapping.toml", "[columns]\nMail = \"mail\"\n");
    let data = ["mapping.toml: line 2, columns.\"Mail\": "];
    assert_refused(import(), &pool, &data);
    dir.file(
        "mapping.toml",
        "keep = [\"Old-ID\"]\nignore_unknown = true\n",
    );
    assert_refused(import(), &pool, &["mapping.toml: line 1, ", "Old-ID: "]);
}

#[test]
fn a_malformed_column_flag_exits_2() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", FOREIGN);
    for (flag, value, datum) in [
        ("--map", "Mail", "COLUMN=TARGET"),
        ("--map", "Mail=mail", "email"),
        ("--map", "Mail=sub", "Mail=sub"),
        ("--set", "custom:source", "ATTRIBUTE=VALUE"),
        ("--set", "source=x", "source=x"),
        ("--join", "name", "ATTRIBUTE=COLUMN+COLUMN"),
        ("--date-format", "birthdate=%d.%m.%y", "birthdate=%d.%m.%y"),
        ("--phone-region", "Germany", "Germany"),
        ("--value", "Status=true", "COLUMN:CELL=VALUE"),
        ("--lowercase", "name", "username"),
    ] {
        dir.rehearse(list)
            .args([flag, value])
            .run()
            .exits(2)
            .names([flag, datum]);
    }
}

#[test]
fn changed_mapping_or_kept_columns_start_another_run() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file(
        "users.csv",
        "ID,username,password,email\n1,ann,Passw0rd!,Ann@example.com\n",
    );
    let import = || dir.import(&pool, list);
    import().args(["--ignore-column", "ID"]).run().exits(0);
    let before = pool.stats().operations;
    for (flags, datum) in [
        (["--keep", "ID"], "`[\"ID\"]`"),
        (["--map", "ID=custom:legacy_id"], "custom:legacy_id"),
    ] {
        let changed = import().args(flags).run().exits(3);
        changed.names([datum, "--restart"]);
    }
    let dropping = || import().args(["--ignore-column", "ID"]);
    for flags in [
        &["--lowercase", "email"][..],
        &["--set", "name=x"],
        &["--value", "email:*=x@y.z"],
        &["--trim"],
    ] {
        let changed = dropping().args(flags);
        changed.run().exits(3).names(["--restart"]);
    }
    assert_eq!(pool.stats().operations, before, "no request was sent");
}
