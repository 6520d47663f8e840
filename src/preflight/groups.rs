//! The groups that users are put into: which of them the pool has, and making the others.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::sleep;

use super::ask::answered;
use crate::pool::groups::MOST_GROUPS;
use crate::pool::{Cognito, Failure};

/// Between two requests: the operations on groups have quotas of 15 and 20 a second.
const BETWEEN: Duration = Duration::from_millis(100);

/// The names of the pool's groups, or the refusal to tell them; an error decides the whole run.
pub(super) async fn all(pool: &Cognito) -> Result<Result<BTreeSet<String>, Failure>, Failure> {
    let mut names = BTreeSet::new();
    let mut from: Option<String> = None;
    loop {
        let page = match answered(|| pool.groups(from.as_deref())).await? {
            Ok(page) => page,
            Err(failure) => return Ok(Err(failure)),
        };
        names.extend(page.names);
        // A pool cannot have more: whoever says so would go on for ever.
        match page.next {
            Some(next) if names.len() < MOST_GROUPS => from = Some(next),
            Some(_) | None => return Ok(Ok(names)),
        }
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

/// Makes these groups; one that is there already is left as it is.
///
/// # Errors
/// The name of the one that cannot be made, and why. Those before it are made.
pub async fn make(pool: &Cognito, names: &[String]) -> Result<(), (String, Failure)> {
    for name in names {
        answered(|| pool.create_group(name))
            .await
            .flatten()
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
