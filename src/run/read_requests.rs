//! Requests that only read, such as the pages of a listing.

use std::time::Duration;

use tokio::time::sleep;

use super::{RequestCounts, RetryPolicy};
use crate::pace::{Category, Pacer};
use crate::pool::{Advice, Failure};

/// Sends requests that only read. Each attempt takes a permit.
#[derive(Debug, Clone, Copy)]
pub struct ReadRequests<'a> {
    pub pacer: &'a Pacer,
    pub retry: RetryPolicy,
}

impl ReadRequests<'_> {
    /// Sends a request until its answer arrives or the failure is permanent. Every attempt is
    /// counted.
    ///
    /// # Errors
    /// Returns the last failure.
    pub async fn send<T, F>(
        &self,
        category: Category,
        counts: &mut RequestCounts,
        request: impl Fn() -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut tries = 0;
        loop {
            let permit = self.pacer.permit(category).await;
            let answer = request().await;
            counts.count(self.pacer, &permit, answer.as_ref().err());
            let failure = match answer {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            match self.wait(&failure, &mut tries, fastrand::f64()) {
                Some(wait) => sleep(wait).await,
                None => return Err(failure),
            }
        }
    }

    /// Returns how long to wait before the next attempt, or `None` to give up. Throttling never
    /// counts as a failed attempt.
    fn wait(&self, failure: &Failure, tries: &mut u32, chance: f64) -> Option<Duration> {
        match failure.advice {
            Advice::SlowDown => {
                return Some(self.retry.backoff(1, chance));
            }
            Advice::Firewalled
            | Advice::Unreachable
            | Advice::Retry
            | Advice::Exists
            | Advice::LookUp(_)
            | Advice::Undelivered => *tries += 1,
            Advice::GiveUp | Advice::Stop(_) => return None,
        }
        (*tries < self.retry.lookups).then(|| self.retry.backoff(*tries, chance))
    }
}
