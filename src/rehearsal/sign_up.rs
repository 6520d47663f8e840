//! SignUp: the user is made, and told so, unless a fault has it otherwise.
//!
//! `sign_up_request` owns the checks that come first. Here are the creation itself, the PreSignUp trigger, the code
//! that is sent, and what the faults of `faults` do.

use std::time::Duration;

use serde_json::{Value, json};

use super::faults::SignUpFault;
use super::format;
use super::pool::{Answer, Outgoing, Pool, parse};
use super::protocol::ServiceError;
use super::seeded;
use super::settings::PreSignUp;
use super::sign_up_request::{Candidate, SignUpRequest};
use super::users::{Asked, User, UserIndex, UserStatus};

/// What came of an attempt to make a user.
pub(super) struct Commit {
    /// The user, if it was made; some errors come after that.
    made: Option<UserIndex>,
    answer: Result<Value, ServiceError>,
}

impl From<ServiceError> for Commit {
    fn from(error: ServiceError) -> Commit {
        Commit {
            made: None,
            answer: Err(error),
        }
    }
}

/// Answers a SignUp that arrived at this time.
pub(super) fn answer(pool: &mut Pool, at: Duration, within_quota: bool, body: &[u8]) -> Answer {
    let request: SignUpRequest = match parse(body) {
        Ok(request) => request,
        Err(error) => return Answer::from(Err(error)),
    };
    if let Some(name) = request.countable_name() {
        pool.users.asked_mut(name).sign_ups += 1;
    }
    if !within_quota {
        return Answer::from(Err(ServiceError::too_many_requests()));
    }
    pool.sign_ups += 1;
    if pool
        .settings
        .faults
        .lost_pool_after
        .is_some_and(|first| pool.sign_ups >= first)
    {
        pool.stats.fault("lost_pool_after");
        let sentence = format!("User pool {} does not exist.", pool.settings.pool_id);
        return Answer::from(Err(ServiceError::not_found(sentence)));
    }
    if pool.throttled_ahead > 0 {
        pool.throttled_ahead -= 1;
        return Answer::from(Err(ServiceError::too_many_requests()));
    }
    let fault = request.countable_name().and_then(|name| draw(pool, name));
    if let Some(outgoing) = fault.and_then(|fault| strike_before(pool, fault)) {
        return Answer::from(outgoing);
    }
    let commit = match (request.check(pool), fault) {
        (Err(refusal), _) => Commit::from(refusal),
        (Ok(candidate), Some(SignUpFault::CommitLate(delay))) => {
            pool.stats.fault("commit_late");
            pool.commit_later(at + delay, candidate);
            return Answer::from(Outgoing::Nothing);
        }
        (Ok(candidate), _) => commit(pool, candidate, at),
    };
    strike_after(pool, fault, commit)
}

/// The fault of this SignUp, which depends on the name and on how often the name came this far.
fn draw(pool: &mut Pool, name: &str) -> Option<SignUpFault> {
    let asked = pool.users.asked_mut(name);
    asked.drawn += 1;
    let count = u64::from(asked.drawn);
    let fraction = seeded::fraction(pool.settings.seed, "sign-up", &pool.users.key(name), count);
    pool.settings.faults.for_sign_up(fraction)
}

/// What goes out if the fault strikes before anything is made.
fn strike_before(pool: &mut Pool, fault: SignUpFault) -> Option<Outgoing> {
    let outgoing = match fault {
        SignUpFault::DropBefore => Outgoing::Nothing,
        SignUpFault::Error500Before => Outgoing::Error(ServiceError::internal()),
        SignUpFault::Throttle => Outgoing::Error(ServiceError::too_many_requests()),
        SignUpFault::ThrottleBurst(requests) => {
            pool.throttled_ahead = requests.saturating_sub(1);
            Outgoing::Error(ServiceError::too_many_requests())
        }
        SignUpFault::UnexpectedLambdaBefore => Outgoing::Error(ServiceError::unexpected_lambda()),
        SignUpFault::CommitThenDrop
        | SignUpFault::AnswerLate(_)
        | SignUpFault::CommitLate(_)
        | SignUpFault::Error500After
        | SignUpFault::TruncatedBody
        | SignUpFault::NonJsonBody
        | SignUpFault::LimitExceededAfter
        | SignUpFault::UnexpectedLambdaAfter => return None,
    };
    pool.stats.fault(fault.name());
    Some(outgoing)
}

