//! Existing users are recognized by name, compared as the pool compares names.

use cognito_import::rehearsal::{ExistingUser, PoolSettings};

use super::{existing, lookups, nightly, pages};
use crate::harness::{Pool, TestDir, quick, users};

/// A list with `USER0001` where the pool has `user0001`.
fn in_capitals(count: usize) -> String {
    users(count)
        .replace("user", "USER")
        .replacen("USERname", "username", 1)
}

#[test]
fn names_are_compared_as_the_pool_compares_them() {
    let dir = TestDir::new();
    let list = dir.file("users.csv", in_capitals(60));
    for (case_sensitive, sent, outcome) in [(false, 0, "existed"), (true, 60, "created")] {
        let pool = Pool::start(PoolSettings {
            case_sensitive,
            existing: existing(60),
            ..quick()
        });
        let run = format!("run-{case_sensitive}");
        let import = nightly(&dir, &pool, list).args(["--run-dir", &run]);
        import.run().exits(0);
        assert_eq!((pool.requests("SignUp"), pages(&pool)), (sent, 1));
        assert_eq!(dir.results_in(&run).count(outcome), 60);
    }
}

#[test]
fn a_wrong_case_setting_does_not_make_users_existing() {
    let dir = TestDir::new();
    let pool = Pool::start(PoolSettings {
        case_sensitive: true,
        existing: existing(60),
        ..quick()
    });
    let list = dir.file("users.csv", in_capitals(60));
    let import = nightly(&dir, &pool, list).args(["--usernames", "ignore-case"]);
    import.run().exits(0);
    assert_eq!(dir.results().count("created"), 60);
}

fn addresses(attributes: &[&str], existing: Vec<ExistingUser>) -> Pool {
    Pool::start(PoolSettings {
        username_attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
        existing,
        ..quick()
    })
}

fn by_address(username: String, attributes: &[(&str, &str)]) -> ExistingUser {
    let attributes = attributes.iter();
    ExistingUser {
        username,
        attributes: attributes
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..ExistingUser::default()
    }
}

#[test]
fn users_are_recognized_by_address_if_addresses_are_usernames() {
    let dir = TestDir::new();
    let users = existing(60).into_iter().enumerate().map(|(at, user)| {
        // Not every user has this attribute, so the listing cannot request it alone.
        let family: &[(&str, &str)] = if at % 2 == 0 {
            &[("family_name", "Doe")]
        } else {
            &[]
        };
        by_address(user.attributes["email"].clone(), family)
    });
    let pool = addresses(&["email"], users.collect());
    let mut list = String::from("username,password\n");
    for number in 1..=62 {
        list += &format!("User{number:04}@Example.com,Passw0rd!{number}\n");
    }
    let list = dir.file("users.csv", list);
    nightly(&dir, &pool, list).run().exits(0);
    let results = dir.results();
    assert_eq!(results.counts(), [("created", 2), ("existed", 60)].into());
    assert_eq!((pool.requests("SignUp"), lookups(&pool)), (2, 0));
    let subs: Vec<String> = pool.users().into_values().map(|user| user.sub).collect();
    assert!(subs.contains(&results.row(1)["user_sub"]));
}

#[test]
fn users_are_recognized_by_number_if_numbers_are_usernames() {
    let dir = TestDir::new();
    let number = |number: usize| format!("+1202555{number:04}");
    let users = (1..=60).map(|at| by_address(number(at), &[("email", "one@example.com")]));
    let pool = addresses(&["phone_number"], users.collect());
    let mut list = String::from("username,password,email\n");
    for at in 1..=61 {
        list += &format!("{},Passw0rd!{at},one@example.com\n", number(at));
    }
    let list = dir.file("users.csv", list);
    nightly(&dir, &pool, list).run().exits(0);
    assert_eq!(
        dir.results().counts(),
        [("created", 1), ("existed", 60)].into()
    );
    assert_eq!((pool.requests("SignUp"), lookups(&pool)), (1, 0));
}

#[test]
fn where_both_are_usernames_only_an_unambiguous_match_counts() {
    let dir = TestDir::new();
    let verified = ("phone_number_verified", "true");
    let pool = addresses(
        &["email", "phone_number"],
        vec![
            by_address("ann@example.com".to_owned(), &[]),
            by_address("+12025550001".to_owned(), &[verified]),
            by_address(
                "bob@example.com".to_owned(),
                &[("phone_number", "+12025550002")],
            ),
            by_address(
                "cy@example.com".to_owned(),
                &[("phone_number", "+12025550003"), verified],
            ),
        ],
    );
    let list = dir.file(
        "users.csv",
        "username,password,email\n\
         ann@example.com,Passw0rd!1,\n\
         +12025550001,Passw0rd!1,one@example.com\n\
         bob@example.com,Passw0rd!1,\n\
         +12025550002,Passw0rd!1,two@example.com\n\
         +12025550003,Passw0rd!1,three@example.com\n\
         dee@example.com,Passw0rd!1,\n",
    );
    let import = dir.import(&pool, list).args(["--prescan", "always"]);
    import.run().exits(0);
    let results = dir.results();
    let outcomes: Vec<(&str, &str)> = results
        .rows
        .iter()
        .map(|row| (row["outcome"].as_str(), row["evidence"].as_str()))
        .collect();
    let listed = ("existed", "listing");
    let answered = ("existed", "");
    assert_eq!(
        outcomes,
        [
            listed,
            listed,
            answered,
            answered,
            listed,
            ("created", "answer")
        ]
    );
}
