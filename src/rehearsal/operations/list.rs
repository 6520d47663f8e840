//! ListUsers: pages of at most 60 users in the order they were made, with the simple filters
//! Cognito has.
//!
//! A page costs the same in a pool of a million users, and so does a filter that asks for one name,
//! `sub`, e-mail address or phone number; any other filter reads the users one by one.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::admin;
use crate::rehearsal::protocol::ServiceError;
use crate::rehearsal::request::parse;
use crate::rehearsal::seeded;
use crate::rehearsal::state::PoolState;
use crate::rehearsal::user::PoolUser;
use crate::rehearsal::users::{UserIndex, Users};

/// Most users of a page, by the service's model.
const LARGEST_PAGE: usize = 60;
/// What a filter can ask about (AWS: "Searching for users by attributes").
const SEARCHABLE: [&str; 10] = [
    "username",
    "email",
    "phone_number",
    "name",
    "given_name",
    "family_name",
    "preferred_username",
    "cognito:user_status",
    "status",
    "sub",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListUsersRequest {
    user_pool_id: Option<String>,
    attributes_to_get: Option<Vec<String>>,
    limit: Option<usize>,
    pagination_token: Option<String>,
    filter: Option<String>,
}

/// ListUsers.
pub(in crate::rehearsal) fn list_users(
    pool: &PoolState,
    at: Duration,
    body: &[u8],
) -> Result<Value, ServiceError> {
    let request: ListUsersRequest = parse(body)?;
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    let size = request.limit.unwrap_or(LARGEST_PAGE);
    if size > LARGEST_PAGE {
        let sentence = format!("Member must have value less than or equal to {LARGEST_PAGE}");
        return Err(ServiceError::constraint("limit", &sentence));
    }
    let size = if size == 0 { LARGEST_PAGE } else { size };
    let filter = request
        .filter
        .as_deref()
        .filter(|text| !text.is_empty())
        .map(Filter::parse)
        .transpose()?;
    let first = request
        .pagination_token
        .as_deref()
        .map(from_token)
        .transpose()?
        .unwrap_or(0);
    if let Some(names) = &request.attributes_to_get {
        check_known(pool, names)?;
    }
    let mut matching = matching(pool, filter.as_ref(), first, at);
    let page = matching.by_ref().take(size);
    let page: Vec<_> = page
        .map(|(_, user)| entry(pool, user, request.attributes_to_get.as_deref()))
        .collect::<Result<_, _>>()?;
    let mut answer = json!({ "Users": page });
    if let (Some((next, _)), Some(members)) = (matching.next(), answer.as_object_mut()) {
        members.insert("PaginationToken".to_owned(), Value::String(to_token(next)));
    }
    Ok(answer)
}

/// The users from this place on who fit the filter and can be seen by now, in the order in which
/// they were made.
fn matching<'p>(
    pool: &'p PoolState,
    filter: Option<&'p Filter>,
    first: UserIndex,
    at: Duration,
) -> Box<dyn Iterator<Item = (UserIndex, &'p PoolUser)> + 'p> {
    let users = &pool.users;
    let lag_ms = i64::try_from(pool.settings.list_lag_ms).unwrap_or(i64::MAX);
    let seen_until_ms = pool.clock.wall_ms(at).saturating_sub(lag_ms);
    let can_be_seen = move |(_, user): &(UserIndex, &PoolUser)| {
        user.preexisting || user.created_ms <= seen_until_ms
    };
    let fits = move |(_, user): &(UserIndex, &PoolUser)| {
        filter.is_none_or(|filter| filter.matches(users, user))
    };
    match filter.and_then(|filter| filter.candidates(users)) {
        Some(found) => {
            let found = found.into_iter().filter(move |index| *index >= first);
            let found = found.filter_map(|index| Some((index, users.get(index)?)));
            Box::new(found.filter(can_be_seen).filter(fits))
        }
        // Behind the first one who cannot be seen yet, all are newer still.
        None => Box::new(users.from(first).take_while(can_be_seen).filter(fits)),
    }
}

/// Whether the pool has all of these attributes.
fn check_known(pool: &PoolState, names: &[String]) -> Result<(), ServiceError> {
    let known = |name: &String| name == "sub" || pool.schema.rules().any(|rule| rule.name == *name);
    if names.iter().all(known) {
        Ok(())
    } else {
        Err(ServiceError::invalid_parameter(
            "One or more requested attributes do not exist in user pool.",
        ))
    }
}

/// What a page says of a user. AWS: "returns an error if not all users in the results have set a
/// value for the attribute you request".
fn entry(
    pool: &PoolState,
    user: &PoolUser,
    wanted: Option<&[String]>,
) -> Result<Value, ServiceError> {
    let has = |name: &String| name == "sub" || user.attribute(name).is_some();
    if !wanted.unwrap_or_default().iter().all(has) {
        return Err(ServiceError::invalid_parameter(
            "One or more requested attributes have no value in some of the users.",
        ));
    }
    let is_wanted = |name: &str| wanted.is_none_or(|names| names.iter().any(|n| n == name));
    let mut entry = admin::summary(pool, user);
    if let Some(members) = entry.as_object_mut() {
        members.insert("Attributes".to_owned(), admin::attributes(user, is_wanted));
    }
    Ok(entry)
}

/// The token of the page that begins at this place.
pub(in crate::rehearsal) fn to_token(first: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("from {first}"))
}

