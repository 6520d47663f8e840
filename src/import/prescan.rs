//! Reads all users of the pool before the first row is begun, to find usernames that are taken.
//! Only reads.
//!
//! Pages are read one after the other because each has the token of the next. A page that fails
//! transiently is requested again; a token is valid for an hour.

use std::time::Duration;

use tokio::time::Instant;

use super::progress::Watch;
use super::rate_recorder::RateRecorder;
use super::run::{Deadline, until};
use super::stop::StopReason;
use crate::hints::Hint as _;
use crate::ledger::listing::{Listing, ListingEntry};
use crate::ledger::{Ledger, LedgerBatch, LedgerError};
use crate::pace::{Category, Pacer};
use crate::plural::counted;
use crate::pool::list::max_pages;
use crate::pool::pages::SeenPages;
use crate::pool::{Cognito, Failure, NamedBy, Stop, UserPage, now_ms};
use crate::run::{ReadRequests, RequestCounts, RetryPolicy, Signals};
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
        let pages = ReadRequests {
            pacer,
            retry: self.retry,
        };
        let named_by = self.named_by;
        let mut recorder = PrescanRecorder::begin(pacer);
        let mut listing = match Listing::new() {
            Ok(listing) => listing,
            Err(error) => return Ok(Scanned::Failed(error.with_hint())),
        };
        let (mut users, mut token) = (0, None);
        let mut seen_pages = SeenPages::up_to(max_pages(self.estimated_users));
        let no_more = self.deadline.map(|deadline| deadline.no_more_rows);
        let scanned = loop {
            let request = || pool.list_users(named_by, false, token.clone());
            let page = tokio::select! {
                biased;
                error = ledger.failure() => return Err(error),
                signal = signals.next() => break Scanned::Stopped(StopReason::Signal(signal)),
                () = until(no_more) => break Scanned::Stopped(StopReason::Deadline),
                page = pages.send(Category::UserList, &mut recorder.requests, request) => page,
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
