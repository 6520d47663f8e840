//! `ListUsers`: the pool's users in pages, or one user by name. `ListUsersInGroup`: the members of
//! a group. Listed users do not count as active. The listing is eventually consistent, so it may
//! miss existing users.

use aws_sdk_cognitoidentityprovider::operation::list_users::ListUsersOutput;
use aws_sdk_cognitoidentityprovider::operation::list_users::builders::ListUsersFluentBuilder;
use aws_sdk_cognitoidentityprovider::types::UserType;

use super::failure::{Failure, Operation};
use super::found::UserDescription;
use super::pages::next_token;
use super::{Cognito, FoundUser, Stop};
use crate::user::Password;
use crate::user::pool_rules::{Contact, PoolRules};

/// The maximum number of users on a page (API reference of `ListUsers`).
pub const USERS_PER_PAGE: u64 = 60;

/// [`USERS_PER_PAGE`] in the type of the request.
const PAGE_SIZE: i32 = 60;

/// The maximum number of users with one address: one of the pool, and one of each identity
/// provider.
const MAX_SAME_ADDRESS: i32 = 10;

/// Returns an upper bound on the pages of a pool of this estimated size, with room for pages that
/// are not full and an outdated estimate.
#[must_use]
pub fn max_pages(estimated_users: Option<u64>) -> usize {
    /// The largest possible pool (Cognito's developer guide, "Quotas on resource number and size").
    const MAX_USERS: u64 = 40_000_000;
    const EXTRA_PAGES: u64 = 10_000;
    let users = estimated_users.unwrap_or(MAX_USERS);
    let pages = users.div_ceil(USERS_PER_PAGE).saturating_mul(4);
    usize::try_from(pages.saturating_add(EXTRA_PAGES)).unwrap_or(usize::MAX)
}

/// Which attributes serve as usernames in a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NamedBy {
    /// `UsernameAttributes` has `email`.
    email: bool,
    /// `UsernameAttributes` has `phone_number`.
    phone_number: bool,
}

/// A user on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUser {
    /// The usernames this user definitely holds.
    pub names: Vec<String>,
    pub user: FoundUser,
}

/// A page of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    pub users: Vec<ListedUser>,
    /// The token of the next page, `None` on the last one.
    pub next: Option<String>,
}

impl NamedBy {
    /// Derives it from the pool's rules. If they are unknown, assumes that usernames are not
    /// attributes.
    #[must_use]
    pub fn of(rules: Option<&PoolRules>) -> Self {
        let has = |contact| rules.is_some_and(|rules| rules.username_attributes.contains(&contact));
        Self {
            email: has(Contact::Email),
            phone_number: has(Contact::PhoneNumber),
        }
    }

    /// Returns whether attributes serve as usernames, so that the stored username is the `sub`.
    #[must_use]
    pub fn is_by_attribute(self) -> bool {
        self.email || self.phone_number
    }

