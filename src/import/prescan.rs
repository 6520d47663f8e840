//! Reads all users of the pool before the run begins, to find usernames that are taken. Only reads.
//!
//! Pages are read one after the other because each has the token of the next. A page that fails
//! transiently is requested again; a token is valid for an hour.

use std::time::Duration;

use tokio::time::Instant;

use super::progress::Watch;
use super::rate_recorder::RateRecorder;
use super::run::{Deadline, until};
use crate::hints::Hint as _;
use crate::ledger::listing::{Listing, ListingEntry};
use crate::ledger::{Ledger, LedgerBatch, LedgerError};
use crate::outcome::RateSample;
use crate::pace::{Category, Pacer};
use crate::plural::counted;
use crate::pool::list::max_pages;
use crate::pool::pages::SeenPages;
use crate::pool::{Cognito, Failure, FoundUser, NamedBy, Stop, UserPage, now_ms};
use crate::run::{ReadRequests, RequestCounts, RetryPolicy};
use crate::user::fold;

#[derive(Debug)]
pub struct Prescan<'a> {
    pub pool: &'a Cognito,
    pub pacer: &'a Pacer,
    pub named_by: NamedBy,
    /// Whether usernames are known to be case-insensitive. If unknown, names are compared
    /// exactly: a missed match costs a request, a wrong match leaves a user out.
    pub case_insensitive: bool,
    /// The attributes that the list sets, to be compared with the pool's.
    pub attributes: Vec<String>,
    /// The retry policy for a page.
    pub retry: RetryPolicy,
    pub deadline: Option<Deadline>,
    /// The estimated number of users, if the pool gave one.
    pub estimated_users: Option<u64>,
}

/// The result of a prescan.
pub enum Scanned {
    Complete(ListedUsers),
    /// `--deadline` was reached.
    DeadlineReached,
    /// The pool could not be read; the message says why and what to do.
    Failed(String),
}

/// The users of a pool by name.
pub struct ListedUsers {
    listing: Listing,
    case_insensitive: bool,
}

impl ListedUsers {
    /// Returns the user with this name.
    ///
    /// # Errors
    /// Fails if the temporary file cannot be read or written.
    pub fn find(&mut self, username: &str) -> Result<Option<ListingEntry>, LedgerError> {
        if self.case_insensitive {
            self.listing.find(&fold(username))
        } else {
            self.listing.find(username)
        }
    }
}

impl Prescan<'_> {
    /// Reads all pages, until the deadline or a permanent failure.
    pub async fn read(self, watch: &mut dyn Watch) -> (Scanned, PrescanRecord) {
        let mut recorder = PrescanRecorder::begin(self.pacer);
        let scanned = self.read_pages(&mut recorder, watch).await;
        (scanned, recorder.end(self.pacer))
    }

    async fn read_pages(&self, recorder: &mut PrescanRecorder, watch: &mut dyn Watch) -> Scanned {
        let pages = ReadRequests {
            pacer: self.pacer,
            retry: self.retry,
        };
        let with_attributes = !self.attributes.is_empty();
        let listing = match Listing::new(self.attributes.clone()) {
            Ok(listing) => listing,
            Err(error) => return Scanned::Failed(error.with_hint()),
        };
        let (mut users, mut token) = (0, None);
        let mut seen_pages = SeenPages::up_to(max_pages(self.estimated_users));
        let no_more = self.deadline.map(|deadline| deadline.no_more_rows);
        loop {
            let request = || {
                self.pool
                    .list_users(self.named_by, with_attributes, token.clone())
            };
            let page = tokio::select! {
                biased;
                () = until(no_more) => return Scanned::DeadlineReached,
                page = pages.send(Category::UserList, &mut recorder.requests, request) => page,
            };
            let UserPage {
                users: listed,
                next,
            } = match page {
                Ok(page) => page,
                Err(failure) => return refused(&failure),
            };
            let entries = listed.len();
            users += entries as u64;
            if let Err(error) = add(&listing, listed, &self.attributes, self.case_insensitive) {
                return Scanned::Failed(error.with_hint());
            }
            recorder.sample(self.pacer);
            watch.reading(users, self.estimated_users, recorder.began.elapsed());
            if next.is_none() {
                let users = counted(users, "user", "users");
                watch.notice(&format!("the pool was read: {users}"));
                return Scanned::Complete(ListedUsers {
                    listing,
                    case_insensitive: self.case_insensitive,
                });
            }
            let followed = seen_pages.follow(entries, next.as_deref().unwrap_or_default());
            if let Err(endless) = followed {
                return Scanned::Failed(format!("ListUsers: {endless}; check --endpoint-url"));
            }
            token = next;
        }
    }
}

fn add(
    listing: &Listing,
    users: Vec<crate::pool::ListedUser>,
    attributes: &[String],
    case_insensitive: bool,
) -> Result<(), LedgerError> {
    let mut named = Vec::new();
    for listed in users {
        let attributes = kept_attributes(&listed.user, attributes);
        let entry = ListingEntry {
            sub: listed.user.sub,
            status: listed.user.status,
            enabled: listed.user.enabled,
            created_ms: listed.user.created_ms,
            modified_ms: listed.user.modified_ms,
            attributes,
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

fn kept_attributes(user: &FoundUser, kept: &[String]) -> Vec<(String, String)> {
    let value = |name: &String| Some((name.clone(), user.attribute(name)?.to_owned()));
    kept.iter().filter_map(value).collect()
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

/// The requests of a prescan, to be written to the run's ledger.
#[derive(Debug)]
pub struct PrescanRecord {
    requests: RequestCounts,
    rates: Vec<RateSample>,
    active: Duration,
}

impl PrescanRecord {
    pub async fn write(self, ledger: &Ledger) {
        if !self.rates.is_empty() {
            ledger.rates(self.rates).await;
        }
        let batch = LedgerBatch {
            requests: self.requests.by_name(),
            active_ms: i64::try_from(self.active.as_millis()).unwrap_or(i64::MAX),
            ..LedgerBatch::default()
        };
        ledger.write(batch).await;
    }
}

/// Counts requests and samples rates.
struct PrescanRecorder {
    requests: RequestCounts,
    recorder: RateRecorder,
    rates: Vec<RateSample>,
    began: Instant,
}

impl PrescanRecorder {
    fn begin(pacer: &Pacer) -> Self {
        let now = Instant::now();
        Self {
            requests: RequestCounts::default(),
            recorder: RateRecorder::begin(pacer, now, now_ms()),
            rates: Vec::new(),
            began: now,
        }
    }

    fn sample(&mut self, pacer: &Pacer) {
        let samples = self.recorder.samples(pacer, Instant::now(), false);
        self.rates.extend(samples);
    }

    fn end(mut self, pacer: &Pacer) -> PrescanRecord {
        let samples = self.recorder.samples(pacer, Instant::now(), true);
        self.rates.extend(samples);
        PrescanRecord {
            requests: self.requests,
            rates: self.rates,
            active: self.began.elapsed(),
        }
    }
}
