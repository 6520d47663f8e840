//! `summary.json`: the run summed up, for jobs that decide by it.

use std::io::{self, Write as _};
use std::path::Path;

use super::whole_file::WholeFile;
use crate::outcome::Summary;

/// The file's name in the run's directory.
pub(super) const FILE: &str = "summary.json";

pub(super) fn write(run_directory: &Path, summary: &Summary) -> io::Result<()> {
    let mut file = WholeFile::begin(&run_directory.join(FILE))?;
    serde_json::to_writer_pretty(&mut file, summary)?;
    file.write_all(b"\n")?;
    file.finish()
}
