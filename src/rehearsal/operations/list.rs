//! ListUsers: pages of at most 60 users in order of creation, with Cognito's simple filters.
//!
//! Pages, and filters by exact username, `sub`, email address or phone number, are fast even in a
//! pool of a million users. Any other filter scans all users.

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

/// The maximum number of users per page (the service's model).
const MAX_PAGE_SIZE: usize = 60;
/// The attributes supported in filters (AWS: "Searching for users by attributes").
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

/// Handles ListUsers.
pub(in crate::rehearsal) fn list_users(
    pool: &PoolState,
    at: Duration,
    body: &[u8],
) -> Result<Value, ServiceError> {
    let request: ListUsersRequest = parse(body)?;
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    let size = request.limit.unwrap_or(MAX_PAGE_SIZE);
    if size > MAX_PAGE_SIZE {
        let message = format!("Member must have value less than or equal to {MAX_PAGE_SIZE}");
        return Err(ServiceError::constraint("limit", &message));
    }
    let size = if size == 0 { MAX_PAGE_SIZE } else { size };
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
    let mut response = json!({ "Users": page });
    if let Some((next, _)) = matching.next() {
        response["PaginationToken"] = to_token(next).into();
    }
    Ok(response)
}

/// Returns the visible users that match the filter, from index `first` on, in order of creation.
fn matching<'p>(
    pool: &'p PoolState,
    filter: Option<&'p Filter>,
    first: UserIndex,
    at: Duration,
) -> Box<dyn Iterator<Item = (UserIndex, &'p PoolUser)> + 'p> {
    let users = &pool.users;
    let matches = move |(_, user): &(UserIndex, &PoolUser)| {
        filter.is_none_or(|filter| filter.matches(users, user))
    };
    match filter.and_then(|filter| filter.candidates(users)) {
        Some(candidates) => {
            let indexes = candidates.into_iter().filter(move |index| *index >= first);
            let users = indexes.filter_map(|index| Some((index, users.get(index)?)));
            Box::new(users.filter(is_visible(pool, at)).filter(matches))
        }
        None => Box::new(visible(pool, first, at).filter(matches)),
    }
}

/// Returns the users that a listing shows, from index `first` on, in order of creation.
pub(super) fn visible(
    pool: &PoolState,
    first: UserIndex,
    at: Duration,
) -> impl Iterator<Item = (UserIndex, &PoolUser)> {
    // All users after the first invisible one are newer, and thus invisible, too.
    pool.users.from(first).take_while(is_visible(pool, at))
}

fn is_visible(pool: &PoolState, at: Duration) -> impl Fn(&(UserIndex, &PoolUser)) -> bool + use<> {
    let lag_ms = i64::try_from(pool.settings.list_lag_ms).unwrap_or(i64::MAX);
    let visible_until_ms = pool.clock.wall_ms(at).saturating_sub(lag_ms);
    move |(_, user)| user.preexisting || user.created_ms <= visible_until_ms
}

/// Checks that the pool has all of these attributes.
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

/// Returns the list entry of a user. AWS: "returns an error if not all users in the results have
/// set a value for the attribute you request".
fn entry(
    pool: &PoolState,
    user: &PoolUser,
    requested: Option<&[String]>,
) -> Result<Value, ServiceError> {
    let has = |name: &String| name == "sub" || user.attribute(name).is_some();
    if !requested.unwrap_or_default().iter().all(has) {
        return Err(ServiceError::invalid_parameter(
            "One or more requested attributes have no value in some of the users.",
        ));
    }
    let is_requested = |name: &str| requested.is_none_or(|names| names.iter().any(|n| n == name));
    let mut entry = admin::summary(pool, user);
    entry["Attributes"] = admin::attributes(user, is_requested);
    Ok(entry)
}

/// Returns the token of the page that starts at this index.
pub(in crate::rehearsal) fn to_token(first: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("from {first}"))
}

/// Returns the index at which a token's page starts.
pub(in crate::rehearsal) fn from_token(token: &str) -> Result<usize, ServiceError> {
    let text = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    text.and_then(|text| text.strip_prefix("from ")?.parse().ok())
        .ok_or_else(|| ServiceError::invalid_parameter("Invalid pagination token given."))
}

/// A filter: `attribute = "value"` or `attribute ^= "prefix"`.
#[derive(Debug, PartialEq, Eq)]
struct Filter {
    attribute: String,
    value: String,
    is_prefix: bool,
}

impl Filter {
    fn parse(text: &str) -> Result<Filter, ServiceError> {
        let syntax_error = || ServiceError::invalid_parameter("Error while parsing filter.");
        let (left, right) = text.split_once('=').ok_or_else(syntax_error)?;
        let (left, is_prefix) = left
            .strip_suffix('^')
            .map_or((left, false), |left| (left, true));
        let attribute = left.trim().trim_matches('"').to_owned();
        let quoted = right
            .trim()
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .ok_or_else(syntax_error)?;
        if !SEARCHABLE.contains(&attribute.as_str()) {
            return Err(ServiceError::invalid_parameter(
                "Error while parsing filter: the attribute is not searchable.",
            ));
        }
        Ok(Filter {
            attribute,
            value: quoted.replace("\\\"", "\""),
            is_prefix,
        })
    }

    /// Returns a few candidates that include all matches, if an index can provide them.
    fn candidates(&self, users: &Users) -> Option<Vec<UserIndex>> {
        if self.is_prefix {
            return None;
        }
        match self.attribute.as_str() {
            "username" => Some(users.by_stored_name(&self.value).into_iter().collect()),
            "sub" => Some(users.by_sub(&self.value).into_iter().collect()),
            other => users.by_value(other, &self.value),
        }
    }

    /// Returns whether the user matches. Usernames and email addresses are compared like in the
    /// pool, the status ignores case, and prefixes are compared literally.
    fn matches(&self, users: &Users, user: &PoolUser) -> bool {
        let equals = |value: &str| {
            if self.is_prefix {
                value.starts_with(&self.value)
            } else {
                value == self.value
            }
        };
        let equals_folded = |value: &str| {
            equals(value) || (!self.is_prefix && users.key(value) == users.key(&self.value))
        };
        match self.attribute.as_str() {
            "username" => equals_folded(&user.username),
            "email" => user.attribute("email").is_some_and(equals_folded),
            "sub" => equals(&seeded::uuid_text(user.sub)),
            "cognito:user_status" => {
                let status = user.status.name();
                equals(status) || (!self.is_prefix && status.eq_ignore_ascii_case(&self.value))
            }
            "status" => equals(if user.enabled { "Enabled" } else { "Disabled" }),
            other => user.attribute(other).is_some_and(equals),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{ExistingUser, PoolSettings};

    #[test]
    fn parses_filters() {
        let parsed = |text: &str| {
            Filter::parse(text)
                .map(|f| (f.attribute, f.is_prefix, f.value))
                .ok()
        };
        let entry = |name: &str, is_prefix, value: &str| {
            Some((name.to_owned(), is_prefix, value.to_owned()))
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
    fn indexed_filters_need_no_scan() {
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
    fn token_round_trips() {
        assert_eq!(from_token(&to_token(120)).unwrap(), 120);
        assert_eq!(
            from_token("made-up").unwrap_err().code,
            "InvalidParameterException"
        );
    }
}
