//! Fuzzes mapping files, pool files and rehearsal pool settings.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use clap::{Args as _, FromArgMatches as _};
use cognito_import::cli::mapping_file::MappingFile;
use cognito_import::cli::rehearsal::{RehearsalArgs, pool_settings};
use cognito_import::cli::settings::{pool_rules, pool_rules_text};
use cognito_import::mapping::{Mapping, MappingOptions, PasswordFrom};
use cognito_import::pool::TriggerData;
use cognito_import::rehearsal::{ExistingUser, PoolSettings};
use cognito_import::rows::{Dialect, Rows};
use cognito_import::source::OpenSource;
use cognito_import::user::rules::Strictness;

use crate::case::{Case, fuzz};
use crate::harness::{TestDir, quick, users};
use crate::lists::{SAMPLES, samples};
use crate::mutate;

const EVERY_KEY: &str = r#"
username_from = "Login"
password = "column-or-generate"
ignore_unknown = true
ignore = ["Shoe size"]
keep = ["Id"]
where = ["Tenant=acme"]
skip_where = ["Status=deleted"]
trim = true
null = ["NULL", "\\N"]
lowercase = ["username", "email"]
phone_region = "US"

[columns]
Login = "email"
Key = "password"
Team = "groups"

[set]
locale = "en-US"

[join]
name = ["First", "Last"]

[dates]
birthdate = "%d.%m.%Y"

[values.Gender]
m = "male"
"*" = ""

[follow_up]
confirm = true
verify = ["email"]
groups = ["staff"]
group_separator = "|"
disable_where = ["Status=locked"]

[list]
encoding = "windows-1252"
delimiter = ";"
quote = "'"
escape = "\\"
columns = ["Login", "Key"]
skip_lines = 2
flexible = true
drop_apostrophe = true
unwrap_formulas = true

[validation_data]
source = "import"

[client_metadata]
source = "import"
"#;

/// TOML fragments.
const TOKENS: [&[u8]; 44] = [
    b"=",
    b" = ",
    b"\"",
    b"\"\"\"",
    b"'",
    b"'''",
    b"[",
    b"]",
    b"[[",
    b"]]",
    b"{",
    b"}",
    b",",
    b".",
    b"\n",
    b"\r",
    b"#",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\\U00110000",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xc3\xa4",
    b"0",
    b"-1",
    b"9223372036854775807",
    b"9223372036854775808",
    b"1e400",
    b"nan",
    b"inf",
    b"0x",
    b"1979-05-27T07:32:00Z",
    b"true",
    b"[]",
    b"{}",
    b"\"\"",
    b"[set]\n",
    b"[list]\n",
    b"password = \"none\"\n",
    b"[values.a.b.c.d]\n",
    b"a.b.c.d.e = 1\n",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
];

/// Asserts that an error names the file and a line in it.
fn assert_names_location(error: &str, path: &Path, text: &[u8]) {
    assert!(error.contains(&*path.to_string_lossy()), "{error}");
    if std::str::from_utf8(text).is_err() {
        return;
    }
    let lines = 1 + text.iter().filter(|byte| **byte == b'\n').count();
    let line = error.split("line ").nth(1).map(|after| {
        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<usize>().unwrap_or_default()
    });
    assert!(
        line.is_some_and(|line| (1..=lines).contains(&line)),
        "of {lines} lines: {error}"
    );
}

