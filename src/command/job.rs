//! What `import` and `rehearse` ask for.

use tokio::time::Instant;

use super::again::command_that_goes_on;
use crate::cli::args::{ListArgs, PaceArgs, PreflightArgs, RunArgs};
use crate::ledger::{RetryFilter, RunKind};
use crate::pool::ConnectSettings;
use crate::preflight::prescan::ExistingUserPolicy;
use crate::preflight::rates::RatesAsked;
use crate::progress::{ProgressMode, Screen};
use crate::report::ReportOptions;
use crate::source::object::S3Access;

/// What is asked for.
pub(super) struct ImportJob<'a> {
    pub(super) list: &'a ListArgs,
    pub(super) preflight: &'a PreflightArgs,
    pub(super) pace: &'a PaceArgs,
    pub(super) run: &'a RunArgs,
    /// How users that exist are found.
    pub(super) looks: ExistingUserPolicy,
    /// Requests a second, as they are asked for.
    pub(super) rates: RatesAsked,
    pub(super) connect: ConnectSettings,
    /// For a list in S3.
    pub(super) access: S3Access,
    pub(super) again: OnExistingRun,
    /// What the reports are to show, and where metrics go.
    pub(super) reports: ReportOptions,
    /// Whether somebody at a terminal is asked to say yes to the plan.
    pub(super) confirm: bool,
    /// How it is shown how far the run is.
    pub(super) progress: ProgressMode,
    /// Where people look.
    pub(super) screen: &'a Screen,
    /// When the program began.
    pub(super) started: Instant,
}

/// What to do where the run's directory has a ledger already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OnExistingRun {
    /// Go on with that run, and take this up again.
    GoOn(Vec<RetryFilter>),
    /// Begin anew and keep the old ledger.
    PutAside,
    /// Begin anew without keeping it: its pool is gone.
    Replace,
}

impl OnExistingRun {
    /// Which kind of run that is.
    pub(super) fn kind(&self) -> RunKind {
        match self {
            Self::GoOn(_) | Self::PutAside => RunKind::Import,
            Self::Replace => RunKind::Rehearsal,
        }
    }

    /// How a run that was stopped goes on, for people.
    pub(super) fn go_on(&self) -> String {
        match self {
            Self::GoOn(_) | Self::PutAside => {
                format!(
                    "the same command goes on from here:
  {}",
                    command_that_goes_on(std::env::args_os())
                )
            }
            Self::Replace => {
                "a rehearsal cannot be resumed, because its pool ends with it: the same command starts a new one".to_owned()
            }
        }
    }

    /// The same for a run that would be stopped again unless something is changed first.
    pub(super) fn go_on_once_fixed(&self) -> String {
        match self {
            Self::GoOn(_) | Self::PutAside => format!(
                "put that right first, and where a flag is wrong, the flag; then {}",
                self.go_on()
            ),
            Self::Replace => format!("put that right first; {}", self.go_on()),
        }
    }

    /// What people are told when a second signal ends the run.
    pub(super) fn stopped_at_once(&self) -> &'static str {
        match self {
            Self::GoOn(_) | Self::PutAside => {
                "stopped; requests in flight will be checked on the next run"
            }
            Self::Replace => "stopped",
        }
    }
}
