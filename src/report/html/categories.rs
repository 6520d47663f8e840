//! Requests by quota category.

use std::time::Duration;

use super::format::{measured, percent, span, thousands};
use crate::outcome::{Pace, Summary};

/// A quota category.
pub(super) struct CategoryView {
    pub(super) name: String,
    pub(super) sent: String,
    pub(super) throttled: String,
    pub(super) throttled_share: String,
    pub(super) rate: String,
    /// How much of the rate was used, and for how long the run was slowed down; empty if that was
    /// not recorded.
    pub(super) used: String,
}

/// Returns the categories in which requests were sent.
pub(super) fn categories(summary: &Summary) -> Vec<CategoryView> {
    summary
        .requests
        .iter()
        .filter(|(_, requests)| requests.sent > 0)
        .map(|(name, requests)| {
            let rate = summary.rates.get(name).copied().unwrap_or_default();
            let pace = summary.pace.get(name);
            CategoryView {
                name: name.clone(),
                sent: thousands(requests.sent),
                throttled: thousands(requests.throttled),
                throttled_share: if requests.throttled == 0 {
                    String::new()
                } else {
                    percent(requests.throttled, requests.sent)
                },
                rate: pace.map_or_else(
                    || measured(rate),
                    |pace| {
                        // A single request has no rate, so its share of the ceiling is shown.
                        let rate = if rate > 0.0 {
                            rate
                        } else {
                            pace.ceiling * pace.used_of_ceiling
                        };
                        format!("{} of {}", measured(rate), measured(pace.ceiling))
                    },
                ),
                used: pace.map_or_else(String::new, used),
            }
        })
        .collect()
}

fn used(pace: &Pace) -> String {
    let used = format!(
        "{}% of the allowed rate used",
        measured(pace.used_of_allowed * 100.0)
    );
    if pace.slowed_seconds < 0.5 {
        return used;
    }
    let slowed = Duration::try_from_secs_f64(pace.slowed_seconds).unwrap_or_default();
    format!("{used}; slowed down for {} by throttling", span(slowed))
}
