//! `-h` and `--help`: flags come from [`super::args`], examples and exit codes from here.

use clap::{Arg, ArgAction, Command, CommandFactory as _};

use super::args::Cli;
use super::exit::Codes;

/// The command line with its complete help.
#[must_use]
pub fn command() -> Command {
    let root = Cli::command()
        .after_help("Run `cognito-import <COMMAND> --help` for all flags, examples and exit codes.")
        .after_long_help(format!(
            "{ROOT}\n\nRun `cognito-import <COMMAND> --help` for its flags, examples and exit codes."
        ));
    root.mut_subcommands(with_more_help)
}

fn with_more_help(command: Command) -> Command {
    let (examples, codes) = examples_and_codes(command.get_name());
    command
        .disable_help_flag(true)
        .arg(help_flag())
        .after_help("Use --help for all flags, examples and exit codes.")
        .after_long_help(format!("{examples}\n\n{}", codes.help()))
}

/// `-h` does not mention itself, so that it fits one screen.
fn help_flag() -> Arg {
    Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help("Print all flags; -h prints a summary")
        .help_heading("Output")
        .hide_short_help(true)
}

/// Examples and exit codes of a subcommand.
#[must_use]
pub fn examples_and_codes(command: &str) -> (&'static str, Codes) {
    match command {
        "import" => (IMPORT, Codes::Run),
        "check" => (CHECK, Codes::Check),
        "rehearse" => (REHEARSE, Codes::Rehearsal),
        "rehearsal-pool" => (REHEARSAL_POOL, Codes::RehearsalPool),
        "report" => (REPORT, Codes::Report),
        "runs" => (RUNS, Codes::Answer),
        "undo" => (UNDO, Codes::Undo),
        "verify" => (VERIFY, Codes::Verify),
        "describe" => (DESCRIBE, Codes::Answer),
        "template" => (TEMPLATE, Codes::Answer),
        "iam-policy" => (IAM_POLICY, Codes::Answer),
        "completions" => (COMPLETIONS, Codes::Answer),
        "man" => (MAN, Codes::Answer),
        _ => (ROOT, Codes::Run),
    }
}

const ROOT: &str = "\
Examples:
  # Check a file, then rehearse the import; both work without AWS
  cognito-import check users.csv
  cognito-import rehearse users.csv

  # Import it
  cognito-import import users.csv \\
      --user-pool-id us-east-1_EXAMPLE --client-id 1example23456789";

const IMPORT: &str = "\
Examples:
  # Import users who can sign in at once
  cognito-import import users.csv --confirm --verify email \\
      --user-pool-id us-east-1_EXAMPLE --client-id 1example23456789

  # Import an export of another system, with a mapping file
  cognito-import import okta/users.csv --mapping okta/mapping.toml \\
      --user-pool-id us-east-1_EXAMPLE --client-id 1example23456789

  # Run unattended for at most an hour; the same command resumes
  cognito-import import users.csv --yes --deadline 1h --run-dir runs/users \\
      --user-pool-id us-east-1_EXAMPLE --client-id 1example23456789";

const CHECK: &str = "\
Examples:
  # Check a file without knowing the user pool
  cognito-import check users.csv

  # Check it against rules that `cognito-import describe` saved
  cognito-import check users.csv --pool pool.toml --findings findings.csv

  # Check it against a user pool
  cognito-import check users.csv \\
      --user-pool-id us-east-1_EXAMPLE --client-id 1example23456789";

const REHEARSE: &str = "\
Examples:
  # Rehearse an import
  cognito-import rehearse users.csv

  # Lose one response in ten, the same ones in every run
  cognito-import rehearse users.csv --fault commit_then_drop=0.1 --seed 7

  # Rehearse an import of users who already exist
  cognito-import rehearse users.csv --existing users.csv";

const REHEARSAL_POOL: &str = "\
Examples:
  # Listen on a free port and print the endpoint
  cognito-import rehearsal-pool --listen 127.0.0.1:0

  # Start with existing users and slow responses
  cognito-import rehearsal-pool --listen 127.0.0.1:0 \\
      --existing users.csv --latency 200ms";

const REPORT: &str = "\
Examples:
  # Write the reports of a run again, with complete names and errors
  cognito-import report runs/monday --pii full

  # Write those of the newest run in runs/
  cognito-import report runs/latest

  # Merge the parts of a run (import --part)
  cognito-import report --merge runs/in-parts

  # Compare two runs
  cognito-import report --compare runs/monday runs/tuesday \\
      --changes-csv changes.csv";

const RUNS: &str = "\
Examples:
  # List the runs in import-runs
  cognito-import runs

  # List those in runs/ as JSON
  cognito-import runs runs/ --output json";

const UNDO: &str = "\
Examples:
  # List the users that would be deleted
  cognito-import undo runs/monday --dry-run

  # Delete them without asking
  cognito-import undo runs/monday --yes-delete us-east-1_EXAMPLE";

const VERIFY: &str = "\
Examples:
  # Check that every user of a run is in the pool
  cognito-import verify runs/monday

  # Also compare the users' attributes with the CSV file, and list users in no row
  cognito-import verify runs/monday users.csv --extra";

const DESCRIBE: &str = "\
Examples:
  # Save the rules of a user pool and an app client
  cognito-import describe --user-pool-id us-east-1_EXAMPLE \\
      --client-id 1example23456789 > pool.toml

  # Use another profile and Region
  cognito-import describe --user-pool-id us-east-1_EXAMPLE \\
      --profile staging --region us-east-1 > pool.toml";

const TEMPLATE: &str = "\
Examples:
  # Start a CSV file for a user pool
  cognito-import template --user-pool-id us-east-1_EXAMPLE > users.csv

  # Start one without passwords, from saved rules
  cognito-import template --pool pool.toml --password generate > users.csv";

const IAM_POLICY: &str = "\
Examples:
  # Print the policy for a plain import
  cognito-import iam-policy --user-pool-id us-east-1_EXAMPLE

  # Print the policy for an import with steps after sign-up, and for undo
  cognito-import iam-policy --user-pool-id us-east-1_EXAMPLE \\
      --confirm --group staff --undo";

const COMPLETIONS: &str = "\
Examples:
  # Complete flags in this Bash session
  eval \"$(cognito-import completions bash)\"

  # Save the script for Zsh, in a directory of $fpath
  cognito-import completions zsh > _cognito-import";

const MAN: &str = "\
Examples:
  # Save all manual pages in one file
  cognito-import man > cognito-import.1

  # Write one file per command, for `man cognito-import-import` and so on
  cognito-import man ~/.local/share/man/man1";
