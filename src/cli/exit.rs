//! Exit codes: all of them, their meaning for each command, and how a run maps to them.

use std::process::ExitCode;

use crate::import::StopReason;
use crate::ledger::RunKind;
use crate::outcome::{Outcome, RunState, Summary};
use crate::run::Signal;

/// An exit code of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Every row was created, existed, was skipped or is a known problem, and every step after
    /// sign-up succeeded.
    Done,
    /// Finished; some rows are invalid, rejected, failed or duplicate, or a step after sign-up
    /// failed.
    SomeRows,
    /// [`Exit::SomeRows`] with `--allow-row-failures`.
    SomeRowsAllowed,
    /// Invalid command line. clap exits with this code itself.
    Usage,
    /// Refused before anything was sent.
    Refused,
    /// Stopped early; the same command resumes the run.
    Stopped,
    /// Another process is using the run directory. Nothing was done.
    Busy,
    /// S3 or the pool did not answer. Nothing was done, and the same command may succeed later.
    Unavailable,
    /// Finished; some rows are in doubt.
    InDoubt,
    /// [`Exit::InDoubt`] with `--allow-row-failures`.
    InDoubtAllowed,
    /// Stopped by a signal.
    Signal(Signal),
}

/// A group of commands that share a list of exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codes {
    /// `import`.
    Run,
    /// `rehearse`: a rehearsal cannot be resumed.
    Rehearsal,
    /// `check`.
    Check,
    /// `undo`.
    Undo,
    /// `verify`.
    Verify,
    /// `report`.
    Report,
    /// `rehearsal-pool`.
    RehearsalPool,
    /// Commands that print an answer.
    Answer,
}

impl Codes {
    /// Returns the codes of runs of this kind.
    #[must_use]
    pub fn of(kind: RunKind) -> Self {
        match kind {
            RunKind::Import => Self::Run,
            RunKind::Rehearsal => Self::Rehearsal,
        }
    }

    /// Returns the exit of a command that failed unexpectedly. 3 promises that nothing was sent,
    /// which is certain only for commands that never write.
    #[must_use]
    pub fn ended_early(self) -> Exit {
        match self {
            Self::Run | Self::Rehearsal | Self::Undo | Self::Verify => Exit::Stopped,
            Self::Check | Self::Report | Self::RehearsalPool | Self::Answer => Exit::Refused,
        }
    }

    /// Returns the exits of these commands, in the order of `--help`.
    fn exits(self) -> &'static [Exit] {
        use Exit::{
            Busy, Done, InDoubt, InDoubtAllowed, Refused, SomeRows, SomeRowsAllowed, Stopped,
            Unavailable, Usage,
        };
        const INTERRUPT: Exit = Exit::Signal(Signal::Interrupt);
        const TERMINATE: Exit = Exit::Signal(Signal::Terminate);
        match self {
            Self::Run | Self::Rehearsal => &[
                Done,
                SomeRowsAllowed,
                InDoubtAllowed,
                SomeRows,
                Usage,
                Refused,
                Stopped,
                Busy,
                Unavailable,
                InDoubt,
                INTERRUPT,
                TERMINATE,
            ],
            Self::Check => &[Done, SomeRows, Usage, Refused, INTERRUPT, TERMINATE],
            Self::Undo | Self::Verify => &[
                Done,
                SomeRows,
                Usage,
                Refused,
                Stopped,
                Busy,
                Unavailable,
                INTERRUPT,
                TERMINATE,
            ],
            Self::Report => &[
                Done,
                SomeRows,
                Usage,
                Refused,
                Stopped,
                Busy,
                Unavailable,
                InDoubt,
            ],
            Self::RehearsalPool => &[Usage, Refused, INTERRUPT, TERMINATE],
            Self::Answer => &[Done, Usage, Refused, INTERRUPT, TERMINATE],
        }
    }

    /// Returns the exit itself, or its equivalent for commands that do not have it.
    #[must_use]
    pub fn equivalent(self, exit: Exit) -> Exit {
        if exit == Exit::Unavailable && !self.exits().contains(&exit) {
            Exit::Refused
        } else {
            exit
        }
    }

    /// Renders the list of exit codes for `--help`.
    #[must_use]
    pub fn help(self) -> String {
        let lines = self.exits().iter();
        let lines = lines.map(|exit| format!("\n  {:>3}  {}", exit.number(), exit.meaning(self)));
        format!("Exit codes:{}", lines.collect::<String>())
    }
}

