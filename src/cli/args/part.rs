//! Flags that select a part of the list.

use std::num::NonZeroU32;

use clap::Args;

use super::whole_number;
use crate::part::Part;

/// The part of the list.
#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub struct PartArgs {
    /// Import one of N parts of the list: I/N, with I from 0 to N-1, or `env`
    ///
    /// Start a process for each part with the same --run-dir, then run `report --merge RUN_DIR`.
    /// Every process reads the whole list. Rates from quotas, and --max-failures, are divided by N.
    ///
    /// `env` reads the part of an AWS Batch array job, of a Kubernetes Indexed Job (with --parts)
    /// or of a Slurm job array from the environment.
    #[arg(long, value_name = "I/N", value_parser = part, hide_short_help = true)]
    pub part: Option<PartArg>,
    /// The number of parts, if the environment of `--part env` does not have it
    #[arg(long, value_name = "N", requires = "part", value_parser = whole_number::<NonZeroU32>, hide_short_help = true)]
    pub parts: Option<NonZeroU32>,
}

/// The value of `--part`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartArg {
    Part(Part),
    /// The environment of the process names the part.
    Environment,
}

fn part(text: &str) -> Result<PartArg, String> {
    if text == "env" {
        return Ok(PartArg::Environment);
    }
    Part::parse(text).map(PartArg::Part).ok_or_else(|| {
        "must be I/N with I from 0 to N-1, such as 0/4 for the first of four parts, or `env`"
            .to_owned()
    })
}
