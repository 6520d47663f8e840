//! Lists the pool's groups and creates missing ones.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::sleep;

use super::attempts::{Budget, PreflightCalls};
use super::calls::Call;
use crate::pool::groups::{CreateGroup, MAX_GROUPS};
use crate::pool::pages::{Endless, SeenPages};
use crate::pool::{Advice, Failure, Sent};

/// The pause between two requests. Group operations have quotas of 15 and 20 per second.
const PAUSE: Duration = Duration::from_millis(100);

/// The maximum number of pages, several times what the maximum number of groups needs.
const MAX_PAGES: usize = 1_000;

/// Returns the names of the pool's groups.
pub(super) async fn list_groups(
    preflight: PreflightCalls<'_>,
    budget: Budget,
) -> Result<BTreeSet<String>, Failure> {
    let mut names = BTreeSet::new();
    let mut token: Option<String> = None;
    let mut pages = SeenPages::up_to(MAX_PAGES);
    loop {
        let page = || preflight.pool.groups(token.as_deref());
        let page = preflight.repeat(Call::ListGroups, budget, page).await?;
        let entries = page.names.len();
        names.extend(page.names);
        let Some(next) = page.next else {
            return Ok(names);
        };
        // A pool cannot have more groups.
        if names.len() >= MAX_GROUPS {
            return Err(Endless::TooMany(pages.seen()).into());
        }
        pages.follow(entries, &next)?;
        token = Some(next);
        sleep(PAUSE).await;
    }
}

/// Returns the groups that the pool does not have. If the pool's groups could not be listed
/// (`existing` is `None`), `if_unknown` decides about all of them.
#[must_use]
pub fn missing<'g>(
    names: impl Iterator<Item = &'g str>,
    existing: Option<&BTreeSet<String>>,
    if_unknown: IfUnknown,
) -> Vec<String> {
    let is_missing = |name: &&str| match (existing, if_unknown) {
        (Some(existing), _) => !existing.contains(*name),
        (None, IfUnknown::AssumePresent) => false,
        (None, IfUnknown::AssumeMissing) => true,
    };
    names.filter(is_missing).map(str::to_owned).collect()
}

/// The assumption about groups if the pool's groups are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfUnknown {
    AssumePresent,
    /// Creating a group that exists is harmless.
    AssumeMissing,
}

/// The groups that this process has created. Shared, because a signal drops the future that
/// creates them.
#[derive(Debug, Default)]
pub struct CreatedGroups {
    names: RefCell<Vec<String>>,
    /// A request is in flight, or its outcome is unknown.
    unclear: Cell<bool>,
}

impl CreatedGroups {
    /// Returns whether certainly no group was created.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.borrow().is_empty() && !self.unclear.get()
    }

    /// Returns the created groups for a message.
    #[must_use]
    pub fn names(&self) -> String {
        let names = self.names.borrow();
        if names.is_empty() {
            // The request was not answered.
            return String::from("possibly one");
        }
        names.join(", ")
    }

    /// Sends one request and records its outcome.
    async fn create(&self, preflight: PreflightCalls<'_>, name: &str) -> Result<(), Failure> {
        let before = self.unclear.replace(true);
        let answer = preflight.pool.create_group(name).await;
        let is_clear = match &answer {
            Ok(_) => true,
            Err(failure) => failure.sent == Sent::No || failure.advice != Advice::Retry,
        };
        if is_clear {
            self.unclear.set(before);
        }
        if answer? == CreateGroup::Created {
            self.names.borrow_mut().push(name.to_owned());
        }
        Ok(())
    }
}

/// Creates these groups. A group that exists is left unchanged.
///
/// # Errors
/// Returns the first group that cannot be created, with the failure. The groups before it exist.
pub async fn create_groups(
    preflight: PreflightCalls<'_>,
    names: &[String],
    created: &CreatedGroups,
) -> Result<(), (String, Failure)> {
    let budget = preflight.full_budget();
    for name in names {
        let create = || created.create(preflight, name);
        preflight
            .repeat(Call::CreateGroup, budget, create)
            .await
            .map_err(|failure| (name.clone(), failure))?;
        sleep(PAUSE).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{BTreeSet, IfUnknown, missing};

    #[test]
    fn missing_groups_are_those_not_in_the_pool() {
        let existing = BTreeSet::from(["staff".to_owned(), "Beta".to_owned()]);
        let names = ["beta", "crew", "staff"];
        let missing = |existing, unknown| missing(names.into_iter(), existing, unknown);
        assert_eq!(
            missing(Some(&existing), IfUnknown::AssumePresent),
            ["beta", "crew"]
        );
        assert_eq!(missing(None, IfUnknown::AssumePresent), [""; 0]);
        assert_eq!(missing(None, IfUnknown::AssumeMissing), names);
    }
}
