//! The arguments, as clap parses them. [`super::settings`] resolves them.

pub(super) mod follow_up;
pub(super) mod format;
mod inspect;
mod list;
pub(super) mod mapping;
mod output;
mod pace;
mod part;
mod pool;
mod preflight;
mod previous;
mod recorded_run;
mod undo;
mod value_parsers;
mod verify;

use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::output::OutputFormat;
use super::rehearsal::RehearsalArgs;
use crate::import::differences::DifferenceDetail;
use crate::ledger::{Durability, LedgerLock};
use crate::report::MetricsFormat;
pub use follow_up::FollowUpArgs;
pub use format::FormatArgs;
pub use inspect::{
    CheckArgs, CompletionsArgs, DescribeArgs, IamPolicyArgs, ManArgs, RunsArgs, TemplateArgs,
};
pub use list::ListArgs;
pub use mapping::MappingArgs;
pub use output::{
    CompareArgs, CsvArgs, LogArgs, ProgressArg, ProgressArgs, ReportArgs, ReportsArgs,
};
pub use pace::{PaceArgs, RateArg, RateArgs, TimeoutArgs};
pub use part::{PartArg, PartArgs};
pub use pool::{ConnectionArgs, KnownPoolArgs, LookArgs, PoolArgs, TriggerArgs};
pub use preflight::{AllowArgs, PatienceArgs, PreflightArgs};
pub use previous::PreviousArgs;
pub use recorded_run::RecordedRunArgs;
pub use undo::UndoArgs;
pub(super) use value_parsers::{column_is, duration};
use value_parsers::{fraction, nonzero_duration, socket_address, whole_number};
pub use verify::VerifyArgs;

/// Import users from a CSV file into an Amazon Cognito user pool
#[derive(Debug, Parser)]
#[command(name = "cognito-import", version, max_term_width = 110)]
pub struct Cli {
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,
    /// Choose the format of standard output
    ///
    /// Messages go to standard error in both formats.
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t = OutputFormat::Text,
        global = true,
        hide_short_help = true,
        help_heading = "Output"
    )]
    pub output: OutputFormat,
}

/// The subcommands. [`super::help`] adds their examples and exit codes.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import users from a CSV file into a user pool
    ///
    /// Every user is created with SignUp. Progress is kept in a ledger, so that the same command
    /// resumes an interrupted run without creating a user twice.
    Import(Box<ImportArgs>),
    /// Report every problem with a CSV file and the planned import
    ///
    /// Reads the whole file and, if given, the user pool. Never writes to the pool.
    Check(Box<CheckArgs>),
    /// Import into a simulated user pool on this machine
    ///
    /// Works like `import`, but makes no connection to AWS.
    Rehearse(Box<RehearseArgs>),
    /// Run the simulated user pool for other clients, such as boto3
    ///
    /// Listens on a loopback address until it is stopped, and prints its endpoint.
    RehearsalPool(Box<RehearsalPoolArgs>),
    /// Write the reports of a run again, or compare two runs
    ///
    /// Reports are written from the run's ledger. rejects.csv also needs the CSV file, so it is
    /// written by running the same import command again.
    Report(Box<ReportArgs>),
    /// List runs, the newest first
    ///
    /// Shows the state of each run, its list, user pool and counts, and the command that resumes
    /// it. Runs may be active at the same time. A run that cannot be read is listed with the
    /// reason.
    Runs(RunsArgs),
    /// Undo a run: delete or restore its users
    ///
    /// Deletes the users that the run created. Users that it updated get back their previous
    /// attributes, unless these have changed since.
    ///
    /// Each user is looked up with AdminGetUser, which counts it as monthly active, and is deleted
    /// only if it still has the sub recorded by the run. A user who has signed in since is kept.
    /// An UNCONFIRMED user cannot have signed in; for all others the sign-in history of Cognito's
    /// threat protection decides, and without it the user is kept.
    Undo(Box<UndoArgs>),
    /// Check that the users of a run are in the pool as reported
    ///
    /// Lists the pool's users and the members of the run's groups, which changes nothing and does
    /// not count users as monthly active. Each user must have its sub, be enabled, confirmed and
    /// verified as reported, and be in its groups; with the CSV file, its attributes are compared,
    /// too. Listings are eventually consistent, so missing users are looked up with AdminGetUser,
    /// which counts them as monthly active. Problems are written to verify.csv.
    Verify(Box<VerifyArgs>),
    /// Print a user pool's rules as TOML, for `--pool`
    ///
    /// With this file, `check`, `import` and `template` need no permission to describe the pool.
    Describe(Box<DescribeArgs>),
    /// Print the CSV header line for a user pool
    Template(Box<TemplateArgs>),
    /// Print the smallest IAM policy that a run needs
    ///
    /// Pass the same flags as to `import`.
    IamPolicy(Box<IamPolicyArgs>),
    /// Print a shell completion script
    Completions(CompletionsArgs),
    /// Print the manual pages, or write them to a directory
    Man(ManArgs),
}

