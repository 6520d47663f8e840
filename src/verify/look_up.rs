//! Looks up users that the listings do not show as expected.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::task::{JoinError, JoinSet};

use super::expected::RunGroups;
use super::read_pool::seen_user;
use super::verification::{Verification, VerifyContext, VerifyStopReason};
use crate::ledger::LedgerError;
use crate::ledger::verification::{
    LookupFailure, LookupReply, UnknownPart, UserLookup, VerifyProgress,
};
use crate::pace::Category;
use crate::plural::counted;
use crate::pool::failure::FailureKind;
use crate::pool::pages::SeenPages;
use crate::pool::{Advice, Failure, FoundUser};
use crate::process::room_for_connections;
use crate::run::{RequestCounts, Signals};

/// The maximum number of users in flight. The rate limits apply as well.
const SLOTS: usize = 64;

/// The number of lookups read at a time.
const PAGE_SIZE: usize = 256;

/// A user can be in at most 100 groups (Cognito's developer guide, "Quotas on resource number and
/// size").
const MAX_GROUP_PAGES: usize = 100;

const ADMIN_GET_USER: &str = "AdminGetUser";
const ADMIN_LIST_GROUPS_FOR_USER: &str = "AdminListGroupsForUser";

/// The number of consecutive users that could not be looked up after which the verification stops.
const MAX_FAILED: u32 = 10;

/// A call and its failure.
type FailedOperation = (&'static str, Failure);

struct FinishedLookup {
    row: u64,
    lookup: UserLookup,
    result: Result<LookupReply, FailedOperation>,
    /// The failure of this user alone.
    failed: Option<FailedOperation>,
    requests: RequestCounts,
}

impl Verification<'_> {
    /// Looks up the users that the listings do not show as expected. Returns why it ended early.
    ///
    /// # Errors
    /// The progress cannot be read or written.
    pub async fn look_up(
        &mut self,
        progress: &VerifyProgress,
        signals: &mut Signals,
    ) -> Result<Option<VerifyStopReason>, LedgerError> {
        let all = progress.open_lookups()?;
        if all > 0 {
            let users = counted(all, "user", "users");
            (self.notify)(&format!(
                "looking up {users} that the listing does not show as expected"
            ));
        }
        let slots = SLOTS.min(room_for_connections(1).unwrap_or(SLOTS));
        let mut tasks: JoinSet<FinishedLookup> = JoinSet::new();
        let (mut page, mut last_row, mut done) = (VecDeque::new(), 0, 0);
        let groups = Arc::new(self.groups.clone());
        let stopped = loop {
            while tasks.len() < slots {
                if page.is_empty() {
                    page = VecDeque::from(progress.lookups(last_row, PAGE_SIZE)?);
                }
                let Some((row, lookup)) = page.pop_front() else {
                    break;
                };
                last_row = row;
                let (context, groups) = (Arc::clone(&self.context), Arc::clone(&groups));
                tasks.spawn(look_up(context, groups, row, lookup));
            }
            let finished = tokio::select! {
                biased;
                signal = signals.next() => break Some(VerifyStopReason::Signal(signal)),
                finished = tasks.join_next() => finished,
            };
            let Some(finished) = finished else {
                break None;
            };
            match self.finish(progress, finished)? {
                Some(reason) => break Some(reason),
                None => done += 1,
            }
            self.save_if_due(progress)?;
            self.notify_if_due(|_| format!("{done} of {all} looked up"));
        };
        // Lookups in flight change nothing, and are repeated by the next session.
        tasks.abort_all();
        self.save(progress)?;
        Ok(stopped)
    }

    fn finish(
        &mut self,
        progress: &VerifyProgress,
        finished: Result<FinishedLookup, JoinError>,
    ) -> Result<Option<VerifyStopReason>, LedgerError> {
        let finished = match finished {
            Ok(finished) => finished,
            Err(error) => return Ok(Some(VerifyStopReason::Broken(error))),
        };
        self.requests.merge(&finished.requests);
        match finished.result {
            Ok(reply) => {
                self.failed_lookups = match finished.failed {
                    Some(_) => self.failed_lookups + 1,
                    None => 0,
                };
                if let Some((call, failure)) = finished.failed
                    && self.failed_lookups >= MAX_FAILED
                {
                    return Ok(Some(VerifyStopReason::Failed(call, failure)));
                }
                progress.finish_lookup(finished.row, &finished.lookup, &reply)?;
                Ok(None)
            }
            Err((call, failure)) => Ok(Some(VerifyStopReason::Failed(call, failure))),
        }
    }
}

