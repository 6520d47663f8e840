//! The groups that users are put into: which of them the pool has, and making the others.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::sleep;

use super::attempts::{Budget, PreflightCalls};
use super::calls::Call;
use crate::pool::groups::{CreateGroup, MOST_GROUPS};
use crate::pool::pages::{Endless, SeenPages};
use crate::pool::{Advice, Failure, Sent};

/// Between two requests: the operations on groups have quotas of 15 and 20 a second.
const BETWEEN: Duration = Duration::from_millis(100);

/// Pages of groups, at most: several times as many as the most groups fill.
const MOST_PAGES: usize = 1_000;

/// The names of the pool's groups.
pub(super) async fn all(
    preflight: PreflightCalls<'_>,
    budget: Budget,
) -> Result<BTreeSet<String>, Failure> {
    let mut names = BTreeSet::new();
    let mut from: Option<String> = None;
    let mut pages = SeenPages::up_to(MOST_PAGES);
    loop {
        let page = || preflight.pool.groups(from.as_deref());
        let page = preflight.repeat(Call::ListGroups, budget, page).await?;
        let entries = page.names.len();
        names.extend(page.names);
        let Some(next) = page.next else {
            return Ok(names);
        };
        // A pool cannot have more groups.
        if names.len() >= MOST_GROUPS {
            return Err(Endless::TooMany(pages.seen()).into());
        }
        pages.follow(entries, &next)?;
        from = Some(next);
        sleep(BETWEEN).await;
    }
}

/// Those of these groups that the pool does not have. Where nobody may ask which it has, `unknown` says what to think of all.
#[must_use]
pub fn missing<'g>(
    named: impl Iterator<Item = &'g str>,
    there: Option<&BTreeSet<String>>,
    unknown: Unknown,
) -> Vec<String> {
    let is_missing = |name: &&str| match (there, unknown) {
        (Some(there), _) => !there.contains(*name),
        (None, Unknown::AreThere) => false,
        (None, Unknown::AreMissing) => true,
    };
    named.filter(is_missing).map(str::to_owned).collect()
}

/// What to think of groups of which nobody knows whether they are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// They are: nobody can say otherwise.
    AreThere,
    /// They are not: making a group that is there does no harm.
    AreMissing,
}

/// The groups that this process has created. It is shared, because a signal drops the future that creates them.
#[derive(Debug, Default)]
pub struct CreatedGroups {
    names: RefCell<Vec<String>>,
    /// A request is in flight, or its outcome is unknown.
    unclear: Cell<bool>,
}

impl CreatedGroups {
    /// Whether the pool is certainly as it was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.borrow().is_empty() && !self.unclear.get()
    }

    /// The groups that were created, for messages.
    #[must_use]
    pub fn names(&self) -> String {
        let names = self.names.borrow();
        if names.is_empty() {
            // The request had no answer.
            return String::from("possibly one");
        }
        names.join(", ")
    }

    /// Sends one request, and records what it has done.
    async fn create(&self, preflight: PreflightCalls<'_>, name: &str) -> Result<(), Failure> {
        let before = self.unclear.replace(true);
        let answer = preflight.pool.create_group(name).await;
        let is_clear = match &answer {
            Ok(_) => true,
            Err(failure) => failure.sent == Sent::No || failure.advice != Advice::Again,
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

/// Creates these groups; one that exists already is left as it is.
///
/// # Errors
/// The name of the one that cannot be created, and why. Those before it are created.
pub async fn make(
    preflight: PreflightCalls<'_>,
    names: &[String],
    created: &CreatedGroups,
) -> Result<(), (String, Failure)> {
    let budget = preflight.whole();
    for name in names {
        let create = || created.create(preflight, name);
        preflight
            .repeat(Call::CreateGroup, budget, create)
            .await
            .map_err(|failure| (name.clone(), failure))?;
        sleep(BETWEEN).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{BTreeSet, Unknown, missing};

    #[test]
    fn groups_are_missing_that_the_pool_does_not_name() {
        let there = BTreeSet::from(["staff".to_owned(), "Beta".to_owned()]);
        let named = ["beta", "crew", "staff"];
        let of = |there, unknown| missing(named.into_iter(), there, unknown);
        assert_eq!(of(Some(&there), Unknown::AreThere), ["beta", "crew"]);
        assert_eq!(of(None, Unknown::AreThere), [""; 0]);
        assert_eq!(of(None, Unknown::AreMissing), named);
    }
}
