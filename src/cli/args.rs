//! The command line, as it is typed. No I/O here: what it means is worked out in [`super::settings`].

pub(super) mod follow_up;
pub(super) mod format;
mod inspect;
mod list;
mod look;
pub(super) mod mapping;
mod output;
mod pace;
mod pool;
mod preflight;
mod report;
mod reports;
mod triggers;
mod undo;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::exit::{
    ANSWER_CODES_HELP, CHECK_CODES_HELP, EXIT_CODES_HELP, REHEARSAL_CODES_HELP, UNDO_CODES_HELP,
};
use super::rehearsal::RehearsalArgs;
pub use follow_up::{FollowUpArgs, VerifyArg};
pub use format::FormatArgs;
pub use inspect::{CheckArgs, DescribeArgs, IamPolicyArgs, TemplateArgs};
pub use list::{ListArgs, PasswordSource};
pub use look::{LookArgs, LookupArg, PrescanArg};
pub use mapping::{LowercaseArg, MappingArgs};
pub use output::{LogArgs, LogFormatArg, ProgressArg, ProgressArgs};
pub use pace::{PaceArgs, RateArg, RateArgs};
pub use pool::{ConnectionArgs, KnownPoolArgs, PoolArgs};
pub use preflight::{AllowArgs, PatienceArgs, PreflightArgs};
pub use report::{CompareArgs, ReportArgs};
pub use reports::{PiiArg, ReportsArgs};
pub use triggers::TriggerArgs;
pub use undo::UndoArgs;

/// Moves a list of users into an Amazon Cognito user pool, and tells the truth about every row.
#[derive(Debug, Parser)]
#[command(name = "cognito-import", version, about, after_help = EXIT_CODES_HELP, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What goes to standard output: what a command prints as text, or one JSON document from every command, also where it fails;
    /// what is meant for people goes to standard error either way
    #[arg(
        long,
        value_name = "FORM",
        value_enum,
        default_value_t = OutputForm::Text,
        global = true,
        help_heading = "Output"
    )]
    pub output: OutputForm,
}

/// What goes to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputForm {
    /// What the command prints
    Text,
    /// One JSON document
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign up every user of a list in a user pool
    #[command(after_help = EXIT_CODES_HELP)]
    Import(Box<ImportArgs>),
    /// Read a list and say everything that is wrong with it, and with the plan; sends nothing that writes
    #[command(after_help = CHECK_CODES_HELP)]
    Check(Box<CheckArgs>),
    /// Import into a simulated pool on this machine: nothing leaves it
    #[command(after_help = REHEARSAL_CODES_HELP)]
    Rehearse(Box<RehearseArgs>),
    /// Run the simulated pool alone, for any client (boto3, aws-cli)
    #[command(after_help = ANSWER_CODES_HELP)]
    RehearsalPool(Box<RehearsalPoolArgs>),
    /// Make the results and the summary of a run again from its ledger, or compare two runs. (Not rejects.csv, for which the list is needed: the run's own
    /// command writes it again)
    #[command(after_help = EXIT_CODES_HELP)]
    Report(Box<ReportArgs>),
    /// Delete exactly the users that a run created, and nobody else
    #[command(after_help = UNDO_CODES_HELP)]
    Undo(Box<UndoArgs>),
    /// Print the rules of a pool as TOML, for `--pool` where nobody may ask it
    #[command(after_help = ANSWER_CODES_HELP)]
    Describe(Box<DescribeArgs>),
    /// Print the header line of a list for a pool
    #[command(after_help = ANSWER_CODES_HELP)]
    Template(Box<TemplateArgs>),
    /// Print the least IAM policy that a run needs
    #[command(after_help = ANSWER_CODES_HELP)]
    IamPolicy(IamPolicyArgs),
}

/// `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The list and its columns.
    #[command(flatten)]
    pub list: ListArgs,
    /// Which pool.
    #[command(flatten)]
    pub pool: PoolArgs,
    /// What is asked before the first call.
    #[command(flatten)]
    pub preflight: PreflightArgs,
    /// Do not ask on a terminal whether the plan is right. (Without a terminal nothing is asked)
    #[arg(short, long, help_heading = "Before the first call")]
    pub yes: bool,
    /// What the pool's triggers are told.
    #[command(flatten)]
    pub triggers: TriggerArgs,
    /// How fast.
    #[command(flatten)]
    pub pace: PaceArgs,
    /// Users that exist.
    #[command(flatten)]
    pub look: LookArgs,
    /// The run.
    #[command(flatten)]
    pub run: RunArgs,
    /// Begin anew where a run for this list and pool is there already; its ledger is kept aside
    #[arg(long, help_heading = "Run", conflicts_with = "retry")]
    pub restart: bool,
    /// Take up again the rows with these outcomes of an earlier run of this list, or the steps after the sign-up that failed
    #[arg(
        long,
        value_name = "OUTCOME",
        value_enum,
        value_delimiter = ',',
        help_heading = "Run"
    )]
    pub retry: Vec<Retry>,
    /// The reports of the run.
    #[command(flatten)]
    pub reports: ReportsArgs,
    /// How far it is.
    #[command(flatten)]
    pub progress: ProgressArgs,
    /// What to say meanwhile.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `rehearse`.
