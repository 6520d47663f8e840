//! The meanings of column names.

use std::fmt;
use std::sync::Arc;

use crate::user::STANDARD_ATTRIBUTES;
use crate::user::pool_rules::Contact;

/// Columns that only Cognito sets, each with the reason. They are found in responses of ListUsers
/// and AdminGetUser, and in the CSV header of an import job.
const COGNITO_ONLY: [(&str, &str); 11] = [
    (
        "sub",
        "Cognito assigns a new one to every user; copy the old one into the results with \
         `--keep sub`",
    ),
    (
        "identities",
        "SignUp cannot set it: it names the identity providers that a user signs in through",
    ),
    ("cognito:user_status", "SignUp cannot set a status"),
    ("userstatus", "SignUp cannot set a status"),
    ("usercreatedate", "Cognito sets it"),
    ("userlastmodifieddate", "Cognito sets it"),
    (
        ENABLED,
        "SignUp cannot set it; disable users afterwards with `--disable-where COLUMN=VALUE`",
    ),
    ("cognito:mfa_enabled", MFA),
    ("mfaoptions", MFA),
    ("usermfasettinglist", MFA),
    ("preferredmfasetting", MFA),
];

/// The column that says whether a user is enabled.
const ENABLED: &str = "enabled";

const MFA: &str = "SignUp cannot set it: users set up MFA themselves";

/// Parts of the lowercase names of password columns. Such a column is never copied.
const SECRET_NAME_PARTS: [&str; 4] = ["passw", "pwd", "user_pass", "kennwort"];

/// The maximum number of edits between similar names. They must also change at most a third of the
/// name, so that `Vorname` is not similar to `username`.
const MAX_EDITS: usize = 2;

/// The part of a user that a column sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The username.
    Username,
    /// The password.
    Password,
    /// An attribute.
    Attribute(Arc<str>),
    /// Whether an address is verified after the sign-up.
    Verified(Contact),
    /// The groups that the user is added to after the sign-up.
    Groups,
}

impl Target {
    /// Parses a target.
    ///
    /// # Errors
    /// A sign-up cannot set it.
    pub fn parse(word: &str) -> Result<Self, String> {
        match name_meaning(word) {
            NameMeaning::Target(target) => Ok(target),
            NameMeaning::CognitoOnly(reason) => Err(format!("{word}: {reason}")),
            NameMeaning::Unknown => {
                let hint = nearest_known(word).map_or_else(
                    || "expected".to_owned(),
                    |known| format!("did you mean `{known}`? Expected"),
                );
                Err(format!(
                    "`{word}` is not an attribute that SignUp can set; {hint} username, password, \
                     a standard attribute, custom:NAME, groups, email_verified or \
                     phone_number_verified"
                ))
            }
        }
    }

    /// Returns the word that [`Target::parse`] accepts for it.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Username => "username".to_owned(),
            Self::Password => "password".to_owned(),
            Self::Attribute(name) => name.to_string(),
            Self::Verified(contact) => format!("{}_verified", contact.attribute()),
            Self::Groups => "groups".to_owned(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Username => "the username",
            Self::Password => "the password",
            Self::Attribute(name) => name,
            Self::Verified(Contact::Email) => "email_verified",
            Self::Verified(Contact::PhoneNumber) => "phone_number_verified",
            Self::Groups => "the groups",
        })
    }
}

/// Parses the name of an attribute.
///
/// # Errors
/// It is not an attribute that a sign-up can set.
pub fn attribute(name: &str) -> Result<Arc<str>, String> {
    match Target::parse(name)? {
        Target::Attribute(name) => Ok(name),
        Target::Username | Target::Password | Target::Verified(_) | Target::Groups => Err(format!(
            "{name}: not an attribute; expected a standard attribute or custom:NAME"
        )),
    }
}

