//! ListUsers: pages of at most 60 users in the order they were made, with the simple filters Cognito has.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::admin;
use super::pool::Pool;
use super::protocol::ServiceError;
use super::request::parse;
use super::seeded;
use super::users::User;

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
struct ListRequest {
    user_pool_id: Option<String>,
    attributes_to_get: Option<Vec<String>>,
    limit: Option<usize>,
    pagination_token: Option<String>,
    filter: Option<String>,
}

/// ListUsers.
pub(super) fn list_users(pool: &Pool, body: &[u8]) -> Result<Value, ServiceError> {
    let request: ListRequest = parse(body)?;
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
    let wanted = |name: &str| {
        request
            .attributes_to_get
            .as_ref()
            .is_none_or(|names| names.iter().any(|wanted| wanted == name))
    };
    let mut matching = pool
        .users
        .iter()
        .enumerate()
        .skip(first)
        .filter(|(_, user)| filter.as_ref().is_none_or(|filter| filter.matches(user)));
    let page: Vec<_> = matching
        .by_ref()
        .take(size)
        .map(|(_, user)| {
            let mut entry = admin::summary(pool, user);
            if let Some(members) = entry.as_object_mut() {
                members.insert("Attributes".to_owned(), admin::attributes(user, wanted));
            }
            entry
        })
        .collect();
    let mut answer = json!({ "Users": page });
    if let (Some((next, _)), Some(members)) = (matching.next(), answer.as_object_mut()) {
        members.insert("PaginationToken".to_owned(), Value::String(to_token(next)));
    }
    Ok(answer)
}

fn to_token(first: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("from {first}"))
}

fn from_token(token: &str) -> Result<usize, ServiceError> {
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

    fn matches(&self, user: &User) -> bool {
        let fits = |value: &str| {
            if self.is_beginning {
                value.starts_with(&self.value)
            } else {
                value == self.value
            }
        };
        match self.attribute.as_str() {
            "username" => fits(&user.username),
            "sub" => fits(&seeded::uuid_text(user.sub)),
            "cognito:user_status" => fits(user.status.name()),
            "status" => fits(if user.enabled { "Enabled" } else { "Disabled" }),
            other => user.attribute(other).is_some_and(fits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_token_leads_back_to_its_place() {
        assert_eq!(from_token(&to_token(120)).unwrap(), 120);
        assert_eq!(
            from_token("made-up").unwrap_err().code,
            "InvalidParameterException"
        );
    }
}