#[derive(Debug, Args)]
pub struct RehearseArgs {
    /// The list and its columns.
    #[command(flatten)]
    pub list: ListArgs,
    /// The simulated pool.
    #[command(flatten)]
    pub rehearsal: RehearsalArgs,
    /// What is asked before the first call.
    #[command(flatten)]
    pub preflight: PreflightArgs,
    /// What the pool's triggers are told.
    #[command(flatten)]
    pub triggers: TriggerArgs,
    /// How fast.
    #[command(flatten)]
    pub pace: PaceArgs,
    /// Users that exist.
    #[command(flatten)]
    pub look: LookArgs,
    /// The run.
    #[command(flatten)]
    pub run: RunArgs,
    /// The reports of the run.
    #[command(flatten)]
    pub reports: ReportsArgs,
    /// How far it is.
    #[command(flatten)]
    pub progress: ProgressArgs,
    /// What to say meanwhile.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `rehearsal-pool`.
#[derive(Debug, Args)]
pub struct RehearsalPoolArgs {
    /// Where to listen; loopback only. Port 0 picks a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9329", value_parser = address)]
    pub listen: SocketAddr,
    /// The simulated pool.
    #[command(flatten)]
    pub rehearsal: RehearsalArgs,
}

/// The run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub struct RunArgs {
    /// The run's directory: ledger and results; by default import-runs/LIST-FINGERPRINT-POOL (or ...-rehearsal)
    #[arg(long, value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// If another process is using the run directory, wait for it up to this long; by default the command exits with 4 at once
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub wait_for_lock: Option<Duration>,
    /// Write passwords into rejects.csv as well, so that rows that are mended can be imported again without another list of
    /// passwords. (By default their cells are blank there.) Remove the file when it is done with
    #[arg(long)]
    pub rejects_with_passwords: bool,
    /// How the pool compares usernames; by default it is asked, and taken to ignore case where it may not be
    #[arg(long, value_enum, value_name = "HOW")]
    pub usernames: Option<UsernameCase>,
    /// What the ledger survives: loss of power, or only a crash of the process (fewer syncs to the disk)
    #[arg(long, value_enum, default_value_t = DurabilityArg::Power)]
    pub durability: DurabilityArg,
    /// Take no more rows after this time, finish what is on its way, and exit with 4; the same command goes on later
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub deadline: Option<Duration>,
    /// Stop when the first N rows sent all meet the same error; 0 never stops for it
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub max_failures: u32,
    /// Stop when more than this part of the last 200 rows meet the same error; 1 never stops for it
    #[arg(long, value_name = "PART", default_value_t = 0.5, value_parser = part)]
    pub max_failure_rate: f64,
    /// How long after a request without an answer Cognito may still make the user: triggers take up to 15 s. A row is called
    /// failed only when it is not there after that time
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = time)]
    pub settle_time: Duration,
}

/// How a pool compares usernames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UsernameCase {
    /// `Ann` and `ann` are one
    IgnoreCase,
    /// `Ann` and `ann` are two
    CaseSensitive,
}

/// What the ledger survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DurabilityArg {
    /// Loss of power
    Power,
    /// A crash of the process
    Process,
}

/// Outcomes that can be taken up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Retry {
    /// Tries used up
    Failed,
    /// Refused by the pool
    Rejected,
    /// Not settled
    InDoubt,
    /// Broken in the list
    Invalid,
    /// Steps after the sign-up that failed
    FollowUp,
    /// All five
    All,
}

/// What to say meanwhile.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Print nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
    /// Log what the run does and every row that was not created; twice: every request that failed; three times: every answer
    #[arg(short, long, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// The log.
    #[command(flatten)]
    pub log: LogArgs,
}

/// The longest time that a flag takes: clocks count on for longer, but not for ever.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

pub(super) fn time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time <= LONGEST => Ok(time),
        Ok(_) => Err("is longer than a year".to_owned()),
        Err(_) => Err("is not a time with its unit; write it like 250ms, 15s or 1h30m".to_owned()),
    }
}

fn some_time(text: &str) -> Result<Duration, String> {
    match time(text)? {
        time if time.is_zero() => Err("should be more than 0".to_owned()),
        time => Ok(time),
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "is no IP address with a port; write it like 127.0.0.1:9329".to_owned())
}

fn part(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(part) if (0.0..=1.0).contains(&part) => Ok(part),
        Ok(_) | Err(_) => Err("is not a part between 0 and 1".to_owned()),
    }
}
