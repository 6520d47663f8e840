use super::{HeaderError, Mapping, MappingOptions, PasswordFrom, Sourced};
use crate::rows::{Dialect, Header, Rows};
use crate::source::OpenSource;
use crate::user::{InvalidRow, Row};

mod cells;
mod conditions;
mod finding_messages;
mod follow_up;
mod header_messages;
mod header_problems;
mod options;
mod selection;
mod suggestions;
mod transforms;
mod usernames;

/// Returns a flag with column names.
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

/// Asserts that the header has exactly one problem, which contains the expected text.
#[track_caller]
fn assert_problem(header: &str, options: &MappingOptions, expected: &str) {
    let problems = problems(header, options);
    assert_eq!(problems.len(), 1, "{header}: {problems:?}");
    assert!(problems[0].contains(expected), "{header}: {problems:?}");
}

fn rows(text: &str) -> Vec<Row> {
    rows_with(text, &MappingOptions::default())
}

fn rows_with(text: &str, options: &MappingOptions) -> Vec<Row> {
    let mut raw_rows = open_rows(text.as_bytes(), &Dialect::default());
    let mapping = Mapping::from_header("list.csv", raw_rows.header(), options).unwrap();
    let mut rows = Vec::new();
    while let Some(raw) = raw_rows.next_row().unwrap() {
        let row = mapping.row(&raw);
        assert_eq!(row.username(), mapping.username_of(&raw).as_deref());
        rows.push(row);
    }
    rows
}

fn open_rows(list: &[u8], dialect: &Dialect) -> Rows {
    let source = OpenSource {
        bytes: Box::new(std::io::Cursor::new(list.to_vec())),
        length: None,
    };
    Rows::open("list.csv".to_owned(), source, dialect).unwrap()
}

fn invalid(row: &Row) -> &InvalidRow {
    row.user.as_ref().unwrap_err().invalid().unwrap()
}

/// Returns the codes of a row's findings.
fn codes(row: &Row) -> Vec<&'static str> {
    match &row.user {
        Ok(_) => Vec::new(),
        Err(_) => invalid(row)
            .findings
            .iter()
            .map(|finding| finding.rule.code())
            .collect(),
    }
}

#[test]
fn recognizes_columns_in_any_case_and_order() {
    let mapping = mapping(
        "EMAIL,Password,cognito:USERNAME,Custom:legacyId",
        &MappingOptions::default(),
    )
    .unwrap();
    assert_eq!(
        mapping.identity(),
        "username=3 password=2 email=1 custom:legacyId=4"
    );
}

#[test]
fn rejects_duplicate_columns() {
    let problems = problems(
        "username,password,Username,email,EMAIL",
        &MappingOptions::default(),
    );
    assert!(
        problems[0].contains("columns 1 and 3 are both mapped to the username"),
        "{problems:?}"
    );
    assert!(
        problems[1].contains("columns 4 and 5 are both mapped to email"),
        "{problems:?}"
    );
}

#[test]
fn ignores_cognito_only_columns_with_a_notice_unless_they_are_dropped() {
    let all = "username,password,email_verified,phone_number_verified,sub,identities,\
               cognito:user_status,UserStatus,Enabled,UserCreateDate,UserLastModifiedDate,\
               cognito:mfa_enabled,MFAOptions,UserMFASettingList,PreferredMfaSetting";
    let ignoring_them = mapping(all, &MappingOptions::default()).unwrap();
    let notices = ignoring_them.notices();
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
    assert_eq!(ignoring_them.identity(), plain.identity());
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
fn without_passwords_the_column_is_optional_and_unused() {
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
fn empty_cells_set_no_attribute() {
    let rows = rows("username,password,email,name\nann,Passw0rd!,,\n");
    assert!(rows[0].user.as_ref().unwrap().attributes.is_empty());
}

#[test]
fn reports_all_findings_of_a_row_without_the_password() {
    let rows = rows("username,password,email,name\n, Hid den,x@y.z,\n");
    let invalid = invalid(&rows[0]);
    assert_eq!(invalid.findings.len(), 2);
    let text = invalid.to_string();
    assert!(
        text.contains("column username: ") && text.contains("column password: "),
        "{text}"
    );
    assert!(!text.contains("Hid"), "{text}");
}

#[test]
fn findings_about_unreadable_rows_name_the_column() {
    let rows = rows("username,password,email\nann,Passw0rd!\nbob,Passw0rd!,b@x.y\n");
    let invalid = invalid(&rows[0]);
    assert_eq!(invalid.code(), "row.cell_count");
    assert_eq!(
        invalid.to_string(),
        "column email: the row has 2 cells, but the header has 3 columns"
    );
    assert!(rows[1].user.is_ok());
}
