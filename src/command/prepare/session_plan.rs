//! The plan of a session: its limits, and what it does with users that exist.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::files_per_connection;
use crate::cli::settings::ImportSettings;
use crate::command::begin_run::BegunRun;
use crate::command::list::List;
use crate::import::SessionPlan;
use crate::import::differences::{UpdatePolicy, UserComparison};
use crate::import::registration::RegistrationRules;
use crate::import::slots::Slots;
use crate::pace::Ceilings;
use crate::pool::NamedBy;
use crate::process::room_for_connections;
use crate::user::ValueRules;
use crate::user::pool_rules::PoolRules;

pub(super) fn session_plan(
    settings: &ImportSettings,
    begun: &BegunRun,
    rules: Option<&PoolRules>,
    ceilings: Ceilings,
    list: &List,
) -> SessionPlan {
    let updates = list.mapping.attributes_to_update(rules);
    let updates = updates.map(|attributes| UpdatePolicy {
        attributes: attributes.updated,
        only_older: list.mapping.updates_only_older(),
    });
    // Steps after sign-up need slots, too.
    let requests_a_second = if list.uses_update_quota() {
        ceilings.creation.saturating_add(ceilings.update.get())
    } else {
        ceilings.creation
    };
    SessionPlan {
        slots: Slots::new(
            requests_a_second,
            settings.concurrency,
            room_for_connections(files_per_connection(settings)),
        ),
        group: rows_per_group(ceilings.creation),
        rules: RegistrationRules {
            retry: settings.run.retry,
            lookups: settings.existing_users.lookup,
            comparison: Arc::new(UserComparison {
                rules: ValueRules::new(begun.facts.case_insensitive, rules),
                detail: settings.differences,
                updates,
            }),
        },
        follow_up_existing: settings.list.follow_up_existing,
        named_by: NamedBy::of(rules),
        case_insensitive: begun.facts.case_insensitive,
        second_before_run_ms: begun.facts.second_before_run_ms,
        lost_since_ms: begun.lost_since_ms,
        retries: settings.on_existing_run.retries(),
        arrives_within: settings
            .connect
            .attempt_timeout
            .saturating_add(settings.run.retry.settle),
        breaker: settings.run.breaker,
        deadline: settings.run.deadline,
        stop_after: settings.run.stop_after,
        before: begun.settled,
    }
}

/// Rows are written to the ledger in groups, each with one sync to disk. A group is about a quarter
/// of a second's rows, so that a crash leaves few rows to look up; the maximum keeps memory flat.
fn rows_per_group(sign_ups_a_second: NonZeroU32) -> usize {
    (sign_ups_a_second.get() / 4).clamp(1, 256) as usize
}
