//! Every message about a row, as users read it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::open_rows;
use super::options::{date, values};
use crate::mapping::{FollowUpOptions, Mapping, MappingOptions, Region, Sourced};
use crate::rows::Dialect;
use crate::source::TextEncoding;
use crate::user::Rule;
use crate::user::pool_rules::{AttributeRule, Contact, PoolRules, ValueType};
use crate::user::rules::Strictness;

/// Adds the findings about a list's rows to the text, and their codes to `seen`.
fn add_findings(
    bytes: &[u8],
    dialect: &Dialect,
    options: &MappingOptions,
    strictness: &Strictness,
    (text, seen): (&mut String, &mut BTreeSet<&'static str>),
) {
    let mut rows = open_rows(bytes, dialect);
    let mapping = Mapping::from_header("list.csv", rows.header(), options)
        .unwrap()
        .with_rules(strictness);
    while let Some(raw) = rows.next_row().unwrap() {
        let row = mapping.row(&raw);
        let Err(not_sent) = row.user else {
            continue;
        };
        for finding in &not_sent.invalid().unwrap().findings {
            let line = format!("{}: {finding}\n", finding.rule.code());
            if !text.contains(&line) {
                text.push_str(&line);
            }
            seen.insert(finding.rule.code());
        }
    }
}

fn pool() -> Strictness {
    let attribute = |name: &str, data_type, required| AttributeRule {
        name: name.to_owned(),
        data_type,
        required,
        ..AttributeRule::default()
    };
    let mut number = attribute("custom:age", ValueType::Number, false);
    (number.min_value, number.max_value) = (Some(18), Some(99));
    let mut text = attribute("custom:code", ValueType::String, false);
    (text.min_length, text.max_length) = (Some(2), Some(4));
    Strictness::Pool(Arc::new(PoolRules {
        username_attributes: vec![Contact::Email],
        alias_attributes: vec!["preferred_username".to_owned()],
        schema: vec![
            number,
            text,
            attribute("custom:ok", ValueType::Boolean, false),
            attribute("name", ValueType::String, true),
            attribute("email", ValueType::String, false),
        ],
        ..PoolRules::default()
    }))
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of cases")]
fn findings_about_rows() {
    let (mut text, mut seen) = (String::new(), BTreeSet::new());
    let mut add = |bytes: &[u8], dialect: &Dialect, options: &MappingOptions, strictness: &_| {
        add_findings(bytes, dialect, options, strictness, (&mut text, &mut seen));
    };
    let (plain, none) = (Dialect::default(), MappingOptions::default());
    let api = Strictness::Api;
    // Quotes, lengths and encodings.
    add(b"username,password,email\nann,Pw1!\n", &plain, &none, &api);
    add(b"username,password\n\"a\nn\",Pw1!,x\n", &plain, &none, &api);
    for cell in ["\"ann\"x", "\"ann\\\"x\"", " \"ann\""] {
        let list = format!("username,password\n{cell},Pw1!\nbob,Pw1!\n");
        add(list.as_bytes(), &plain, &none, &api);
    }
    let backslash = Dialect {
        escape: Some(b'\\'),
        ..Dialect::default()
    };
    add(
        b"username,password\n\"a\\nn\",Pw1!\n",
        &backslash,
        &none,
        &api,
    );
    add(b"username,password\na\\nn,Pw1!\n", &backslash, &none, &api);
    add(
        b"username,password,name\nann,Pw1!,\"Ann\nbob,Pw1!,Bob\ncid,Pw1!,\"Cid\"\n",
        &plain,
        &none,
        &api,
    );
    add(b"username,password\nann,\"Pw1!\n", &plain, &none, &api);
    let long = format!("username,password\nann,{}\n", "x".repeat(70_000));
    add(long.as_bytes(), &plain, &none, &api);
    add(b"username,password\nann,P\xffw1!\n", &plain, &none, &api);
    let shift_jis = Dialect {
        encoding: Some("shift_jis".parse::<TextEncoding>().unwrap()),
        ..Dialect::default()
    };
    add(
        b"username,password\nann,P\xffw1!\n",
        &shift_jis,
        &none,
        &api,
    );
    add(b"username,password,\nann,Pw1!,x\n", &plain, &none, &api);
    // Usernames and passwords.
    let names = ["", "NULL", "a b", "a\tb", "a\u{200b}b", "a\u{fffd}"];
    for name in names
        .map(str::to_owned)
        .into_iter()
        .chain(["x".repeat(129)])
    {
        let list = format!("username,password\n{name},Pw1!\n");
        add(list.as_bytes(), &plain, &none, &api);
    }
    let uuid = MappingOptions {
        username_uuid: Some(Sourced::new("id".to_owned(), "--username-uuid id")),
        ignore_unknown: true,
        ..MappingOptions::default()
    };
    add(
        "id,password\na\u{fffd},Pw1!\n".as_bytes(),
        &plain,
        &uuid,
        &api,
    );
    let hash = format!("$2b$10${}", "a".repeat(53));
    let long = "x".repeat(257);
    for password in [
        "",
        "NULL",
        "=\"\"Pw1!\"\"",
        &hash,
        " Pw1!",
        "Pw1! ",
        "P\u{fffd}",
        &long,
    ] {
        let list = format!("username,password\nann,\"{password}\"\n");
        add(list.as_bytes(), &plain, &none, &api);
    }
    add(b"username,password\na@x.yz,pw\n", &plain, &none, &pool());
    add(
        b"username,password\nann,Passw0rd!\n",
        &plain,
        &none,
        &pool(),
    );
    let aliases = Strictness::Pool(Arc::new(PoolRules {
        alias_attributes: vec!["email".to_owned()],
        ..PoolRules::default()
    }));
    add(
        b"username,password\na@x.yz,Passw0rd!\n",
        &plain,
        &none,
        &aliases,
    );
    // Attributes.
    add(
        b"username,password,email,phone_number\nann,Pw1!,a@,030\nbob,Pw1!, b@x.yz ,+49\n",
        &plain,
        &none,
        &Strictness::Formats,
    );
    let list = "username,password,email,name,preferred_username,custom:age,custom:code,custom:ok\n\
                a@x.yz,Passw0rd!,b@x.yz,Ann,ann,x,abcde,maybe\nb@x.yz,Passw0rd!,,,,17,a,\n\
                c@x.yz,Passw0rd!,,Cid,,100,,\n";
    add(list.as_bytes(), &plain, &none, &pool());
    let long = format!("username,password,name\nann,Pw1!,{}\n", "x".repeat(2_049));
    add(long.as_bytes(), &plain, &none, &api);
    let transformed = MappingOptions {
        phone_region: Some(Region::parse("DE").unwrap()),
        dates: date("birthdate", "%d.%m.%Y"),
        values: values("gender", &[("m", "male")]),
        follow_up: FollowUpOptions {
            verify: vec![Sourced::new(Contact::Email, "--verify email")],
            ..FollowUpOptions::default()
        },
        ..MappingOptions::default()
    };
    add(
        b"username,password,phone_number,birthdate,gender,name,email,email_verified,groups\n\
          ann,Pw1!,12,2000-01-02,x,\"=\"\"1\"\"\",a@x.yz,maybe,a b\nbob,Pw1!,,, m,,,,\n",
        &plain,
        &transformed,
        &api,
    );
    let long = format!("username,password,groups\nann,Pw1!,{}\n", "g".repeat(129));
    add(long.as_bytes(), &plain, &none, &api);
    // Duplicates are found by the survey of the whole list.
    let expected = Rule::ALL
        .into_iter()
        .filter(|rule| *rule != Rule::Duplicate);
    let missing: Vec<&str> = expected
        .map(Rule::code)
        .filter(|code| !seen.contains(code))
        .collect();
    assert_eq!(missing, [""; 0]);
    assert_messages!("findings", text.replace(&"x".repeat(100), "..."));
}
