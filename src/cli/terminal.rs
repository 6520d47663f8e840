//! What the terminal and its conventions allow: a bar, colours. Pure but for the two that ask.

use std::io::IsTerminal as _;

use super::args::{OutputArgs, ProgressArg, ProgressArgs};
use super::settings::environment;
use crate::logs::{LogFormat, LogSettings};
use crate::progress::{Colour, ProgressMode};

/// For `progress`.
#[must_use]
pub fn form(output: &OutputArgs, progress: &ProgressArgs) -> ProgressMode {
    let terminal = std::io::stderr().is_terminal();
    form_on(terminal, output.quiet, progress.progress, environment)
}

/// For `logs`; without flags of its own where a command has none.
#[must_use]
pub fn log(output: Option<&OutputArgs>) -> LogSettings {
    let terminal = std::io::stderr().is_terminal();
    LogSettings {
        verbose: output.map_or(0, |output| output.verbose),
        rust_log: environment("RUST_LOG"),
        file: output.and_then(|output| output.log.log_file.clone()),
        format: output.map_or_else(LogFormat::default, |output| output.log.log_format),
        colour: colour_on(terminal, environment),
    }
}

fn form_on(
    terminal: bool,
    quiet: bool,
    asked: ProgressArg,
    variable: impl Fn(&str) -> Option<String>,
) -> ProgressMode {
    let draws = terminal && !is_dumb(&variable);
    match asked {
        _ if quiet => ProgressMode::Silent,
        ProgressArg::None => ProgressMode::Notices,
        ProgressArg::Auto if draws => ProgressMode::Bar(colour_on(terminal, variable)),
        ProgressArg::Auto | ProgressArg::Lines => ProgressMode::Lines,
    }
}

/// Whether to color messages on standard error.
pub(super) fn stderr_colour() -> Colour {
    colour_on(std::io::stderr().is_terminal(), environment)
}

/// `NO_COLOR` (no-color.org) counts for more than `CLICOLOR_FORCE` and `CLICOLOR` (bixense.com/clicolors).
fn colour_on(terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Colour {
    let is = |name: &str, value: &str| variable(name).is_some_and(|found| found == value);
    let forced = variable("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let may = terminal && !is_dumb(&variable) && !is("CLICOLOR", "0");
    if variable("NO_COLOR").is_none() && (forced || may) {
        Colour::On
    } else {
        Colour::Off
    }
}

/// A terminal that cannot move its cursor.
fn is_dumb(variable: impl Fn(&str) -> Option<String>) -> bool {
    variable("TERM").is_some_and(|term| term == "dumb")
}

#[cfg(test)]
mod tests {
    use super::{colour_on, form_on};
    use crate::cli::args::ProgressArg;
    use crate::progress::{Colour, ProgressMode};

    fn variables<'v>(set: &'v [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'v {
        |name| {
            let found = set.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    /// Variables that are set, whether there is a terminal, and what comes of it.
    type ColorCase = (&'static [(&'static str, &'static str)], bool, Colour);

    #[test]
    fn colours_follow_the_conventions() {
        let cases: [ColorCase; 8] = [
            (&[], true, Colour::On),
            (&[], false, Colour::Off),
            (&[("NO_COLOR", "1")], true, Colour::Off),
            (
                &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")],
                true,
                Colour::Off,
            ),
            (&[("CLICOLOR", "0")], true, Colour::Off),
            (&[("CLICOLOR_FORCE", "1")], false, Colour::On),
            (&[("CLICOLOR_FORCE", "0")], false, Colour::Off),
            (&[("TERM", "dumb")], true, Colour::Off),
        ];
        for (set, terminal, expected) in cases {
            assert_eq!(colour_on(terminal, variables(set)), expected, "{set:?}");
        }
    }

    #[test]
    fn a_bar_needs_a_terminal_that_can_draw_and_nobody_who_wants_something_else() {
        let form = |terminal, quiet, asked, set| form_on(terminal, quiet, asked, variables(set));
        let auto = ProgressArg::Auto;
        assert_eq!(form(true, false, auto, &[]), ProgressMode::Bar(Colour::On));
        assert_eq!(form(false, false, auto, &[]), ProgressMode::Lines);
        assert_eq!(
            form(true, false, auto, &[("TERM", "dumb")]),
            ProgressMode::Lines
        );
        assert_eq!(
            form(true, false, ProgressArg::Lines, &[]),
            ProgressMode::Lines
        );
        assert_eq!(
            form(true, false, ProgressArg::None, &[]),
            ProgressMode::Notices
        );
        assert_eq!(
            form(true, true, ProgressArg::Lines, &[]),
            ProgressMode::Silent
        );
    }
}
