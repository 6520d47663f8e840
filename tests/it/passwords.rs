//! Passwords go from the list to the request, and nowhere else.

use std::fs;

use cognito_import::rehearsal::{LateFault, PreSignUp};

use crate::harness::{Place, Pool, quick, until, users};

#[test]
fn no_password_is_written_anywhere() {
    let place = Place::new();
    let passwords = [
        "Str0ng-secret-one",
        "weaksecrettwo",
        "Short3",
        "Secret#With0ut-mail",
        "Secret With0ut-row!",
        "Secret#Duplicat3",
        "Secret#Lost-4nswer",
        "Secret#Exists-t00",
    ];
    let list = format!(
        "username,password,email\n\
         fine,{},fine@example.com\n\
         weak,{},weak@example.com\n\
         short,{},short@example.com\n\
         no-mail,{},\n\
         spaced,{},spaced@example.com\n\
         fine,{},fine@example.com\n\
         lost,{},lost@example.com\n\
         there,{},there@example.com\n\
         cells,Secret#Moved-c3lls,\"Secret#Moved-c3lls\",x\n",
        passwords[0],
        passwords[1],
        passwords[2],
        passwords[3],
        passwords[4],
        passwords[5],
        passwords[6],
        passwords[7],
    );
    let list = place.file("users.csv", list);
    place.file("there.csv", "username\nthere\n");
    let ran = place
        .rehearse(list)
        .args(["--existing", "there.csv", "-vv", "--no-preflight"])
        .args([
            "--fault",
            "commit_then_drop=0.3",
            "--fault",
            "error_500_before=0.3",
        ])
        .args(["--fault", "truncated_body=0.2", "--seed", "5"])
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "1")
        .run()
        .exits(1);
    let mut written = vec![(
        "what it said".to_owned(),
        (ran.stderr + &ran.stdout).into_bytes(),
    )];
    for entry in fs::read_dir(place.path("run")).unwrap() {
        let path = entry.unwrap().path();
        written.push((path.display().to_string(), fs::read(path).unwrap()));
    }
    assert!(written.len() >= 5);
    for password in passwords.into_iter().chain(["Secret#Moved-c3lls"]) {
        for (name, bytes) in &written {
            let found = bytes
                .windows(password.len())
                .any(|window| window == password.as_bytes());
            assert!(!found, "{password} stands in {name}");
        }
    }
    assert_eq!(place.results().count("rejected"), 3);
}

#[test]
fn no_password_is_in_the_ledger_while_a_run_is_at_work() {
    let place = Place::new();
    let mut settings = quick();
    settings.faults.answer_late = LateFault {
        probability: 1.0,
        delay_ms: 60_000,
    };
    let pool = Pool::start(settings);
    let list = place.file("users.csv", users(5));
    let running = place.import(&pool, list).start();
    until("five sign-ups", || {
        (pool.asked("SignUp") == 5).then_some(())
    });
    let mut files = 0;
    for entry in fs::read_dir(place.path("run")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(9).any(|window| window == b"Passw0rd!"));
        files += 1;
    }
    assert!(files >= 2, "the ledger and its log");
    drop(running);
}

#[test]
fn a_trigger_that_repeats_a_password_is_not_quoted() {
    let place = Place::new();
    let mut settings = quick();
    settings.pre_sign_up = PreSignUp::Refuse {
        message: "Echo#Passw0rd is on a list".to_owned(),
    };
    let pool = Pool::start(settings);
    let list = place.file(
        "users.csv",
        "username,password,email\nann,Echo#Passw0rd,ann@example.com\n",
    );
    let ran = place.import(&pool, list).arg("-vv").run().exits(1);
    let row = &place.results().rows[0];
    assert!(row["error_message"].contains("(the password) is on a list"));
    assert!(!ran.stderr.contains("Echo#Passw0rd"));
}

#[test]
fn a_list_of_digests_is_refused_and_a_list_without_rows_is_noticed() {
    let place = Place::new();
    let mut settings = quick();
    settings.password_policy.require_uppercase = false;
    settings.password_policy.require_symbols = false;
    let pool = Pool::start(settings);
    let list = "username,password,email\n\
                ann,5f4dcc3b5aa765d61d8327deb882cf99,ann@example.com\n\
                bob,e99a18c428cb38d5f260853678922e03,bob@example.com\n";
    let list = place.file("users.csv", list);
    place.import(&pool, list).run().exits(3).says([
        "[password_digests]",
        "2 of 2 passwords",
        "--password generate",
    ]);
    assert_eq!(pool.asked("SignUp"), 0);
    let empty = place.file("empty.csv", "username,password,email\n");
    place
        .import(&pool, empty)
        .run()
        .exits(0)
        .says(["[no_rows]"]);
}
