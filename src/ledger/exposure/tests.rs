use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use super::{Exposure, ExposureCause, of};
use crate::ledger::directory::RunDirectory;

struct ExposedDirectory {
    folder: tempfile::TempDir,
    directory: RunDirectory,
}

impl ExposedDirectory {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let above = folder.path().join("above");
        let directory = RunDirectory::hold(&above.join("run")).unwrap();
        fs::write(directory.database(), "").unwrap();
        mode(&directory.database(), 0o600);
        Self { folder, directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        let folder = fs::canonicalize(self.folder.path()).unwrap();
        folder.join(name)
    }

    fn exposure(&self) -> Option<Exposure> {
        of(&self.directory).unwrap()
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn private_directory_is_not_exposed() {
    let place = ExposedDirectory::new();
    assert_eq!(place.exposure(), None);
    for readable in [0o700, 0o750, 0o755] {
        mode(place.directory.path(), readable);
        mode(&place.path("above"), readable);
        assert_eq!(place.exposure(), None, "{readable:o}");
    }
    // Like /tmp.
    mode(&place.path("above"), 0o1777);
    assert_eq!(place.exposure(), None);
}

#[test]
fn writable_directory_or_ledger_is_exposed() {
    let place = ExposedDirectory::new();
    let run = place.directory.path().to_owned();
    for exposed in [0o777, 0o703, 0o1777] {
        mode(&run, exposed);
        let by = ExposureCause::Mode(exposed);
        assert_eq!(
            place.exposure(),
            Some(Exposure {
                path: run.clone(),
                by
            })
        );
    }
    mode(&run, 0o700);
    mode(&place.directory.database(), 0o666);
    let expected = Exposure {
        path: place.directory.database().to_path_buf(),
        by: ExposureCause::Mode(0o666),
    };
    assert_eq!(place.exposure(), Some(expected));
}

#[test]
fn replaceable_directory_is_exposed() {
    let place = ExposedDirectory::new();
    mode(&place.path("above"), 0o777);
    let expected = Exposure {
        path: place.path("above"),
        by: ExposureCause::Replacing(0o777),
    };
    assert_eq!(place.exposure(), Some(expected));
}

#[test]
fn another_owner_or_a_foreign_group_is_an_exposure() {
    let place = ExposedDirectory::new();
    let own = fs::metadata(place.directory.path()).unwrap();
    if own.uid() != 0 {
        // Only root can change the owner.
        return;
    }
    let (run, above) = (place.directory.path().to_owned(), place.path("above"));
    // A private group may write, another one may not.
    chown(&run, None, Some(0)).unwrap();
    mode(&run, 0o770);
    assert_eq!(place.exposure(), None);
    chown(&run, None, Some(1_234)).unwrap();
    assert!(
        place
            .exposure()
            .is_some_and(|found| found.by == ExposureCause::Mode(0o770))
    );
    mode(&run, 0o700);
    for path in [&run, &above] {
        chown(path, Some(1_234), None).unwrap();
        let expected = Exposure {
            path: path.clone(),
            by: ExposureCause::Owner(1_234),
        };
        assert_eq!(place.exposure(), Some(expected));
        chown(path, Some(0), None).unwrap();
    }
    assert_eq!(place.exposure(), None);
}
