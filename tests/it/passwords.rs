//! Passwords go from the list to the request and nowhere else.

mod echo;

use std::fs;

use cognito_import::rehearsal::{LateFault, PreSignUp};

use base64::Engine as _;

use crate::harness::{Pool, TestDir, quick, silent, users};

/// Passwords that are easy to find and differ in every encoding. The first is too weak for the
/// pool.
const CANARIES: [&str; 5] = [
    "canary-weak-\"pass/word+",
    "Canary#\"fine\"/1+&=%",
    "Canary#echo\\back\\2/+",
    "Canary#lost<3>/+?&",
    "Canary#exists'4'/+\u{e9}",
];

/// The secret itself and every form in which a well-meaning program might write it.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let json = serde_json::to_string(secret).unwrap();
    let debug = format!("{secret:?}");
    let url: String = secret
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    let mut forms = vec![
        secret.as_bytes().to_vec(),
        json.trim_matches('"').as_bytes().to_vec(),
        debug.trim_matches('"').as_bytes().to_vec(),
        url.clone().into_bytes(),
        url.replace("%20", "+").into_bytes(),
        secret.replace('"', "\"\"").into_bytes(),
        secret.replace('"', "&quot;").into_bytes(),
    ];
    let standard = base64::engine::general_purpose::STANDARD_NO_PAD;
    let url_safe = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    // Inside a longer text, base64 has three alignments, and the first and last characters depend
    // on the neighbors.
    for before in 0..3 {
        let text = [&b"???"[..before], secret.as_bytes()].concat();
        for encoded in [standard.encode(&text), url_safe.encode(&text)] {
            let inside = encoded.get(4..encoded.len() - 4).unwrap();
            forms.push(inside.as_bytes().to_vec());
        }
    }
    forms
}

/// Asserts that no text contains a password in any form.
fn assert_no_canary_in<'w>(written: impl IntoIterator<Item = &'w (String, Vec<u8>)>) {
    let forms: Vec<Vec<u8>> = CANARIES.into_iter().flat_map(forms).collect();
    for (name, bytes) in written {
        for form in &forms {
            let found = bytes
                .windows(form.len())
                .any(|window| window == form.as_slice());
            assert!(!found, "{} is in {name}", String::from_utf8_lossy(form));
        }
    }
}

/// A list with four users for each of these passwords.
fn list_with(passwords: &[&str]) -> String {
    let mut list = csv::Writer::from_writer(Vec::new());
    list.write_record(["username", "password", "email"])
        .unwrap();
    for (number, password) in passwords.iter().enumerate() {
        for copy in 0..4 {
            let name = format!("bird{number}-{copy}");
            list.write_record([&name, *password, &format!("{name}@example.com")])
                .unwrap();
        }
    }
    String::from_utf8(list.into_inner().unwrap()).unwrap()
}

/// All files below a directory.
fn files(folder: &std::path::Path, into: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else if path.file_name().unwrap() != "canaries.csv" {
            into.push((path.display().to_string(), fs::read(path).unwrap()));
        }
    }
}

#[test]
fn no_canary_leaks_at_any_verbosity() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.faults.commit_then_drop = 0.15;
    settings.faults.error_500_before = 0.1;
    settings.faults.truncated_body = 0.1;
    settings.faults.throttle = 0.1;
    settings.faults.read_drop = 0.1;
    settings.existing = ["bird4-0", "bird4-1"]
        .map(|username| cognito_import::rehearsal::ExistingUser {
            username: username.to_owned(),
            ..Default::default()
        })
        .into();
    let mut written = Vec::new();
    // Every pool but the first repeats the password in its answers.
    let echoing = CANARIES.map(|password| {
        let words = format!("{password} is on a list, and so is {password:?}");
        (
            list_with(&[password; 5]),
            PreSignUp::Refuse { message: words },
        )
    });
    let all = (list_with(&CANARIES), PreSignUp::Absent);
    for (number, (list, pre_sign_up)) in std::iter::once(all).chain(echoing).enumerate() {
        let list = dir.file("canaries.csv", list);
        settings.pre_sign_up = pre_sign_up;
        let pool = Pool::start(settings.clone());
        for (format, flags) in [("text", "-vvv"), ("json", "--yes")] {
            let run = format!("run-{number}-{format}");
            let log = format!("{run}.log");
            let output = dir
                .import(&pool, list)
                .args([
                    "--run-dir",
                    &run,
                    "--log-format",
                    format,
                    flags,
                    "--restart",
                ])
                .args(["--max-failures", "0", "--max-failure-rate", "1"])
                .args(["--no-preflight", "--log-file", &log])
                .env("RUST_LOG", "trace")
                .env("RUST_BACKTRACE", "full")
                .run();
            assert!(matches!(output.code, Some(0 | 1 | 5)), "{}", output.stderr);
            written.push((run, (output.stderr + &output.stdout).into_bytes()));
            let lines = fs::read_to_string(dir.path(&log)).unwrap().lines().count();
            assert!(lines > 20, "only {lines} log lines");
        }
    }
    let list = dir.file("canaries.csv", list_with(&CANARIES));
    let on_stderr = dir
        .rehearse(list)
        .args(["-vvv", "--max-failures", "0"])
        .env("RUST_LOG", "trace")
        .run();
    assert!(on_stderr.stderr.contains("TRACE"), "{}", on_stderr.stderr);
    written.push(("standard error".to_owned(), on_stderr.stderr.into_bytes()));
    files(dir.path("canaries.csv").parent().unwrap(), &mut written);
    assert!(written.len() > 60, "{}", written.len());
    assert_no_canary_in(&written);
}

