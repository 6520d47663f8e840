//! A run directory that other users can modify is not trusted for deletions.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{import, names, settings, undo_in};
use crate::harness::{Pool, TestDir, users};

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn undo_refuses_a_directory_writable_by_others_and_other_commands_warn() {
    let dir = TestDir::new();
    let pool = Pool::start(settings());
    let list = dir.file("users.csv", users(3));
    let above = dir.path("above");
    fs::create_dir(&above).unwrap();
    let import = || import(&dir, &pool, list).args(["--run-dir", "above/run"]);
    import().run().exits(0);
    let run = dir.path("above/run");
    let ledger = run.join("ledger.db");
    for (path, exposed, private) in [
        (&run, 0o777, 0o700),
        (&ledger, 0o666, 0o600),
        (&above, 0o777, 0o755),
    ] {
        mode(path, exposed);
        for dry in [false, true] {
            let mut undo = undo_in(&dir, &pool, "above/run");
            if dry {
                undo = undo.without_flag("--yes-delete").arg("--dry-run");
            }
            undo.run().exits(3).names(["chmod go-w"]);
        }
        import().run().exits(0).names(["warning: "]);
        dir.cli("report")
            .arg("above/run")
            .run()
            .exits(0)
            .names(["warning: "]);
        mode(path, private);
    }
    assert_eq!(names(&pool).len(), 3);
    assert_eq!(pool.requests("AdminDeleteUser"), 0);
    let output = import().run().exits(0);
    assert!(!output.stderr.contains("warning:"), "{}", output.stderr);
    undo_in(&dir, &pool, "above/run").run().exits(0);
    assert!(pool.users().is_empty());
}
