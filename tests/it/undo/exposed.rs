//! A run directory that other users can change is no ground for deleting anybody.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{import, names, settings, undo_in};
use crate::harness::{Place, Pool, users};

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn undo_refuses_a_directory_that_others_can_change_and_other_commands_warn() {
    let place = Place::new();
    let pool = Pool::start(settings());
    let list = place.file("users.csv", users(3));
    let long = place.path("above");
    fs::create_dir(&long).unwrap();
    let import = || import(&place, &pool, list).args(["--run-dir", "above/run"]);
    import().run().exits(0);
    let run = place.path("above/run");
    let ledger = run.join("ledger.db");
    let warned = "other users can";
    for (path, exposed, private) in [
        (&run, 0o777, 0o700),
        (&ledger, 0o666, 0o600),
        (&long, 0o777, 0o755),
    ] {
        mode(path, exposed);
        for dry in [false, true] {
            let mut undo = undo_in(&place, &pool, "above/run");
            if dry {
                undo = undo.without_flag("--yes-delete").arg("--dry-run");
            }
            undo.run().exits(3).says([warned, "chmod go-w"]);
        }
        import().run().exits(0).says([warned]);
        place
            .cli("report")
            .arg("above/run")
            .run()
            .exits(0)
            .says([warned]);
        mode(path, private);
    }
    assert_eq!(names(&pool).len(), 3);
    assert_eq!(pool.asked("AdminDeleteUser"), 0);
    let ran = import().run().exits(0);
    assert!(!ran.stderr.contains(warned), "{}", ran.stderr);
    undo_in(&place, &pool, "above/run").run().exits(0);
    assert!(pool.users().is_empty());
}