/// `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The user pool.
    #[command(flatten)]
    pub pool: PoolArgs,
    /// Shared with `rehearse`.
    #[command(flatten)]
    pub shared: SharedImportArgs,
    /// Start without asking for confirmation
    ///
    /// Without a terminal, there is no prompt.
    #[arg(short, long, help_heading = "Preflight")]
    pub yes: bool,
    /// The part of the list.
    #[command(flatten)]
    pub part: PartArgs,
    /// Copy the ledger to S3 this often
    ///
    /// The ledger is also copied when the run begins and ends. If the process is killed, each row
    /// that the last copy lacks costs one lookup.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = nonzero_duration, hide_short_help = true, help_heading = "Run")]
    pub snapshot_every: Duration,
    /// Start over; the previous ledger is kept as ledger-before-N.db
    #[arg(
        long,
        help_heading = "Run",
        conflicts_with = "retry",
        hide_short_help = true
    )]
    pub restart: bool,
    /// Retry the rows of this run with these outcomes
    #[arg(
        long,
        value_name = "OUTCOME",
        value_enum,
        value_delimiter = ',',
        help_heading = "Run"
    )]
    pub retry: Vec<Retry>,
}

/// `rehearse`.
#[derive(Debug, Args)]
pub struct RehearseArgs {
    /// The simulated pool.
    #[command(flatten)]
    pub rehearsal: RehearsalArgs,
    /// Shared with `import`.
    #[command(flatten)]
    pub shared: SharedImportArgs,
}

