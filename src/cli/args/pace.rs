//! Rate limits.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;

use super::{nonzero_duration, whole_number};

/// Rate limits, concurrency and timeouts.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rate limits")]
pub struct PaceArgs {
    /// Requests per second.
    #[command(flatten)]
    pub rates: RateArgs,
    /// Limit the number of users in flight at once
    ///
    /// The default adapts to the rate and to response times, up to 600. Users that wait for a
    /// lookup are not counted.
    #[arg(long, value_name = "N", value_parser = whole_number::<NonZeroU32>, hide_short_help = true)]
    pub concurrency: Option<NonZeroU32>,
    /// Timeouts.
    #[command(flatten)]
    pub timeout: TimeoutArgs,
}

/// Timeouts of requests.
#[derive(Debug, Clone, Copy, Args)]
pub struct TimeoutArgs {
    /// Time out a single request after this long
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = nonzero_duration, help_heading = "Rate limits", hide_short_help = true)]
    pub attempt_timeout: Duration,
}

/// Requests per second.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rate limits")]
pub struct RateArgs {
    /// Limit sign-ups per second
    ///
    /// `auto` is --share of the account's UserCreation quota (GetProvisionedLimit), or of Cognito's
    /// default of 50 if that call is not permitted. Regular sign-ups use the same quota.
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, allow_negative_numbers = true)]
    pub rate: RateArg,
    /// Limit lookups of existing users per second
    ///
    /// `auto` is --share of the UserRead quota (Cognito's default: 120).
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, allow_negative_numbers = true, hide_short_help = true)]
    pub lookup_rate: RateArg,
    /// Limit steps after sign-up per second
    ///
    /// `auto` is --share of the UserUpdate quota (Cognito's default: 25). --confirm uses the quota
    /// of sign-ups instead.
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, allow_negative_numbers = true, hide_short_help = true)]
    pub update_rate: RateArg,
    /// Limit ListUsers requests per second
    ///
    /// `auto` is --share of the UserList quota (Cognito's default: 30). Used by --prescan and
    /// `--lookup list`.
    #[arg(long, value_name = "N|auto", default_value = "auto", value_parser = rate, allow_negative_numbers = true, hide_short_help = true)]
    pub list_rate: RateArg,
    /// Use at most this fraction of the account's quotas
    ///
    /// The rest is left to regular traffic.
    #[arg(long, value_name = "FRACTION", default_value_t = 0.8, value_parser = share, allow_negative_numbers = true, hide_short_help = true)]
    pub share: f64,
}

/// A rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateArg {
    /// A share of the account's quota.
    Auto,
    /// Requests per second.
    Number(NonZeroU32),
}

impl RateArg {
    /// The number, unless it is `auto`.
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
        .map_err(|_| "must be `auto` or a whole number above 0".to_owned())
}

pub(super) fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(share),
        Ok(_) | Err(_) => Err("must be above 0 and at most 1".to_owned()),
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
