use std::path::Path;

use super::{MappingFile, MappingFileError};
use crate::cli::mapping_options::over;
use crate::hints::Hint as _;
use crate::mapping::{FollowUpOptions, Lowercase, MappingOptions, Sourced, Target};
use crate::user::pool_rules::Contact;

/// All keys that set mapping options, except `follow_up`.
const FULL: &str = r#"
username_from = "E-Mail"
ignore_unknown = true
ignore = ["email_verified"]
keep = ["ID"]
trim = true
lowercase = ["username", "email"]
phone_region = "DE"

[columns]
"E-Mail Address" = "email"

[set]
"custom:source" = "legacy"

[join]
name = ["First Name", "Last Name"]

[dates]
birthdate = "%d.%m.%Y"

[values.Status]
active = "true"
left = ""
"#;

fn read(text: &str) -> Result<MappingOptions, MappingFileError> {
    MappingFile::parse(Path::new("mapping.toml"), text)?.options()
}

#[test]
fn options_record_file_line_and_key() {
    let options = read(FULL).unwrap();
    assert!(options.ignore_unknown && options.trim);
    let username = &options.username_from[0];
    assert_eq!(
        (username.value.as_str(), username.origin.as_str()),
        ("E-Mail", "mapping.toml: line 2, username_from, E-Mail")
    );
    assert_eq!(options.ignore[0].value, "email_verified");
    assert_eq!(options.keep[0].origin, "mapping.toml: line 5, keep, ID");
    assert_eq!(options.lowercase, [Lowercase::Username, Lowercase::Email]);
    assert_eq!(options.phone_region.unwrap().to_string(), "DE");
    let column = &options.columns[0];
    assert_eq!(column.value.column, "E-Mail Address");
    assert_eq!(column.value.target, Target::Attribute("email".into()));
    assert_eq!(
        column.origin,
        "mapping.toml: line 11, columns.\"E-Mail Address\""
    );
    assert_eq!(&*options.set[0].value.attribute, "custom:source");
    assert_eq!(options.join[0].value.columns, ["First Name", "Last Name"]);
    assert_eq!(options.dates[0].value.format.pattern(), "%d.%m.%Y");
    let values: Vec<_> = options
        .values
        .iter()
        .map(|value| {
            (
                &*value.value.column,
                &*value.value.cell,
                &*value.value.replacement,
            )
        })
        .collect();
    assert_eq!(
        values,
        [("Status", "active", "true"), ("Status", "left", "")]
    );
    assert_eq!(
        options.values[1].origin,
        "mapping.toml: line 24, values.\"Status\""
    );
}

#[test]
fn an_empty_file_equals_the_defaults() {
    assert_eq!(
        format!("{:?}", read("").unwrap()),
        format!("{:?}", MappingOptions::default())
    );
}

/// Invalid files, each with a part of the error message.
const INVALID: [(&str, &str); 23] = [
    (
        "trim = true\ncolums = 1\n",
        "line 2, colums: unknown key (did you mean `columns`?); known keys: username_from, username_uuid, password,",
    ),
    (
        "[list]\nskip_lines = \"2\"",
        "line 2, list.skip_lines: expected an integer, found a string; write an integer of 0 or more, without quotes, such as 2",
    ),
    (
        "[list]\nskip_lines = -1",
        "line 2, list.skip_lines: integer out of range; write an integer of 0 or more",
    ),
    (
        "trim = \"yes\"",
        "line 1, trim: expected true or false, found a string; write true or false, without quotes",
    ),
    (
        "\n\n[columns\n",
        "line 3: invalid TOML: unclosed table, expected `]`; write each key on its own line",
    ),
    (
        "username_from = \"a\"\nusername_uuid = \"b\"",
        "line 1, username_from: cannot be combined with `username_uuid`; remove one of the two",
    ),
    (
        "username_from = []",
        "line 1, username_from: the list is empty",
    ),
    (
        "username_from = 1",
        "line 1, username_from: expected a string or a list of strings, found an integer; write",
    ),
    (
        "username_from = [\"a\", 1]",
        "line 1, username_from: expected a list of strings, found an integer in it",
    ),
    (
        "lowercase = [\"name\"]",
        "line 1, lowercase: unknown value; write a list of one or more of \"username\", \"email\"",
    ),
    (
        "[columns]\nMail = \"mail\"",
        "line 2, columns.\"Mail\": `mail` is not an attribute that SignUp can set; did you mean `email`?",
    ),
    (
        "[set]\nusername = \"x\"",
        "line 2, set.\"username\": username: not an attribute",
    ),
    (
        "[list]\ntrim = true",
        "line 2, list.trim: misplaced key; move it above the first table",
    ),
    (
        "encoding = \"utf-8\"",
        "line 1, encoding: misplaced key; move it into the table [list]",
    ),
    (
        "keep = [\n  \"ID\",\n  7]",
        "line 3, keep: expected a list of strings, found an integer in it; write a list of strings, such as [\"ID\"]",
    ),
    (
        "columns = \"email\"",
        "line 1, columns: expected a table, found a string; write a table with lines such as \"E-Mail\" = \"email\"",
    ),
    (
        "password = \"genrate\"",
        "line 1, password: unknown value (nearest: \"generate\"); write one of",
    ),
    (
        "[set]\nname = \"\"",
        "line 2, set.\"name\": the value is empty",
    ),
    ("[join]\nwhole = [\"a\"]", "line 2, join.\"whole\""),
    (
        "[join]\nname = []",
        "line 2, join.\"name\": the list is empty",
    ),
    (
        "[dates]\nbirthdate = \"%d\"",
        "line 2, dates.\"birthdate\": does not identify the day",
    ),
    (
        "phone_region = \"Germany\"",
        "line 1, phone_region: `Germany` is not a country code",
    ),
    (
        "[values.Status]\nactive = true",
        "line 2, values.\"Status\".\"active\": expected a string, found a boolean; write a string in quotes, such as \"true\"",
    ),
];

