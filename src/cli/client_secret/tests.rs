use secrecy::ExposeSecret as _;

use super::{SecretOwner, SecretProblem, secret_in};

const OWNER: SecretOwner<'_> = SecretOwner {
    user_pool_id: "us-east-1_Ab1",
    client_id: Some("client1"),
};

/// A value that no message may hold.
const SECRET: &str = "s3cr3tOfTheClient";

fn exposed(text: &str, owner: SecretOwner<'_>) -> Result<String, SecretProblem> {
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
    type Expected = fn(&SecretProblem) -> bool;
    let cases: [(String, Expected); 15] = [
        (String::new(), |p| matches!(p, SecretProblem::Empty)),
        (" \n\t".to_owned(), |p| matches!(p, SecretProblem::Empty)),
        (format!("{SECRET} more"), |p| {
            matches!(p, SecretProblem::WhiteSpace)
        }),
        (format!("secret:\n{SECRET}"), |p| {
            matches!(p, SecretProblem::WhiteSpace)
        }),
        (format!(r#"{{"clientSecretValue":"{SECRET}""#), |p| {
            matches!(p, SecretProblem::Malformed { line: 1, .. })
        }),
        (format!(r#"{{"clientSecretValue":{SECRET}}}"#), |p| {
            matches!(p, SecretProblem::Malformed { .. })
        }),
        (
            format!(r#"{{"clientSecretValue":"{SECRET}","clientSecretValue":"b"}}"#),
            |p| matches!(p, SecretProblem::Malformed { .. }),
        ),
        (format!(r#"["{SECRET}"]"#), |p| {
            matches!(p, SecretProblem::Malformed { .. })
        }),
        (
            format!(r#""{{\"clientSecretValue\":\"{SECRET}\"}}""#),
            |p| matches!(p, SecretProblem::JsonString),
        ),
        (
            format!(r#"{{"ARN":"a","SecretString":"{{\"clientSecretValue\":\"{SECRET}\"}}"}}"#),
            |p| matches!(p, SecretProblem::WholeAnswer),
        ),
        (
            format!(r#"{{"userPoolClientId":"client1","clientSecretvalue":"{SECRET}"}}"#),
            |p| matches!(p, SecretProblem::NoField("clientSecretValue")),
        ),
        (
            format!(r#"{{"userPoolClientId":"client1","clientSecretValue":["{SECRET}"]}}"#),
            |p| matches!(p, SecretProblem::NoField("clientSecretValue")),
        ),
        (format!(r#"{{"clientSecretValue":"{SECRET}"}}"#), |p| {
            matches!(p, SecretProblem::NoField("userPoolClientId"))
        }),
        (
            format!(r#"{{"userPoolClientId":"{SECRET}","clientSecretValue":"{SECRET}"}}"#),
            |p| {
                matches!(
                    p,
                    SecretProblem::OtherClient {
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
                    SecretProblem::OtherClient {
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
