use super::{HeaderError, Mapping, MappingOptions, PasswordFrom, Sourced};
use crate::rows::{Dialect, Header, Rows};
use crate::source::OpenSource;
use crate::user::{InvalidRow, Row};

mod asked;
mod cells;
mod conditions;
mod follow_up;
mod messages;
mod refused;
mod suggested;
mod transformed;
mod usernames;

/// What a flag with the name of a column asks for.
fn names(flag: &str, names: &[&str]) -> Vec<Sourced<String>> {
    names
        .iter()
        .map(|name| Sourced::new((*name).to_owned(), format!("{flag} {name}")))
        .collect()
}

fn ignoring(columns: &[&str]) -> MappingOptions {
    MappingOptions {
        ignore: names("--ignore-column", columns),
        ..Default::default()
    }
}

fn mapping(header: &str, options: &MappingOptions) -> Result<Mapping, HeaderError> {
    let names = header
        .split(',')
        .map(|name| name.trim().to_owned())
        .collect();
    Mapping::from_header("list.csv", &Header::new(names), options)
}

fn problems(header: &str, options: &MappingOptions) -> Vec<String> {
    mapping(header, options).unwrap_err().problems
}

fn rows(text: &str) -> Vec<Row> {
    rows_with(text, &MappingOptions::default())
}

fn rows_with(text: &str, options: &MappingOptions) -> Vec<Row> {
    let source = OpenSource {
        bytes: Box::new(std::io::Cursor::new(text.as_bytes().to_vec())),
        length: None,
    };
    let mut rows = Rows::open("list.csv".to_owned(), source, &Dialect::default()).unwrap();
    let mapping = Mapping::from_header("list.csv", rows.header(), options).unwrap();
    let mut seen = Vec::new();
    while let Some(raw) = rows.next_row().unwrap() {
        seen.push(mapping.row(&raw));
    }
    seen
}

fn broken(row: &Row) -> &InvalidRow {
    row.user.as_ref().unwrap_err().broken().unwrap()
}

#[test]
fn columns_are_known_by_name_whatever_their_case_and_order() {
    let found = mapping(
        "EMAIL,Password,cognito:USERNAME,Custom:legacyId",
        &MappingOptions::default(),
    )
    .unwrap();
    assert_eq!(
        found.identity(),
        "username=3 password=2 email=1 custom:legacyId=4"
    );
}

#[test]
fn a_column_that_stands_twice_is_refused() {
    let found = problems(
        "username,password,Username,email,EMAIL",
        &MappingOptions::default(),
    );
    assert!(
        found[0].contains("columns 1 and 3 both mean the username"),
        "{found:?}"
    );
    assert!(
        found[1].contains("columns 4 and 5 both mean email"),
        "{found:?}"
    );
}

#[test]
fn what_only_cognito_sets_is_ignored_with_a_notice_and_can_be_dropped_in_silence() {
    let all = "username,password,email_verified,phone_number_verified,sub,identities,cognito:user_status,UserStatus,Enabled,\
               UserCreateDate,UserLastModifiedDate,cognito:mfa_enabled,MFAOptions,UserMFASettingList,PreferredMfaSetting";
    let found = mapping(all, &MappingOptions::default()).unwrap();
    let notices = found.notices();
    let codes: Vec<&str> = notices.iter().map(|notice| notice.code).collect();
    assert_eq!(codes, ["verified_ignored", "cognito_columns_ignored"]);
    assert!(notices[0].hint.contains("--verify email,phone_number"));
    for name in all.split(',').skip(2) {
        assert!(
            notices.iter().any(|notice| notice.message.contains(name)),
            "{name}: {notices:?}"
        );
    }
    assert!(notices[1].hint.contains("--disable-where Enabled=false"));
    let plain = mapping("username,password", &MappingOptions::default()).unwrap();
    assert_eq!(found.identity(), plain.identity());
    let dropped: Vec<&str> = all.split(',').skip(2).collect();
    assert_eq!(mapping(all, &ignoring(&dropped)).unwrap().notices(), []);
    let kept = MappingOptions {
        keep: names("--keep", &["sub"]),
        ..MappingOptions::default()
    };
    assert_eq!(
        mapping("username,password,sub", &kept).unwrap().notices(),
        []
    );
    let unknown = ignoring(&["nope"]);
    assert!(
        problems("username,password", &unknown)[0]
            .contains("--ignore-column nope: there is no such column")
    );
}

#[test]
fn without_passwords_the_column_is_not_needed_and_not_sent() {
    let none = MappingOptions {
        password: Some(PasswordFrom::None),
        ..Default::default()
    };
    assert_eq!(
        mapping("username", &none).unwrap().identity(),
        "username=1 password=none"
    );
    assert_eq!(
        mapping("username,password", &none).unwrap().identity(),
        "username=1 password=none"
    );
}

#[test]
fn an_empty_cell_is_no_attribute() {
    let seen = rows("username,password,email,name\nann,Passw0rd!,,\n");
    assert!(seen[0].user.as_ref().unwrap().attributes.is_empty());
}

#[test]
fn all_findings_of_a_row_are_told_at_once_and_never_a_password() {
    let seen = rows("username,password,email,name\n, Hid den,x@y.z,\n");
    let broken = broken(&seen[0]);
    assert_eq!(broken.findings.len(), 2);
    let text = broken.to_string();
    assert!(
        text.contains("column username: ") && text.contains("column password: "),
        "{text}"
    );
    assert!(!text.contains("Hid"), "{text}");
}

#[test]
fn a_row_that_cannot_be_read_names_its_column() {
    let seen = rows("username,password,email\nann,Passw0rd!\nbob,Passw0rd!,b@x.y\n");
    let broken = broken(&seen[0]);
    assert_eq!(broken.code(), "row.cell_count");
    assert_eq!(
        broken.to_string(),
        "column email: the row has 2 cells, but the header has 3 columns"
    );
    assert!(seen[1].user.is_ok());
}
