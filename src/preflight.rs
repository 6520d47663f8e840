//! Every question that is asked before the first write.
//!
//! What the pool is asked: whether it ignores the case of usernames. What comes with the answer: the service's time, by
//! which a run later tells its own users from those that were there before (see `import::resolve`).

use std::time::Duration;

use tokio::time::sleep;

use crate::pool::{Advice, Cognito, Failure, Sent, Stop, steady_ms};

/// A second of the service's clock, and a little for the clock of this machine.
const A_SECOND: i64 = 1_020;

/// A question that meets a passing fault is asked this often.
const TRIES: u32 = 5;

/// Time between two tries: DescribeUserPool has a quota of its own, counted by the second.
const BETWEEN_TRIES: Duration = Duration::from_millis(400);

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Whether the pool ignores the case of usernames.
    pub ignores_case: Result<Option<bool>, Failure>,
    /// The second, on the service's clock, that is over now; none where the service did not say what time it is.
    pub second_before_run_ms: Option<i64>,
}

/// Asks, and waits until the second that the service named is over. That the pool may not be described, or not by this service, is
/// no error: `ignores_case` says so.
///
/// # Errors
/// No connection can be made, the pool is not there, the credentials are wrong or expired, or a fault does not pass.
pub async fn ask(pool: &Cognito) -> Result<Found, Failure> {
    let mut tries = 0;
    let ignores_case = loop {
        tries += 1;
        match pool.ignores_case().await {
            Err(failure) if decides(&failure) => return Err(failure),
            Err(failure) if passes(&failure) && tries < TRIES => sleep(BETWEEN_TRIES).await,
            Err(failure) if passes(&failure) => return Err(failure),
            answer => break answer,
        }
    };
    let heard = pool.clock().last();
    if let Some(heard) = heard {
        let wait = u64::try_from(heard.came_ms + A_SECOND - steady_ms()).unwrap_or(0);
        sleep(Duration::from_millis(wait)).await;
    }
    Ok(Found {
        ignores_case,
        second_before_run_ms: heard.map(|heard| heard.second_ms),
    })
}

/// Every later request would fail as well. Not being allowed to describe the pool is not of this kind.
fn decides(failure: &Failure) -> bool {
    let denied = [
        "AccessDeniedException",
        "AccessDenied",
        "NotAuthorizedException",
    ];
    failure.sent == Sent::No
        || match failure.advice {
            Advice::Stop(Stop::NotFound) => true,
            Advice::Stop(Stop::Access) => !denied.contains(&failure.code.as_str()),
            Advice::Stop(
                Stop::SignUpNotPermitted
                | Stop::SecretHash
                | Stop::UnwritableAttribute
                | Stop::DeliveryRole
                | Stop::Refused,
            )
            | Advice::Again
            | Advice::SlowDown
            | Advice::Exists
            | Advice::LookUp(_)
            | Advice::Undelivered
            | Advice::GiveUp => false,
        }
}

/// The same question may be answered in a moment.
fn passes(failure: &Failure) -> bool {
    failure.advice == Advice::SlowDown || failure.sent == Sent::Maybe
}
