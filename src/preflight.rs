//! Every question that is asked before the first write.
//!
//! What the pool is asked: whether it ignores the case of usernames. What comes with the answer: the service's time, by
//! which a run later tells its own users from those that were there before (see `import::resolve`).

use std::time::Duration;

use tokio::time::sleep;

use crate::pool::{Cognito, Failure, now_ms};

/// A second of the service's clock, and a little for the clock of this machine.
const A_SECOND: i64 = 1_020;

/// What was found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Whether the pool ignores the case of usernames; none where it may not be asked.
    pub ignores_case: Option<bool>,
    /// The second, on the service's clock, that is over now; none where the service did not say what time it is.
    pub second_before_run_ms: Option<i64>,
}

/// Asks, and waits until the second that the service named is over.
///
/// # Errors
/// No connection can be made.
pub async fn ask(pool: &Cognito) -> Result<Found, Failure> {
    let ignores_case = pool.ignores_case().await?;
    let heard = pool.clock().last();
    if let Some(heard) = heard {
        let wait = u64::try_from(heard.came_ms + A_SECOND - now_ms()).unwrap_or(0);
        sleep(Duration::from_millis(wait)).await;
    }
    Ok(Found {
        ignores_case,
        second_before_run_ms: heard.map(|heard| heard.second_ms),
    })
}
