//! Reads all users of the pool before the first row is begun, to find usernames that are taken.
//! Only reads.
//!
//! Pages are read one after the other because each has the token of the next. A page that fails
//! transiently is requested again; a token is valid for an hour.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::progress::Watch;
use super::rate_recorder::RateRecorder;
use super::run::{Deadline, until};
use super::stop::StopReason;
use crate::hints::Hint as _;
use crate::ledger::listing::{Listing, ListingEntry};
use crate::ledger::{Ledger, LedgerBatch, LedgerError};
use crate::pace::{Category, Pacer};
use crate::plural::counted;
use crate::pool::list::USERS_PER_PAGE;
use crate::pool::pages::SeenPages;
use crate::pool::{Advice, Cognito, Failure, NamedBy, Stop, UserPage, now_ms};
use crate::run::{RequestCounts, RetryPolicy, Signals};
use crate::user::fold;

#[derive(Debug)]
pub struct Prescan<'a> {
    pub pool: &'a Cognito,
    pub pacer: &'a Pacer,
    /// Records request counts and rates.
    pub ledger: &'a mut Ledger,
    pub named_by: NamedBy,
    /// Whether usernames are known to be case-insensitive. If unknown, names are compared
    /// exactly: a missed match costs a request, a wrong match leaves a user out.
    pub case_insensitive: bool,
    /// The retry policy for a page.
    pub retry: RetryPolicy,
    pub deadline: Option<Deadline>,
    /// The estimated number of users, if the pool gave one.
    pub estimated_users: Option<u64>,
}

/// The result of a prescan.
pub enum Scanned {
    Complete(Listing),
    /// A signal or the deadline stops the run.
    Stopped(StopReason),
    /// The pool could not be read; the message says why and what to do.
    Failed(String),
}

impl Prescan<'_> {
    /// Reads all pages, until a signal, the deadline or a permanent failure.
    ///
    /// # Errors
    /// Fails if the ledger failed.
    pub async fn read(
        self,
        signals: &mut Signals,
        watch: &mut dyn Watch,
    ) -> Result<Scanned, LedgerError> {
        let Self {
            pool,
            pacer,
            ledger,
            ..
        } = self;
        let pages = PageRequests {
            pool,
            pacer,
            named_by: self.named_by,
            retry: self.retry,
        };
        let mut recorder = PrescanRecorder::begin(pacer);
        let mut listing = match Listing::new() {
            Ok(listing) => listing,
            Err(error) => return Ok(Scanned::Failed(error.with_hint())),
        };
        let (mut users, mut token) = (0, None);
        let mut seen_pages = SeenPages::up_to(max_pages(self.estimated_users));
        let no_more = self.deadline.map(|deadline| deadline.no_more_rows);
        let scanned = loop {
            let page = tokio::select! {
                biased;
                error = ledger.failure() => return Err(error),
                signal = signals.next() => break Scanned::Stopped(StopReason::Signal(signal)),
                () = until(no_more) => break Scanned::Stopped(StopReason::Deadline),
                page = pages.page(token.clone(), &mut recorder.requests) => page,
            };
            let UserPage {
                users: listed,
                next,
            } = match page {
                Ok(page) => page,
                Err(failure) => break refused(&failure),
            };
            let entries = listed.len();
            users += entries as u64;
            if let Err(error) = add(&mut listing, listed, self.case_insensitive) {
                break Scanned::Failed(error.with_hint());
            }
            recorder.write(ledger, pacer, false).await;
            watch.reading(users, self.estimated_users, recorder.began.elapsed());
            if next.is_none() {
                let users = counted(users, "user", "users");
                watch.notice(&format!("the pool was read: {users}"));
                break Scanned::Complete(listing);
            }
            let followed = seen_pages.follow(entries, next.as_deref().unwrap_or_default());
            if let Err(endless) = followed {
                break Scanned::Failed(format!("ListUsers: {endless}; check --endpoint-url"));
            }
            token = next;
        };
        recorder.write(ledger, pacer, true).await;
        Ok(scanned)
    }
}

