//! What the program says of itself.

use crate::harness::Place;

#[test]
fn a_wrong_command_line_is_exit_code_2() {
    let place = Place::new();
    let list = place.file("users.csv", crate::harness::users(1));
    for arguments in [
        ["--frobnicate", "1"],
        ["--rate", "0"],
        ["--rate", "fast"],
        ["--max-failure-rate", "2"],
        ["--deadline", "soon"],
        ["--concurrency", "0"],
        ["--encoding", "latin-9000"],
        ["--delimiter", "a"],
        ["--delimiter", "::"],
        ["--quote", "é"],
        ["--columns", "username"],
    ] {
        let cli = place.cli("rehearse").arg(list).args(arguments);
        assert!(
            cli.run().exits(2).stderr.contains(arguments[0]),
            "{arguments:?}"
        );
    }
    place
        .cli("import")
        .arg(list)
        .run()
        .exits(2)
        .says(["--user-pool-id", "--client-id"]);
    place.cli("conquer").run().exits(2);
    assert!(!place.path("import-runs").exists());
}

#[test]
fn the_version_is_the_crate_s() {
    let ran = Place::new().cli("--version").run().exits(0);
    assert_eq!(
        ran.stdout.trim(),
        concat!("cognito-import ", env!("CARGO_PKG_VERSION"))
    );
}