/// Maps all readable rows of a list.
fn map(list: &[u8], dialect: &Dialect, options: &MappingOptions, strictness: &Strictness) {
    let source = OpenSource {
        bytes: Box::new(Cursor::new(list.to_vec())),
        length: Some(list.len() as u64),
    };
    let Ok(mut rows) = Rows::open("users.csv".into(), source, dialect) else {
        return;
    };
    let mapping = match Mapping::from_header("users.csv", rows.header(), options) {
        Ok(mapping) => mapping.with_rules(strictness),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    assert_eq!(mapping.identity(), mapping.clone().identity());
    while let Ok(Some(row)) = rows.next_row() {
        drop(mapping.row(&row));
    }
}

fn mapping(bases: &[Vec<u8>], list: &[u8], folder: &Path, case: &mut Case) {
    let mut text = bases[case.rng.usize(..bases.len())].clone();
    let other = &bases[case.rng.usize(..bases.len())];
    mutate::bytes(&mut case.rng, &mut text, &TOKENS, other);
    case.input(&text);
    let path = folder.join("mapping.toml");
    std::fs::write(&path, &text).unwrap();
    let check =
        |error: &dyn std::fmt::Display| assert_names_location(&error.to_string(), &path, &text);
    let file = match MappingFile::read(&path) {
        Ok(file) => file,
        Err(error) => return check(&error),
    };
    let mut data = TriggerData::default();
    if let Err(error) = file.tell_triggers(&mut data) {
        check(&error);
    }
    let dialect = file.dialect().map_err(|error| check(&error));
    let options = file.options().map_err(|error| check(&error));
    if let (Ok(dialect), Ok(options)) = (dialect, options) {
        map(list, &Dialect::default(), &options, &Strictness::Formats);
        map(list, &dialect, &options, &Strictness::Formats);
    }
}

fn pool(base: &[u8], list: &[u8], folder: &Path, case: &mut Case) {
    let mut text = base.to_vec();
    mutate::bytes(&mut case.rng, &mut text, &TOKENS, base);
    case.input(&text);
    let path = folder.join("pool.toml");
    std::fs::write(&path, &text).unwrap();
    let rules = match pool_rules(&path) {
        Ok(rules) => rules,
        Err(error) => return assert_names_location(&error.to_string(), &path, &text),
    };
    std::fs::write(&path, pool_rules_text(&rules).unwrap()).unwrap();
    assert_eq!(
        pool_rules(&path).unwrap(),
        rules,
        "what `describe` would write"
    );
    let options = MappingOptions {
        password: Some(PasswordFrom::ColumnOrGenerate),
        ..MappingOptions::default()
    };
    let strictness = Strictness::Pool(Arc::new(rules));
    map(list, &Dialect::default(), &options, &strictness);
}

/// JSON fragments.
const JSON: [&[u8]; 22] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\n",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"null",
    b"true",
    b"-1",
    b"1e400",
    b"18446744073709551616",
    b"0.1",
    b"NaN",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
];

/// Settings with an entry in every list.
fn every_setting() -> PoolSettings {
    PoolSettings {
        groups: vec!["staff".to_owned()],
        existing: vec![ExistingUser {
            username: "zoe".to_owned(),
            created: Some(1_795_658_400),
            ..ExistingUser::default()
        }],
        auto_verified_attributes: vec!["email".to_owned()],
        daily_messages: Some(2),
        ..quick()
    }
}

fn settings(base: &serde_json::Value, case: &mut Case) {
    let dir = TestDir::new();
    let mut value = base.clone();
    mutate::json(&mut case.rng, &mut value, "x");
    let mut text = serde_json::to_vec_pretty(&value).unwrap();
    if case.rng.u8(..4) == 0 {
        let other = text.clone();
        mutate::bytes(&mut case.rng, &mut text, &JSON, &other);
    }
    case.input(&text);
    dir.file("pool.json", &text);
    let path = dir.path("pool.json");
    let command = RehearsalArgs::augment_args(clap::Command::new("rehearse"));
    let given = command
        .try_get_matches_from(["rehearse", "--pool-settings", path.to_str().unwrap()])
        .unwrap();
    let args = RehearsalArgs::from_arg_matches(&given).unwrap();
    if let Err(error) = pool_settings(&args) {
        return assert_names_location(&error.to_string(), &path, &text);
    }
    let output = dir
        .cli("rehearse")
        .arg(dir.file("users.csv", users(3)))
        .args(["--pool-settings", "pool.json", "--run-dir", "run"])
        .args(["--deadline", "1s", "--attempt-timeout", "1s"])
        .args(["--settle-time", "1s", "--preflight-timeout", "1s"])
        .args(["--output", "json", "--group", "staff"])
        .run();
    output.assert_no_panic();
    assert!(
        matches!(output.code, Some(0 | 1 | 3 | 4 | 5)),
        "{:?}: {}",
        output.code,
        output.stderr
    );
    let document = output.document();
    assert_eq!(document["exit_code"], output.code.unwrap());
}

#[test]
fn settings_of_pools() {
    let base = serde_json::to_value(every_setting()).unwrap();
    fuzz("settings_of_pools", 3, |case| settings(&base, case));
}

#[test]
fn mapping_files() {
    let sample = |name: &&str| std::fs::read(samples().join(name).join("mapping.toml")).unwrap();
    let mut bases: Vec<Vec<u8>> = SAMPLES.iter().map(sample).collect();
    bases.push(EVERY_KEY.into());
    let list = "Login,Key,Team,First,Last,Gender,birthdate,Status,Id,Shoe size\n\
        ann@example.com,Passw0rd!,a|b,Ann,Lee,m,01.02.1990,locked,1,38\n";
    let folder = tempfile::tempdir().unwrap();
    fuzz("mapping_files", 1, |case| {
        mapping(&bases, list.as_bytes(), folder.path(), case);
    });
}

#[test]
fn pool_files() {
    let base = std::fs::read(samples().join("pool.toml")).unwrap();
    let list = std::fs::read(samples().join("users-broken.csv")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fuzz("pool_files", 1, |case| {
        pool(&base, &list, folder.path(), case)
    });
}
