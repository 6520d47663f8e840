//! `report`: results and summary again, from the ledger.

use super::Failed;
use crate::cli::Say;
use crate::cli::args::ReportArgs;
use crate::cli::exit::Exit;
use crate::report::{summary_table, write_all};

pub(super) fn report(args: &ReportArgs, say: Say) -> Result<Exit, Failed> {
    let summary = write_all(&args.run_dir).map_err(Failed::refused)?;
    say.line(summary_table(&summary));
    if let Some(why) = &summary.stopped_because {
        say.line(format_args!("the run was stopped: {why}"));
    }
    say.line(format_args!(
        "results: {}",
        args.run_dir.join("results.csv").display()
    ));
    Ok(Exit::of_summary(&summary))
}