/// The arguments that `import` and `rehearse` share.
#[derive(Debug, Args)]
pub struct SharedImportArgs {
    /// The CSV file and its columns.
    #[command(flatten)]
    pub list: ListArgs,
    /// Preflight checks.
    #[command(flatten)]
    pub preflight: PreflightArgs,
    /// Data for Lambda triggers.
    #[command(flatten)]
    pub triggers: TriggerArgs,
    /// Rate limits.
    #[command(flatten)]
    pub pace: PaceArgs,
    /// Existing users.
    #[command(flatten)]
    pub look: LookArgs,
    /// The run.
    #[command(flatten)]
    pub run: RunArgs,
    /// Reports.
    #[command(flatten)]
    pub reports: ReportsArgs,
    /// Progress.
    #[command(flatten)]
    pub progress: ProgressArgs,
    /// Output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `rehearsal-pool`.
#[derive(Debug, Args)]
pub struct RehearsalPoolArgs {
    /// Listen on this loopback address; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9329", value_parser = socket_address)]
    pub listen: SocketAddr,
    /// The simulated pool.
    #[command(flatten)]
    pub rehearsal: RehearsalArgs,
}

/// The run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub struct RunArgs {
    /// Directory for the ledger and results; for an import also s3://BUCKET/PREFIX/
    ///
    /// The default is import-runs/NAME-FINGERPRINT-POOL, or import-runs/NAME-FINGERPRINT-rehearsal.
    /// With S3, the same command on any machine resumes the run.
    #[arg(long, value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// The previous run of this list.
    #[command(flatten)]
    pub previous: PreviousArgs,
    /// The lock on the run directory.
    #[command(flatten)]
    pub lock: LockArgs,
    /// Include passwords in rejects.csv
    ///
    /// Corrected rows can then be imported directly. Delete the file afterwards. By default the
    /// password cells are empty.
    #[arg(long, hide_short_help = true)]
    pub rejects_with_passwords: bool,
    /// Choose what is recorded about users who exist with other attributes
    ///
    /// results.csv always names the attributes that differ.
    #[arg(long, value_enum, value_name = "MODE", default_value_t = DifferenceDetail::Names, hide_short_help = true, help_heading = "Existing users")]
    pub differences: DifferenceDetail,
    /// How usernames are compared.
    #[command(flatten)]
    pub usernames: UsernamesArgs,
    /// Choose which crashes the ledger survives; `process` syncs to disk less often
    #[arg(long, value_enum, value_name = "MODE", default_value_t = Durability::Power, hide_short_help = true)]
    pub durability: Durability,
    /// Choose whether other processes can open the ledger during the run
    ///
    /// The run directory remembers `exclusive` and `shared` for all later commands.
    #[arg(long, value_enum, value_name = "MODE", default_value_t = LedgerLock::Auto, hide_short_help = true)]
    pub ledger_lock: LedgerLock,
    /// Stop after this long; the same command resumes
    ///
    /// Requests in flight are finished, and the exit code is 4.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub deadline: Option<Duration>,
    /// Stop after N rows, to look at their results first; the same command without it resumes
    ///
    /// Counts all rows of this session, whatever their outcomes, and finishes their follow-up
    /// steps. The exit code is 4 if rows are left.
    #[arg(long, value_name = "N", value_parser = whole_number::<NonZeroU64>, hide_short_help = true)]
    pub stop_after: Option<NonZeroU64>,
    /// Stop if the first N rows all fail with the same error; 0 disables
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = whole_number::<u32>, hide_short_help = true)]
    pub max_failures: u32,
    /// Stop if this fraction of the last 200 rows fails with the same error; 1 disables
    #[arg(long, value_name = "FRACTION", default_value_t = 0.5, value_parser = fraction, hide_short_help = true)]
    pub max_failure_rate: f64,
    /// Choose where metrics are written
    ///
    /// Every 15s during the run, and at its end.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = MetricsFormat::Prometheus, help_heading = "Reports", hide_short_help = true)]
    pub metrics_format: MetricsFormat,
    /// Exit at most this long after SIGTERM or Ctrl-C
    ///
    /// The first half is for requests in flight, the rest for the ledger and then the reports. The
    /// default is 20s, or 30s at a terminal. A second signal stops at once.
    #[arg(long, value_name = "DURATION", value_parser = nonzero_duration, hide_short_help = true)]
    pub grace: Option<Duration>,
    /// Exit with 0 instead of 1 or 5 if the run finishes and rows failed or are in doubt
    ///
    /// For schedulers that repeat a job until it succeeds: repeating a finished run sends nothing.
    #[arg(long, hide_short_help = true)]
    pub allow_row_failures: bool,
    /// Wait this long for a lost request before its row counts as failed
    ///
    /// Cognito may still create the user after the connection is lost; Lambda triggers take up to
    /// 15 s.
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = duration, hide_short_help = true)]
    pub settle_time: Duration,
}

/// The lock on the run directory.
#[derive(Debug, Clone, Copy, Args)]
pub struct LockArgs {
    /// Wait this long for another process that uses the run directory
    ///
    /// By default the command exits with 4 immediately.
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "Run", hide_short_help = true)]
    pub wait_for_lock: Option<Duration>,
}

/// How usernames are compared.
#[derive(Debug, Clone, Copy, Args)]
pub struct UsernamesArgs {
    /// Override how usernames are compared
    ///
    /// By default this is read from the pool; if that is not permitted, case is ignored.
    #[arg(
        long,
        value_enum,
        value_name = "MODE",
        help_heading = "Run",
        hide_short_help = true
    )]
    pub usernames: Option<UsernameCase>,
}

/// How a pool compares usernames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UsernameCase {
    /// `Ann` and `ann` are the same user
    IgnoreCase,
    /// `Ann` and `ann` are different users
    CaseSensitive,
}

/// Outcomes that can be retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Retry {
    /// All attempts failed
    Failed,
    /// Rejected by Cognito
    Rejected,
    /// Unknown whether the user was created
    InDoubt,
    /// Invalid in the CSV file
    Invalid,
    /// Created, but a step after sign-up failed
    FollowUp,
    /// All of these
    All,
}

/// Output.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Print only warnings and errors
    #[arg(short, long, hide_short_help = true)]
    pub quiet: bool,
    /// Log more; repeat for more detail
    ///
    /// -v logs the stages of the run and every row that was not created, -vv every failed request,
    /// -vvv every response.
    #[arg(short, long, action = clap::ArgAction::Count, conflicts_with = "quiet", hide_short_help = true)]
    pub verbose: u8,
    /// The log.
    #[command(flatten)]
    pub log: LogArgs,
}