impl Exit {
    /// Returns the numeric code.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Done | Self::SomeRowsAllowed | Self::InDoubtAllowed => 0,
            Self::SomeRows => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Stopped | Self::Busy | Self::Unavailable => 4,
            Self::InDoubt => 5,
            Self::Signal(signal) => signal.exit_code(),
        }
    }

    /// Returns the name in JSON output.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::SomeRows | Self::SomeRowsAllowed => "some_rows",
            Self::Usage => "usage",
            Self::Refused => "refused",
            Self::Stopped => "stopped",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::InDoubt | Self::InDoubtAllowed => "in_doubt",
            Self::Signal(Signal::Interrupt) => "sigint",
            Self::Signal(Signal::Terminate) => "sigterm",
        }
    }

    /// Returns the explanation that `--help` gives for these commands.
    #[must_use]
    pub fn meaning(self, codes: Codes) -> &'static str {
        match (self, codes) {
            (Self::Done, Codes::Run | Codes::Rehearsal) => {
                "every row was created, existed, was skipped or is known (--previous), and all steps succeeded"
            }
            (Self::Done, Codes::Check) => "no problems found",
            (Self::Done, Codes::Undo) => {
                "every user of the run is deleted, restored or already gone"
            }
            (Self::Done, Codes::Verify) => "every user is in the pool as the run reports it",
            (Self::Done, Codes::Report) => {
                "the run succeeded and its reports are written, or the runs are compared"
            }
            (Self::Done, Codes::RehearsalPool | Codes::Answer) => "success",
            (
                Self::SomeRows,
                Codes::Run | Codes::Rehearsal | Codes::RehearsalPool | Codes::Answer,
            ) => "finished; some rows, or steps after sign-up, did not succeed",
            (Self::SomeRows, Codes::Report) => {
                "reports written; some rows, or steps after sign-up, did not succeed"
            }
            (Self::SomeRows, Codes::Undo) => {
                "finished; some users were kept, or could not be looked up or deleted"
            }
            (Self::SomeRows, Codes::Verify) => {
                "some users are not as the run reports them; verify.csv lists them"
            }
            (Self::SomeRows, Codes::Check) => {
                "the import would start, but some rows are invalid or duplicate"
            }
            (Self::Usage, _) => "invalid command line",
            (Self::Refused, Codes::Run | Codes::Rehearsal) => "refused before anything was sent",
            (Self::Refused, Codes::Check) => {
                "the import would be refused, or the file or the pool cannot be read"
            }
            (Self::Refused, Codes::Undo) => "refused before anything was deleted",
            (Self::Refused, Codes::Verify) => "the run, its file or the pool cannot be read",
            (Self::Refused, Codes::Report) => {
                "the run cannot be read, or a report cannot be written"
            }
            (Self::Refused, Codes::RehearsalPool) => {
                "invalid settings, or cannot listen on the address"
            }
            (Self::Refused, Codes::Answer) => "failed; the error message says why",
            (Self::Stopped, Codes::Run | Codes::Check | Codes::RehearsalPool | Codes::Answer) => {
                "stopped early; run the same command to resume"
            }
            (Self::Stopped, Codes::Report) => "reports written; the run stopped early",
            (Self::Stopped, Codes::Rehearsal) => "stopped early; a rehearsal cannot be resumed",
            (Self::Stopped, Codes::Undo | Codes::Verify) => {
                "stopped early; run the same command to resume"
            }
            (Self::Busy, Codes::Report) => {
                "another process has locked the ledger of the run; nothing was done"
            }
            (Self::Busy, _) => "another process is using the run directory; nothing was done",
            (Self::Unavailable, _) => {
                "S3 or the pool did not answer, and nothing was done; run the same command later"
            }
            (Self::InDoubt, Codes::Report) => "reports written; some rows are in doubt",
            (Self::InDoubt, _) => "finished; some rows are in doubt",
            (Self::SomeRowsAllowed, _) => {
                "with --allow-row-failures: finished; some rows, or steps after sign-up, did not succeed"
            }
            (Self::InDoubtAllowed, _) => {
                "with --allow-row-failures: finished; some rows are in doubt"
            }
            (Self::Signal(signal), codes) => signal_meaning(signal, codes),
        }
    }

    /// With `--allow-row-failures`, a finished run succeeds whatever the outcomes of its rows.
    #[must_use]
    pub fn allowing_row_failures(self, allowed: bool) -> Self {
        if allowed && self == Self::SomeRows {
            Self::SomeRowsAllowed
        } else if allowed && self == Self::InDoubt {
            Self::InDoubtAllowed
        } else {
            self
        }
    }

    /// Maps the reason for which a session stopped.
    #[must_use]
    pub fn of_stop(reason: &StopReason) -> Self {
        match reason {
            StopReason::Signal(signal) => Self::Signal(*signal),
            // Like a list that is read in advance.
            StopReason::List(_) if reason.is_empty_selection() => Self::Refused,
            StopReason::Refused { .. }
            | StopReason::Breaker(_)
            | StopReason::Unreachable(_)
            | StopReason::Deadline
            | StopReason::Enough(_)
            | StopReason::List(_) => Self::Stopped,
        }
    }

    /// Maps the state and the outcomes of a run.
    #[must_use]
    pub fn of_summary(summary: &Summary) -> Self {
        Self::with_known(summary, summary.known())
    }

    /// Returns the code of a finished run whose list has not changed since, so that the problems of
    /// its rows are known.
    #[must_use]
    pub fn of_unchanged_list(summary: &Summary) -> Self {
        let problems = summary.count(Outcome::Invalid) + summary.count(Outcome::Rejected);
        Self::with_known(summary, problems)
    }

    /// `known` is the number of rows with known problems.
    fn with_known(summary: &Summary, known: u64) -> Self {
        let has_any =
            |outcomes: &[Outcome]| outcomes.iter().any(|outcome| summary.count(*outcome) > 0);
        match summary.state {
            RunState::Stopped | RunState::Interrupted => Self::Stopped,
            RunState::Finished if has_any(&[Outcome::InDoubt]) => Self::InDoubt,
            RunState::Finished
                if summary.count(Outcome::Invalid) + summary.count(Outcome::Rejected) > known =>
            {
                Self::SomeRows
            }
            RunState::Finished
                if has_any(&[Outcome::Failed, Outcome::Duplicate, Outcome::Unsent]) =>
            {
                Self::SomeRows
            }
            RunState::Finished if !summary.follow_up_errors.is_empty() => Self::SomeRows,
            RunState::Finished => Self::Done,
        }
    }
}

fn signal_meaning(signal: Signal, codes: Codes) -> &'static str {
    match (signal, codes) {
        (Signal::Interrupt, Codes::Run | Codes::Undo | Codes::Verify) => {
            "stopped by Ctrl-C (SIGINT); run the same command to resume"
        }
        (Signal::Interrupt, Codes::Rehearsal) => {
            "stopped by Ctrl-C (SIGINT); a rehearsal cannot be resumed"
        }
        (
            Signal::Interrupt,
            Codes::Check | Codes::Report | Codes::RehearsalPool | Codes::Answer,
        ) => "stopped by Ctrl-C (SIGINT)",
        (Signal::Terminate, Codes::Run | Codes::Undo | Codes::Verify) => {
            "stopped by SIGTERM; run the same command to resume"
        }
        (Signal::Terminate, Codes::Rehearsal) => {
            "stopped by SIGTERM; a rehearsal cannot be resumed"
        }
        (
            Signal::Terminate,
            Codes::Check | Codes::Report | Codes::RehearsalPool | Codes::Answer,
        ) => "stopped by SIGTERM",
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
