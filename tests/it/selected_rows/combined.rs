//! Selections of rows and sessions, parts, `--previous` and `verify`.

use std::fmt::Write as _;
use std::fs;

use cognito_import::rehearsal::PoolSettings;

use super::{TENANTS, tenant};
use crate::harness::{Pool, TestDir, codes, quick};

#[test]
fn resuming_requires_the_same_selection() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    tenant(&dir, &pool, "acme").run().exits(1);
    let sent = pool.requests("SignUp");
    tenant(&dir, &pool, "globex").run().exits(3);
    tenant(&dir, &pool, "acme")
        .args(["--where", "tenant=globex"])
        .run()
        .exits(3);
    dir.import(&pool, "users.csv").run().exits(3);
    tenant(&dir, &pool, " ACME").run().exits(1);
    assert_eq!(pool.requests("SignUp"), sent, "the run was finished");
}

/// Every third row belongs to each of three tenants.
fn long_list(rows: usize) -> String {
    let mut list = String::from("username,password,email,Tenant\n");
    for row in 0..rows {
        let tenant = TENANTS[row % 3];
        writeln!(
            list,
            "user{row},Passw0rd!{row},user{row}@{tenant}.example,{tenant}"
        )
        .unwrap();
    }
    list
}

#[test]
fn a_killed_run_of_a_selection_resumes_where_it_was() {
    let (dir, pool) = (TestDir::new(), Pool::start(PoolSettings::default()));
    let list = dir.file("users.csv", long_list(120));
    let import = || {
        dir.import(&pool, list)
            .args(["--where", "Tenant=globex"])
            .args(["--rate", "45", "--lookup-rate", "100"])
    };
    let running = import().start();
    pool.wait_for_requests("SignUp", 15);
    running.signal("KILL");
    assert_eq!(running.wait().code, None, "it was killed");
    dir.cli("report").arg("run").run().exits(4);
    assert_eq!(dir.selected_results().summary["state"], "interrupted");
    import().run().exits(0);
    let results = dir.selected_results();
    let numbers: Vec<usize> = (2..=120).step_by(3).collect();
    assert_eq!(results.numbers(), numbers);
    assert_eq!(results.count("created"), 40);
    let users = pool.users();
    assert_eq!(users.len(), 40);
    assert!(users.values().all(|user| user.sign_ups_received <= 1));
}

#[test]
fn the_next_night_is_compared_by_its_selected_rows() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let night = |number: &str, list: String| {
        let list = dir.file("users.csv", list);
        dir.import(&pool, list)
            .args(["--where", "Tenant=globex", "--previous", "last"])
            .args(["--run-dir", &format!("nights/{number}")])
            .json()
    };
    night("1", long_list(300)).run().exits(0);
    // The list has more rows, but fewer of this tenant.
    let shrunk = long_list(135) + &long_list(600).replace("globex", "acme")[31..];
    let document = night("2", shrunk).run().exits(3).document();
    assert_eq!(codes(&document, "refusals"), ["list_shrank"]);
    let document = night("2", long_list(303)).run().exits(0).document();
    assert_eq!(document["summary"]["rows"], 101);
}

#[test]
fn verify_compares_the_selected_rows_with_the_pool() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    tenant(&dir, &pool, "acme").run().exits(1);
    let document = dir
        .verify(&pool)
        .arg("users.csv")
        .json()
        .run()
        .exits(0)
        .document();
    assert_eq!(document["checked"], 3);
}

/// What must not depend on the number of processes.
fn comparable(dir: &TestDir) -> impl PartialEq + std::fmt::Debug + use<> {
    let results = dir.selected_results();
    let names = [
        "row",
        "line",
        "username",
        "outcome",
        "error_code",
        "same_as_row",
    ];
    let rows: Vec<_> = results
        .rows
        .iter()
        .map(|row| names.map(|name| row[name].clone()))
        .collect();
    let rejects = fs::read_to_string(dir.path("run/rejects.csv")).unwrap();
    (rows, rejects, results.summary["outcomes"].clone())
}

#[test]
fn parts_of_a_selection_make_the_run_of_a_single_process() {
    let list = long_list(45)
        + "short,Passw0rd!1\n\
           user1,Passw0rd!1,again@globex.example,GLOBEX\n\
           weak,x,weak@globex.example,globex\n\
           last,Passw0rd!1,last@acme.example,acme\n";
    let dirs = [TestDir::new(), TestDir::new()];
    let pools = [Pool::start(quick()), Pool::start(quick())];
    let import = |index: usize| {
        let list = dirs[index].file("users.csv", &list);
        dirs[index]
            .import(&pools[index], list)
            .args(["--where", "Tenant=globex"])
    };
    import(0).run().exits(1);
    for part in ["0/3", "1/3", "2/3"] {
        import(1).args(["--part", part]).run().assert_no_panic();
    }
    dirs[1]
        .cli("report")
        .args(["--merge", "run"])
        .run()
        .exits(1);
    assert_eq!(comparable(&dirs[0]), comparable(&dirs[1]));
    assert_eq!(dirs[1].selected_results().rows.len(), 15 + 3);
    assert_eq!(pools[1].users().len(), 15);
}

/// The runs in the default directory, by name.
fn default_runs(dir: &TestDir) -> Vec<String> {
    let runs = fs::read_dir(dir.path("import-runs")).unwrap();
    let mut names: Vec<String> = runs
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn each_tenant_has_a_default_directory_and_a_previous_run_of_its_own() {
    let (dir, pool) = (TestDir::new(), Pool::start(quick()));
    let list = dir.file("users.csv", long_list(300));
    let import = |name: &str| {
        dir.import(&pool, list)
            .without_flag("--run-dir")
            .args(["--where", &format!("Tenant={name}")])
            .args(["--previous", "last"])
            .json()
    };
    import("acme").run().exits(0);
    let globex = import("globex").run().exits(0).document();
    assert!(globex["summary"]["previous"].is_null(), "{globex}");
    let runs = default_runs(&dir);
    assert_eq!(runs.len(), 2);
    import("ACME").run().exits(0);
    assert_eq!(pool.requests("SignUp"), 200);
    assert_eq!(default_runs(&dir), runs);
    dir.cli("report")
        .arg("latest")
        .run()
        .exits(0)
        .names([globex["run_directory"].as_str().unwrap()]);
    // The other rows are not among the users who vanished.
    dir.file("users.csv", long_list(303));
    let document = import("acme").run().exits(0).document();
    let previous = &document["summary"]["previous"];
    assert_eq!(previous["rows"], 100, "{previous}");
    assert_eq!(previous["differences"]["vanished"], 0, "{previous}");
    // Without a selection, the name is what it always was.
    dir.import(&pool, list)
        .without_flag("--run-dir")
        .run()
        .exits(3);
    dir.import(&pool, list)
        .without_flag("--run-dir")
        .args(["--ignore-unknown"])
        .run()
        .exits(0);
    let runs = default_runs(&dir);
    let whole: Vec<&String> = runs.iter().filter(|run| !run.contains("where")).collect();
    assert_eq!((runs.len(), whole.len()), (4, 1));
    assert!(whole[0].ends_with(&pool.settings().pool_id));
    let listed = dir.cli("runs").json().run().exits(0).document();
    assert_eq!(listed["runs"].as_array().unwrap().len(), 4);
}
