//! The plan as text.

use std::fmt;
use std::time::Duration;

use super::{ExistingUsers, RunPlan};
use crate::pace::Category;
use crate::plural::counted;
use crate::pool::{LookupMode, category_of};
use crate::preflight::prescan::PrescanPlan;
use crate::preflight::problems::follow_up::first_names;
use crate::preflight::rates::Rates;
use crate::preflight::survey::SurveyCounts;
use crate::user::StepKind;

impl RunPlan {
    /// Formats the time with these kinds of steps: "up to" if it depends on lookups that may not be
    /// needed.
    fn estimate(&self, kinds: &[StepKind]) -> String {
        let (time, without) = (self.time_with(kinds), self.time_without_lookups(kinds));
        if time > without {
            format!("up to {}", humantime::format_duration(time))
        } else {
            format!("about {}", humantime::format_duration(time))
        }
    }

    /// Formats the steps of this category that occur, like `3 AdminConfirmSignUp`.
    fn steps_on(&self, category: Category) -> Vec<String> {
        let kinds = StepKind::ALL.into_iter();
        let kinds: Vec<StepKind> = kinds
            .filter(|kind| category_of(*kind) == category)
            .collect();
        let calls = self.counts.steps.by_operation(&kinds).into_iter();
        calls
            .map(|(operation, number)| format!("{number} {operation}"))
            .collect()
    }

    fn write_requests(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.counts.sends_nothing() {
            return writeln!(f, "      requests: none (no rows to sign up)");
        }
        let up_to = match self.prescan() {
            Some(prescan) => {
                writeln!(f, "      {prescan}")?;
                "up to "
            }
            None => "",
        };
        let Rates {
            creation,
            read,
            list,
            ..
        } = &self.rates;
        writeln!(
            f,
            "      UserCreation: {up_to}{} SignUp{} at {creation}",
            self.counts.to_send,
            // Steps may be skipped for users that exist already.
            match self.steps_on(Category::UserCreation).as_slice() {
                [] => String::new(),
                steps => format!(" and up to {}", steps.join(", ")),
            }
        )?;
        let updates = self.steps_on(Category::UserUpdate);
        if !updates.is_empty() {
            writeln!(
                f,
                "      UserUpdate: up to {} at {}",
                updates.join(", "),
                self.rates.update
            )?;
        }
        let updates = match self.updates_at_most() {
            0 => String::new(),
            users => format!(
                ", and before each of up to {}",
                counted(users, "update", "updates")
            ),
        };
        match self.lookup {
            LookupMode::Get | LookupMode::List if self.lookups_at_most() == 0 => writeln!(
                f,
                "      UserRead: AdminGetUser for unclear answers{}, at {read}",
                if updates.is_empty() {
                    " only"
                } else {
                    &updates
                }
            ),
            LookupMode::Get => writeln!(
                f,
                "      UserRead: one AdminGetUser per existing user{updates}, at {read}"
            ),
            LookupMode::List => {
                writeln!(
                    f,
                    "      UserList: one ListUsers per existing user, at {list} (--lookup list)"
                )?;
                writeln!(
                    f,
                    "      UserRead: AdminGetUser for unclear answers{}, at {read}",
                    if updates.is_empty() {
                        " only"
                    } else {
                        &updates
                    }
                )
            }
            LookupMode::None => writeln!(f, "      UserRead: none (--no-lookup)"),
        }
    }

