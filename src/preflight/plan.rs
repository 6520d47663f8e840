//! What a run would do and cost: requests by quota category, time, messages, active users.

use std::fmt;
use std::time::Duration;

use super::rates::{Rate, Rates};
use super::survey::Counts;
use crate::user::pool_rules::PoolRules;

/// What a run would do.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPlan {
    /// What the list was found to be.
    pub counts: Counts,
    /// How fast, and who says so.
    pub rates: Rates,
    /// Whether users that exist are looked up.
    pub looks_up: bool,
    /// Mails and text messages to people; none where the pool's rules are not known.
    pub messages: Option<(u64, u64)>,
    /// Whether a PreSignUp trigger may keep the messages from being sent.
    pub trigger_decides: bool,
}

impl RunPlan {
    /// Works it out.
    #[must_use]
    pub fn new(counts: Counts, rules: Option<&PoolRules>, rates: Rates, looks_up: bool) -> Self {
        Self {
            messages: rules.map(|rules| counts.messages(rules)),
            trigger_decides: rules.is_some_and(|rules| rules.has_trigger("PreSignUp")),
            counts,
            rates,
            looks_up,
        }
    }

    /// The time that the sign-ups take at the rate. Look-ups have a budget of their own and go on beside them.
    #[must_use]
    pub fn time(&self) -> Duration {
        let at = |rate: &Rate| self.counts.to_send.div_ceil(u64::from(rate.a_second.get()));
        // If every user existed, each would be looked up as well.
        let look_ups = if self.looks_up {
            at(&self.rates.read)
        } else {
            0
        };
        Duration::from_secs(at(&self.rates.creation).max(look_ups))
    }
}

impl fmt::Display for RunPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            rows,
            to_send,
            invalid,
            duplicates,
            ..
        } = self.counts;
        writeln!(
            f,
            "plan: {rows} rows: {to_send} to send, {duplicates} duplicate, {invalid} invalid"
        )?;
        writeln!(
            f,
            "      UserCreation: {to_send} SignUp at {}",
            self.rates.creation
        )?;
        if self.looks_up {
            writeln!(
                f,
                "      UserRead: one AdminGetUser for each user that exists, at {}",
                self.rates.read
            )?;
        } else {
            writeln!(f, "      UserRead: none (--no-lookup)")?;
        }
        writeln!(
            f,
            "      time: about {}",
            humantime::format_duration(self.time())
        )?;
        match self.messages {
            None => writeln!(f, "      messages: not known, for the pool's rules are not")?,
            Some((0, 0)) => writeln!(f, "      messages: none")?,
            Some((mails, texts)) => {
                writeln!(
                    f,
                    "      messages: {} and {} to as many people",
                    counted(mails, "mail"),
                    counted(texts, "text message")
                )?;
                if self.trigger_decides {
                    writeln!(
                        f,
                        "                (none where the pool's PreSignUp trigger confirms and verifies)"
                    )?;
                }
            }
        }
        write!(
            f,
            "      active users (MAU) this month: up to {to_send} more"
        )
    }
}

/// A number of things.
pub(super) fn counted(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::{Counts, Rates, RunPlan};
    use crate::preflight::ask::Found;
    use crate::preflight::rates::RatesAsked;
    use std::num::NonZeroU32;
    use std::time::Duration;

    #[test]
    fn time_is_that_of_the_slower_budget() {
        let counts = Counts {
            rows: 1_001,
            to_send: 1_001,
            ..Counts::default()
        };
        let plan = |read, looks_up| {
            let asked = RatesAsked {
                creation: NonZeroU32::new(50),
                read: NonZeroU32::new(read),
                share: 1.0,
            };
            let rates = Rates::new(&asked, &Found::default());
            RunPlan::new(counts, None, rates, looks_up).time()
        };
        assert_eq!(plan(120, true), Duration::from_secs(21));
        assert_eq!(plan(10, true), Duration::from_secs(101));
        assert_eq!(plan(10, false), Duration::from_secs(21));
    }
}
