//! How fast.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;

use super::some_time;

/// How fast.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pace")]
pub struct PaceArgs {
    /// Requests a second.
    #[command(flatten)]
    pub rates: RateArgs,
    /// Users on their way at once, at most, without those that wait for a look-up's turn; by default what the rate and the service's
    /// answers ask for, up to 600
    #[arg(long, value_name = "N")]
    pub concurrency: Option<NonZeroU32>,
    /// How long one request may take
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = some_time)]
    pub attempt_timeout: Duration,
}

/// Requests a second.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pace")]
pub struct RateArgs {
    /// Sign-ups a second, never more: a number, or `auto`, which is --share of what the account is granted for UserCreation
    /// (GetProvisionedLimit; where that may not be asked, Cognito's default of 50). People who sign up themselves draw on it too
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, allow_negative_numbers = true)]
    pub rate: RateArg,
    /// Look-ups of existing users a second, never more: a number, or `auto`, --share of what is granted for UserRead (by default 120)
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, allow_negative_numbers = true)]
    pub lookup_rate: RateArg,
    /// Steps after the sign-up a second, but for --confirm, which draws on the sign-ups' quota; never more: a number, or `auto`, --share
    /// of what is granted for UserUpdate (by default 25)
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, allow_negative_numbers = true)]
    pub update_rate: RateArg,
    /// Requests a second to the pool's listing, never more: a number, or `auto`, --share of what is granted for UserList (by default 30).
    /// See --prescan and `--lookup list`
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, allow_negative_numbers = true)]
    pub list_rate: RateArg,
    /// The part of what the account is granted that the run may use; the rest is left to everybody else
    #[arg(long, value_name = "PART", default_value_t = 0.8, value_parser = share, allow_negative_numbers = true)]
    pub share: f64,
}

/// A rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateArg {
    /// What the account is granted, shared.
    Auto,
    /// So many requests a second.
    Number(NonZeroU32),
}

impl RateArg {
    /// The number, where one was named.
    #[must_use]
    pub fn named(self) -> Option<NonZeroU32> {
        match self {
            Self::Auto => None,
            Self::Number(number) => Some(number),
        }
    }
}

pub(super) fn rate(text: &str) -> Result<RateArg, String> {
    if text == "auto" {
        return Ok(RateArg::Auto);
    }
    text.parse()
        .map(RateArg::Number)
        .map_err(|_| "is neither `auto` nor a whole number above 0".to_owned())
}

pub(super) fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(share),
        Ok(_) | Err(_) => Err("is not a part above 0 and up to 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{RateArg, rate, share};
    use std::num::NonZeroU32;

    #[test]
    fn a_rate_is_a_number_or_auto() {
        assert_eq!(rate("auto"), Ok(RateArg::Auto));
        assert_eq!(
            rate("50"),
            Ok(RateArg::Number(NonZeroU32::new(50).unwrap()))
        );
        for wrong in ["", "0", "-1", "1.5", "Auto", "50/s"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_share_is_above_nothing_and_at_most_all() {
        assert_eq!(share("0.8"), Ok(0.8));
        assert_eq!(share("1"), Ok(1.0));
        for wrong in ["0", "-0.5", "1.1", "80%", "NaN", "inf"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
