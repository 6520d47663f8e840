//! Passwords that nobody knows.

use std::fs;

use cognito_import::rehearsal::{PasswordPolicy, PoolSettings};

use crate::harness::{Place, Pool, quick, silent, until};

#[test]
fn generated_passwords_meet_a_strict_policy_and_stand_nowhere() {
    let place = Place::new();
    let pool = Pool::start(PoolSettings {
        password_policy: PasswordPolicy {
            minimum_length: 40,
            ..PasswordPolicy::default()
        },
        ..silent()
    });
    let rows: String = (1..=8)
        .map(|row| format!("user{row},user{row}@example.com\n"))
        .collect();
    let list = place.file("users.csv", format!("username,email\n{rows}"));
    let import = |pool: &Pool| {
        let cli = place.import(pool, list).args(["--password", "generate"]);
        cli.args(["--concurrency", "4"])
    };
    let running = import(&pool).start();
    until("four sign-ups", || {
        (pool.asked("SignUp") == 4).then_some(())
    });
    drop(running);
    let pool = pool.changed(|settings| settings.faults = quick().faults);
    let ran = import(&pool).arg("-vv").run().exits(0);
    assert_eq!(place.results().count("created"), 8);
    // Nobody knows them; but of 40 characters in a row, some are signs that nothing else here has. Behind a line of the ledger its checksum
    // may look like four of them: the last six do not count.
    let is_one = |word: &[u8]| {
        let rare = word
            .iter()
            .take(34)
            .filter(|byte| b"^$*[]?!#%&\\><'|~`+=;".contains(byte));
        word.iter().all(u8::is_ascii_graphic) && rare.count() > 2
    };
    assert!(is_one(b"mX$4kq[Zr8!vPw2&Tn6|Bd0?Hs3#Lf9=Gj5*Yc7a"));
    let mut files = 0;
    for entry in fs::read_dir(place.path("run")).unwrap() {
        let path = entry.unwrap().path();
        // Markup is full of such signs. What stands in it comes from the ledger, which is looked at.
        if path.ends_with("report.html") {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(40).any(is_one), "{}", path.display());
        files += 1;
    }
    assert!(files >= 4, "{files}");
    assert!(!ran.stderr.as_bytes().windows(40).any(is_one));
}
