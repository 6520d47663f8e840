//! Arguments, environment and mapping file, resolved once. No other folder sees an argument.

mod check;
mod error;
mod import;
mod inspect;
mod list;
mod part;
mod pool;
mod recorded_endpoint;
mod recorded_run;
mod report;
mod run_place;
mod undo;
mod verify;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::args::{Cli, Command, OutputArgs};
use super::completions::Shell;
use super::exit::Codes;
use super::help::examples_and_codes;
use super::output::OutputFormat;
use super::rehearsal::RehearsalSettings;
use super::{parse, terminal};
use crate::ledger::directory::RUNS;
use crate::logs::LogSettings;

pub use check::CheckSettings;
pub use error::SettingsError;
pub use import::{ImportSettings, OnExistingRun, PreviousChoice, PreviousSettings};
pub use inspect::{DescribeSettings, IamPolicySettings, TemplateSettings};
pub use list::ListSettings;
pub use part::PartError;
pub use pool::{PoolRulesSource, pool_rules, pool_rules_text};
pub use recorded_endpoint::RecordedEndpoint;
pub use recorded_run::RecordedRun;
pub use report::{CompareSettings, ReportSettings};
pub use run_place::RunPlace;
pub use undo::UndoSettings;
pub use verify::VerifySettings;

/// A command line that clap accepted.
pub struct ParsedCommand(Cli);

/// The settings of a subcommand.
pub enum CommandSettings {
    Import(Box<ImportSettings>),
    Rehearse(Box<ImportSettings>, Box<RehearsalSettings>),
    RehearsalPool(SocketAddr, Box<RehearsalSettings>),
    Check(Box<CheckSettings>),
    Undo(Box<UndoSettings>),
    Verify(Box<VerifySettings>),
    Report(ReportSettings),
    Runs { directory: PathBuf },
    Describe(DescribeSettings),
    Template(TemplateSettings),
    IamPolicy(IamPolicySettings),
    Completions(Shell),
    Man { directory: Option<PathBuf> },
}

impl CommandSettings {
    /// Returns the directory that the command writes to, or reads runs from.
    #[must_use]
    pub fn working_directory(&self) -> Option<&Path> {
        match self {
            Self::Import(settings) | Self::Rehearse(settings, _) => match &settings.run.directory {
                Some(place) => place.local(),
                None => Some(Path::new(RUNS)),
            },
            Self::Check(settings) => settings.findings.parent(),
            Self::Undo(settings) => settings.run.place.local(),
            Self::Verify(settings) => settings.run.place.local(),
            Self::Report(ReportSettings::Run { run, .. }) => run.local(),
            Self::Report(ReportSettings::Comparison(settings)) => settings.runs[1].local(),
            Self::RehearsalPool(..)
            | Self::Runs { .. }
            | Self::Describe(_)
            | Self::Template(_)
            | Self::IamPolicy(_)
            | Self::Completions(_)
            | Self::Man { .. } => None,
        }
    }
}

impl ParsedCommand {
    /// Parses the arguments of this process. Exits if they are wrong or ask for help.
    #[must_use]
    pub fn from_process() -> Self {
        Self(parse::parse())
    }

    /// The subcommand, as it is typed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match &self.0.command {
            Command::Import(_) => "import",
            Command::Rehearse(_) => "rehearse",
            Command::RehearsalPool(_) => "rehearsal-pool",
            Command::Check(_) => "check",
            Command::Undo(_) => "undo",
            Command::Verify(_) => "verify",
            Command::Report(_) => "report",
            Command::Runs(_) => "runs",
            Command::Describe(_) => "describe",
            Command::Template(_) => "template",
            Command::IamPolicy(_) => "iam-policy",
            Command::Completions(_) => "completions",
            Command::Man(_) => "man",
        }
    }

    #[must_use]
    pub fn exit_codes(&self) -> Codes {
        examples_and_codes(self.name()).1
    }

    #[must_use]
    pub fn output_format(&self) -> OutputFormat {
        self.0.output
    }

    #[must_use]
    pub fn is_quiet(&self) -> bool {
        if let Command::Report(args) = &self.0.command {
            return args.quiet;
        }
        self.output_args().is_some_and(|output| output.quiet)
    }

    #[must_use]
    pub fn log_settings(&self) -> LogSettings {
        terminal::log_settings(self.output_args())
    }

    /// `None` for commands without a log.
    fn output_args(&self) -> Option<&OutputArgs> {
        match &self.0.command {
            Command::Import(args) => Some(&args.shared.output),
            Command::Rehearse(args) => Some(&args.shared.output),
            Command::Check(args) => Some(&args.output),
            Command::Undo(args) => Some(&args.output),
            Command::Verify(args) => Some(&args.output),
            Command::Report(_)
            | Command::Runs(_)
            | Command::RehearsalPool(_)
            | Command::Describe(_)
            | Command::Template(_)
            | Command::IamPolicy(_)
            | Command::Completions(_)
            | Command::Man(_) => None,
        }
    }

    /// Resolves the arguments with the environment and the files that they name.
    ///
    /// # Errors
    /// A file cannot be used, or the arguments contradict each other.
    pub fn settings(&self) -> Result<CommandSettings, SettingsError> {
        Ok(match &self.0.command {
            Command::Import(args) => {
                CommandSettings::Import(Box::new(ImportSettings::of_import(args)?))
            }
            Command::Rehearse(args) => {
                let (settings, pool) = ImportSettings::of_rehearse(args)?;
                CommandSettings::Rehearse(Box::new(settings), Box::new(pool))
            }
            Command::RehearsalPool(args) => CommandSettings::RehearsalPool(
                args.listen,
                Box::new(RehearsalSettings::of(&args.rehearsal)?),
            ),
            Command::Check(args) => CommandSettings::Check(Box::new(CheckSettings::of(args)?)),
            Command::Undo(args) => CommandSettings::Undo(Box::new(UndoSettings::of(args)?)),
            Command::Verify(args) => CommandSettings::Verify(Box::new(VerifySettings::of(args)?)),
            Command::Report(args) => CommandSettings::Report(ReportSettings::of(args)?),
            Command::Runs(args) => CommandSettings::Runs {
                directory: args.directory.clone(),
            },
            Command::Describe(args) => CommandSettings::Describe(DescribeSettings::of(args)),
            Command::Template(args) => CommandSettings::Template(TemplateSettings::of(args)),
            Command::IamPolicy(args) => CommandSettings::IamPolicy(IamPolicySettings::of(args)?),
            Command::Completions(args) => CommandSettings::Completions(args.shell),
            Command::Man(args) => CommandSettings::Man {
                directory: args.directory.clone(),
            },
        })
    }
}

/// The value of an environment variable; `None` if it is unset, empty or not UTF-8.
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Refuses to run if the environment makes the SDK log request bodies, which contain passwords.
fn refuse_sensitive_logs() -> Result<(), SettingsError> {
    match environment("LOG_SENSITIVE_BODIES") {
        Some(value) if !value.eq_ignore_ascii_case("false") => Err(SettingsError::SensitiveBodies),
        Some(_) | None => Ok(()),
    }
}
