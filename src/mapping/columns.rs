//! What a column's name means, and what is said of one that means nothing.

use crate::user::STANDARD_ATTRIBUTES;
use std::fmt;
use std::sync::Arc;

use crate::user::pool_rules::Contact;

/// Columns of Cognito's own exports and templates that only Cognito sets, with the reason: the answers of ListUsers and AdminGetUser,
/// and the import job's CSV header.
const OWNED_BY_COGNITO: [(&str, &str); 11] = [
    (
        "sub",
        "Cognito assigns a new one to every user; copy the old one into the results with `--keep sub`",
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

/// The column that says whether a user may sign in.
const ENABLED: &str = "enabled";

const MFA: &str = "SignUp cannot set it: users set up MFA themselves";

/// What names of columns with passwords have in them, in lower case: such a column is never copied anywhere.
const OF_PASSWORDS: [&str; 4] = ["passw", "pwd", "user_pass", "kennwort"];

/// A name that is more edits away is not what was meant; nor is one of which they change more than a third (`Vorname` is no
/// `username`).
const NEAR: usize = 2;

/// What a column can be for.
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
    /// The groups that the user is put into after the sign-up.
    Groups,
}

impl Target {
    /// What somebody means who writes this.
    ///
    /// # Errors
    /// It is nothing that a sign-up can set.
    pub fn parse(word: &str) -> Result<Self, String> {
        match of_name(word) {
            ByName::Means(target) => Ok(target),
            ByName::Owned(why) => Err(format!("{word}: {why}")),
            ByName::Nothing => {
                let near = near_known(word)
                    .map_or_else(String::new, |near| format!(" (nearest known name: {near})"));
                Err(format!(
                    "{word}: not something that a sign-up can set{near}; expected username, password, a standard attribute, custom:NAME, groups, email_verified or phone_number_verified"
                ))
            }
        }
    }
}

/// An attribute by its name.
///
/// # Errors
/// It is none that a sign-up can set.
pub fn attribute(name: &str) -> Result<Arc<str>, String> {
    match Target::parse(name)? {
        Target::Attribute(name) => Ok(name),
        Target::Username | Target::Password | Target::Verified(_) | Target::Groups => Err(format!(
            "{name}: not an attribute; expected a standard attribute or custom:NAME"
        )),
    }
}

impl Target {
    /// The word that [`Target::parse`] takes for it.
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

/// What a name says by itself.
pub(super) enum ByName {
    Means(Target),
    Owned(&'static str),
    Nothing,
}

pub(super) fn of_name(name: &str) -> ByName {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "username" | "cognito:username" => return ByName::Means(Target::Username),
        "password" => return ByName::Means(Target::Password),
        "email_verified" => return ByName::Means(Target::Verified(Contact::Email)),
        "phone_number_verified" => return ByName::Means(Target::Verified(Contact::PhoneNumber)),
        "groups" => return ByName::Means(Target::Groups),
        _ => {}
    }
    if STANDARD_ATTRIBUTES.contains(&lower.as_str()) {
        return ByName::Means(Target::Attribute(lower.into()));
    }
    if let Some(custom) = lower.strip_prefix("custom:")
        && !custom.is_empty()
    {
        // The case of a custom attribute's own name counts in Cognito; that of the prefix does not here.
        let own = name.get("custom:".len()..).unwrap_or_default();
        return ByName::Means(Target::Attribute(format!("custom:{own}").into()));
    }
    OWNED_BY_COGNITO
        .iter()
        .find(|(owned, _)| *owned == lower)
        .map_or(ByName::Nothing, |(_, why)| ByName::Owned(why))
}

/// Whether this is the column in which Cognito says that a user may sign in.
pub(super) fn says_enabled(name: &str) -> bool {
    name.eq_ignore_ascii_case(ENABLED)
}

/// Whether a column of this name probably holds passwords.
pub(super) fn looks_secret(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower == "pass" || OF_PASSWORDS.iter().any(|word| lower.contains(word))
}

/// The known name that may be meant by this one.
pub(super) fn near_known(name: &str) -> Option<&'static str> {
    let known = ["username", "password"]
        .into_iter()
        .chain(STANDARD_ATTRIBUTES);
    nearest(name, known)
}

/// The name among these that may be meant by this one.
#[must_use]
pub fn nearest<'a>(name: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' ', '.'], "");
    let name = plain(name);
    among
        .map(|known| (strsim::damerau_levenshtein(&name, &plain(known)), known))
        .filter(|(distance, known)| *distance <= NEAR && *distance * 3 <= known.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::{Contact, Target, attribute, looks_secret, near_known, nearest};

    #[test]
    fn a_target_is_the_username_the_password_or_an_attribute() {
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
        for (wrong, why) in [
            ("mail", "nearest known name: email"),
            ("custom:", "not something that a sign-up can set"),
            ("", "not something that a sign-up can set"),
            ("sub", "Cognito assigns a new one"),
        ] {
            let error = Target::parse(wrong).unwrap_err();
            assert!(error.contains(why), "{wrong}: {error}");
        }
        for none in ["username", "groups", "email_verified"] {
            assert!(attribute(none).unwrap_err().contains("not an attribute"));
        }
    }

    #[test]
    fn columns_of_passwords_are_known_by_many_names() {
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
    fn the_nearest_name_is_found_whatever_its_case_and_its_separators() {
        let names = ["E-Mail Address", "Last Name"];
        assert_eq!(
            nearest("email address", names.into_iter()),
            Some("E-Mail Address")
        );
        assert_eq!(nearest("last_name", names.into_iter()), Some("Last Name"));
        assert_eq!(nearest("shoe", names.into_iter()), None);
    }

    #[test]
    fn a_name_that_only_sounds_like_a_known_one_is_not_taken_for_it() {
        for (name, near) in [
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
            assert_eq!(near_known(name), near, "{name}");
        }
    }
}
