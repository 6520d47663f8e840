//! What the program says of itself.

use crate::harness::Place;

const EXIT_CODES: [&str; 8] = [
    "    0  every row",
    "    1  finished; some rows",
    "    2  the command line",
    "    3  refused before",
    "    4  stopped early",
    "    5  finished; some rows are in doubt",
    "  130  stopped by Ctrl-C",
    "  143  stopped by SIGTERM",
];

#[test]
fn help_names_every_exit_code_and_subcommand() {
    let place = Place::new();
    for command in ["--help", "import", "rehearse", "report"] {
        let cli = place.cli(command);
        let cli = if command == "--help" {
            cli
        } else {
            cli.arg("--help")
        };
        let ran = cli.run().exits(0);
        for code in EXIT_CODES {
            assert!(
                ran.stdout.contains(code),
                "{command}: {code:?} in\n{}",
                ran.stdout
            );
        }
        assert_eq!(ran.stderr, "");
    }
    let help = place.cli("--help").run().exits(0).stdout;
    for command in ["import", "rehearse", "rehearsal-pool", "report"] {
        assert!(help.contains(command), "{command}");
        assert!(
            !place
                .cli(command)
                .arg("--help")
                .run()
                .exits(0)
                .stdout
                .is_empty()
        );
    }
}

#[test]
fn a_check_has_exit_codes_of_its_own() {
    let place = Place::new();
    let help = place.cli("check").arg("--help").run().exits(0).stdout;
    for code in [
        "    0  nothing stands against the list",
        "    1  a run would begin",
        "    3  a run would be refused",
    ] {
        assert!(help.contains(code), "{code:?} in\n{help}");
    }
}

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