    /// Returns the filter for the user with this name.
    fn filter(self, username: &str) -> String {
        let attribute = match (self.email, self.phone_number) {
            (false, false) => "username",
            (true, false) => Contact::Email.attribute(),
            (false, true) => Contact::PhoneNumber.attribute(),
            (true, true) if username.contains('@') => Contact::Email.attribute(),
            (true, true) => Contact::PhoneNumber.attribute(),
        };
        let escaped = username.replace('\\', r"\\").replace('"', r#"\""#);
        format!(r#"{attribute} = "{escaped}""#)
    }

    /// Returns the usernames a user definitely holds. If both attributes can be usernames and the
    /// user has both, it is unknown which one it signed up with, so only a verified one counts. A
    /// user of an identity provider holds no address.
    fn names(self, user: &FoundUser) -> Vec<String> {
        if !self.is_by_attribute() {
            return vec![user.username.clone()];
        }
        if user.sub.as_deref() != Some(user.username.as_str()) {
            return Vec::new();
        }
        let username_value = |is_username: bool, contact: Contact| {
            user.attribute(contact.attribute())
                .filter(|text| is_username && !text.is_empty())
        };
        let email = username_value(self.email, Contact::Email);
        let phone_number = username_value(self.phone_number, Contact::PhoneNumber);
        let is_verified = |flag| user.attribute(flag) == Some("true");
        match (email, phone_number) {
            (Some(email), Some(phone_number)) => [
                (email, "email_verified"),
                (phone_number, "phone_number_verified"),
            ]
            .into_iter()
            .filter(|(_, flag)| is_verified(flag))
            .map(|(value, _)| value.to_owned())
            .collect(),
            (Some(only), None) | (None, Some(only)) => vec![only.to_owned()],
            (None, None) => Vec::new(),
        }
    }

    /// Returns the usernames a user may hold: those it definitely holds, and unverified addresses.
    #[must_use]
    pub fn possible_names(self, user: &FoundUser) -> Vec<String> {
        if !self.is_by_attribute() || user.sub.as_deref() != Some(user.username.as_str()) {
            return self.names(user);
        }
        [
            (self.email, Contact::Email),
            (self.phone_number, Contact::PhoneNumber),
        ]
        .into_iter()
        .filter(|(is_username, _)| *is_username)
        .filter_map(|(_, contact)| user.attribute(contact.attribute()))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
    }
}

impl Cognito {
    /// Sends `ListUsers` once, signed. Without a token, returns the first page. A token is valid
    /// for an hour. Without `with_attributes`, users have only the attributes that names are made
    /// of.
    ///
    /// # Errors
    /// See [`super::failure`].
    pub async fn list_users(
        &self,
        named_by: NamedBy,
        with_attributes: bool,
        token: Option<String>,
    ) -> Result<UserPage, Failure> {
        let mut request = self.listing()?.limit(PAGE_SIZE);
        // Cognito returns an error if a requested attribute is missing in a user, except for these
        // (API reference of `ListUsers`), so all others are requested together.
        if !with_attributes && !named_by.is_by_attribute() {
            request = request.attributes_to_get("sub");
        }
        let answer = request
            .set_pagination_token(token)
            .send()
            .await
            .map_err(|error| Failure::of(Operation::Read, &error))?;
        page(named_by, users(&answer)?, answer.pagination_token())
    }

    /// Sends `ListUsers` for one user once, signed. `None` if the listing does not show the user,
    /// or not yet.
    ///
    /// # Errors
    /// See [`super::failure`].
    pub async fn find_in_listing(
        &self,
        named_by: NamedBy,
        username: &str,
        password: Option<&Password>,
    ) -> Result<Option<FoundUser>, Failure> {
        let answer = self
            .listing()?
            .limit(MAX_SAME_ADDRESS)
            .filter(named_by.filter(username))
            .send()
            .await
            .map_err(|error| Failure::for_row(Operation::Read, &error, password))?;
        // The pool has already decided that the name is taken, so ignoring case is safe.
        let name = username.to_lowercase();
        let is_by_name = |user: &FoundUser| match named_by.is_by_attribute() {
            true => {
                user.sub.as_deref() == Some(user.username.as_str())
                    && user
                        .attributes
                        .iter()
                        .any(|attribute| attribute.value.to_lowercase() == name)
            }
            false => user.username.to_lowercase() == name,
        };
        let page = users(&answer)?.iter();
        let page = page.filter_map(|user| found(user, password));
        let page: Vec<FoundUser> = page.collect::<Result<_, _>>()?;
        Ok(page.into_iter().find(is_by_name))
    }

    /// Lists at most one user, to check whether listing is allowed.
    ///
    /// # Errors
    /// See [`super::failure`].
    pub async fn check_listing(&self) -> Result<(), Failure> {
        let answer = self.listing()?.limit(1).attributes_to_get("sub").send();
        let answer = answer
            .await
            .map_err(|error| Failure::of(Operation::Read, &error))?;
        users(&answer).map(drop)
    }

    /// Sends `ListUsersInGroup` once, signed. Without a token, returns the first page. `None` if
    /// the group does not exist.
    ///
    /// # Errors
    /// See [`super::failure`].
    pub async fn users_in_group(
        &self,
        named_by: NamedBy,
        group: &str,
        token: Option<String>,
    ) -> Result<Option<UserPage>, Failure> {
        let answer = self
            .signing()?
            .list_users_in_group()
            .user_pool_id(&self.user_pool_id)
            .group_name(group)
            .limit(PAGE_SIZE)
            .set_next_token(token)
            .send()
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let failure = Failure::of(Operation::ReadGroup, &error);
                let failure = failure.tell_pool_from_group(&self.user_pool_id);
                return match failure.stop() {
                    Some(Stop::GroupMissing) => Ok(None),
                    Some(_) | None => Err(failure),
                };
            }
        };
        let listed = answer
            .users
            .as_deref()
            .ok_or_else(|| Failure::unreadable("the answer does not list users"))?;
        page(named_by, listed, answer.next_token()).map(Some)
    }