async fn look_up(
    context: Arc<VerifyContext>,
    groups: Arc<RunGroups>,
    row: u64,
    lookup: UserLookup,
) -> FinishedLookup {
    let mut task = LookupTask {
        context: &context,
        lookup: &lookup,
        reply: LookupReply::default(),
        failed: None,
        requests: RequestCounts::default(),
    };
    let result = task.run(&groups).await;
    let LookupTask {
        reply,
        failed,
        requests,
        ..
    } = task;
    FinishedLookup {
        row,
        result: result.map(|()| reply),
        lookup,
        failed,
        requests,
    }
}

struct LookupTask<'a> {
    context: &'a VerifyContext,
    lookup: &'a UserLookup,
    reply: LookupReply,
    failed: Option<FailedOperation>,
    requests: RequestCounts,
}

impl LookupTask<'_> {
    async fn run(&mut self, groups: &RunGroups) -> Result<(), FailedOperation> {
        // An address that was the username may have changed.
        let lookup = self.lookup;
        let mut name = lookup
            .listed_as
            .as_ref()
            .unwrap_or(&lookup.username)
            .clone();
        if self.lookup.user {
            let Some(found) = self.user().await? else {
                return Ok(());
            };
            name.clone_from(&found.username);
            self.reply.user = Some(seen_user(found, &self.context.kept_attributes));
        }
        if self.lookup.groups.is_empty() {
            return Ok(());
        }
        self.find_groups(groups, &name).await
    }

    /// Returns the user of the row. If the username now belongs to another user, notes its `sub`.
    async fn user(&mut self) -> Result<Option<FoundUser>, FailedOperation> {
        let lookup = self.lookup;
        // If addresses are usernames, the address may have changed.
        let by_sub = lookup
            .sub
            .as_deref()
            .filter(|_| self.context.named_by.is_by_attribute());
        for name in by_sub.into_iter().chain([lookup.username.as_str()]) {
            let pool = &self.context.pool;
            let found = self
                .context
                .requests()
                .send(Category::UserRead, &mut self.requests, || pool.find(name))
                .await;
            let found = match found {
                Ok(Some(found)) if found.is_named(&lookup.username) => found,
                // AdminGetUser also accepts aliases.
                Ok(Some(_) | None) => continue,
                Err(failure) => {
                    self.failed(ADMIN_GET_USER, failure, UnknownPart::User)?;
                    return Ok(None);
                }
            };
            if lookup.sub.is_none() || found.sub == lookup.sub {
                return Ok(Some(found));
            }
            self.reply.namesake = found.sub;
        }
        Ok(None)
    }

    /// Notes which of the groups have the user.
    async fn find_groups(&mut self, groups: &RunGroups, name: &str) -> Result<(), FailedOperation> {
        let mut pages = SeenPages::up_to(MAX_GROUP_PAGES);
        let mut token: Option<String> = None;
        loop {
            let pool = &self.context.pool;
            let request = || pool.groups_of_user(name, token.as_deref());
            let page = self
                .context
                .requests()
                .send(Category::UserResourceRead, &mut self.requests, request)
                .await;
            let page = match page {
                Ok(page) => page,
                Err(failure) if failure.kind() == FailureKind::UserNotFound => return Ok(()),
                Err(failure) => {
                    let unknown = UnknownPart::Groups(self.lookup.groups.clone());
                    return self.failed(ADMIN_LIST_GROUPS_FOR_USER, failure, unknown);
                }
            };
            let found = page.names.iter().filter_map(|name| groups.index(name));
            let found = found.filter(|index| self.lookup.groups.contains(index));
            self.reply.groups.extend(found);
            let Some(next) = page.next else {
                return Ok(());
            };
            if let Err(endless) = pages.follow(page.names.len(), &next) {
                return Err((ADMIN_LIST_GROUPS_FOR_USER, endless.into()));
            }
            token = Some(next);
        }
    }

    /// Notes a failure of this user. One that would affect all users stops the verification.
    fn failed(
        &mut self,
        call: &'static str,
        failure: Failure,
        unknown: UnknownPart,
    ) -> Result<(), FailedOperation> {
        match failure.advice {
            Advice::GiveUp | Advice::Retry => {
                self.reply.failure = Some(LookupFailure {
                    reason: format!("{call}: {}", failure.code),
                    unknown,
                    is_temporary: failure.advice == Advice::Retry,
                });
                self.failed = Some((call, failure));
                Ok(())
            }
            Advice::Unreachable
            | Advice::SlowDown
            | Advice::Firewalled
            | Advice::Exists
            | Advice::LookUp(_)
            | Advice::Undelivered
            | Advice::Stop(_) => Err((call, failure)),
        }
    }
}