#[cfg(target_os = "linux")]
#[test]
fn no_canary_is_in_process_arguments_or_environment() {
    let dir = TestDir::new();
    let pool = Pool::start(silent());
    let list = dir.file("canaries.csv", list_with(&CANARIES));
    let running = dir.import(&pool, list).arg("--no-preflight").start();
    pool.wait_for_requests("SignUp", 20);
    let mut seen = Vec::new();
    for name in ["cmdline", "environ", "comm", "status"] {
        let path = format!("/proc/{}/{name}", running.pid());
        seen.push((name.to_owned(), fs::read(path).unwrap()));
    }
    files(&dir.path("run"), &mut seen);
    assert!(seen[0].1.len() > 50, "the command line was read");
    assert_no_canary_in(&seen);
    drop(running);
}

#[test]
fn canaries_are_found_in_every_form() {
    let secret = CANARIES[1];
    let engine = base64::engine::general_purpose::STANDARD;
    for hidden in [
        secret.to_owned(),
        serde_json::json!({ "p": secret }).to_string(),
        engine.encode(format!("user:{secret}")),
        engine.encode(format!("xx{secret}yy")),
    ] {
        let found = forms(secret).iter().any(|form| {
            hidden
                .as_bytes()
                .windows(form.len())
                .any(|window| window == form.as_slice())
        });
        assert!(found, "{hidden}");
    }
}

#[test]
fn no_password_is_written_anywhere() {
    let dir = TestDir::new();
    let passwords = [
        "Str0ng-secret-one",
        "weaksecrettwo",
        "Short3",
        "Secret#With0ut-mail",
        " Secret#With0ut-row",
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
    let list = dir.file("users.csv", list);
    dir.file("there.csv", "username\nthere\n");
    let output = dir
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
        "output".to_owned(),
        (output.stderr + &output.stdout).into_bytes(),
    )];
    for entry in fs::read_dir(dir.path("run")).unwrap() {
        let path = entry.unwrap().path();
        written.push((path.display().to_string(), fs::read(path).unwrap()));
    }
    assert!(written.len() >= 5);
    for password in passwords.into_iter().chain(["Secret#Moved-c3lls"]) {
        for (name, bytes) in &written {
            let found = bytes
                .windows(password.len())
                .any(|window| window == password.as_bytes());
            assert!(!found, "{password} is in {name}");
        }
    }
    assert_eq!(dir.results().count("rejected"), 3);
}

#[test]
fn no_password_is_in_the_ledger_of_a_running_import() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.faults.answer_late = LateFault {
        probability: 1.0,
        delay_ms: 60_000,
    };
    let pool = Pool::start(settings);
    let list = dir.file("users.csv", users(5));
    let running = dir.import(&pool, list).start();
    pool.wait_for_requests("SignUp", 5);
    let mut files = 0;
    for entry in fs::read_dir(dir.path("run")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(9).any(|window| window == b"Passw0rd!"));
        files += 1;
    }
    assert!(files >= 2, "the ledger and its log");
    drop(running);
}

#[test]
fn a_trigger_that_repeats_a_password_is_not_quoted() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.pre_sign_up = PreSignUp::Refuse {
        message: "Echo#Passw0rd is leaked".to_owned(),
    };
    let pool = Pool::start(settings);
    let list = dir.file(
        "users.csv",
        "username,password,email\nann,Echo#Passw0rd,ann@example.com\n",
    );
    let output = dir.import(&pool, list).arg("-vv").run().exits(1);
    let row = &dir.results().rows[0];
    assert!(row["error_message"].contains("(the password) is leaked"));
    assert!(!output.stderr.contains("Echo#Passw0rd"));
}

#[test]
fn a_list_of_hashes_is_refused_and_an_empty_list_noted() {
    let dir = TestDir::new();
    let mut settings = quick();
    settings.password_policy.require_uppercase = false;
    settings.password_policy.require_symbols = false;
    let pool = Pool::start(settings);
    let list = "username,password,email\n\
                ann,5f4dcc3b5aa765d61d8327deb882cf99,ann@example.com\n\
                bob,e99a18c428cb38d5f260853678922e03,bob@example.com\n";
    let list = dir.file("users.csv", list);
    dir.import(&pool, list)
        .run()
        .exits(3)
        .names(["[password_digests]", "--password generate"]);
    assert_eq!(pool.requests("SignUp"), 0);
    let empty = dir.file("empty.csv", "username,password,email\n");
    dir.import(&pool, empty).run().exits(0).names(["[no_rows]"]);
}
