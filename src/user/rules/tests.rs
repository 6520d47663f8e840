use std::sync::Arc;

use super::{RowRules, Strictness, password_hash};
use crate::user::finding::{Finding, Rule};
use crate::user::pool_rules::{AttributeRule, Contact, PasswordPolicy, PoolRules, ValueType};

fn strict(pool: PoolRules) -> Strictness {
    Strictness::Pool(Arc::new(pool))
}

fn text(name: &str, min: usize, max: usize) -> AttributeRule {
    AttributeRule {
        name: name.into(),
        min_length: Some(min),
        max_length: Some(max),
        ..AttributeRule::default()
    }
}

fn number(name: &str, min: Option<i64>, max: Option<i64>) -> AttributeRule {
    AttributeRule {
        name: name.into(),
        data_type: ValueType::Number,
        min_value: min,
        max_value: max,
        ..AttributeRule::default()
    }
}

fn violated_rule(findings: &[Finding]) -> Option<Rule> {
    assert!(findings.len() <= 1, "{findings:?}");
    findings.first().map(|finding| finding.rule)
}

#[test]
fn checks_values_against_the_schema() {
    let names = [
        "email",
        "phone_number",
        "birthdate",
        "updated_at",
        "custom:age",
        "custom:ok",
        "custom:code",
    ];
    let pool = PoolRules {
        schema: vec![
            text("email", 0, 30),
            text("birthdate", 10, 10),
            number("updated_at", Some(0), None),
            number("custom:age", Some(-5), Some(150)),
            AttributeRule {
                name: "custom:ok".into(),
                data_type: ValueType::Boolean,
                ..AttributeRule::default()
            },
            text("custom:code", 2, 4),
        ],
        ..PoolRules::default()
    };
    let pool = RowRules::new(&strict(pool), names.into_iter());
    let formats = RowRules::new(&Strictness::Formats, names.into_iter());
    let api = RowRules::new(&Strictness::Api, names.into_iter());
    let no = None;
    // Attribute and value; the rules violated in the pool, and by formats alone.
    let cases: [(&str, &str, Option<Rule>, Option<Rule>); 17] = [
        ("email", "ann@example.com", no, no),
        ("email", "ann", Some(Rule::Email), Some(Rule::Email)),
        (
            "email",
            "a-long-local-part-indeed@example.com",
            Some(Rule::ValueLength),
            no,
        ),
        ("phone_number", "+4930123", no, no),
        (
            "phone_number",
            "030 123",
            Some(Rule::PhoneNumber),
            Some(Rule::PhoneNumber),
        ),
        ("birthdate", "1990-02-01", no, no),
        ("birthdate", "1.2.1990", Some(Rule::ValueLength), no),
        ("updated_at", "1700000000", no, no),
        ("updated_at", "yesterday", Some(Rule::AttributeValue), no),
        ("updated_at", "-1", Some(Rule::NumberRange), no),
        ("custom:age", "-5", no, no),
        ("custom:age", "151", Some(Rule::NumberRange), no),
        (
            "custom:age",
            "99999999999999999999999",
            Some(Rule::NumberRange),
            no,
        ),
        ("custom:ok", "yes", Some(Rule::AttributeValue), no),
        ("custom:ok", "TRUE", no, no),
        ("custom:code", "é", Some(Rule::ValueLength), no),
        ("custom:code", "éé", no, no),
    ];
    for (name, value, in_pool, by_format) in cases {
        let index = names.iter().position(|known| *known == name).unwrap();
        for (rules, expected) in [(&pool, in_pool), (&formats, by_format), (&api, no)] {
            let mut findings = Vec::new();
            rules.check_value(index, "column", value, &mut findings);
            assert_eq!(violated_rule(&findings), expected, "{name} {value}");
        }
    }
}

#[test]
fn suggests_a_date_format_for_birthdates_of_the_wrong_length() {
    let pool = PoolRules {
        schema: vec![text("birthdate", 10, 10)],
        ..PoolRules::default()
    };
    let rules = RowRules::new(&strict(pool), ["birthdate"].into_iter());
    for (value, message) in [
        (
            "1.2.1990",
            "the value has 8 characters; this pool allows exactly 10 (YYYY-MM-DD); pass \
             --date-format birthdate=%d.%m.%Y",
        ),
        (
            "31.12.90",
            "the value has 8 characters; this pool allows exactly 10 (YYYY-MM-DD)",
        ),
    ] {
        let mut findings = Vec::new();
        rules.check_value(0, "Born", value, &mut findings);
        assert_eq!(findings[0].message, message);
    }
}

#[test]
fn checks_the_username_formats_of_the_pool() {
    use Contact::{Email, PhoneNumber};
    let refused = Some(Rule::UsernameFormat);
    type UsernameFormatCase<'a> = (&'a [Contact], &'a [&'a str], &'a str, Option<Rule>);
    let cases: [UsernameFormatCase<'_>; 10] = [
        (&[], &[], "ann", None),
        (&[], &[], "ann@example.com", None),
        (&[Email], &[], "ann@example.com", None),
        (&[Email], &[], "ann", refused),
        (&[Email], &[], "+4930123", refused),
        (&[Email, PhoneNumber], &[], "+4930123", None),
        (&[Email, PhoneNumber], &[], "ann", refused),
        (
            &[],
            &["email", "preferred_username"],
            "ann@example.com",
            refused,
        ),
        (&[], &["phone_number"], "+4930123", refused),
        (&[], &["phone_number"], "ann@example.com", None),
    ];
    for (usernames, aliases, username, expected) in cases {
        let rules = RowRules::new(
            &strict(PoolRules {
                username_attributes: usernames.to_vec(),
                alias_attributes: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
                ..PoolRules::default()
            }),
            std::iter::empty(),
        );
        let mut findings = Vec::new();
        rules.check_username("username", username, &mut findings);
        assert_eq!(
            violated_rule(&findings),
            expected,
            "{usernames:?} {aliases:?} {username}"
        );
    }
}

