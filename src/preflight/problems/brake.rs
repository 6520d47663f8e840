//! Refuses a list that differs too much from that of the previous run, because it may be incomplete
//! or another list.

use super::Problem;
use crate::plural::{counted, plural};

/// Losing fewer rows than this never counts as shrinking.
const MIN_SHRINK_ROWS: u64 = 20;

/// How much a list may differ from that of the previous run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BrakeLimits {
    /// The percentage of rows that it may have lost. 100 turns the check off, also for empty lists.
    pub max_shrink: f64,
    /// The number of rows that may be new.
    pub max_new: Option<u64>,
}

impl BrakeLimits {
    /// Whether any list is accepted.
    #[must_use]
    pub fn are_off(self) -> bool {
        self.accepts_any_length() && self.max_new.is_none()
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers of rows")]
    fn are_exceeded_by(self, lost: u64, of: u64) -> bool {
        lost as f64 * 100.0 > self.max_shrink * of as f64
    }

    fn accepts_any_length(self) -> bool {
        self.max_shrink >= 100.0
    }
}

/// A list, and the previous one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrakeInput<'a> {
    pub rows: u64,
    /// Users that are not in the previous list; `None` if they were not counted.
    pub new: Option<u64>,
    /// The directory of the previous run and the number of rows in its list.
    pub previous: Option<(&'a str, u64)>,
}

/// Returns the reasons to refuse the list.
#[must_use]
pub fn brake(limits: BrakeLimits, input: BrakeInput<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let BrakeInput {
        rows,
        new,
        previous,
    } = input;
    if rows == 0 && !limits.accepts_any_length() {
        let before = match previous {
            Some((run, before)) => format!("; the previous run ({run}) had {before}"),
            None => String::new(),
        };
        problems.push(Problem::refusal(
            "list_empty",
            format!("the list has no rows{before}"),
            "check why it is empty; to accept it, pass --max-shrink 100%",
        ));
        return problems;
    }
    let Some((run, before)) = previous else {
        return problems;
    };
    let lost = before.saturating_sub(rows);
    if lost >= MIN_SHRINK_ROWS && limits.are_exceeded_by(lost, before) {
        problems.push(Problem::refusal(
            "list_shrank",
            format!(
                "the previous run ({run}) had {}, and this list has {rows}: it shrank by more than --max-shrink {}%",
                counted(before, "row", "rows"),
                limits.max_shrink
            ),
            format!(
                "check whether the list is complete; to accept it, pass --max-shrink {}%",
                (lost * 100).div_ceil(before)
            ),
        ));
    }
    if let (Some(new), Some(max_new)) = (new, limits.max_new)
        && new > max_new
    {
        problems.push(Problem::refusal(
            "too_many_new",
            format!(
                "{new} of {} {} new since the previous run ({run}): more than --max-new {max_new}",
                counted(rows, "row", "rows"),
                plural(new, "is", "are"),
            ),
            format!("check whether this is the right list; to accept it, pass --max-new {new}"),
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{BrakeInput, BrakeLimits, brake};

    const DEFAULT: BrakeLimits = BrakeLimits {
        max_shrink: 20.0,
        max_new: None,
    };

    fn codes(limits: BrakeLimits, before: u64, rows: u64, new: Option<u64>) -> Vec<&'static str> {
        let previous = Some(("nightly/1", before));
        let problems = brake(
            limits,
            BrakeInput {
                rows,
                new,
                previous,
            },
        );
        problems.iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn a_list_may_shrink_by_a_fifth_and_always_by_19_rows() {
        for (before, rows, refused) in [
            (1_000, 800, false),
            (1_000, 799, true),
            (1_000, 5_000, false),
            (20, 1, false),
            (20, 0, true),
            (21, 1, true),
            (100, 80, false),
            (100, 45, true),
            (0, 0, true),
            (0, 1, false),
        ] {
            assert_eq!(
                !codes(DEFAULT, before, rows, None).is_empty(),
                refused,
                "{before} {rows}"
            );
        }
    }

    #[test]
    fn limits_are_inclusive_and_100_percent_accepts_an_empty_list() {
        let limits = |max_shrink, max_new| BrakeLimits {
            max_shrink,
            max_new,
        };
        assert_eq!(codes(limits(100.0, None), 1_000, 0, None), [""; 0]);
        assert_eq!(codes(limits(0.0, None), 1_000, 981, None), [""; 0]);
        assert_eq!(codes(limits(0.0, None), 1_000, 980, None), ["list_shrank"]);
        assert_eq!(codes(limits(55.0, None), 5_032, 2_310, None), [""; 0]);
        assert_eq!(
            codes(limits(54.0, None), 5_032, 2_310, None),
            ["list_shrank"]
        );
        assert_eq!(
            codes(limits(20.0, Some(50)), 1_000, 1_050, Some(50)),
            [""; 0]
        );
        assert_eq!(
            codes(limits(20.0, Some(50)), 1_000, 1_051, Some(51)),
            ["too_many_new"]
        );
        assert_eq!(
            codes(limits(20.0, Some(0)), 1_000, 500, Some(1)),
            ["list_shrank", "too_many_new"]
        );
    }

    #[test]
    fn messages() {
        let mut text = String::new();
        for (rows, new, previous) in [
            (0, None, None),
            (0, None, Some(("nightly/2026-11-29", 5_032))),
            (2_310, Some(1_200), Some(("nightly/2026-11-29", 5_032))),
            (71, Some(1), Some(("nightly/2026-11-29", 70))),
        ] {
            let limits = BrakeLimits {
                max_new: Some(if new == Some(1) { 0 } else { 500 }),
                ..DEFAULT
            };
            for problem in brake(
                limits,
                BrakeInput {
                    rows,
                    new,
                    previous,
                },
            ) {
                text += &format!("{problem}\n");
            }
        }
        assert_messages!("brake", text);
    }
}
