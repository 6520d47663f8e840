//! Suggested flags for invalid headers.

use super::options::{from, set};
use super::{ignoring, mapping, problems};
use crate::mapping::{FollowUpOptions, MappingOptions, PasswordFrom, Sourced};
use crate::user::pool_rules::{AttributeRule, Contact, PoolRules};

fn flags_with(header: &str, options: &MappingOptions) -> String {
    mapping(header, options)
        .unwrap_err()
        .flags()
        .unwrap_or_default()
}

fn flags(header: &str) -> String {
    flags_with(header, &MappingOptions::default())
}

fn flags_in(header: &str, rules: &PoolRules) -> String {
    let error = mapping(header, &MappingOptions::default()).unwrap_err();
    error.in_pool(rules).flags().unwrap_or_default()
}

#[test]
fn maps_guessed_columns_and_ignores_the_rest() {
    assert_eq!(
        flags("User Name,Pass word,E-mail Address,First Name,Mobile Phone,encrypted_password"),
        "--map 'User Name=username' --map 'Pass word=password' --map 'E-mail Address=email' \
         --map 'First Name=given_name' --map 'Mobile Phone=phone_number' \
         --ignore-column encrypted_password"
    );
    assert_eq!(
        flags("username,password,emial,Department,it's"),
        r"--map emial=email --ignore-column Department --ignore-column 'it'\''s'"
    );
    let problems = problems("username,password,emial,shoe", &MappingOptions::default());
    assert_eq!(
        problems,
        ["column 3, emial: unknown", "column 4, shoe: unknown"]
    );
}

#[test]
fn suggests_each_target_once_for_the_likeliest_column() {
    for (header, expected) in [
        (
            "username,password,Phone,Mobile",
            "--map Mobile=phone_number --ignore-column Phone",
        ),
        ("username,password,email,E-Mail", "--ignore-column E-Mail"),
        (
            "username,password,emial,Mail",
            "--map Mail=email --ignore-column emial",
        ),
        (
            "username,password,Mail,mail",
            "--ignore-column Mail --ignore-column mail",
        ),
        (
            "login,username,password,cognito:username2",
            "--ignore-column login --ignore-column cognito:username2",
        ),
        (
            "login,password,-note",
            "--map login=username --ignore-column=-note",
        ),
    ] {
        assert_eq!(flags(header), expected, "{header}");
    }
}

#[test]
fn does_not_suggest_what_the_options_already_set() {
    let header = "login,secret word,passwd,mail,verified";
    for (options, expected) in [
        (
            MappingOptions {
                password: Some(PasswordFrom::Generate),
                set: set("email", "x@example.com"),
                ..ignoring(&["secret word"])
            },
            "--map login=username --ignore-column passwd --ignore-column mail \
             --ignore-column verified",
        ),
        (
            MappingOptions {
                username_from: from("mail"),
                ..ignoring(&["secret word", "verified"])
            },
            "--map passwd=password --ignore-column login",
        ),
    ] {
        assert_eq!(flags_with(header, &options), expected);
    }
    let header = "username,password,email,emailVerified";
    assert_eq!(flags(header), "--ignore-column emailVerified");
    let verify = MappingOptions {
        follow_up: FollowUpOptions {
            verify: vec![Sourced::new(Contact::Email, "--verify email")],
            ..FollowUpOptions::default()
        },
        ..MappingOptions::default()
    };
    assert_eq!(
        flags_with(header, &verify),
        "--map emailVerified=email_verified"
    );
}

#[test]
fn suggests_sources_for_a_missing_username_or_password() {
    let pool = |usernames: &[Contact], aliases: &[&str]| PoolRules {
        username_attributes: usernames.to_vec(),
        alias_attributes: aliases.iter().map(|name| (*name).to_owned()).collect(),
        ..PoolRules::default()
    };
    assert_eq!(flags("email,password"), "--username-from email");
    assert_eq!(
        flags("E-Mail"),
        "--map E-Mail=email --username-from E-Mail --password generate"
    );
    assert_eq!(
        flags("username,email,password_hash"),
        "--password generate --ignore-column password_hash"
    );
    assert_eq!(flags("password,name"), "");
    for (rules, expected) in [
        (pool(&[], &[]), "--username-from email"),
        (pool(&[Contact::Email], &[]), "--username-from email"),
        (
            pool(&[Contact::PhoneNumber], &[]),
            "--username-from phone_number",
        ),
        (
            pool(&[Contact::Email, Contact::PhoneNumber], &[]),
            "--username-from email,phone_number",
        ),
        (pool(&[], &["email"]), "--username-uuid email"),
        (pool(&[], &["phone_number"]), "--username-uuid phone_number"),
        (pool(&[], &["preferred_username"]), "--username-from email"),
    ] {
        assert_eq!(
            flags_in("email,phone_number,password", &rules),
            expected,
            "{rules:?}"
        );
    }
    let passwordless = PoolRules {
        allowed_first_auth_factors: vec!["PASSWORD".to_owned(), "EMAIL_OTP".to_owned()],
        ..PoolRules::default()
    };
    assert_eq!(flags_in("username,email", &passwordless), "--password none");
}

#[test]
fn suggests_custom_attributes_of_the_pool() {
    let rules = PoolRules {
        schema: [
            "custom:department",
            "custom:legacy_id",
            "custom:language",
            "custom:email",
            "custom:a_b",
            "custom:ab",
            "email",
        ]
        .map(|name| AttributeRule {
            name: name.to_owned(),
            ..AttributeRule::default()
        })
        .to_vec(),
        ..PoolRules::default()
    };
    let header = "username,password,Department,Legacy ID,custom_language,E-Mail,AB,Shoe";
    assert_eq!(
        flags_in(header, &rules),
        "--map Department=custom:department --map 'Legacy ID=custom:legacy_id' \
         --map custom_language=custom:language --map E-Mail=email --ignore-column AB \
         --ignore-column Shoe"
    );
    assert!(flags(header).contains("--ignore-column Department"));
    // A custom attribute with the column's name is likelier than a synonym.
    assert_eq!(
        flags_in("username,password,Language", &rules),
        "--map Language=custom:language"
    );
}

#[test]
fn suggests_flags_for_unknown_headers_but_never_repeats_rows() {
    for header in [
        "Login,Kennwort,E-Mail Adresse,Vorname,Abteilung",
        "User Name,Pass word",
        "Benutzername",
        "Login,Mail,Dept,Office",
        "nom,prénom,courriel,a,b,c,d,e,f,g",
    ] {
        assert!(flags(header).starts_with("--map "), "{header}");
    }
    for values in [
        "ann,Secret#1,ann@example.com",
        "ann,Secret#1,user",
        "ann,Secret#1,user,mail@x,title,phone,first",
        "ann,Secret#1,user,mail,x",
        "Secret#1",
    ] {
        let error = mapping(values, &MappingOptions::default()).unwrap_err();
        assert!(!error.to_string().contains("Secret"), "{error}");
        assert_eq!(error.flags(), None);
    }
}
