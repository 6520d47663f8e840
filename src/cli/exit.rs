//! Exit codes: the whole list, and how a run maps to it.

use std::process::ExitCode;

use crate::import::{Signal, StopReason};
use crate::ledger::RunKind;
use crate::outcome::{Outcome, RunState, Summary};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Every row was created, existed or skipped, and every step that follows was taken.
    Done,
    /// Finished; some rows are invalid, rejected, failed or duplicate, or a step after a sign-up failed.
    SomeRows,
    /// The command line is wrong. (clap ends the program with this one itself.)
    Usage,
    /// Refused before anything was sent.
    Refused,
    /// Stopped early; the same command resumes the run.
    Stopped,
    /// Another process is using the run directory: nothing was done.
    Busy,
    /// Finished; some rows are in doubt.
    InDoubt,
    /// Told to stop.
    Signal(Signal),
}

/// Which commands share the meaning of their exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codes {
    /// Those about an import.
    Run,
    /// Those about a rehearsal: its pool ends with it.
    Rehearsal,
    /// `check`.
    Check,
    /// `undo`.
    Undo,
    /// Those that print something.
    Answer,
}

impl Codes {
    /// Those about a run of this kind.
    #[must_use]
    pub fn of(kind: RunKind) -> Self {
        match kind {
            RunKind::Import => Self::Run,
            RunKind::Rehearsal => Self::Rehearsal,
        }
    }

    /// How a command ends that did not come to its end, or could not tell what it came to. 3 says that nothing was sent, which is certain
    /// only of commands that send nothing.
    #[must_use]
    pub fn ended_early(self) -> Exit {
        match self {
            Self::Run | Self::Rehearsal | Self::Undo => Exit::Stopped,
            Self::Check | Self::Answer => Exit::Refused,
        }
    }
}

/// For `--help`.
pub const EXIT_CODES_HELP: &str = "\
Exit codes:
    0  every row was created, existed or skipped, and what follows was done
    1  finished; some rows are invalid, rejected, failed or duplicate, or a step after a sign-up failed
    2  the command line is wrong
    3  refused before anything was sent
    4  stopped early; the same command resumes the run
    4  nothing was done: another process is using the run directory
    5  finished; some rows are in doubt
  130  stopped by Ctrl-C (SIGINT); the same command resumes the run
  143  stopped by SIGTERM; the same command resumes the run";

/// For `rehearse --help`.
pub const REHEARSAL_CODES_HELP: &str = "\
Exit codes:
    0  every row was created, existed or skipped, and what follows was done
    1  finished; some rows are invalid, rejected, failed or duplicate, or a step after a sign-up failed
    2  the command line is wrong
    3  refused before anything was sent
    4  stopped early; a rehearsal cannot be resumed
    4  nothing was done: another process is using the run directory
    5  finished; some rows are in doubt
  130  stopped by Ctrl-C (SIGINT); a rehearsal cannot be resumed
  143  stopped by SIGTERM; a rehearsal cannot be resumed";

/// For `check --help`.
pub const CHECK_CODES_HELP: &str = "\
Exit codes:
    0  nothing stands against the list
    1  a run would begin; some rows would be invalid or duplicate
    2  the command line is wrong
    3  a run would be refused, or the list or the pool cannot be read
  130  stopped by Ctrl-C (SIGINT)
  143  stopped by SIGTERM";

/// For `undo --help`.
pub const UNDO_CODES_HELP: &str = "\
Each user is looked up first (AdminGetUser, by which Cognito counts it as active this month), and deleted
only if it has the sub that the run was told. One that is UNCONFIRMED has never signed in. Of any other one
the pool's threat protection has to show that it has not; where it cannot, the user is kept.

Exit codes:
    0  every user that the run made is deleted, or was gone already
    1  finished; some are kept, or could not be looked up or deleted
    2  the command line is wrong
    3  refused before anything was deleted
    4  stopped early; the same command resumes the undo
    4  nothing was done: another process is using the run directory
  130  stopped by Ctrl-C (SIGINT); the same command resumes the undo
  143  stopped by SIGTERM; the same command resumes the undo";

/// For the help of commands that print something.
pub const ANSWER_CODES_HELP: &str = "\
Exit codes:
    0  it was printed
    2  the command line is wrong
    3  it cannot be had
  130  stopped by Ctrl-C (SIGINT)
  143  stopped by SIGTERM";

