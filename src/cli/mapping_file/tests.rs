use std::path::Path;

use super::{MappingFile, MappingFileError};
use crate::cli::mapping_options::over;
use crate::hints::Hint as _;
use crate::mapping::{FollowUpOptions, Lowercase, MappingOptions, Sourced, Target};
use crate::user::pool_rules::Contact;

/// All that a file can say.
const WHOLE: &str = r#"
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
    MappingFile::of_text(Path::new("mapping.toml"), text)?.options()
}

#[test]
fn a_file_says_what_flags_say_and_where() {
    let options = read(WHOLE).unwrap();
    assert!(options.ignore_unknown && options.trim);
    let from = &options.username_from[0];
    assert_eq!(
        (from.value.as_str(), from.origin.as_str()),
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
    assert_eq!(options.dates[0].value.format.words(), "%d.%m.%Y");
    let values: Vec<_> = options
        .values
        .iter()
        .map(|value| {
            (
                &*value.value.column,
                &*value.value.cell,
                &*value.value.becomes,
            )
        })
        .collect();
    assert_eq!(
        values,
        [("Status", "active", "true"), ("Status", "left", "")]
    );
    assert_eq!(
        options.values[1].origin,
        "mapping.toml: line 24, values.\"Status\".\"left\""
    );
}

#[test]
fn an_empty_file_asks_for_nothing() {
    assert_eq!(
        format!("{:?}", read("").unwrap()),
        format!("{:?}", MappingOptions::default())
    );
}

/// Files that cannot be used, and words of their errors.
const WRONG: [(&str, &str); 23] = [
    (
        "trim = true\ncolums = 1\n",
        "line 2, colums: is no key that may stand here (nearest known name: columns); known are username_from, username_uuid, password,",
    ),
    (
        "[list]\nskip_lines = \"2\"",
        "line 2, list.skip_lines: holds a text; write a number of 0 or more, without quotes, such as 2",
    ),
    (
        "[list]\nskip_lines = -1",
        "line 2, list.skip_lines: holds a number; write a number of 0 or more",
    ),
    (
        "trim = \"yes\"",
        "line 1, trim: holds a text; write true or false, without quotes",
    ),
    (
        "\n\n[columns\n",
        "line 3: invalid TOML: unclosed table, expected `]`; write each key on a line of its own",
    ),
    (
        "username_from = \"a\"\nusername_uuid = \"b\"",
        "line 1, username_from: username_uuid names the column of the username too",
    ),
    (
        "username_from = []",
        "line 1, username_from: names no column",
    ),
    (
        "username_from = 1",
        "line 1, username_from: holds a number; write a text in quotes, or a list of them",
    ),
    (
        "username_from = [\"a\", 1]",
        "line 1, username_from: a number stands in its list",
    ),
    (
        "lowercase = [\"name\"]",
        "line 1, lowercase: holds a word that is not known here; write a list of one or more of these: [\"username\", \"email\"]",
    ),
    (
        "[columns]\nMail = \"mail\"",
        "line 2, columns.\"Mail\": mail: not something that a sign-up can set (nearest known name: email)",
    ),
    (
        "[set]\nusername = \"x\"",
        "line 2, set.\"username\": username: not an attribute",
    ),
    (
        "[list]\ntrim = true",
        "line 2, list.trim: is no key that may stand here; move it above the first table",
    ),
    (
        "encoding = \"utf-8\"",
        "line 1, encoding: is no key that may stand here; move it into the table [list]",
    ),
    (
        "keep = [\n  \"ID\",\n  7]",
        "line 3, keep: a number stands in its list; write a list of texts in quotes, such as [\"ID\"]",
    ),
    (
        "columns = \"email\"",
        "line 1, columns: holds a text; write a table with lines such as \"E-Mail\" = \"email\"",
    ),
    (
        "password = \"genrate\"",
        "line 1, password: holds a word that is not known here (nearest: \"generate\"); write one of",
    ),
    ("[set]\nname = \"\"", "line 2, set.\"name\": has no value"),
    ("[join]\nwhole = [\"a\"]", "line 2, join.\"whole\""),
    (
        "[join]\nname = []",
        "line 2, join.\"name\": names no column",
    ),
    (
        "[dates]\nbirthdate = \"%d\"",
        "line 2, dates.\"birthdate\": does not identify the day",
    ),
    (
        "phone_region = \"Germany\"",
        "line 1, phone_region: Germany: not a country",
    ),
    (
        "[values.Status]\nactive = true",
        "line 2, values.\"Status\".\"active\": holds true or false; write a text in quotes, such as \"true\"",
    ),
];

#[test]
fn what_is_wrong_is_told_with_file_line_and_key() {
    for (text, words) in WRONG {
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

/// What a file asks for, by what.
fn by(options: &MappingOptions) -> Vec<&str> {
    let mut by: Vec<&str> = options.columns.iter().map(|asked| &*asked.origin).collect();
    by.extend(
        options
            .ignore
            .iter()
            .chain(&options.keep)
            .map(|asked| &*asked.origin),
    );
    by.extend(
        options
            .username_from
            .iter()
            .chain(&options.username_uuid)
            .map(|asked| &*asked.origin),
    );
    by.extend(options.set.iter().map(|asked| &*asked.origin));
    by.extend(options.join.iter().map(|asked| &*asked.origin));
    by.extend(options.dates.iter().map(|asked| &*asked.origin));
    by.extend(options.values.iter().map(|asked| &*asked.origin));
    by
}

#[test]
fn flags_win_where_both_say_something_and_the_rest_adds_up() {
    // Each pair: what the flags say, in the file's words; what the file says; how many things are left of the two.
    for (flags, file, left) in [
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
        let (by, of_flags) = (by(&both), read(flags).unwrap());
        assert_eq!(by.len(), left, "{flags} over {file}: {by:?}");
        assert!(
            self::by(&of_flags).iter().all(|flag| by.contains(flag)),
            "{flags}: {by:?}"
        );
    }
    let all = over(MappingOptions::default(), read(WHOLE).unwrap());
    assert!(all.trim && all.ignore_unknown && all.phone_region.is_some());
    assert_eq!(all.lowercase.len(), 2);
    let region = over(read("phone_region = \"US\"").unwrap(), read(WHOLE).unwrap());
    assert_eq!(region.phone_region.unwrap().to_string(), "US");
}

#[test]
fn how_the_list_is_written_may_stand_in_it_too() {
    let text = "password = \"generate\"\n[list]\nencoding = \"windows-1252\"\ndelimiter = \"tab\"\nquote = \"none\"\ncolumns = [\"a\", \"b\"]\ndrop_apostrophe = true\n\
                escape = '\\'\nskip_lines = 0x2\nflexible = true\nunwrap_formulas = true\n";
    let file = MappingFile::of_text(Path::new("mapping.toml"), text).unwrap();
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
fn an_unknown_encoding_is_told_with_its_line() {
    let text = "[list]\nencoding = \"latin-99\"\n";
    let file = MappingFile::of_text(Path::new("mapping.toml"), text).unwrap();
    let error = file.dialect().unwrap_err().to_string();
    assert!(error.contains("line 2, list.encoding"), "{error}");
}

/// What follows the sign-ups, as a file says it.
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
fn a_file_says_what_follows_the_sign_ups() {
    let told = read(FOLLOW_UP).unwrap().follow_up;
    assert!(!told.confirm);
    let conditions: Vec<_> = told
        .confirm_where
        .iter()
        .chain(&told.disable_where)
        .map(|asked| (asked.value.column.as_str(), asked.value.value.as_str()))
        .collect();
    assert_eq!(
        conditions,
        [("Status", "active"), ("Status", "left"), ("a=b", "c")]
    );
    assert_eq!(
        told.disable_where[0].origin,
        "mapping.toml: line 8, follow_up.disable_where, Status=left"
    );
    let contacts: Vec<Contact> = told.verify.iter().map(|asked| asked.value).collect();
    assert_eq!(contacts, [Contact::Email, Contact::PhoneNumber]);
    assert_eq!(told.groups[0].value, "staff");
    assert_eq!(told.group_separator.unwrap().value, "|");
    assert!(told.create_groups);
    for (line, words) in [
        ("confirm = \"yes\"", "line 2"),
        ("verify = [\"name\"]", "line 2"),
        ("disable_where = [\"Status\"]", "should be COLUMN=VALUE"),
        ("group_separator = \" \"", "could separate"),
        (
            "confirm = true\nconfirm_where = [\"a=b\"]",
            "take one of the two away",
        ),
        (
            "existing = true",
            "follow_up.existing: is no key that may stand here",
        ),
    ] {
        let error = read(&format!("[follow_up]\n{line}\n")).unwrap_err();
        assert!(error.to_string().contains(words), "{line}: {error}");
    }
}

#[test]
fn a_flag_says_whom_to_confirm_and_the_rest_adds_up() {
    let file = || read(FOLLOW_UP).unwrap();
    let flags = |change: fn(&mut FollowUpOptions)| {
        let mut options = MappingOptions::default();
        change(&mut options.follow_up);
        options
    };
    let both = over(flags(|told| told.confirm = true), file()).follow_up;
    assert!(both.confirm && both.confirm_where.is_empty());
    let more = flags(|told| {
        told.groups = vec![Sourced::new("beta".to_owned(), "--group beta")];
        told.group_separator = Some(Sourced::new("+".to_owned(), "--group-separator +"));
    });
    let both = over(more, file()).follow_up;
    assert_eq!(both.confirm_where.len(), 1);
    let groups: Vec<&str> = both
        .groups
        .iter()
        .map(|asked| asked.value.as_str())
        .collect();
    assert_eq!(groups, ["beta", "staff"]);
    assert_eq!(both.group_separator.unwrap().value, "+");
    assert!(both.create_groups);
    let flag = flags(|told| told.create_groups = true);
    assert!(
        over(flag, MappingOptions::default())
            .follow_up
            .create_groups
    );
    assert_eq!(both.disable_where.len(), 2);
}
