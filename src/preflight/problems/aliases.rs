//! Problems with addresses that are aliases in the pool.

use super::{Problem, RunIntent};
use crate::plural::{counted, plural};
use crate::preflight::survey::AliasRepeats;
use crate::user::pool_rules::PoolRules;

pub(super) fn aliases(rules: &PoolRules, intent: RunIntent<'_>, problems: &mut Vec<Problem>) {
    repeated_aliases(intent, problems);
    let aliases_set: Vec<&str> = rules
        .alias_attributes
        .iter()
        .map(String::as_str)
        .filter(|alias| {
            *alias != "preferred_username"
                && intent.attributes.iter().any(|(name, _)| name == alias)
        })
        .collect();
    if aliases_set.is_empty() {
        return;
    }
    let aliases = aliases_set.join(" and ");
    if !rules.has_trigger("PreSignUp") {
        problems.push(Problem::notice(
            "alias_duplicates",
            format!(
                "{aliases} is an alias in this pool, and aliases are unique only once they are \
                 verified: a row whose {aliases} belongs to an existing user with another username \
                 creates a second user"
            ),
            "compare the list with the pool's users before you confirm and verify the new ones",
        ));
    } else if !intent.allowed.alias_moves {
        problems.push(Problem::refusal(
            "alias_moves",
            format!(
                "{aliases} is an alias in this pool, which has a PreSignUp trigger: if the trigger \
                 verifies {aliases}, a row whose {aliases} belongs to a user with another username \
                 takes it over, and that user can no longer sign in with it"
            ),
            "make sure that no row has an address of a user with another username, then pass \
             --allow-alias-moves",
        ));
    }
}

/// Reports rows of the list that share an address.
fn repeated_aliases(intent: RunIntent<'_>, problems: &mut Vec<Problem>) {
    for repeats in intent.alias_repeats {
        let AliasRepeats {
            contact,
            addresses,
            rows,
            verified,
            examples,
        } = repeats;
        let alias = contact.attribute();
        let message = format!(
            "{} {} used by several usernames, in {}: {alias} is an alias in this pool, and only one \
             of these users can sign in with it",
            counted(*addresses, alias, &format!("{alias}s")),
            plural(*addresses, "is", "are"),
            counted(*rows, "row", "rows"),
        );
        let mut problem = if *verified && !intent.allowed.alias_repeats {
            Problem::refusal(
                "alias_repeats",
                message,
                format!(
                    "give each row its own {alias}, or remove rows that are the same person; or \
                     pass --allow-alias-repeats to verify each address for one of its users, while \
                     the step fails for the others"
                ),
            )
        } else {
            Problem::notice(
                "alias_repeats",
                message,
                format!("give each row its own {alias}, or remove rows that are the same person"),
            )
        };
        problem.count = Some(*rows);
        problem.examples.clone_from(examples);
        problems.push(problem);
    }
}
