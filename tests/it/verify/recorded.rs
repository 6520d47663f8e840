//! Differences that the run itself recorded are no problems the next morning.

use cognito_import::rehearsal::{ExistingUser, PoolSettings};
use serde_json::json;

use super::changes::set;
use super::{problems, settings};
use crate::harness::{Pool, TestDir};

fn existing(username: &str, name: &str) -> ExistingUser {
    let email = format!("{username}@example.com");
    let attributes = [("email", email.as_str()), ("name", name)];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned()));
    ExistingUser {
        username: username.to_owned(),
        attributes: attributes.into(),
        // 2024-05-06T07:08:09Z
        created: Some(1_714_979_289),
        ..ExistingUser::default()
    }
}

const LIST: &str = "username,password,email,name,locale,changed\n\
    new,Passw0rd!,new@example.com,New,de,2024-05-07\n\
    same,Passw0rd!,same@example.com,Same,,2024-05-07\n\
    older,Passw0rd!,older@example.com,Old Ann,de,2024-05-07\n\
    newer,Passw0rd!,newer@example.com,Old Bob,,2024-05-05\n";

#[test]
fn users_that_the_run_left_different_are_counted_and_not_reported() {
    let dir = TestDir::new();
    let names = [("same", "Same"), ("older", "Ann"), ("newer", "Bob")];
    let pool = Pool::start(PoolSettings {
        existing: names
            .map(|(username, name)| existing(username, name))
            .to_vec(),
        ..settings(&[])
    });
    let list = dir.file("users.csv", LIST);
    // Names are updated unless the user is newer; locales are not.
    dir.import(&pool, list)
        .args(["--update-existing", "name", "--not-newer-than", "changed"])
        .run()
        .exits(0);
    let results = dir.results();
    assert_eq!(results.for_user("older")["updated"], "name");
    assert_eq!(results.for_user("older")["differs"], "name locale");
    assert_eq!(results.for_user("newer")["updated"], "newer");

    let verify = || dir.verify(&pool).arg(list).json().run();
    let looked_up = pool.requests("AdminGetUser");
    let document = verify().exits(0).document();
    assert_eq!(problems(&dir), [""; 0]);
    assert_eq!(document["known_to_differ"], 2);
    assert_eq!(
        (&document["checked"], &document["as_reported"]),
        (&4.into(), &4.into())
    );
    assert_eq!(document["differing_attributes"], json!({}));
    assert_eq!(pool.requests("AdminGetUser"), looked_up);
    let without_list = dir.verify(&pool).json().run().exits(0).document();
    assert_eq!(without_list["known_to_differ"], json!(null));

    // What the run wrote, or found to be the same, must still be there.
    set(&pool, "older", &[("name", "Ann")]);
    set(&pool, "newer", &[("email", "bob@example.org")]);
    set(&pool, "same", &[("name", "Other")]);
    let document = verify().exits(1).document();
    assert_eq!(
        problems(&dir),
        [
            "same attribute_differs name",
            "older attribute_differs name",
            "newer attribute_differs email",
        ]
    );
    assert_eq!(document["known_to_differ"], 2);
    assert_eq!(document["as_reported"], 1);
}
