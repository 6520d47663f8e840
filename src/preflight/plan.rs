//! What a run would do and cost: requests by quota category, time, messages, active users.

mod document;

use std::fmt;
use std::time::Duration;

use super::prescan::Reading;
use super::rates::{Rate, Rates};
use super::survey::Counts;
use crate::pool::LookUps;
use crate::user::pool_rules::PoolRules;

/// What a run would do.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPlan {
    /// What the list was found to be.
    pub counts: Counts,
    /// How fast, and who says so.
    pub rates: Rates,
    /// How users that exist are looked up.
    pub look_ups: LookUps,
    /// The pool is read first.
    pub reading: Option<Reading>,
    /// Mails and text messages to people; none where the pool's rules are not known.
    pub messages: Option<(u64, u64)>,
    /// Whether a PreSignUp trigger may keep the messages from being sent.
    pub trigger_decides: bool,
}

impl RunPlan {
    /// Works it out.
    #[must_use]
    pub fn new(
        counts: Counts,
        rules: Option<&PoolRules>,
        rates: Rates,
        look_ups: LookUps,
        reading: Option<Reading>,
    ) -> Self {
        Self {
            messages: rules.map(|rules| counts.messages(rules)),
            trigger_decides: rules.is_some_and(|rules| rules.has_trigger("PreSignUp")),
            counts,
            rates,
            look_ups,
            reading,
        }
    }

    /// The time that the sign-ups take at the rate. Look-ups have a budget of their own and go on beside them. The time that it takes to
    /// read the pool is not in it.
    #[must_use]
    pub fn time(&self) -> Duration {
        let at = |rate: &Rate| self.counts.to_send.div_ceil(u64::from(rate.a_second.get()));
        // If every user existed, each would be looked up as well.
        let look_ups = match self.look_ups {
            LookUps::Get => at(&self.rates.read),
            LookUps::List => at(&self.rates.list),
            LookUps::None => 0,
        };
        Duration::from_secs(at(&self.rates.creation).max(look_ups))
    }
}

impl RunPlan {
    fn requests(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let up_to = match &self.reading {
            Some(reading) => {
                writeln!(f, "      {reading}")?;
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
            "      UserCreation: {up_to}{} SignUp at {creation}",
            self.counts.to_send
        )?;
        match self.look_ups {
            LookUps::Get => writeln!(
                f,
                "      UserRead: one AdminGetUser for each user that exists, at {read}"
            ),
            LookUps::List => {
                writeln!(
                    f,
                    "      UserList: one ListUsers for each user that exists, at {list} (--lookup list)"
                )?;
                writeln!(
                    f,
                    "      UserRead: AdminGetUser for unclear answers alone, at {read}"
                )
            }
            LookUps::None => writeln!(f, "      UserRead: none (--no-lookup)"),
        }
    }

    fn how_long(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trying = humantime::format_duration(self.time());
        match self.reading.as_ref().map(Reading::time) {
            None => writeln!(f, "      time: about {trying}"),
            Some(None) => writeln!(
                f,
                "      time: up to {trying}, and before that the time it takes to read the pool"
            ),
            Some(Some(reading)) => writeln!(
                f,
                "      time: about {} to read the pool, then up to {trying}",
                humantime::format_duration(Duration::from_secs(reading.as_secs().max(1)))
            ),
        }
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
        self.requests(f)?;
        self.how_long(f)?;
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
    use crate::pool::LookUps;
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
        let plan = |read, look_ups| {
            let asked = RatesAsked {
                creation: NonZeroU32::new(50),
                read: NonZeroU32::new(read),
                list: NonZeroU32::new(5),
                share: 1.0,
            };
            let rates = Rates::new(&asked, &Found::default());
            RunPlan::new(counts, None, rates, look_ups, None).time()
        };
        assert_eq!(plan(120, LookUps::Get), Duration::from_secs(21));
        assert_eq!(plan(10, LookUps::Get), Duration::from_secs(101));
        assert_eq!(plan(10, LookUps::None), Duration::from_secs(21));
        assert_eq!(plan(10, LookUps::List), Duration::from_secs(201));
    }
}
