//! `report`: results and summary again, from the ledger.

use super::Failed;
use crate::cli::Say;
use crate::cli::args::ReportArgs;
use crate::cli::exit::Exit;
use crate::ledger::directory::database_in;
use crate::ledger::{Durability, Ledger, LedgerError, RunDirectory, UndoLedger};
use crate::progress::terminal_width;
use crate::report::{summary_table, write_all};

pub(super) fn report(args: &ReportArgs, say: Say) -> Result<Exit, Failed> {
    let database = database_in(&args.run_dir);
    if !database.exists() {
        return Err(Failed::refused(LedgerError::Missing(database)));
    }
    // A run that is at work has the directory; its ledger is in order as long as it lives.
    if let Ok(directory) = RunDirectory::hold(&args.run_dir) {
        if !Ledger::is_there(&directory, Durability::Power).map_err(Failed::refused)? {
            return Err(Failed::refused(LedgerError::Missing(database)));
        }
        if UndoLedger::is_there(&directory).map_err(Failed::refused)? {
            say.line("note: this run was undone since: undo-results.csv says which of its users are deleted");
        }
    }
    let summary = write_all(&args.run_dir).map_err(Failed::refused)?;
    say.line(summary_table(&summary, terminal_width()));
    if let Some(why) = &summary.stopped_because {
        say.line(format_args!("the run was stopped: {why}"));
    }
    say.line(format_args!(
        "results: {}",
        args.run_dir.join("results.csv").display()
    ));
    Ok(Exit::of_summary(&summary))
}