/// What goes out after the creation, or after its refusal: a refusal can be lost or late, but not turn into something
/// else.
fn strike_after(pool: &mut Pool, fault: Option<SignUpFault>, commit: Commit) -> Answer {
    let Commit { made, answer } = commit;
    let Some(fault) = fault else {
        let sign_up_of = made.filter(|_| answer.is_ok());
        return Answer {
            sign_up_of,
            ..Answer::from(answer)
        };
    };
    let late = if let SignUpFault::AnswerLate(delay) = fault {
        delay
    } else {
        Duration::ZERO
    };
    let outgoing = match (fault, answer) {
        (SignUpFault::CommitThenDrop | SignUpFault::CommitLate(_), _) => Outgoing::Nothing,
        (SignUpFault::Error500After, Ok(_)) => Outgoing::Error(ServiceError::internal()),
        (SignUpFault::TruncatedBody, Ok(body)) => Outgoing::Truncated(body),
        (SignUpFault::NonJsonBody, Ok(_)) => Outgoing::Html,
        (SignUpFault::LimitExceededAfter, Ok(_)) => Outgoing::Error(limit_exceeded()),
        (SignUpFault::UnexpectedLambdaAfter, Ok(_)) => {
            Outgoing::Error(ServiceError::unexpected_lambda())
        }
        (SignUpFault::AnswerLate(_), answer) => Outgoing::from(answer),
        (_, answer) => {
            return Answer {
                sign_up_of: made.filter(|_| answer.is_ok()),
                ..Answer::from(answer)
            };
        }
    };
    pool.stats.fault(fault.name());
    let sign_up_of = made.filter(|_| matches!(outgoing, Outgoing::Success(_)));
    Answer {
        outgoing,
        extra_delay: late,
        sign_up_of,
    }
}

/// Makes the user at this time, unless there is one of that name.
pub(super) fn commit(pool: &mut Pool, candidate: Candidate, at: Duration) -> Commit {
    let Candidate {
        name,
        sub,
        attributes,
        password,
    } = candidate;
    if let Some(refusal) = existing(pool, &name, &attributes) {
        return Commit::from(refusal);
    }
    let (status, verifies) = match &pool.settings.pre_sign_up {
        PreSignUp::Absent => (UserStatus::Unconfirmed, false),
        PreSignUp::AutoConfirm => (UserStatus::Confirmed, false),
        PreSignUp::AutoConfirmAndVerify => (UserStatus::Confirmed, true),
        PreSignUp::Refuse { message } => {
            let sentence = format!("PreSignUp failed with error {message}.");
            return Commit::from(ServiceError::bad_request(
                "UserLambdaValidationException",
                sentence,
            ));
        }
    };
    let created_ms = pool.clock.wall_ms(at);
    let mut user = User {
        username: pool.stored_username(&name, sub),
        sub,
        attributes,
        status,
        enabled: true,
        created_ms,
        modified_ms: created_ms,
        password: Some(password),
        groups: Vec::new(),
        preexisting: false,
        asked: Asked::default(),
        sign_ups_accepted: 1,
        answers_delivered: 0,
    };
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
    let session = seeded::bits(pool.settings.seed, "session", &name, 0);
    let mut body = json!({
        "UserConfirmed": status == UserStatus::Confirmed,
        "UserSub": seeded::uuid_text(sub),
        "Session": format!("rehearsal-session-{session:032x}"),
    });
    if let (Some(delivery), Some(members)) = (delivery, body.as_object_mut()) {
        members.insert("CodeDeliveryDetails".to_owned(), delivery);
    }
    Commit {
        made,
        answer: Ok(body),
    }
}

/// The refusal of a name that is taken.
fn existing(
    pool: &Pool,
    name: &str,
    attributes: &[super::users::Attribute],
) -> Option<ServiceError> {
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
fn code_delivery(pool: &Pool, user: &User) -> Option<Value> {
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

fn limit_exceeded() -> ServiceError {
    ServiceError::bad_request(
        "LimitExceededException",
        "Exceeded daily email limit for the operation or the account.",
    )
}