/// Returns an upper bound on the pages of a pool of this estimated size, with room for pages that
/// are not full and an outdated estimate.
fn max_pages(estimated_users: Option<u64>) -> usize {
    /// The largest possible pool (Cognito's developer guide, "Quotas on resource number and size").
    const MAX_USERS: u64 = 40_000_000;
    const EXTRA_PAGES: u64 = 10_000;
    let users = estimated_users.unwrap_or(MAX_USERS);
    let pages = users.div_ceil(USERS_PER_PAGE).saturating_mul(4);
    usize::try_from(pages.saturating_add(EXTRA_PAGES)).unwrap_or(usize::MAX)
}

fn add(
    listing: &mut Listing,
    users: Vec<crate::pool::ListedUser>,
    case_insensitive: bool,
) -> Result<(), LedgerError> {
    let mut named = Vec::new();
    for listed in users {
        let entry = ListingEntry {
            sub: listed.user.sub,
            status: listed.user.status,
            enabled: listed.user.enabled,
            created_ms: listed.user.created_ms,
        };
        for name in listed.names {
            let name = if case_insensitive {
                fold(&name).into_owned()
            } else {
                name
            };
            named.push((name, entry.clone()));
        }
    }
    listing.add(named.iter().map(|(name, entry)| (name.as_str(), entry)))
}

fn refused(failure: &Failure) -> Scanned {
    let hint = match failure.stop() {
        Some(Stop::Access) => {
            "allow cognito-idp:ListUsers for the credentials on this pool (`cognito-import \
             iam-policy` prints the policy), and renew them if they have expired"
        }
        Some(stop) => stop.hint(),
        None => "try again, or skip the scan (--prescan never)",
    };
    Scanned::Failed(format!("{failure}; {hint}"))
}

struct PageRequests<'a> {
    pool: &'a Cognito,
    pacer: &'a Pacer,
    named_by: NamedBy,
    retry: RetryPolicy,
}

impl PageRequests<'_> {
    /// Requests one page until it arrives or the failure is permanent.
    async fn page(
        &self,
        token: Option<String>,
        requests: &mut RequestCounts,
    ) -> Result<UserPage, Failure> {
        let mut tries = 0;
        loop {
            let permit = self.pacer.permit(Category::UserList).await;
            let answer = self.pool.list_users(self.named_by, token.clone()).await;
            requests.count(self.pacer, &permit, answer.as_ref().err());
            let failure = match answer {
                Ok(page) => return Ok(page),
                Err(failure) => failure,
            };
            let wait = self.wait(&failure, &mut tries);
            match wait {
                Some(wait) => sleep(wait).await,
                None => return Err(failure),
            }
        }
    }

    /// Returns how long to wait before the next attempt, or `None` to give up. Throttling never
    /// counts as a failed attempt.
    fn wait(&self, failure: &Failure, tries: &mut u32) -> Option<Duration> {
        let chance = fastrand::f64();
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

/// Request counts, rates and active time to be written to the ledger.
struct PrescanRecorder {
    requests: RequestCounts,
    record: RateRecorder,
    began: Instant,
    /// The end of the active time that is already in the ledger.
    recorded_until: Instant,
}

/// The interval between two writes.
const WRITE_INTERVAL: Duration = Duration::from_millis(200);

impl PrescanRecorder {
    fn begin(pacer: &Pacer) -> Self {
        let now = Instant::now();
        Self {
            requests: RequestCounts::default(),
            record: RateRecorder::begin(pacer, now, now_ms()),
            began: now,
            recorded_until: now,
        }
    }

    async fn write(&mut self, ledger: &Ledger, pacer: &Pacer, last: bool) {
        if !last && self.recorded_until.elapsed() < WRITE_INTERVAL {
            return;
        }
        let samples = self.record.samples(pacer, Instant::now(), last);
        if !samples.is_empty() {
            ledger.rates(samples).await;
        }
        let requests = std::mem::take(&mut self.requests);
        if requests != RequestCounts::default() {
            let active =
                i64::try_from(self.recorded_until.elapsed().as_millis()).unwrap_or(i64::MAX);
            self.recorded_until = Instant::now();
            let batch = LedgerBatch {
                requests: requests.by_name(),
                active_ms: active,
                ..LedgerBatch::default()
            };
            ledger.write(batch).await;
        }
    }
}
