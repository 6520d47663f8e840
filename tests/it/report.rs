//! `report.html`: correct, safe to open, safe to share, and readable.

mod browser;

use std::fs;

use cognito_import::rehearsal::{Faults, PoolSettings, PreSignUp};

use crate::harness::{Pool, TestDir, quick, users};

fn page(dir: &TestDir, run: &str) -> String {
    fs::read_to_string(dir.path(run).join("report.html")).unwrap()
}

/// The text of a page without tags, with entities decoded.
fn shown(page: &str) -> String {
    let body = page.split_once("</style>").unwrap().1;
    let mut text = String::new();
    for piece in body.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
        text.push(' ');
    }
    let mut text = text.replace("&#38;", "&");
    for (entity, character) in [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
    ] {
        text = text.replace(entity, character);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Asserts that every element is closed in order, except void elements.
fn assert_well_formed(page: &str) {
    const VOID: [&str; 1] = ["meta"];
    let (style, end) = (
        page.find("<style>").unwrap(),
        page.find("</style>").unwrap(),
    );
    let without_style = format!("{}{}", &page[..style + 7], &page[end..]);
    let mut open: Vec<String> = Vec::new();
    for tag in without_style.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').unwrap();
        assert!(!text.contains('>'), "a bare > after <{tag}>");
        let name = tag
            .trim_start_matches('/')
            .split_whitespace()
            .next()
            .unwrap();
        let name = name.trim_end_matches('/').to_owned();
        if tag.starts_with('!') || tag.ends_with('/') || VOID.contains(&name.as_str()) {
            continue;
        }
        if tag.starts_with('/') {
            assert_eq!(open.pop().as_deref(), Some(name.as_str()), "</{name}>");
        } else {
            // Every attribute value is quoted, and quotes are balanced.
            assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

fn assert_harmless(page: &str) {
    assert_well_formed(page);
    let small = page.to_lowercase();
    for never in [
        "<script", "<iframe", "<img", "<link", "<object", "<base", "<form", " src=", "@import",
    ] {
        assert!(!small.contains(never), "{never}");
    }
    // No event handlers and no links outside the page: every attribute is one of the template.
    for tag in small.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        assert!(
            !tag.contains("http") || tag.starts_with("meta http-equiv"),
            "<{tag}>"
        );
        assert!(
            !tag.contains("href=") || tag.contains("href=\"#"),
            "<{tag}>"
        );
        assert!(
            !tag.split_whitespace()
                .any(|word| word.starts_with("on") && word.contains('=')),
            "<{tag}>"
        );
    }
    assert!(small.contains("<meta http-equiv=\"content-security-policy\" content=\"default-src 'none'; style-src 'sha256-"), "{}", &page[..600]);
    let hidden = |c: char| {
        (c.is_control() && c != '\n')
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    assert!(!page.contains(hidden), "a hidden character");
}

/// Cells that try to inject content in various ways.
const HOSTILE: [&str; 12] = [
    "<script>alert(1)</script>",
    "<img/src=x/onerror=alert(1)>",
    "\"><svg/onload=alert(1)>",
    "</style></title><script>1</script>",
    "=cmd|'/c_calc'!A1",
    "@SUM(1+1)",
    "\u{202e}gpj.exe",
    "\u{1b}[2J\u{1b}[31mred",
    "bell\u{7}",
    "c1\u{9b}31m",
    "{{7*7}}",
    "&lt;b&gt;&amp;",
];

fn hostile_list() -> String {
    let mut list = String::from("username,password,email,custom:legacy_id\n");
    for (number, name) in HOSTILE.iter().enumerate() {
        let cell = name.replace('"', "\"\"");
        list += &format!("\"{cell}\",Passw0rd!{number},h{number}@example.com,\"{cell}\"\n");
        list += &format!(
            "\"n{number}{}\",Passw0rd!{number},\"{cell}\",\"{cell}\"\n",
            "w".repeat(120)
        );
    }
    list
}

#[test]
fn a_hostile_list_is_harmless_in_files_and_at_the_terminal() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        pre_sign_up: PreSignUp::Refuse {
            message: "<b>\u{1b}[31m\u{202e}no</b>".to_owned(),
        },
        ..quick()
    });
    let name = "<b>\u{202e}\u{1b}[31mlist.csv";
    let list = dir.file(name, hostile_list());
    let output = dir
        .import(&pool, list)
        .args([
            "--pii",
            "full",
            "--keep",
            "email",
            "--max-failures",
            "0",
            "--no-preflight",
        ])
        .run()
        .exits(1);
    let harmful =
        |text: &str| text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}');
    assert!(!harmful(&output.stderr), "{:?}", output.stderr);
    let check = dir.cli("check").arg(list).run();
    assert!(!harmful(&check.stderr), "{:?}", check.stderr);
    let page = page(&dir, "run");
    assert_harmless(&page);
    let text = shown(&page);
    assert!(
        text.contains("<script>alert(1)</script>"),
        "shown as text: {text}"
    );
    assert!(text.contains("[U+202E][U+001B][31mlist.csv"), "{text}");
    for file in ["results.csv", "results.jsonl", "summary.json"] {
        let text = fs::read_to_string(dir.path("run").join(file)).unwrap();
        assert!(!harmful(&text), "{file}");
    }
    let results = dir.results();
    for cell in results.rows.iter().flat_map(|row| row.values()) {
        assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
    }
    // Names are unchanged for programs.
    for name in HOSTILE {
        let mut lines = results.lines.iter();
        assert!(lines.any(|line| line["username"] == name), "{name}");
    }
}

