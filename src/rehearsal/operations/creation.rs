//! Creates users: checks that the name is free, applies the PreSignUp trigger and sends the code.
//!
//! Independent of faults and requests, so that a user can also be created after its connection was
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
    /// The user, if it was created; some errors occur after the creation.
    pub(in crate::rehearsal) created: Option<UserIndex>,
    pub(in crate::rehearsal) result: Result<Value, ServiceError>,
}

impl From<ServiceError> for Commit {
    fn from(error: ServiceError) -> Commit {
        Commit {
            created: None,
            result: Err(error),
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
        matches_trigger,
    } = candidate;
    if let Some(refusal) = username_exists(pool, &name, &attributes) {
        return Commit::from(refusal);
    }
    let (status, is_verified) = match &pool.settings.pre_sign_up {
        PreSignUp::Absent => (UserStatus::Unconfirmed, false),
        PreSignUp::AutoConfirm => (UserStatus::Confirmed, false),
        PreSignUp::AutoConfirmAndVerify => (UserStatus::Confirmed, true),
        PreSignUp::OnValidationData(_) | PreSignUp::OnClientMetadata(_) if matches_trigger => {
            (UserStatus::Confirmed, true)
        }
        PreSignUp::OnValidationData(_) | PreSignUp::OnClientMetadata(_) => {
            (UserStatus::Unconfirmed, false)
        }
        PreSignUp::Refuse { message } => {
            let message = format!("PreSignUp failed with error {message}.");
            return Commit::from(ServiceError::bad_request(
                "UserLambdaValidationException",
                message,
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
                    .attribute(flag, if is_verified { "true" } else { "false" }),
            );
        }
    }
    let delivery = if is_verified {
        None
    } else {
        code_delivery(pool, &user)
    };
    let created = Some(pool.users.add(&name, user));
    pool.stats.record_creation();
    if delivery.is_some() {
        if pool
            .settings
            .daily_messages
            .is_some_and(|limit| pool.messages_sent >= limit)
        {
            return Commit {
                created,
                result: Err(limit_exceeded()),
            };
        }
        pool.messages_sent += 1;
    }
    Commit {
        created,
        result: Ok(success(pool, &name, sub, status, delivery)),
    }
}

/// Returns the response to a SignUp that created a user.
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
    if let Some(delivery) = delivery {
        body["CodeDeliveryDetails"] = delivery;
    }
    body
}

/// Returns the refusal if the name, or an attribute used as a username, is taken.
fn username_exists(
    pool: &PoolState,
    name: &str,
    attributes: &[StoredAttribute],
) -> Option<ServiceError> {
    let taken = match pool.users.by_name(name) {
        Some(_) => pool.username_attribute(name),
        None => Some(pool.users.taken_attribute(attributes, None)?),
    };
    let message = match taken {
        Some(attribute) => format!("An account with the given {attribute} already exists."),
        None => "User already exists".to_owned(),
    };
    Some(ServiceError::bad_request(
        "UsernameExistsException",
        message,
    ))
}

/// Returns where the code is sent, if at all. Like Cognito, prefers the phone number.
fn code_delivery(pool: &PoolState, user: &PoolUser) -> Option<Value> {
    let is_auto_verified = |attribute: &str| {
        pool.settings
            .auto_verified_attributes
            .iter()
            .any(|known| known == attribute)
    };
    let value_of = |attribute: &str| {
        user.attribute(attribute)
            .filter(|_| is_auto_verified(attribute))
    };
    let details = |attribute: &str, medium: &str, destination: String| json!({ "AttributeName": attribute, "DeliveryMedium": medium, "Destination": destination });
    value_of("phone_number")
        .map(|phone| details("phone_number", "SMS", format::masked_phone_number(phone)))
        .or_else(|| {
            value_of("email").map(|email| details("email", "EMAIL", format::masked_email(email)))
        })
}

/// Returns the error for a message beyond the daily limit.
pub(in crate::rehearsal) fn limit_exceeded() -> ServiceError {
    ServiceError::bad_request(
        "LimitExceededException",
        "Exceeded daily email limit for the operation or the account.",
    )
}
