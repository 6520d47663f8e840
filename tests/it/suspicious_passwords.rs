//! Suspicious passwords: hashes, masks, or one password for all users. They are refused before the
//! first call.

use crate::harness::{Pool, ProgramCommand, TestDir, codes, quick};

fn with_passwords(passwords: impl IntoIterator<Item = String>) -> String {
    let mut list = csv::Writer::from_writer(Vec::new());
    list.write_record(["username", "password", "email"])
        .unwrap();
    for (number, password) in passwords.into_iter().enumerate() {
        let (name, email) = (format!("u{number}"), format!("u{number}@example.com"));
        list.write_record([&name, &password, &email]).unwrap();
    }
    String::from_utf8(list.into_inner().unwrap()).unwrap()
}

/// A pool whose policy accepts hashes.
fn lax() -> Pool {
    let mut settings = quick();
    settings.password_policy = cognito_import::rehearsal::PasswordRules {
        minimum_length: 6,
        require_uppercase: false,
        require_lowercase: false,
        require_numbers: false,
        require_symbols: false,
    };
    Pool::start(settings)
}

/// Asserts that this is the first refusal, and that the flag that allows the passwords is named.
#[track_caller]
fn assert_refused(cli: ProgramCommand, code: &str) {
    let output = cli.json().run().exits(3);
    let output = output.names(["--allow-suspicious-passwords"]);
    assert_eq!(codes(&output.document(), "refusals")[0], code);
}

fn hexadecimal(number: usize, digits: usize) -> String {
    let mut text = String::new();
    let mut state = number as u64 + 1;
    while text.len() < digits {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        text += &format!("{:08x}", state >> 32);
    }
    text.truncate(digits);
    text
}

fn base64(number: usize, bytes: usize) -> String {
    use base64::Engine as _;
    let hex = hexadecimal(number, bytes * 2);
    let raw: Vec<u8> = (0..bytes)
        .map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap())
        .collect();
    base64::engine::general_purpose::STANDARD.encode(raw)
}

#[test]
fn a_list_of_hashes_is_refused_and_no_user_signed_up() {
    type Form = (&'static str, fn(usize) -> String);
    let forms: [Form; 10] = [
        ("password_hashes", |n| format!("!{}", hexadecimal(n, 40))),
        ("password_hashes", |n| {
            format!("*{}", hexadecimal(n, 40).to_uppercase())
        }),
        ("password_hashes", |n| format!("0x{}", hexadecimal(n, 64))),
        ("password_hashes", |n| {
            format!("{}:{}", hexadecimal(n, 32), hexadecimal(n + 9, 16))
        }),
        ("password_hashes", |n| {
            format!("{}:xY:1", hexadecimal(n, 64))
        }),
        ("password_hashes", |n| {
            format!("md5$abc${}", hexadecimal(n, 32))
        }),
        ("password_hashes", |n| {
            format!("$s0$e0801${}$x", base64(n, 32))
        }),
        ("password_digests", |n| base64(n, 20)),
        ("password_digests", |n| base64(n, 64)),
        ("password_digests", |n| hexadecimal(n, 40)),
    ];
    let pool = lax();
    for (code, form) in forms {
        let dir = TestDir::new();
        let list = dir.file("users.csv", with_passwords((0..30).map(form)));
        assert_refused(dir.import(&pool, list), code);
        assert_refused(dir.check(&pool, list), code);
    }
    assert_eq!(pool.requests("SignUp"), 0);
}

#[test]
fn masks_and_a_shared_password_are_refused_unless_allowed() {
    let pool = lax();
    for (code, passwords) in [
        (
            "passwords_masked",
            vec!["********".to_owned(), "xxxxxx".to_owned()],
        ),
        ("passwords_identical", vec!["Welcome#1".to_owned(); 10]),
    ] {
        let dir = TestDir::new();
        let rows = passwords.len();
        let list = dir.file("users.csv", with_passwords(passwords));
        assert_refused(dir.import(&pool, list), code);
        let allowed = dir.import(&pool, list).arg("--allow-suspicious-passwords");
        allowed.run().exits(0);
        assert_eq!(dir.results().outcomes().len(), rows);
    }
    // A short list may be written like this by hand.
    let dir = TestDir::new();
    let list = dir.file("users.csv", with_passwords(vec!["Welcome#1".to_owned(); 9]));
    dir.check(&pool, list).run().exits(0);
}

#[test]
fn passwords_that_look_like_hashes_can_be_allowed() {
    let dir = TestDir::new();
    let pool = lax();
    let hash = format!("{}:{}", hexadecimal(1, 32), hexadecimal(2, 16));
    let passwords = [
        "Passw0rd!1".to_owned(),
        "Passw0rd!2".to_owned(),
        hash.clone(),
    ];
    let list = dir.file("users.csv", with_passwords(passwords));
    dir.import(&pool, list).run().exits(1);
    let results = dir.results();
    assert_eq!(results.outcomes(), ["created", "created", "invalid"]);
    assert_eq!(results.row(3)["error_code"], "password.hash");
    // Other values reach the pool, so it is a different run.
    let allowed = || {
        dir.import(&pool, list)
            .args(["--allow-suspicious-passwords", "--confirm"])
    };
    allowed().run().exits(3);
    allowed().args(["--run-dir", "another"]).run().exits(0);
    let results = dir.results_in("another");
    assert_eq!(results.outcomes(), ["existed", "existed", "created"]);
    let (sdk, client) = (pool.sdk(), &pool.settings().client_id);
    assert_eq!(sdk.sign_in(client, "u2", &hash), Ok(()));
}

#[test]
fn standard_input_is_refused_by_its_first_passwords() {
    let dir = TestDir::new();
    let pool = lax();
    let list = with_passwords((0..500).map(|number| hexadecimal(number, 40)));
    let import = || dir.import(&pool, "-").input(list.clone());
    let output = import().run().exits(4);
    output.names(["--allow-suspicious-passwords"]);
    assert!(pool.requests("SignUp") < 10, "{}", pool.requests("SignUp"));
    import()
        .args(["--allow-suspicious-passwords", "--run-dir", "another"])
        .run()
        .exits(0);
    assert_eq!(dir.results_in("another").rows.len(), 500);
}