impl Exit {
    /// The number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::SomeRows => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Stopped | Self::Busy => 4,
            Self::InDoubt => 5,
            Self::Signal(signal) => signal.exit_code(),
        }
    }

    /// Its name, for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::SomeRows => "some_rows",
            Self::Usage => "usage",
            Self::Refused => "refused",
            Self::Stopped => "stopped",
            Self::Busy => "busy",
            Self::InDoubt => "in_doubt",
            Self::Signal(Signal::Interrupt) => "sigint",
            Self::Signal(Signal::Terminate) => "sigterm",
        }
    }

    /// What it says, as `--help` has it.
    #[must_use]
    pub fn meaning(self, of: Codes) -> &'static str {
        match (self, of) {
            (Self::Done, Codes::Run | Codes::Rehearsal) => {
                "every row was created, existed or skipped, and what follows was done"
            }
            (Self::Done, Codes::Check) => "nothing stands against the list",
            (Self::Done, Codes::Undo) => {
                "every user that the run made is deleted, or was gone already"
            }
            (Self::Done, Codes::Answer) => "it was printed",
            (Self::SomeRows, Codes::Run | Codes::Rehearsal | Codes::Answer) => {
                "finished; some rows are invalid, rejected, failed or duplicate, or a step after a sign-up failed"
            }
            (Self::SomeRows, Codes::Undo) => {
                "finished; some are kept, or could not be looked up or deleted"
            }
            (Self::SomeRows, Codes::Check) => {
                "a run would begin; some rows would be invalid or duplicate"
            }
            (Self::Usage, _) => "the command line is wrong",
            (Self::Refused, Codes::Run | Codes::Rehearsal) => "refused before anything was sent",
            (Self::Refused, Codes::Check) => {
                "a run would be refused, or the list or the pool cannot be read"
            }
            (Self::Refused, Codes::Undo) => "refused before anything was deleted",
            (Self::Refused, Codes::Answer) => "it cannot be had",
            (Self::Stopped, Codes::Run | Codes::Check | Codes::Answer) => {
                "stopped early; the same command resumes the run"
            }
            (Self::Stopped, Codes::Rehearsal) => "stopped early; a rehearsal cannot be resumed",
            (Self::Stopped, Codes::Undo) => "stopped early; the same command resumes the undo",
            (Self::Busy, _) => "nothing was done: another process is using the run directory",
            (Self::InDoubt, _) => "finished; some rows are in doubt",
            (Self::Signal(Signal::Interrupt), Codes::Run) => {
                "stopped by Ctrl-C (SIGINT); the same command resumes the run"
            }
            (Self::Signal(Signal::Interrupt), Codes::Rehearsal) => {
                "stopped by Ctrl-C (SIGINT); a rehearsal cannot be resumed"
            }
            (Self::Signal(Signal::Interrupt), Codes::Undo) => {
                "stopped by Ctrl-C (SIGINT); the same command resumes the undo"
            }
            (Self::Signal(Signal::Interrupt), Codes::Check | Codes::Answer) => {
                "stopped by Ctrl-C (SIGINT)"
            }
            (Self::Signal(Signal::Terminate), Codes::Run) => {
                "stopped by SIGTERM; the same command resumes the run"
            }
            (Self::Signal(Signal::Terminate), Codes::Rehearsal) => {
                "stopped by SIGTERM; a rehearsal cannot be resumed"
            }
            (Self::Signal(Signal::Terminate), Codes::Undo) => {
                "stopped by SIGTERM; the same command resumes the undo"
            }
            (Self::Signal(Signal::Terminate), Codes::Check | Codes::Answer) => "stopped by SIGTERM",
        }
    }

    /// How a session ended that was stopped for this reason.
    #[must_use]
    pub fn of_stop(reason: &StopReason) -> Self {
        match reason {
            StopReason::Signal(signal) => Self::Signal(*signal),
            StopReason::Refused { .. }
            | StopReason::Breaker(_)
            | StopReason::Unreachable(_)
            | StopReason::Deadline
            | StopReason::List(_)
            | StopReason::Unlisted(_) => Self::Stopped,
        }
    }

    /// How a run stands.
    #[must_use]
    pub fn of_summary(summary: &Summary) -> Self {
        let some =
            |outcomes: &[Outcome]| outcomes.iter().any(|outcome| summary.count(*outcome) > 0);
        match summary.state {
            RunState::Stopped | RunState::Interrupted => Self::Stopped,
            RunState::Finished if some(&[Outcome::InDoubt]) => Self::InDoubt,
            RunState::Finished
                if some(&[
                    Outcome::Invalid,
                    Outcome::Rejected,
                    Outcome::Failed,
                    Outcome::Duplicate,
                    Outcome::Unsent,
                ]) =>
            {
                Self::SomeRows
            }
            RunState::Finished if !summary.follow_up_errors.is_empty() => Self::SomeRows,
            RunState::Finished => Self::Done,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}

#[cfg(test)]
mod tests {
    use super::{
        ANSWER_CODES_HELP, CHECK_CODES_HELP, Codes, EXIT_CODES_HELP, Exit, REHEARSAL_CODES_HELP,
        Signal, UNDO_CODES_HELP,
    };

    #[test]
    fn a_code_means_what_the_help_says() {
        let all = [
            Exit::Done,
            Exit::SomeRows,
            Exit::Usage,
            Exit::Refused,
            Exit::Stopped,
            Exit::Busy,
            Exit::InDoubt,
            Exit::Signal(Signal::Interrupt),
            Exit::Signal(Signal::Terminate),
        ];
        for (codes, help) in [
            (Codes::Run, EXIT_CODES_HELP),
            (Codes::Rehearsal, REHEARSAL_CODES_HELP),
            (Codes::Check, CHECK_CODES_HELP),
            (Codes::Undo, UNDO_CODES_HELP),
            (Codes::Answer, ANSWER_CODES_HELP),
        ] {
            let (_, help) = help.split_once("Exit codes:\n").unwrap();
            let mut said = 0;
            for exit in all {
                let line = format!("{:>5}  {}", exit.number(), exit.meaning(codes));
                said += usize::from(help.lines().any(|in_help| in_help == line));
            }
            assert_eq!(said, help.lines().count(), "{help}");
        }
        assert_eq!(Exit::Busy.number(), Exit::Stopped.number());
        assert!(!REHEARSAL_CODES_HELP.contains("the same command"));
    }
}
