//! The state of a verification that the listing and the lookups share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinError;
use tokio::time::Instant;

use super::expected::RunGroups;
use crate::hints::Hint;
use crate::ledger::LedgerError;
use crate::ledger::verification::{SavedPosition, VerifyPosition, VerifyProgress};
use crate::pace::Pacer;
use crate::pool::pages::Endless;
use crate::pool::{Advice, Cognito, Failure, NamedBy, Stop, now_ms};
use crate::run::{ReadRequests, RequestCounts, RetryPolicy, Signal};

/// How often the progress is saved. Pages since then are read again after a kill.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

/// The interval of progress messages.
const NOTIFY_INTERVAL: Duration = Duration::from_secs(10);

/// Shared with the tasks of lookups.
#[derive(Debug)]
pub struct VerifyContext {
    pub pool: Cognito,
    pub pacer: Pacer,
    pub named_by: NamedBy,
    /// The attributes of users that are kept, to compare them with the list.
    pub kept_attributes: Vec<String>,
}

impl VerifyContext {
    pub(super) fn requests(&self) -> ReadRequests<'_> {
        ReadRequests {
            pacer: &self.pacer,
            retry: RetryPolicy::default(),
        }
    }
}

/// A verification of one run.
pub struct Verification<'w> {
    pub(super) context: Arc<VerifyContext>,
    pub(super) groups: RunGroups,
    /// Whether usernames are compared without case.
    pub(super) case_insensitive: bool,
    /// Whether users in no row are kept.
    pub(super) keeps_extra: bool,
    /// The pool's own estimate of its number of users.
    pub(super) estimated_users: Option<u64>,
    pub(super) position: VerifyPosition,
    /// Users of the pool that were read, also by earlier sessions.
    pub(super) users: u64,
    /// The position has a token from an earlier session, which may have expired.
    pub(super) may_have_expired: bool,
    pub(super) requests: RequestCounts,
    /// Consecutive users that could not be looked up.
    pub(super) failed_lookups: u32,
    saved: Instant,
    notified: Instant,
    pub(super) notify: &'w mut dyn FnMut(&str),
}

/// What a verification compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifyOptions {
    pub case_insensitive: bool,
    /// Users in no row are reported.
    pub extra: bool,
    pub estimated_users: Option<u64>,
}

impl<'w> Verification<'w> {
    /// Creates a verification that begins, or continues at this position. `notify` receives
    /// progress messages.
    #[must_use]
    pub fn new(
        context: VerifyContext,
        groups: RunGroups,
        options: VerifyOptions,
        saved: Option<SavedPosition>,
        notify: &'w mut dyn FnMut(&str),
    ) -> Self {
        let now = Instant::now();
        let (position, users) = match saved {
            Some(saved) => (saved.position, saved.users),
            None => (VerifyPosition::Users { token: None }, 0),
        };
        Self {
            context: Arc::new(context),
            groups,
            case_insensitive: options.case_insensitive,
            keeps_extra: options.extra,
            estimated_users: options.estimated_users,
            may_have_expired: !matches!(
                position,
                VerifyPosition::Users { token: None }
                    | VerifyPosition::Groups { token: None, .. }
                    | VerifyPosition::Lookups
            ),
            position,
            users,
            requests: RequestCounts::default(),
            failed_lookups: 0,
            saved: now,
            notified: now,
            notify,
        }
    }

    /// Returns whether the lookups are known, because an earlier session read the pool.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.position == VerifyPosition::Lookups
    }

    #[must_use]
    pub fn groups(&self) -> &RunGroups {
        &self.groups
    }

    /// Records that the lookups are known.
    ///
    /// # Errors
    /// The progress cannot be written.
    pub fn set_listed(&mut self, progress: &VerifyProgress) -> Result<(), LedgerError> {
        self.position = VerifyPosition::Lookups;
        self.save(progress)
    }

    /// Returns the number of users that were read, and the requests of this session.
    #[must_use]
    pub fn end(self) -> VerifyEnd {
        VerifyEnd {
            users: self.users,
            requests: self.requests,
        }
    }

    pub(super) fn save(&mut self, progress: &VerifyProgress) -> Result<(), LedgerError> {
        self.saved = Instant::now();
        progress.save(&self.position, self.users, now_ms())
    }

    /// Saves the progress, unless it was saved within [`SAVE_INTERVAL`].
    pub(super) fn save_if_due(&mut self, progress: &VerifyProgress) -> Result<(), LedgerError> {
        if self.saved.elapsed() < SAVE_INTERVAL {
            return Ok(());
        }
        self.save(progress)
    }

    /// Prints a progress message, unless one was printed within [`NOTIFY_INTERVAL`].
    pub(super) fn notify_if_due(&mut self, message: impl FnOnce(&Self) -> String) {
        if self.notified.elapsed() < NOTIFY_INTERVAL {
            return;
        }
        self.notified = Instant::now();
        let message = message(self);
        (self.notify)(&message);
    }
}

/// The totals of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyEnd {
    /// Users of the pool that were read, also by earlier sessions.
    pub users: u64,
    pub requests: RequestCounts,
}

/// The reason why a verification ended early.
#[derive(Debug)]
pub enum VerifyStopReason {
    Signal(Signal),
    /// A call failed permanently.
    Failed(&'static str, Failure),
    /// A listing would not end.
    Endless(&'static str, Endless),
    /// A task panicked.
    Broken(JoinError),
}

impl fmt::Display for VerifyStopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(signal) => f.write_str(signal.name()),
            Self::Failed(call, failure) => write!(f, "{call} failed ({failure})"),
            Self::Endless(call, endless) => write!(f, "{call}: {endless}"),
            // The panic message could quote a value.
            Self::Broken(_) => f.write_str("a task of this program ended unexpectedly"),
        }
    }
}

impl Hint for VerifyStopReason {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Failed(call, failure) => match failure.stop() {
                Some(Stop::Access) => format!(
                    "renew the credentials (for example with `aws sso login`) and allow \
                     cognito-idp:{call} on this pool (`cognito-import iam-policy --verify-run` \
                     prints the policy)"
                ),
                Some(Stop::NotFound) => {
                    "check --region, --profile and --endpoint-url: the run was in another place"
                        .to_owned()
                }
                Some(stop) => stop.hint().to_owned(),
                None if failure.advice == Advice::Unreachable => {
                    "check the network, --region, --endpoint-url and HTTPS_PROXY".to_owned()
                }
                None => return None,
            },
            Self::Endless(..) => "check --endpoint-url".to_owned(),
            Self::Signal(_) | Self::Broken(_) => return None,
        })
    }
}
