use secrecy::ExposeSecret as _;

use super::{Problem, SecretOwner, secret_in};

const OWNER: SecretOwner<'_> = SecretOwner {
    user_pool_id: "us-east-1_Ab1",
    client_id: Some("client1"),
};

/// A value that no message may hold.
const SECRET: &str = "s3cr3tOfTheClient";

fn exposed(text: &str, owner: SecretOwner<'_>) -> Result<String, Problem> {
    secret_in(text, owner).map(|secret| secret.expose_secret().to_owned())
}

#[test]
fn a_secret_is_read_as_it_is_and_from_the_json_of_secrets_manager() {
    let managed = format!(
        r#"{{"userPoolId":"us-east-1_Ab1","userPoolClientId":"client1","clientSecretValue":"{SECRET}"}}"#
    );
    for text in [
        SECRET.to_owned(),
        format!("{SECRET}\r\n"),
        format!("\u{feff}{SECRET}\n"),
        managed.clone(),
        format!("\u{feff}\n {managed}\n"),
        managed.replace(r#""userPoolId":"us-east-1_Ab1","#, ""),
        managed.replace('{', r#"{"added":{"later":[1]},"#),
    ] {
        assert_eq!(exposed(&text, OWNER).unwrap(), SECRET, "{text}");
    }
    let no_client = SecretOwner {
        client_id: None,
        ..OWNER
    };
    assert_eq!(exposed(&managed, no_client).unwrap(), SECRET);
}

#[test]
fn what_is_no_secret_is_refused_and_nothing_of_it_is_repeated() {
    type Expected = fn(&Problem) -> bool;
    let cases: [(String, Expected); 15] = [
        (String::new(), |p| matches!(p, Problem::Empty)),
        (" \n\t".to_owned(), |p| matches!(p, Problem::Empty)),
        (format!("{SECRET} more"), |p| {
            matches!(p, Problem::WhiteSpace)
        }),
        (format!("secret:\n{SECRET}"), |p| {
            matches!(p, Problem::WhiteSpace)
        }),
        (format!(r#"{{"clientSecretValue":"{SECRET}""#), |p| {
            matches!(p, Problem::Malformed { line: 1, .. })
        }),
        (format!(r#"{{"clientSecretValue":{SECRET}}}"#), |p| {
            matches!(p, Problem::Malformed { .. })
        }),
        (
            format!(r#"{{"clientSecretValue":"{SECRET}","clientSecretValue":"b"}}"#),
            |p| matches!(p, Problem::Malformed { .. }),
        ),
        (format!(r#"["{SECRET}"]"#), |p| {
            matches!(p, Problem::Malformed { .. })
        }),
        (
            format!(r#""{{\"clientSecretValue\":\"{SECRET}\"}}""#),
            |p| matches!(p, Problem::JsonString),
        ),
        (
            format!(r#"{{"ARN":"a","SecretString":"{{\"clientSecretValue\":\"{SECRET}\"}}"}}"#),
            |p| matches!(p, Problem::WholeAnswer),
        ),
        (
            format!(r#"{{"userPoolClientId":"client1","clientSecretvalue":"{SECRET}"}}"#),
            |p| matches!(p, Problem::NoField("clientSecretValue")),
        ),
        (
            format!(r#"{{"userPoolClientId":"client1","clientSecretValue":["{SECRET}"]}}"#),
            |p| matches!(p, Problem::NoField("clientSecretValue")),
        ),
        (format!(r#"{{"clientSecretValue":"{SECRET}"}}"#), |p| {
            matches!(p, Problem::NoField("userPoolClientId"))
        }),
        (
            format!(r#"{{"userPoolClientId":"{SECRET}","clientSecretValue":"{SECRET}"}}"#),
            |p| {
                matches!(
                    p,
                    Problem::OtherClient {
                        flag: "--client-id",
                        ..
                    }
                )
            },
        ),
        (
            format!(
                r#"{{"userPoolId":"{SECRET}","userPoolClientId":"client1","clientSecretValue":"{SECRET}"}}"#
            ),
            |p| {
                matches!(
                    p,
                    Problem::OtherClient {
                        flag: "--user-pool-id",
                        ..
                    }
                )
            },
        ),
    ];
    for (text, expected) in cases {
        let problem = secret_in(&text, OWNER).unwrap_err();
        assert!(expected(&problem), "{text}: {problem:?}");
        for told in [problem.to_string(), format!("{problem:?}")] {
            assert!(!told.contains(SECRET), "{told}");
        }
    }
}
