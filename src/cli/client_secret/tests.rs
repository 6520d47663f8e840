use secrecy::ExposeSecret as _;

use super::{SecretOwner, SecretProblem, parse_secret};

const OWNER: SecretOwner<'_> = SecretOwner {
    user_pool_id: "us-east-1_Ab1",
    client_id: Some("client1"),
};

/// A value that must not appear in any message.
const SECRET: &str = "s3cr3tOfTheClient";

fn exposed(text: &str, owner: SecretOwner<'_>) -> Result<String, SecretProblem> {
    parse_secret(text, owner).map(|secret| secret.expose_secret().to_owned())
}

#[test]
fn parses_plain_and_managed_secrets() {
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
fn errors_do_not_quote_the_input() {
    type Expected = fn(&SecretProblem) -> bool;
    let cases: [(String, Expected); 15] = [
        (String::new(), |p| matches!(p, SecretProblem::Empty)),
        (" \n\t".to_owned(), |p| matches!(p, SecretProblem::Empty)),
        (format!("{SECRET} more"), |p| {
            matches!(p, SecretProblem::Whitespace)
        }),
        (format!("secret:\n{SECRET}"), |p| {
            matches!(p, SecretProblem::Whitespace)
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
            |p| matches!(p, SecretProblem::FullResponse),
        ),
        (
            format!(r#"{{"userPoolClientId":"client1","clientSecretvalue":"{SECRET}"}}"#),
            |p| matches!(p, SecretProblem::MissingField("clientSecretValue")),
        ),
        (
            format!(r#"{{"userPoolClientId":"client1","clientSecretValue":["{SECRET}"]}}"#),
            |p| matches!(p, SecretProblem::MissingField("clientSecretValue")),
        ),
        (format!(r#"{{"clientSecretValue":"{SECRET}"}}"#), |p| {
            matches!(p, SecretProblem::MissingField("userPoolClientId"))
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
        let problem = parse_secret(&text, OWNER).unwrap_err();
        assert!(expected(&problem), "{text}: {problem:?}");
        for message in [problem.to_string(), format!("{problem:?}")] {
            assert!(!message.contains(SECRET), "{message}");
        }
    }
}