/// The place at which a token's page begins.
pub(in crate::rehearsal) fn from_token(token: &str) -> Result<usize, ServiceError> {
    let text = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    text.and_then(|text| text.strip_prefix("from ")?.parse().ok())
        .ok_or_else(|| ServiceError::invalid_parameter("Invalid pagination token given."))
}

/// `attribute = "value"` or `attribute ^= "beginning"`.
#[derive(Debug, PartialEq, Eq)]
struct Filter {
    attribute: String,
    value: String,
    is_beginning: bool,
}

impl Filter {
    fn parse(text: &str) -> Result<Filter, ServiceError> {
        let broken = || ServiceError::invalid_parameter("Error while parsing filter.");
        let (left, right) = text.split_once('=').ok_or_else(broken)?;
        let (left, is_beginning) = left
            .strip_suffix('^')
            .map_or((left, false), |left| (left, true));
        let attribute = left.trim().trim_matches('"').to_owned();
        let quoted = right
            .trim()
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .ok_or_else(broken)?;
        if !SEARCHABLE.contains(&attribute.as_str()) {
            return Err(ServiceError::invalid_parameter(
                "Error while parsing filter: the attribute is not searchable.",
            ));
        }
        Ok(Filter {
            attribute,
            value: quoted.replace("\\\"", "\""),
            is_beginning,
        })
    }

    /// A few users, among them all who fit, where they can be told without reading all.
    fn candidates(&self, users: &Users) -> Option<Vec<UserIndex>> {
        if self.is_beginning {
            return None;
        }
        match self.attribute.as_str() {
            "username" => Some(users.by_stored_name(&self.value).into_iter().collect()),
            "sub" => Some(users.by_sub(&self.value).into_iter().collect()),
            other => users.by_value(other, &self.value),
        }
    }

    /// Whether the user fits. Usernames and e-mail addresses fold case where the pool does, and the
    /// status always does; the beginning of a value is compared as it is written.
    fn matches(&self, users: &Users, user: &PoolUser) -> bool {
        let fits = |value: &str| {
            if self.is_beginning {
                value.starts_with(&self.value)
            } else {
                value == self.value
            }
        };
        let fits_folded = |value: &str| {
            fits(value) || (!self.is_beginning && users.key(value) == users.key(&self.value))
        };
        match self.attribute.as_str() {
            "username" => fits_folded(&user.username),
            "email" => user.attribute("email").is_some_and(fits_folded),
            "sub" => fits(&seeded::uuid_text(user.sub)),
            "cognito:user_status" => {
                let status = user.status.name();
                fits(status) || (!self.is_beginning && status.eq_ignore_ascii_case(&self.value))
            }
            "status" => fits(if user.enabled { "Enabled" } else { "Disabled" }),
            other => user.attribute(other).is_some_and(fits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{ExistingUser, PoolSettings};

    #[test]
    fn filters_are_read_as_documented() {
        let parsed = |text: &str| {
            Filter::parse(text)
                .map(|f| (f.attribute, f.is_beginning, f.value))
                .ok()
        };
        let entry = |name: &str, beginning, value: &str| {
            Some((name.to_owned(), beginning, value.to_owned()))
        };
        assert_eq!(
            parsed(r#"username = "jane""#),
            entry("username", false, "jane")
        );
        assert_eq!(parsed(r#"email ^= "jane@""#), entry("email", true, "jane@"));
        assert_eq!(
            parsed(r#"family_name="O\"Hara=""#),
            entry("family_name", false, "O\"Hara=")
        );
        for broken in ["username", "username = jane", r#"custom:department = "x""#] {
            assert_eq!(parsed(broken), None, "{broken}");
        }
    }

    #[test]
    fn who_is_asked_for_by_name_sub_or_address_is_found_without_reading_all() {
        let pool = PoolState::new(PoolSettings {
            existing: (0..50)
                .map(|n| ExistingUser {
                    username: format!("user-{n}"),
                    attributes: [
                        ("email".to_owned(), format!("{n}@example.com")),
                        ("phone_number".to_owned(), format!("+1415555{n:04}")),
                        ("name".to_owned(), format!("{n}")),
                    ]
                    .into(),
                    ..ExistingUser::default()
                })
                .collect(),
            ..PoolSettings::default()
        })
        .unwrap();
        let candidates = |text: &str| Filter::parse(text).unwrap().candidates(&pool.users);
        let sub = seeded::uuid_text(pool.users.get(7).unwrap().sub);
        for text in [
            "username = \"USER-7\"",
            "email = \"7@EXAMPLE.com\"",
            "phone_number = \"+14155550007\"",
            &format!("sub = \"{sub}\""),
        ] {
            assert_eq!(candidates(text), Some(vec![7]), "{text}");
        }
        assert_eq!(candidates("email = \"none@example.com\""), Some(Vec::new()));
        for text in ["name = \"7\"", "email ^= \"7@\""] {
            assert_eq!(candidates(text), None, "{text}");
        }
    }

    #[test]
    fn a_token_leads_back_to_its_place() {
        assert_eq!(from_token(&to_token(120)).unwrap(), 120);
        assert_eq!(
            from_token("made-up").unwrap_err().code,
            "InvalidParameterException"
        );
    }
}