/// The meaning of a column name.
pub(super) enum NameMeaning {
    Target(Target),
    /// Only Cognito sets it, for this reason.
    CognitoOnly(&'static str),
    Unknown,
}

pub(super) fn name_meaning(name: &str) -> NameMeaning {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "username" | "cognito:username" => return NameMeaning::Target(Target::Username),
        "password" => return NameMeaning::Target(Target::Password),
        "email_verified" => return NameMeaning::Target(Target::Verified(Contact::Email)),
        "phone_number_verified" => {
            return NameMeaning::Target(Target::Verified(Contact::PhoneNumber));
        }
        "groups" => return NameMeaning::Target(Target::Groups),
        _ => {}
    }
    if STANDARD_ATTRIBUTES.contains(&lower.as_str()) {
        return NameMeaning::Target(Target::Attribute(lower.into()));
    }
    if let Some(custom) = lower.strip_prefix("custom:")
        && !custom.is_empty()
    {
        // Names of custom attributes are case-sensitive in Cognito. Only the prefix is normalized.
        let name = name.get("custom:".len()..).unwrap_or_default();
        return NameMeaning::Target(Target::Attribute(format!("custom:{name}").into()));
    }
    COGNITO_ONLY
        .iter()
        .find(|(known, _)| *known == lower)
        .map_or(NameMeaning::Unknown, |(_, reason)| {
            NameMeaning::CognitoOnly(reason)
        })
}

/// Returns whether this is Cognito's column that says whether a user is enabled.
pub(super) fn is_enabled_column(name: &str) -> bool {
    name.eq_ignore_ascii_case(ENABLED)
}

/// Returns whether a column of this name probably holds passwords.
pub(super) fn looks_secret(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower == "pass" || SECRET_NAME_PARTS.iter().any(|part| lower.contains(part))
}

/// Returns the known name that is most similar to this one.
pub(super) fn nearest_known(name: &str) -> Option<&'static str> {
    let known = ["username", "password"]
        .into_iter()
        .chain(STANDARD_ATTRIBUTES);
    nearest(name, known)
}

/// Returns the candidate that is most similar to the name, ignoring case and separators, if one is
/// similar enough.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let normalized = |text: &str| text.to_lowercase().replace(['-', '_', ' ', '.'], "");
    let name = normalized(name);
    candidates
        .map(|known| {
            (
                strsim::damerau_levenshtein(&name, &normalized(known)),
                known,
            )
        })
        .filter(|(distance, known)| {
            *distance <= MAX_EDITS && *distance * 3 <= known.chars().count()
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::{Contact, Target, attribute, looks_secret, nearest, nearest_known};

    #[test]
    fn parses_targets() {
        let attribute_of = |name: &str| Ok(Target::Attribute(name.into()));
        assert_eq!(Target::parse("Username"), Ok(Target::Username));
        assert_eq!(Target::parse("password"), Ok(Target::Password));
        assert_eq!(Target::parse("EMAIL"), attribute_of("email"));
        assert_eq!(
            Target::parse("Custom:legacyId"),
            attribute_of("custom:legacyId")
        );
        assert_eq!(
            Target::parse("Email_Verified"),
            Ok(Target::Verified(Contact::Email))
        );
        assert_eq!(Target::parse("groups"), Ok(Target::Groups));
        for (wrong, reason) in [
            ("mail", "did you mean `email`?"),
            ("custom:", "is not an attribute that SignUp can set"),
            ("", "is not an attribute that SignUp can set"),
            ("sub", "Cognito assigns a new one"),
        ] {
            let error = Target::parse(wrong).unwrap_err();
            assert!(error.contains(reason), "{wrong}: {error}");
        }
        for other in ["username", "groups", "email_verified"] {
            assert!(attribute(other).unwrap_err().contains("not an attribute"));
        }
    }

    #[test]
    fn recognizes_password_columns_by_many_names() {
        for name in [
            "password",
            "Passwort",
            "user_pass",
            "PWD",
            "passwd",
            "old password",
            "pass",
        ] {
            assert!(looks_secret(name), "{name}");
        }
        for name in ["passport", "ID", "username", "compass"] {
            assert!(!looks_secret(name), "{name}");
        }
    }

    #[test]
    fn nearest_ignores_case_and_separators() {
        let names = ["E-Mail Address", "Last Name"];
        assert_eq!(
            nearest("email address", names.into_iter()),
            Some("E-Mail Address")
        );
        assert_eq!(nearest("last_name", names.into_iter()), Some("Last Name"));
        assert_eq!(nearest("shoe", names.into_iter()), None);
    }

    #[test]
    fn nearest_known_requires_a_similar_name() {
        for (name, expected) in [
            ("emial", Some("email")),
            ("E-Mails", Some("email")),
            ("user name", Some("username")),
            ("phoneNumber", Some("phone_number")),
            ("Given Name", Some("given_name")),
            ("Birthday", Some("birthdate")),
            ("Passwort", Some("password")),
            ("Vorname", None),
            ("Created At", None),
            ("email_verified", None),
            ("sub", None),
            ("id", None),
        ] {
            assert_eq!(nearest_known(name), expected, "{name}");
        }
    }
}
