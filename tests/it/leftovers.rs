//! What a killed process leaves behind: the next one removes what names users, beyond the ledger and whole reports.

use std::fs;

use crate::harness::{Cli, Place, Pool, quick, users};

#[test]
fn unfinished_reports_of_an_earlier_process_are_removed_once_the_directory_is_ours() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let list = place.file("users.csv", users(3));
    let import = || place.import(&pool, list);
    import().run().exits(0);
    let left = |name: &str| place.path(&format!("run/{name}"));
    let old = ["results.csv.4711.unfinished", "rejects.csv.4712.unfinished"];
    let undo = || {
        place
            .cli("undo")
            .args(["run", "--yes-delete", "another-pool"])
    };
    for command in [&import as &dyn Fn() -> Cli, &undo] {
        for name in old {
            fs::write(left(name), "ann,Passw0rd!1\n").unwrap();
        }
        // Another process is at work on this one.
        let written = fs::File::create(left("results.jsonl.4713.unfinished")).unwrap();
        written.lock().unwrap();
        command().run();
        for name in old {
            assert!(!left(name).exists(), "{name}");
        }
        assert!(left("results.jsonl.4713.unfinished").exists());
    }
    assert!(left("results.csv").exists());
}

#[test]
fn unfinished_files_outside_the_run_directory_are_removed_when_the_same_file_is_written() {
    let place = Place::new();
    let pool = Pool::start(quick());
    let list = place.file("users.csv", users(3));
    fs::create_dir(place.path("metrics")).unwrap();
    let old = [
        "findings.csv.4711.unfinished",
        "metrics/import.prom.4711.unfinished",
    ];
    let kept = [
        "findings.csv.draft.unfinished",
        "other.csv.4711.unfinished",
        "metrics/other.prom.4711.unfinished",
    ];
    for name in old.iter().chain(&kept) {
        place.file(name, "ann,Passw0rd!1\n");
    }
    // Another process is at work on this one.
    let written = fs::File::create(place.path("findings.csv.4713.unfinished")).unwrap();
    written.lock().unwrap();
    place.check(&pool, list).run().exits(0);
    place
        .import(&pool, list)
        .args(["--metrics-file", "metrics/import.prom"])
        .run()
        .exits(0);
    for name in old {
        assert!(!place.path(name).exists(), "{name}");
    }
    for name in kept {
        assert!(place.path(name).exists(), "{name}");
    }
    assert!(place.path("findings.csv.4713.unfinished").exists());
}
