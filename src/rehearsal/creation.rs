//! The creation of a user: whether the name is free, what the PreSignUp trigger does, and the code that is sent.
//!
//! It knows of no faults and of no requests, so that a user can be made for one whose connection is long gone.

use std::time::Duration;

use serde_json::{Value, json};

use super::format;
use super::pool::PoolState;
use super::protocol::ServiceError;
use super::seeded;
use super::settings::PreSignUp;
use super::sign_up_request::Candidate;
use super::user::{PoolUser, StoredAttribute, UserStatus};
use super::users::UserIndex;

/// What came of an attempt to make a user.
pub(super) struct Commit {
    /// The user, if it was made; some errors come after that.
    pub(super) made: Option<UserIndex>,
    pub(super) answer: Result<Value, ServiceError>,
}

impl From<ServiceError> for Commit {
    fn from(error: ServiceError) -> Commit {
        Commit {
            made: None,
            answer: Err(error),
        }
    }
}

/// Makes the user at this time, unless there is one of that name.
pub(super) fn commit(pool: &mut PoolState, candidate: Candidate, at: Duration) -> Commit {
    let Candidate {
        name,
        sub,
        attributes,
        password,
        is_vouched_for,
    } = candidate;
    if let Some(refusal) = existing(pool, &name, &attributes) {
        return Commit::from(refusal);
    }
    let (status, verifies) = match &pool.settings.pre_sign_up {
        PreSignUp::Absent => (UserStatus::Unconfirmed, false),
        PreSignUp::AutoConfirm => (UserStatus::Confirmed, false),
        PreSignUp::AutoConfirmAndVerify => (UserStatus::Confirmed, true),
        PreSignUp::OnValidationData(_) | PreSignUp::OnClientMetadata(_) if is_vouched_for => {
            (UserStatus::Confirmed, true)
        }
        PreSignUp::OnValidationData(_) | PreSignUp::OnClientMetadata(_) => {
            (UserStatus::Unconfirmed, false)
        }
        PreSignUp::Refuse { message } => {
            let sentence = format!("PreSignUp failed with error {message}.");
            return Commit::from(ServiceError::bad_request(
                "UserLambdaValidationException",
                sentence,
            ));
        }
    };
    let mut user = PoolUser {
        password,
        sign_ups_accepted: 1,
        ..PoolUser::new(
            pool.stored_username(&name, sub),
            sub,
            status,
            pool.clock.wall_ms(at),
        )
    };
    user.attributes = attributes;
    for (attribute, flag) in [
        ("email", "email_verified"),
        ("phone_number", "phone_number_verified"),
    ] {
        if user.attribute(attribute).is_some() {
            user.set(
                pool.schema
                    .attribute(flag, if verifies { "true" } else { "false" }),
            );
        }
    }
    let delivery = if verifies {
        None
    } else {
        code_delivery(pool, &user)
    };
    let made = Some(pool.users.add(&name, user));
    pool.stats.created();
    if delivery.is_some() {
        if pool
            .settings
            .daily_messages
            .is_some_and(|most| pool.messages_sent >= most)
        {
            return Commit {
                made,
                answer: Err(limit_exceeded()),
            };
        }
        pool.messages_sent += 1;
    }
    Commit {
        made,
        answer: Ok(success(pool, &name, sub, status, delivery)),
    }
}

/// The answer to a SignUp that made a user.
fn success(
    pool: &PoolState,
    name: &str,
    sub: u128,
    status: UserStatus,
    delivery: Option<Value>,
) -> Value {
    let session = seeded::bits(pool.settings.seed, "session", name, 0);
    let mut body = json!({
        "UserConfirmed": status == UserStatus::Confirmed,
        "UserSub": seeded::uuid_text(sub),
        "Session": format!("rehearsal-session-{session:032x}"),
    });
    if let (Some(delivery), Some(members)) = (delivery, body.as_object_mut()) {
        members.insert("CodeDeliveryDetails".to_owned(), delivery);
    }
    body
}

/// The refusal of a name that is taken.
fn existing(pool: &PoolState, name: &str, attributes: &[StoredAttribute]) -> Option<ServiceError> {
    let taken = match pool.users.by_name(name) {
        Some(_) => pool.attribute_of_username(name),
        None => Some(pool.users.taken_attribute(attributes, None)?),
    };
    let sentence = match taken {
        Some(attribute) => format!("An account with the given {attribute} already exists."),
        None => "User already exists".to_owned(),
    };
    Some(ServiceError::bad_request(
        "UsernameExistsException",
        sentence,
    ))
}

/// Where a code goes, if one does. A phone number comes before an e-mail address, as with Cognito.
fn code_delivery(pool: &PoolState, user: &PoolUser) -> Option<Value> {
    let verifies = |attribute: &str| {
        pool.settings
            .auto_verified_attributes
            .iter()
            .any(|known| known == attribute)
    };
    let value_of = |attribute: &str| user.attribute(attribute).filter(|_| verifies(attribute));
    let details = |attribute: &str, medium: &str, destination: String| json!({ "AttributeName": attribute, "DeliveryMedium": medium, "Destination": destination });
    value_of("phone_number")
        .map(|phone| details("phone_number", "SMS", format::masked_phone_number(phone)))
        .or_else(|| {
            value_of("email").map(|email| details("email", "EMAIL", format::masked_email(email)))
        })
}

/// The refusal of a code beyond the day's.
pub(super) fn limit_exceeded() -> ServiceError {
    ServiceError::bad_request(
        "LimitExceededException",
        "Exceeded daily email limit for the operation or the account.",
    )
}
