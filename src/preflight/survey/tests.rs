use super::{Survey, SurveyCounts};
use crate::mapping::{Mapping, MappingOptions};
use crate::rows::{Dialect, Header, Rows};
use crate::source::OpenSource;
use crate::user::password_column::PasswordCounts;
use crate::user::pool_rules::{Contact, PoolRules};
use crate::user::rules::Strictness;

fn survey(list: &str) -> (Survey, Vec<(u64, &'static str)>) {
    let rows = Rows::open(
        "users.csv".into(),
        OpenSource {
            bytes: Box::new(std::io::Cursor::new(list.to_owned().into_bytes())),
            length: None,
        },
        &Dialect::default(),
    )
    .unwrap();
    let header = Header::new(rows.header().names().to_vec());
    let mapping = Mapping::from_header("users.csv", &header, &MappingOptions::default())
        .unwrap()
        .with_rules(&Strictness::Formats);
    let mut reports = Vec::new();
    let survey = Survey::of(rows, &mapping, true, None, |reported| {
        reports.push((reported.row, reported.item.code()));
        Ok(())
    })
    .unwrap();
    (survey, reports)
}

#[test]
fn counts_every_row_once_and_reports_every_finding() {
    let (survey, reports) = survey(
        "username,password,email,phone_number\n\
         ann,Passw0rd!1,ann@example.com,\n\
         Ann,Passw0rd!1,,+4930123\n\
         b b,,unknown,\n\
         cy,Passw0rd!1,cy@example.com,+4930124\n\
         dee,Passw0rd!1,'dee@example.com,\n\
         ann,Passw0rd!1,,\n",
    );
    assert_eq!(
        survey.counts,
        SurveyCounts {
            rows: 6,
            to_send: 3,
            invalid: 1,
            duplicates: 2,
            with_email: 2,
            with_phone_number: 0,
            with_both: 1,
            with_apostrophe: 1,
            passwords: PasswordCounts {
                with_password: 5,
                same_password: true,
                ..PasswordCounts::default()
            },
            ..SurveyCounts::default()
        }
    );
    assert_eq!(
        reports,
        [
            (3, "username.characters"),
            (3, "password.missing"),
            (3, "email.format"),
            (2, "username.duplicate"),
            (6, "username.duplicate"),
        ]
    );
    let most = survey.broken.first().unwrap();
    assert_eq!((most.rule.code(), most.findings), ("username.duplicate", 2));
    assert_eq!((most.examples[0].row, most.examples[0].line), (2, 3));
    assert!(
        most.examples[0].found.contains("row 1 (line 2)"),
        "{most:?}"
    );
}

#[test]
fn counts_apostrophes_in_invalid_rows_too() {
    let (survey, _) = survey(
        "username,password,email,phone_number\n\
         'ann,'Passw0rd!1,'ann@example.com,030 12345671\n",
    );
    assert_eq!(
        (survey.counts.invalid, survey.counts.with_apostrophe),
        (1, 1)
    );
}

#[test]
fn examples_never_contain_passwords() {
    let (survey, _) = survey("username,password\nann,Hidden Word\n");
    assert!(!format!("{survey:?}").contains("Hidden"));
}

#[test]
fn codes_go_to_the_phone_number_if_both_contacts_are_verified() {
    let counts = SurveyCounts {
        with_email: 1,
        with_phone_number: 10,
        with_both: 100,
        ..SurveyCounts::default()
    };
    use Contact::{Email, PhoneNumber};
    let cases: [(&[Contact], (u64, u64)); 4] = [
        (&[], (0, 0)),
        (&[Email], (101, 0)),
        (&[PhoneNumber], (0, 110)),
        (&[Email, PhoneNumber], (1, 110)),
    ];
    for (verified, expected) in cases {
        let rules = PoolRules {
            auto_verified_attributes: verified.to_vec(),
            ..PoolRules::default()
        };
        assert_eq!(counts.messages(&rules), expected, "{verified:?}");
    }
}
