//! Generated passwords.

use std::fs;

use crate::harness::{Pool, TestDir, codes, quick, silent};
use cognito_import::rehearsal::{PasswordRules, PoolSettings};

#[test]
fn generated_passwords_meet_a_strict_policy_and_are_not_written_anywhere() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        password_policy: PasswordRules {
            minimum_length: 40,
            ..PasswordRules::default()
        },
        ..silent()
    });
    let rows: String = (1..=8)
        .map(|row| format!("user{row},user{row}@example.com\n"))
        .collect();
    let list = dir.file("users.csv", format!("username,email\n{rows}"));
    let import = |pool: &Pool| {
        let cli = dir.import(pool, list).args(["--password", "generate"]);
        cli.args(["--concurrency", "4"])
    };
    let running = import(&pool).start();
    pool.wait_for_requests("SignUp", 4);
    drop(running);
    let pool = pool.restart_with(|settings| settings.faults = quick().faults);
    let output = import(&pool).arg("-vv").run().exits(0);
    assert_eq!(dir.results().count("created"), 8);
    // The passwords are unknown, but of 40 characters in a row, some are special characters that
    // occur nowhere else in the files. The checksum at the end of a ledger line may look like four
    // of them, so the last six characters do not count.
    let is_one = |word: &[u8]| {
        let rare = word
            .iter()
            .take(34)
            .filter(|byte| b"^$*[]?!#%&\\><'|~`+=;".contains(byte));
        word.iter().all(u8::is_ascii_graphic) && rare.count() > 2
    };
    assert!(is_one(b"mX$4kq[Zr8!vPw2&Tn6|Bd0?Hs3#Lf9=Gj5*Yc7a"));
    let mut files = 0;
    for entry in fs::read_dir(dir.path("run")).unwrap() {
        let path = entry.unwrap().path();
        // HTML is full of special characters. Its content comes from the ledger, which is searched.
        if path.ends_with("report.html") {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(40).any(is_one), "{}", path.display());
        files += 1;
    }
    assert!(files >= 4, "{files}");
    assert!(!output.stderr.as_bytes().windows(40).any(is_one));
}

/// A list with passwords for some users, one of them too weak for the pool.
const SOME: &str = "username,password,email\n\
                    ann,Passw0rd!1,ann@example.com\n\
                    bob,,bob@example.com\n\
                    cy,weak,cy@example.com\n";

#[test]
fn only_empty_password_cells_get_generated_passwords() {
    for by_file in [false, true] {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", SOME);
        let import = dir.import(&pool, list).arg("--confirm");
        let import = if by_file {
            let mapping = dir.file("mapping.toml", "password = \"column-or-generate\"\n");
            import.args(["--mapping", mapping])
        } else {
            import.args(["--password", "column-or-generate"])
        };
        import.run().exits(1);
        let results = dir.results();
        assert_eq!(results.outcomes(), ["created", "created", "invalid"]);
        assert_eq!(results.row(3)["error_code"], "password.policy");
        let sign_in = |name, password| {
            let (id, client) = (&pool.settings().pool_id, &pool.settings().client_id);
            pool.sdk().admin_sign_in(id, client, name, password)
        };
        assert_eq!(sign_in("ann", "Passw0rd!1"), Ok(()));
        for guess in ["", "Passw0rd!1"] {
            assert!(sign_in("bob", guess).is_err());
        }
    }
}

#[test]
fn an_unused_password_column_is_reported() {
    let dir = TestDir::new();
    let pool = Pool::start(quick());
    let list = dir.file("users.csv", SOME);
    for (source, noted) in [
        ("generate", true),
        ("column-or-generate", false),
        ("column", false),
    ] {
        let check = dir.check(&pool, list).args(["--password", source]);
        let document = check.json().run().document();
        let notices = codes(&document, "notices");
        assert_eq!(notices.contains(&"passwords_unused"), noted, "{source}");
    }
    dir.import(&pool, list)
        .args(["--password", "generate", "--no-preflight"])
        .run()
        .exits(0)
        .names(["passwords_unused", "column-or-generate"]);
}

#[test]
fn a_password_column_is_required_unless_all_are_generated() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", "username,email\nann,ann@example.com\n");
    let rehearse = |source| dir.rehearse(list).args(["--password", source]);
    rehearse("column-or-generate").run().exits(3);
    rehearse("generate").run().exits(0);
}
