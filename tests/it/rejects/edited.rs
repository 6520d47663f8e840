//! A `rejects.csv` that was edited in place is kept by the next session of its run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use cognito_import::rehearsal::PreSignUp;

use super::rejects;
use crate::harness::{Pool, ProcessOutput, TestDir, quick, users};

/// A run of three rows that a trigger refused.
struct RejectedRun {
    dir: TestDir,
    pool: Pool,
}

impl RejectedRun {
    fn new() -> Self {
        let mut settings = quick();
        settings.pre_sign_up = PreSignUp::Refuse {
            message: "not today".to_owned(),
        };
        let run = Self {
            dir: TestDir::new(),
            pool: Pool::start(settings),
        };
        run.dir.file("users.csv", users(3));
        run.import(&[]).exits(1);
        run
    }

    fn import(&self, flags: &[&str]) -> ProcessOutput {
        let import = self.dir.import(&self.pool, "users.csv");
        import.args(["--max-failures", "0"]).args(flags).run()
    }

    /// Corrects the file in place, as an editor that creates a new file for everyone.
    fn edit(&self, correction: &str) -> String {
        let edited = rejects(&self.dir) + correction;
        let path = self.dir.path("run/rejects.csv");
        fs::remove_file(&path).unwrap();
        fs::write(&path, &edited).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        edited
    }

    fn kept(&self, number: u32) -> Option<String> {
        let path = self.dir.path(&format!("run/rejects-edited-{number}.csv"));
        let text = fs::read_to_string(&path).ok()?;
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        Some(text)
    }
}

#[test]
fn each_session_keeps_the_file_if_it_was_edited() {
    let run = RejectedRun::new();
    let written = rejects(&run.dir);
    let first = run.edit("corrected,Passw0rd!");
    let output = run.import(&["--retry", "rejected", "--output", "json"]);
    let output = output.exits(1).names(["run/rejects-edited-1.csv"]);
    let document = output.document();
    assert_eq!(document["rejects"]["file"], "run/rejects.csv");
    let edited = &document["rejects"]["edited_file"];
    assert_eq!(*edited, "run/rejects-edited-1.csv");
    assert_eq!(run.kept(1).as_ref(), Some(&first));
    assert_eq!(rejects(&run.dir), written);
    // The run is finished, so nothing is sent.
    let second = run.edit("again,Passw0rd!");
    let output = run.import(&[]).exits(1);
    output.names(["run/rejects-edited-2.csv"]);
    assert_eq!(run.kept(1), Some(first));
    assert_eq!(run.kept(2), Some(second));
    assert_eq!(rejects(&run.dir), written);
}

#[test]
fn a_file_that_was_not_edited_is_replaced() {
    let run = RejectedRun::new();
    let output = run.import(&["--rejects-with-passwords", "--output", "json"]);
    let document = output.exits(1).document();
    let edited = &document["rejects"]["edited_file"];
    assert_eq!(*edited, serde_json::Value::Null);
    run.import(&["--excel"]).exits(1);
    run.import(&[]).exits(1);
    // A file with the content of the new one is not kept.
    fs::remove_file(run.dir.path("run/rejects.csv.sha256")).unwrap();
    run.import(&[]).exits(1);
    assert_eq!(run.kept(1), None);
}

#[test]
fn a_file_that_may_have_been_edited_is_kept() {
    let run = RejectedRun::new();
    fs::remove_file(run.dir.path("run/rejects.csv.sha256")).unwrap();
    let output = run.import(&["--excel"]).exits(1);
    output.names(["run/rejects-edited-1.csv"]);
    assert!(run.kept(1).is_some());
}

#[test]
fn an_edited_file_is_kept_if_no_row_is_rejected_any_more() {
    let RejectedRun { dir, pool } = RejectedRun::new();
    let pool = pool.restart_with(|settings| settings.pre_sign_up = PreSignUp::default());
    let run = RejectedRun { dir, pool };
    let edited = run.edit("corrected,Passw0rd!");
    let output = run.import(&["--retry", "rejected", "--output", "json"]);
    let document = output.exits(0).document();
    let rejects = serde_json::json!({
        "file": null, "rows": null, "with_passwords": null, "error": null,
        "edited_file": "run/rejects-edited-1.csv"
    });
    assert_eq!(document["rejects"], rejects);
    assert_eq!(run.kept(1), Some(edited));
    assert!(!run.dir.path("run/rejects.csv").exists());
    assert!(!run.dir.path("run/rejects.csv.sha256").exists());
}

#[test]
fn an_edited_file_is_kept_if_its_rows_cannot_be_read_again() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = users(3) + "broken,Passw0rd!,nowhere\n";
    let import = |list: String| dir.import(&pool, "-").input(list).run();
    import(list).exits(1);
    let run = RejectedRun { dir, pool };
    let edited = run.edit("corrected,Passw0rd!");
    let shorter = run.dir.import(&run.pool, "-").input(users(2)).run();
    shorter.names(["row 4", "run/rejects-edited-1.csv"]);
    assert_eq!(run.kept(1), Some(edited));
    assert!(!run.dir.path("run/rejects.csv").exists());
}

#[test]
fn a_link_is_replaced_and_its_file_stays() {
    let run = RejectedRun::new();
    let edited = run.edit("corrected,Passw0rd!");
    let (path, other) = (run.dir.path("run/rejects.csv"), run.dir.path("other.csv"));
    fs::rename(&path, &other).unwrap();
    std::os::unix::fs::symlink("../other.csv", &path).unwrap();
    run.import(&[]).exits(1);
    assert!(path.symlink_metadata().unwrap().is_file());
    assert_eq!(fs::read_to_string(other).unwrap(), edited);
    assert_eq!(run.kept(1), None);
}