    fn listing(&self) -> Result<ListUsersFluentBuilder, Failure> {
        let request = self.signing()?.list_users();
        Ok(request.user_pool_id(&self.user_pool_id))
    }
}

fn page(named_by: NamedBy, users: &[UserType], next: Option<&str>) -> Result<UserPage, Failure> {
    let listed = |user: FoundUser| ListedUser {
        names: named_by.names(&user),
        user,
    };
    let users = users
        .iter()
        .filter_map(|user| Some(found(user, None)?.map(listed)));
    Ok(UserPage {
        users: users.collect::<Result<_, _>>()?,
        next: next_token(next),
    })
}

/// Returns the users of a response. Cognito may send an empty list, but never omits it.
fn users(answer: &ListUsersOutput) -> Result<&[UserType], Failure> {
    answer
        .users
        .as_deref()
        .ok_or_else(|| Failure::unreadable("the answer does not list users"))
}

/// Returns a user on a page. `None` for a user without a name.
fn found(user: &UserType, password: Option<&Password>) -> Option<Result<FoundUser, Failure>> {
    let description = UserDescription {
        username: user.username().filter(|name| !name.is_empty())?,
        status: user.user_status(),
        enabled: user.enabled(),
        created: user.user_create_date(),
        modified: user.user_last_modified_date(),
        attributes: user.attributes(),
    };
    let user = description.user(password);
    Some(user.map_err(Failure::unreadable))
}

#[cfg(test)]
mod tests {
    use super::{FoundUser, NamedBy};
    use crate::user::Attribute;

    const USERNAMES: NamedBy = NamedBy {
        email: false,
        phone_number: false,
    };
    const EMAILS: NamedBy = NamedBy {
        email: true,
        phone_number: false,
    };
    const BOTH: NamedBy = NamedBy {
        email: true,
        phone_number: true,
    };

    fn user(username: &str, attributes: &[(&str, &str)]) -> FoundUser {
        FoundUser {
            username: username.to_owned(),
            sub: Some("5e1f".to_owned()),
            status: None,
            enabled: true,
            created_ms: None,
            created_has_fraction: false,
            modified_ms: None,
            attributes: attributes
                .iter()
                .map(|(name, value)| Attribute {
                    name: (*name).into(),
                    value: (*value).to_owned(),
                })
                .collect(),
        }
    }

    const ADDRESSES: [(&str, &str); 2] = [("email", "a@b.cd"), ("phone_number", "+4930")];

    #[test]
    fn user_takes_its_username_or_username_attributes() {
        assert_eq!(USERNAMES.names(&user("ann", &ADDRESSES)), ["ann"]);
        assert_eq!(EMAILS.names(&user("5e1f", &ADDRESSES)), ["a@b.cd"]);
        assert_eq!(BOTH.names(&user("5e1f", &ADDRESSES[1..])), ["+4930"]);
        assert!(EMAILS.names(&user("5e1f", &ADDRESSES[1..])).is_empty());
        // A user of an identity provider did not sign up with its address.
        assert!(EMAILS.names(&user("Google_7", &ADDRESSES)).is_empty());
    }

    #[test]
    fn of_two_attributes_only_a_verified_one_counts() {
        assert!(BOTH.names(&user("5e1f", &ADDRESSES)).is_empty());
        let verified = [
            ADDRESSES[0],
            ADDRESSES[1],
            ("email_verified", "false"),
            ("phone_number_verified", "true"),
        ];
        assert_eq!(BOTH.names(&user("5e1f", &verified)), ["+4930"]);
    }

    #[test]
    fn a_user_may_hold_every_address_that_can_be_a_username() {
        let names =
            |named_by: NamedBy, username| named_by.possible_names(&user(username, &ADDRESSES));
        assert_eq!(names(BOTH, "5e1f"), ["a@b.cd", "+4930"]);
        assert_eq!(names(EMAILS, "5e1f"), ["a@b.cd"]);
        assert_eq!(names(USERNAMES, "ann"), ["ann"]);
        assert!(names(BOTH, "Google_7").is_empty());
    }

    #[test]
    fn filter_escapes_the_value() {
        assert_eq!(
            USERNAMES.filter(r#"a"b\c"#),
            r#"username = "a\"b\\c""#,
            "a quote and a backslash"
        );
        assert_eq!(EMAILS.filter("a@b.cd"), r#"email = "a@b.cd""#);
        assert_eq!(BOTH.filter("a@b.cd"), r#"email = "a@b.cd""#);
        assert_eq!(BOTH.filter("+4930"), r#"phone_number = "+4930""#);
    }
}