/// Runs a list with every kind of outcome against a faulty pool.
fn mixed(dir: &TestDir, run: &str, pii: &str) {
    let list = users(30)
        + "ann.lee@example.com,weak,ann.lee@example.com\nbob.miller,Passw0rd!1,bob.miller-at-example\nuser0001,Passw0rd!1,user0001@example.com\n\
           carl.jones,,carl@example.com\n";
    let list = dir.file("users.csv", list);
    dir.rehearse(list)
        .args([
            "--run-dir",
            run,
            "--pii",
            pii,
            "--fault",
            "throttle=0.2",
            "--fault",
            "error_500_after=0.1",
            "--seed",
            "5",
        ])
        .args(["--quota", "1000", "--rate", "300"])
        .run()
        .exits(1);
}

#[test]
fn the_page_agrees_with_the_summary() {
    let dir = TestDir::new();
    mixed(&dir, "run", "masked");
    let page = page(&dir, "run");
    assert_harmless(&page);
    let text = shown(&page);
    let summary = dir.results().summary;
    for (outcome, count) in summary["outcomes"].as_object().unwrap() {
        let line = format!("{outcome} {count} ");
        assert!(text.contains(&line), "{line}: {text}");
    }
    for (code, count) in summary["errors"].as_object().unwrap() {
        let rows = if count == 1 { "row" } else { "rows" };
        let line = format!("{code} {count} {rows}:");
        assert!(text.contains(&line), "{line}: {text}");
    }
    let creation = &summary["requests"]["UserCreation"];
    let line = format!("{} {} ", creation["sent"], creation["throttled"]);
    assert!(
        text.contains(&line) && creation["throttled"] != 0,
        "{line}: {text}"
    );
    for datum in [
        summary["fingerprint"].as_str().unwrap(),
        "us-east-1_Rehearsal",
        concat!("cognito-import ", env!("CARGO_PKG_VERSION")),
        "rehearse users.csv --run-dir run",
    ] {
        assert!(text.contains(datum), "{datum}: {text}");
    }
}

#[test]
fn names_are_masked_unless_requested() {
    let dir = TestDir::new();
    mixed(&dir, "run", "masked");
    let names = ["ann.lee", "bob.miller", "carl.jones", "carl@", "user0001"];
    let masked = page(&dir, "run");
    for name in names {
        assert!(!masked.contains(name), "{name}");
    }
    assert!(shown(&masked).contains("a***@e***.com"));
    dir.cli("report")
        .args(["run", "--pii", "full"])
        .run()
        .exits(1);
    let full = shown(&page(&dir, "run"));
    for name in ["ann.lee@example.com", "bob.miller-at-example", "carl.jones"] {
        assert!(full.contains(name), "{name}: {full}");
    }
}

#[test]
fn the_page_of_a_stopped_run_has_the_resume_command() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        faults: Faults {
            lost_pool_after: Some(10),
            ..Faults::default()
        },
        ..quick()
    });
    let list = dir.file("my users.csv", users(40));
    dir.import(&pool, list)
        .args(["--concurrency", "2", "--restart"])
        .run()
        .exits(4);
    dir.cli("report").arg("run").run().exits(4);
    let text = shown(&page(&dir, "run"));
    assert!(
        text.contains("import 'my users.csv' --concurrency 2"),
        "{text}"
    );
    assert!(!text.contains("--restart"), "it would start over: {text}");
    for datum in ["ResourceNotFoundException", "--user-pool-id"] {
        assert!(text.contains(datum), "{datum}: {text}");
    }
    let summary = dir.results().summary;
    assert_eq!(
        (&summary["sessions"], &summary["exit_code"]),
        (&1.into(), &4.into())
    );
    let pool = pool.restart_with(|settings| settings.faults = Faults::default());
    dir.import(&pool, list).run().exits(0);
    let text = shown(&page(&dir, "run"));
    assert!(text.contains("2 sessions"), "{text}");
    assert!(!text.contains("ResourceNotFoundException"), "{text}");
}

#[test]
fn the_page_stays_small_for_any_list() {
    let dir = TestDir::new();
    let mut list = String::from("username,password,email\n");
    for number in 0..3_000 {
        list += &format!("{}{number},x,{}\n", "n".repeat(100), "e".repeat(200));
    }
    let list = dir.file("users.csv", list);
    dir.rehearse(list)
        .args([
            "--no-preflight",
            "--max-failures",
            "0",
            "--max-failure-rate",
            "1",
            "--quota",
            "5000",
            "--rate",
            "5000",
            "--pii",
            "full",
        ])
        .run()
        .exits(1);
    let size = page(&dir, "run").len();
    assert!(size < 64 * 1024, "{size} bytes");
}
