//! Lists the pool's users and the members of the run's groups. Pages are read one after the other,
//! because each has the token of the next.

use super::verification::{Verification, VerifyStopReason};
use crate::ledger::LedgerError;
use crate::ledger::verification::{SeenUser, VerifyPosition, VerifyProgress};
use crate::pace::Category;
use crate::plural::counted;
use crate::pool::list::max_pages;
use crate::pool::pages::SeenPages;
use crate::pool::{Advice, Failure, FoundUser, ListedUser, UserPage};
use crate::run::Signals;
use crate::user::fold;

/// The attributes that are always kept.
const VERIFIED: [&str; 2] = ["email_verified", "phone_number_verified"];

const LIST_USERS: &str = "ListUsers";
const LIST_USERS_IN_GROUP: &str = "ListUsersInGroup";

impl Verification<'_> {
    /// Reads all pages, from the position of an earlier session on. Returns why it ended early.
    ///
    /// # Errors
    /// The progress cannot be written.
    pub async fn read(
        &mut self,
        progress: &VerifyProgress,
        signals: &mut Signals,
    ) -> Result<Option<VerifyStopReason>, LedgerError> {
        let mut seen_pages = self.no_pages();
        while let Some(call) = self.next_call() {
            let page = tokio::select! {
                biased;
                signal = signals.next() => {
                    self.save(progress)?;
                    return Ok(Some(VerifyStopReason::Signal(signal)));
                }
                page = self.page() => page,
            };
            let page = match page {
                Ok(page) => page,
                Err(failure) if self.may_have_expired && failure.advice == Advice::GiveUp => {
                    self.start_over(progress, &failure)?;
                    seen_pages = self.no_pages();
                    continue;
                }
                Err(failure) => {
                    self.save(progress)?;
                    return Ok(Some(VerifyStopReason::Failed(call, failure)));
                }
            };
            self.may_have_expired = false;
            let next = page.as_ref().and_then(|page| page.next.clone());
            let entries = page.as_ref().map_or(0, |page| page.users.len());
            self.add(progress, page)?;
            match next {
                None => seen_pages = self.no_pages(),
                Some(token) => {
                    if let Err(endless) = seen_pages.follow(entries, &token) {
                        return Ok(Some(VerifyStopReason::Endless(call, endless)));
                    }
                    self.follow(token);
                }
            }
            self.save_if_due(progress)?;
            self.notify_if_due(Self::progress_message);
        }
        self.save(progress)?;
        Ok(None)
    }

    fn no_pages(&self) -> SeenPages {
        SeenPages::up_to(max_pages(self.estimated_users))
    }

    /// Returns the name of the next call; `None` once everything is read.
    fn next_call(&self) -> Option<&'static str> {
        match &self.position {
            VerifyPosition::Users { .. } => Some(LIST_USERS),
            VerifyPosition::Groups { index, .. } => {
                (*index < self.groups.names().len()).then_some(LIST_USERS_IN_GROUP)
            }
            VerifyPosition::Lookups => None,
        }
    }

    /// Requests the next page. `None` if its group does not exist.
    async fn page(&mut self) -> Result<Option<UserPage>, Failure> {
        let (pool, named_by) = (&self.context.pool, self.context.named_by);
        let requests = self.context.requests();
        let counts = &mut self.requests;
        match &self.position {
            VerifyPosition::Users { token } => {
                let request = || pool.list_users(named_by, true, token.clone());
                let page = requests.send(Category::UserList, counts, request).await;
                page.map(Some)
            }
            VerifyPosition::Groups { index, token } => {
                let group = self.groups.names().get(*index);
                let group = group.map_or("", String::as_str);
                let request = || pool.users_in_group(named_by, group, token.clone());
                requests.send(Category::UserList, counts, request).await
            }
            VerifyPosition::Lookups => Ok(None),
        }
    }

    /// Adds the users of a page, and moves on to the next listing if it is the last page.
    fn add(
        &mut self,
        progress: &VerifyProgress,
        page: Option<UserPage>,
    ) -> Result<(), LedgerError> {
        let is_last = page.as_ref().is_none_or(|page| page.next.is_none());
        let next = match &self.position {
            VerifyPosition::Users { .. } => {
                let users = page.map(|page| page.users).unwrap_or_default();
                self.users += users.len() as u64;
                for listed in users {
                    let possible = self.context.named_by.possible_names(&listed.user);
                    let names = self.compared(listed.names);
                    let user = seen_user(listed.user, &self.context.kept_attributes);
                    if !progress.add_user(&names, &user)? && self.keeps_extra {
                        progress.add_extra(&self.compared(possible), &user)?;
                    }
                }
                0
            }
            VerifyPosition::Groups { index, .. } => {
                let index = *index;
                match page {
                    None => progress.add_missing_group(index)?,
                    Some(page) => {
                        for ListedUser { names, user } in page.users {
                            let names = self.compared(names);
                            progress.add_member(index, &names, user.sub.as_deref())?;
                        }
                    }
                }
                index + 1
            }
            VerifyPosition::Lookups => return Ok(()),
        };
        if is_last {
            self.position = VerifyPosition::Groups {
                index: next,
                token: None,
            };
        }
        Ok(())
    }

    /// Moves on to the next page of the same listing.
    fn follow(&mut self, next: String) {
        match &mut self.position {
            VerifyPosition::Users { token } | VerifyPosition::Groups { token, .. } => {
                *token = Some(next);
            }
            VerifyPosition::Lookups => {}
        }
    }

    /// Returns names as the pool compares them.
    fn compared(&self, names: Vec<String>) -> Vec<String> {
        if !self.case_insensitive {
            return names;
        }
        names
            .into_iter()
            .map(|name| fold(&name).into_owned())
            .collect()
    }

    fn start_over(
        &mut self,
        progress: &VerifyProgress,
        failure: &Failure,
    ) -> Result<(), LedgerError> {
        progress.start_over()?;
        self.may_have_expired = false;
        self.position = VerifyPosition::Users { token: None };
        self.users = 0;
        (self.notify)(&format!(
            "the pool does not continue the earlier listing ({failure}): reading it again"
        ));
        Ok(())
    }

    fn progress_message(&self) -> String {
        match &self.position {
            VerifyPosition::Groups { index, .. } if *index > 0 => {
                let all = self.groups.names().len() as u64;
                format!(
                    "members of {index} of {} read",
                    counted(all, "group", "groups")
                )
            }
            VerifyPosition::Users { .. }
            | VerifyPosition::Groups { .. }
            | VerifyPosition::Lookups => {
                let users = counted(self.users, "user", "users");
                match self.estimated_users {
                    Some(all) if all > 0 => format!("{users} of about {all} read"),
                    Some(_) | None => format!("{users} read"),
                }
            }
        }
    }
}

/// Converts a user of the pool. Of its attributes, only these and those that are always needed are
/// kept.
pub(super) fn seen_user(user: FoundUser, kept: &[String]) -> SeenUser {
    let is_kept = |name: &str| VERIFIED.contains(&name) || kept.iter().any(|other| other == name);
    SeenUser {
        attributes: user
            .attributes
            .into_iter()
            .filter(|attribute| is_kept(&attribute.name))
            .map(|attribute| (attribute.name.to_string(), attribute.value))
            .collect(),
        username: user.username,
        sub: user.sub,
        status: user.status,
        enabled: user.enabled,
    }
}