#[test]
fn errors_name_file_line_and_key() {
    for (text, words) in INVALID {
        let error = read(text).unwrap_err().with_hint();
        assert!(
            error.starts_with("--mapping mapping.toml: ") && error.contains(words),
            "{text:?}: {error}"
        );
    }
    let error = MappingFile::read(Path::new("nowhere.toml")).unwrap_err();
    assert!(
        error.to_string().contains("nowhere.toml: cannot be read"),
        "{error}"
    );
}

fn origins(options: &MappingOptions) -> Vec<&str> {
    fn of<T>(options: &[Sourced<T>]) -> impl Iterator<Item = &str> {
        options.iter().map(|option| &*option.origin)
    }
    of(&options.columns)
        .chain(of(&options.ignore))
        .chain(of(&options.keep))
        .chain(of(&options.username_from))
        .chain(of(options.username_uuid.as_slice()))
        .chain(of(&options.set))
        .chain(of(&options.join))
        .chain(of(&options.dates))
        .chain(of(&options.values))
        .collect()
}

#[test]
fn flags_override_the_file_and_other_options_add_up() {
    // Flags (written as a file), the file, and the number of options left after combining them.
    for (flags, file, count) in [
        ("[columns]\nA = \"email\"", "[columns]\na = \"name\"", 1),
        ("[columns]\nA = \"email\"", "[columns]\nB = \"name\"", 2),
        ("[columns]\nA = \"email\"", "[columns]\nB = \"email\"", 1),
        ("[columns]\nA = \"email\"", "ignore = [\"a\"]", 1),
        ("[columns]\nA = \"username\"", "username_from = \"B\"", 1),
        (
            "[columns]\nA = \"password\"",
            "[columns]\nB = \"password\"",
            1,
        ),
        ("ignore = [\"A\"]", "[columns]\na = \"name\"", 1),
        ("ignore = [\"A\"]", "ignore = [\"B\"]", 2),
        ("username_from = \"A\"", "username_from = \"B\"", 1),
        ("username_from = \"A\"", "[columns]\nB = \"username\"", 1),
        ("username_from = [\"A\", \"C\"]", "username_from = \"B\"", 2),
        ("username_uuid = \"A\"", "username_from = \"B\"", 1),
        ("username_from = \"A\"", "username_uuid = \"B\"", 1),
        ("keep = [\"A\"]", "username_uuid = \"B\"", 2),
        ("keep = [\"A\"]", "keep = [\"B\"]", 2),
        ("[set]\nname = \"x\"", "[set]\nname = \"y\"", 1),
        ("[set]\nname = \"x\"", "[set]\nnickname = \"y\"", 2),
        ("[set]\nname = \"x\"", "[join]\nname = [\"A\"]", 1),
        ("[join]\nname = [\"A\"]", "[set]\nname = \"x\"", 1),
        (
            "[dates]\nbirthdate = \"%F\"",
            "[dates]\nbirthdate = \"%d.%m.%Y\"",
            1,
        ),
        ("[values.A]\nx = \"1\"", "[values.a]\nx = \"2\"", 1),
        ("[values.A]\nx = \"1\"", "[values.a]\ny = \"2\"", 2),
    ] {
        let both = over(read(flags).unwrap(), read(file).unwrap());
        let (origins_of_both, flags_only) = (origins(&both), read(flags).unwrap());
        assert_eq!(
            origins_of_both.len(),
            count,
            "{flags} over {file}: {origins_of_both:?}"
        );
        assert!(
            origins(&flags_only)
                .iter()
                .all(|origin| origins_of_both.contains(origin)),
            "{flags}: {origins_of_both:?}"
        );
    }
    let all = over(MappingOptions::default(), read(FULL).unwrap());
    assert!(all.trim && all.ignore_unknown && all.phone_region.is_some());
    assert_eq!(all.lowercase.len(), 2);
    let region = over(read("phone_region = \"US\"").unwrap(), read(FULL).unwrap());
    assert_eq!(region.phone_region.unwrap().to_string(), "US");
}

