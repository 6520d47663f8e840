//! Progress, colors and the log, as the terminal and the environment allow.

use std::io::IsTerminal as _;
use std::time::Duration;

use super::args::{OutputArgs, ProgressArg, ProgressArgs};
use super::settings::environment;
use crate::logs::{LogFormat, LogSettings};
use crate::progress::{Color, ProgressMode};

#[must_use]
pub fn progress_mode(output: &OutputArgs, progress: &ProgressArgs) -> ProgressMode {
    let terminal = std::io::stderr().is_terminal();
    progress_mode_on(terminal, output.quiet, progress.progress, environment)
}

/// The time from a signal to the end of the process. Without a terminal, a scheduler may kill the
/// process after 30 s.
#[must_use]
pub fn grace(given: Option<Duration>) -> Duration {
    let seconds = if std::io::stderr().is_terminal() {
        30
    } else {
        20
    };
    given.unwrap_or(Duration::from_secs(seconds))
}

/// The settings of the log; `None` for commands without flags for it.
#[must_use]
pub fn log_settings(output: Option<&OutputArgs>) -> LogSettings {
    let terminal = std::io::stderr().is_terminal();
    LogSettings {
        verbose: output.map_or(0, |output| output.verbose),
        rust_log: environment("RUST_LOG"),
        file: output.and_then(|output| output.log.log_file.clone()),
        format: output.map_or_else(LogFormat::default, |output| output.log.log_format),
        color: color_on(terminal, environment),
    }
}

fn progress_mode_on(
    terminal: bool,
    quiet: bool,
    progress: ProgressArg,
    variable: impl Fn(&str) -> Option<String>,
) -> ProgressMode {
    let draws = terminal && !is_dumb(&variable);
    match progress {
        _ if quiet => ProgressMode::Silent,
        ProgressArg::None => ProgressMode::Notices,
        ProgressArg::Auto if draws => ProgressMode::Bar(color_on(terminal, variable)),
        ProgressArg::Auto | ProgressArg::Lines => ProgressMode::Lines,
    }
}

/// Whether to color messages on standard error.
pub(super) fn stderr_color() -> Color {
    color_on(std::io::stderr().is_terminal(), environment)
}

/// `NO_COLOR` (no-color.org) has precedence over `CLICOLOR_FORCE` and `CLICOLOR`
/// (bixense.com/clicolors).
fn color_on(terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Color {
    let is_forced = variable("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let is_off = variable("CLICOLOR").is_some_and(|value| value == "0");
    let is_possible = terminal && !is_dumb(&variable) && !is_off;
    if variable("NO_COLOR").is_none() && (is_forced || is_possible) {
        Color::On
    } else {
        Color::Off
    }
}

/// A terminal that cannot move its cursor.
fn is_dumb(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable("TERM").is_some_and(|term| term == "dumb")
}

#[cfg(test)]
mod tests {
    use super::{color_on, progress_mode_on};
    use crate::cli::args::ProgressArg;
    use crate::progress::{Color, ProgressMode};

    fn variables<'v>(set: &'v [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'v {
        |name| {
            let found = set.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    /// Environment variables, whether there is a terminal, and the result.
    type ColorCase = (&'static [(&'static str, &'static str)], bool, Color);

    #[test]
    fn colors_follow_the_conventions() {
        let cases: [ColorCase; 8] = [
            (&[], true, Color::On),
            (&[], false, Color::Off),
            (&[("NO_COLOR", "1")], true, Color::Off),
            (
                &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")],
                true,
                Color::Off,
            ),
            (&[("CLICOLOR", "0")], true, Color::Off),
            (&[("CLICOLOR_FORCE", "1")], false, Color::On),
            (&[("CLICOLOR_FORCE", "0")], false, Color::Off),
            (&[("TERM", "dumb")], true, Color::Off),
        ];
        for (set, terminal, expected) in cases {
            assert_eq!(color_on(terminal, variables(set)), expected, "{set:?}");
        }
    }

    #[test]
    fn a_bar_needs_a_capable_terminal_and_no_other_flag() {
        let mode = |terminal, quiet, progress, set| {
            progress_mode_on(terminal, quiet, progress, variables(set))
        };
        let auto = ProgressArg::Auto;
        assert_eq!(mode(true, false, auto, &[]), ProgressMode::Bar(Color::On));
        assert_eq!(mode(false, false, auto, &[]), ProgressMode::Lines);
        assert_eq!(
            mode(true, false, auto, &[("TERM", "dumb")]),
            ProgressMode::Lines
        );
        assert_eq!(
            mode(true, false, ProgressArg::Lines, &[]),
            ProgressMode::Lines
        );
        assert_eq!(
            mode(true, false, ProgressArg::None, &[]),
            ProgressMode::Notices
        );
        assert_eq!(
            mode(true, true, ProgressArg::Lines, &[]),
            ProgressMode::Silent
        );
    }
}