    fn write_updates(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let users = self.updates_at_most();
        if users == 0 || self.updated_attributes.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "      updates: at most {} that exist and differ: {}",
            counted(users, "user", "users"),
            first_names(&self.updated_attributes)
        )
    }

    fn write_time(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.counts.sends_nothing() {
            return Ok(());
        }
        let (time, no_lookups) = (self.time(), self.time_without_lookups(&StepKind::ALL));
        let mut alternatives = Vec::new();
        let is_listed = matches!(self.existing_users, ExistingUsers::Listed(_));
        if time > no_lookups && !is_listed {
            alternatives.push(format!(
                "{} if no user exists yet",
                humantime::format_duration(no_lookups)
            ));
        }
        let no_steps = self.time_with(&[]);
        if time > no_steps {
            alternatives.push(format!(
                "{} without follow-up steps",
                humantime::format_duration(no_steps)
            ));
        }
        let alternatives = if alternatives.is_empty() {
            String::new()
        } else {
            format!(" ({})", alternatives.join("; "))
        };
        let time = humantime::format_duration(time);
        match self.prescan().map(PrescanPlan::time) {
            None => writeln!(
                f,
                "      time: {}{alternatives}",
                self.estimate(&StepKind::ALL)
            ),
            Some(None) => writeln!(
                f,
                "      time: up to {time}{alternatives}, plus the time to list the pool first"
            ),
            Some(Some(prescan)) => writeln!(
                f,
                "      time: about {} to list the pool, then up to {time}{alternatives}",
                humantime::format_duration(Duration::from_secs(prescan.as_secs().max(1)))
            ),
        }
    }

    /// Writes what a trigger in the pool would save.
    fn write_cheaper(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = &self.counts.steps;
        let by_trigger = steps.of(StepKind::Confirm) + steps.of(StepKind::Verify);
        if by_trigger == 0 {
            return Ok(());
        }
        writeln!(
            f,
            "      cheaper: a PreSignUp trigger that confirms and verifies the users of this \
             import (see --validation-data-file) saves {by_trigger} of these calls; time: {}",
            self.estimate(&[StepKind::Update, StepKind::AddToGroup, StepKind::Disable])
        )
    }

    /// Writes what `undo` could not revert.
    fn write_undo(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.counts.steps.of(StepKind::Confirm) == 0 {
            return Ok(());
        }
        match self.threat_protection {
            Some(true) => Ok(()),
            Some(false) => writeln!(
                f,
                "      undo: would keep confirmed users unless you pass --even-if-used: without \
                 threat protection, nothing records who has signed in"
            ),
            None => writeln!(
                f,
                "      undo: would keep confirmed users unless you pass --even-if-used, or unless \
                 the pool has threat protection, the only record of who has signed in"
            ),
        }
    }
}

impl fmt::Display for RunPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SurveyCounts {
            rows,
            to_send,
            invalid,
            skipped,
            duplicates,
            left_out,
            ..
        } = self.counts;
        match self.part {
            None => write!(f, "plan: {}", counted(rows, "row", "rows"))?,
            Some((part, all)) => write!(
                f,
                "plan: part {part}: {rows} of {}",
                counted(all, "row", "rows")
            )?,
        }
        write!(f, ": {to_send} to send, ")?;
        if let ExistingUsers::Listed(existing) = self.existing_users {
            write!(f, "{existing} existing, ")?;
        }
        write!(f, "{duplicates} duplicate, {invalid} invalid")?;
        if skipped > 0 {
            write!(f, ", {skipped} skipped (--skip-where)")?;
        }
        writeln!(f)?;
        if left_out > 0 {
            writeln!(
                f,
                "      left out: {} of the list (--where)",
                counted(left_out, "row", "rows")
            )?;
        }
        self.write_requests(f)?;
        if !self.groups_to_create.is_empty() {
            writeln!(
                f,
                "      groups: {} to create first: {}",
                self.groups_to_create.len(),
                first_names(&self.groups_to_create)
            )?;
        }
        self.write_updates(f)?;
        self.write_time(f)?;
        self.write_cheaper(f)?;
        self.write_undo(f)?;
        match self.messages {
            None => writeln!(f, "      messages: unknown (the pool's rules are unknown)")?,
            Some((0, 0)) => writeln!(f, "      messages: none")?,
            Some((emails, sms)) => {
                let counts: Vec<String> = [
                    (emails, counted(emails, "email", "emails")),
                    (sms, counted(sms, "SMS", "SMS")),
                ]
                .into_iter()
                .filter_map(|(count, text)| (count > 0).then_some(text))
                .collect();
                writeln!(f, "      messages: {}", counts.join(", "))?;
                if self.trigger_may_confirm {
                    writeln!(
                        f,
                        "                (none if the pool's PreSignUp trigger confirms and \
                         verifies users)"
                    )?;
                }
            }
        }
        f.write_str("      active users (MAU) this month: ")?;
        match self.active_users_at_most() {
            0 => f.write_str("none"),
            users => write!(f, "up to {users} more"),
        }
    }
}