#[test]
fn reads_the_dialect_from_the_table_list() {
    let text = "password = \"generate\"\n[list]\nencoding = \"windows-1252\"\ndelimiter = \"tab\"\nquote = \"none\"\ncolumns = [\"a\", \"b\"]\ndrop_apostrophe = true\n\
                escape = '\\'\nskip_lines = 0x2\nflexible = true\nunwrap_formulas = true\n";
    let file = MappingFile::parse(Path::new("mapping.toml"), text).unwrap();
    let dialect = file.dialect().unwrap();
    assert_eq!(dialect.encoding.unwrap().name(), "windows-1252");
    assert_eq!(dialect.delimiter, Some(b'\t'));
    assert_eq!(dialect.quote, Some(crate::rows::Quote::None));
    assert_eq!((dialect.escape, dialect.skip_lines), (Some(b'\\'), 2));
    assert!(dialect.drop_apostrophe && dialect.flexible && dialect.unwrap_formulas);
    assert_eq!(dialect.columns.unwrap(), ["a", "b"]);
    let options = file.options().unwrap();
    assert_eq!(
        options.password,
        Some(crate::mapping::PasswordFrom::Generate)
    );
}

#[test]
fn an_unknown_encoding_is_an_error_with_its_line() {
    let text = "[list]\nencoding = \"latin-99\"\n";
    let file = MappingFile::parse(Path::new("mapping.toml"), text).unwrap();
    let error = file.dialect().unwrap_err().to_string();
    assert!(error.contains("line 2, list.encoding"), "{error}");
}

const FOLLOW_UP: &str = r#"
[follow_up]
confirm_where = ["Status=active"]
verify = ["email", "phone_number"]
groups = ["staff"]
group_separator = "|"
create_groups = true
disable_where = ["Status=left", "a=b=c"]
"#;

#[test]
fn reads_follow_up_steps() {
    let options = read(FOLLOW_UP).unwrap().follow_up;
    assert!(!options.confirm);
    let conditions: Vec<_> = options
        .confirm_where
        .iter()
        .chain(&options.disable_where)
        .map(|condition| {
            (
                condition.value.column.as_str(),
                condition.value.value.as_str(),
            )
        })
        .collect();
    assert_eq!(
        conditions,
        [("Status", "active"), ("Status", "left"), ("a=b", "c")]
    );
    assert_eq!(
        options.disable_where[0].origin,
        "mapping.toml: line 8, follow_up.disable_where, Status=left"
    );
    let contacts: Vec<Contact> = options.verify.iter().map(|contact| contact.value).collect();
    assert_eq!(contacts, [Contact::Email, Contact::PhoneNumber]);
    assert_eq!(options.groups[0].value, "staff");
    assert_eq!(options.group_separator.unwrap().value, "|");
    assert!(options.create_groups);
    for (line, words) in [
        ("confirm = \"yes\"", "line 2"),
        ("verify = [\"name\"]", "line 2"),
        ("disable_where = [\"Status\"]", "expected COLUMN=VALUE"),
        ("group_separator = \" \"", "must not be blank"),
        (
            "confirm = true\nconfirm_where = [\"a=b\"]",
            "cannot be combined with `confirm = true`",
        ),
        ("existing = true", "follow_up.existing: unknown key"),
    ] {
        let error = read(&format!("[follow_up]\n{line}\n")).unwrap_err();
        assert!(error.to_string().contains(words), "{line}: {error}");
    }
}

#[test]
fn the_confirm_flag_overrides_the_file_and_other_steps_add_up() {
    let file = || read(FOLLOW_UP).unwrap();
    let flags = |change: fn(&mut FollowUpOptions)| {
        let mut options = MappingOptions::default();
        change(&mut options.follow_up);
        options
    };
    let both = over(flags(|options| options.confirm = true), file()).follow_up;
    assert!(both.confirm && both.confirm_where.is_empty());
    let groups = flags(|options| {
        options.groups = vec![Sourced::new("beta".to_owned(), "--group beta")];
        options.group_separator = Some(Sourced::new("+".to_owned(), "--group-separator +"));
    });
    let both = over(groups, file()).follow_up;
    assert_eq!(both.confirm_where.len(), 1);
    let groups: Vec<&str> = both
        .groups
        .iter()
        .map(|group| group.value.as_str())
        .collect();
    assert_eq!(groups, ["beta", "staff"]);
    assert_eq!(both.group_separator.unwrap().value, "+");
    assert!(both.create_groups);
    let flag = flags(|options| options.create_groups = true);
    assert!(
        over(flag, MappingOptions::default())
            .follow_up
            .create_groups
    );
    assert_eq!(both.disable_where.len(), 2);
}
