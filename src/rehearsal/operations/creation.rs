//! Creates a user: checks that the name is free, applies the PreSignUp trigger and sends the code.
//!
//! Independent of faults and requests, so a user can also be created after its connection was
//! closed.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rehearsal::format;
use crate::rehearsal::protocol::ServiceError;
use crate::rehearsal::seeded;
use crate::rehearsal::settings::PreSignUp;
use crate::rehearsal::state::Candidate;
use crate::rehearsal::state::PoolState;
use crate::rehearsal::user::{PoolUser, StoredAttribute, UserStatus};
use crate::rehearsal::users::UserIndex;

/// The result of creating a user.
pub(in crate::rehearsal) struct Commit {
    /// The user, if it was created. Some errors occur after the creation.
    pub(in crate::rehearsal) made: Option<UserIndex>,
    pub(in crate::rehearsal) answer: Result<Value, ServiceError>,
}

impl From<ServiceError> for Commit {
    fn from(error: ServiceError) -> Commit {
        Commit {
            made: None,
            answer: Err(error),
        }
    }
}

/// Creates the user at this time, unless the name is taken.
pub(in crate::rehearsal) fn commit(
    pool: &mut PoolState,
    candidate: Candidate,
    at: Duration,
) -> Commit {
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
pub(in crate::rehearsal) fn limit_exceeded() -> ServiceError {
    ServiceError::bad_request(
        "LimitExceededException",
        "Exceeded daily email limit for the operation or the account.",
    )
}