#[test]
fn reports_all_policy_violations_without_the_password() {
    let lax = PasswordPolicy {
        minimum_length: 6,
        require_uppercase: false,
        require_lowercase: false,
        require_numbers: false,
        require_symbols: false,
    };
    let all = PasswordPolicy::default();
    let cases: [(&PasswordPolicy, &str, &[&str]); 9] = [
        (&all, "Sup3r-Secret", &[]),
        (&all, "Sup3r Secret", &[]),
        (&all, "Sup3r\u{a0}Secret", &["symbol"]),
        (&all, "Sup3r!", &["fewer than 8"]),
        (&all, "secretly", &["uppercase", "digit", "symbol"]),
        (&all, "SECRET-42", &["lowercase"]),
        (&all, "ÄÖÜ3r-secret", &["uppercase"]),
        (&lax, "ääääää", &[]),
        (&lax, "äääää", &["fewer than 6"]),
    ];
    for (policy, password, expected) in cases {
        let rules = RowRules::new(
            &strict(PoolRules {
                password_policy: policy.clone(),
                ..PoolRules::default()
            }),
            std::iter::empty(),
        );
        let mut findings = Vec::new();
        rules.check_password("password", password, &mut findings);
        let message = findings
            .first()
            .map_or("", |finding| finding.message.as_str());
        assert_eq!(findings.is_empty(), expected.is_empty(), "{message}");
        assert!(
            expected.iter().all(|text| message.contains(text)),
            "{message}"
        );
        assert!(!message.contains(password), "{message}");
    }
}

#[test]
fn findings_do_not_contain_the_hash() {
    let hash = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
    let finding = password_hash("password", hash).unwrap();
    assert_eq!(finding.rule, Rule::PasswordHash);
    assert!(!finding.message.contains("R9h"), "{finding:?}");
}

#[test]
fn the_username_attribute_must_equal_the_username() {
    use Contact::{Email, PhoneNumber};
    let cases: [(&[Contact], &str, &str, bool); 8] = [
        (&[Email], "ann@example.com", "ann@example.com", true),
        (&[Email], "ann@example.com", "Ann@Example.com", true),
        (&[Email], "ann@example.com", "bob@example.com", false),
        // Invalid addresses have their own finding.
        (&[Email], "ann", "bob@example.com", true),
        (&[Email], "ann@example.com", "bob", true),
        (&[PhoneNumber], "+4930123", "ann@example.com", true),
        // The username may be either attribute.
        (
            &[Email, PhoneNumber],
            "ann@example.com",
            "bob@example.com",
            true,
        ),
        (&[], "ann@example.com", "bob@example.com", true),
    ];
    for (usernames, username, email, valid) in cases {
        let pool = PoolRules {
            username_attributes: usernames.to_vec(),
            ..PoolRules::default()
        };
        let rules = RowRules::new(&strict(pool), ["name", "email"].into_iter());
        let mut findings = Vec::new();
        assert!(!rules.must_equal_username(0));
        if rules.must_equal_username(1) {
            rules.check_equals_username(username, "E-Mail", email, &mut findings);
        }
        let expected = (!valid).then_some(Rule::AttributeValue);
        assert_eq!(
            violated_rule(&findings),
            expected,
            "{usernames:?} {username} {email}"
        );
    }
}

#[test]
fn the_username_can_provide_a_required_attribute() {
    use Contact::{Email, PhoneNumber};
    let required = |name: &str| AttributeRule {
        required: true,
        ..text(name, 0, 2_048)
    };
    let pool = |usernames: &[Contact]| {
        strict(PoolRules {
            username_attributes: usernames.to_vec(),
            schema: vec![required("sub"), required("email")],
            ..PoolRules::default()
        })
    };
    let cases: [(&[Contact], &str, Option<Rule>); 4] = [
        (&[], "ann", Some(Rule::AttributeMissing)),
        (&[Email], "ann@example.com", None),
        (&[Email, PhoneNumber], "ann@example.com", None),
        (
            &[Email, PhoneNumber],
            "+4930123",
            Some(Rule::AttributeMissing),
        ),
    ];
    for (usernames, username, expected) in cases {
        let rules = RowRules::new(&pool(usernames), ["name", "email"].into_iter());
        for has_email in [true, false] {
            let mut findings = Vec::new();
            let column = |index: usize| (index == 1).then(|| "E-Mail".to_owned());
            rules.check_required(
                username,
                |index| index == 1 && has_email,
                column,
                &mut findings,
            );
            let expected = expected.filter(|_| !has_email);
            assert_eq!(
                violated_rule(&findings),
                expected,
                "{usernames:?} {username}"
            );
            if let Some(finding) = findings.first() {
                assert_eq!(finding.column.as_deref(), Some("E-Mail"));
            }
        }
        // Without the column, a missing attribute is not the fault of a row, and an invalid
        // username has its own finding.
        let rules = RowRules::new(&pool(usernames), ["name"].into_iter());
        for (username, expected) in [(username, expected), ("", None), ("ann", None)] {
            let mut findings = Vec::new();
            rules.check_required(username, |_| true, |_| None, &mut findings);
            let expected = expected.filter(|_| !usernames.is_empty());
            assert_eq!(
                violated_rule(&findings),
                expected,
                "{usernames:?} {username}"
            );
        }
    }
}
