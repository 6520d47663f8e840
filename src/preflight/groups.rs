//! The groups that users are put into: which of them the pool has, and making the others.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::sleep;

use super::attempts::{Budget, Preflight};
use super::calls::Call;
use crate::pool::Failure;
use crate::pool::groups::MOST_GROUPS;
use crate::pool::pages::{Endless, Pages};

/// Between two requests: the operations on groups have quotas of 15 and 20 a second.
const BETWEEN: Duration = Duration::from_millis(100);

/// Pages of groups, at most: several times as many as the most groups fill.
const MOST_PAGES: usize = 1_000;

/// The names of the pool's groups.
pub(super) async fn all(
    preflight: Preflight<'_>,
    budget: Budget,
) -> Result<BTreeSet<String>, Failure> {
    let mut names = BTreeSet::new();
    let mut from: Option<String> = None;
    let mut pages = Pages::up_to(MOST_PAGES);
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

/// Creates these groups; one that exists already is left as it is.
///
/// # Errors
/// The name of the one that cannot be created, and why. Those before it are created.
pub async fn make(preflight: Preflight<'_>, names: &[String]) -> Result<(), (String, Failure)> {
    let budget = preflight.whole();
    for name in names {
        let create = || preflight.pool.create_group(name);
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
