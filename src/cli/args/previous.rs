//! The previous run of a list that is imported every night.

use std::path::PathBuf;

use clap::Args;

use super::whole_number;

/// The previous run.
#[derive(Debug, Args)]
pub struct PreviousArgs {
    /// Compare with an earlier run: its directory, s3://BUCKET/PREFIX/, or `last`
    ///
    /// `last` is the newest finished run of the same list and user pool next to this one. The run
    /// is refused if the list shrank too much. Rows that are invalid or rejected for the same
    /// reason as in the earlier run are known and do not change the exit code.
    #[arg(
        long,
        value_name = "RUN_DIR|last",
        help_heading = "Previous run",
        hide_short_help = true
    )]
    pub previous: Option<PathBuf>,
    /// Accept a list that has lost up to this percentage of its rows
    ///
    /// Losing up to 19 rows is always accepted. 100% also accepts an empty list.
    #[arg(long, value_name = "PERCENT", default_value = "20%", value_parser = percentage, requires = "previous", help_heading = "Previous run", hide_short_help = true)]
    pub max_shrink: f64,
    /// Refuse a list with more than N new users
    #[arg(long, value_name = "N", value_parser = whole_number::<u64>, requires = "previous", help_heading = "Previous run", hide_short_help = true)]
    pub max_new: Option<u64>,
}

fn percentage(text: &str) -> Result<f64, String> {
    let number = text
        .strip_suffix('%')
        .and_then(|number| number.parse().ok());
    if let Some(number) = number.filter(|number| (0.0..=100.0).contains(number)) {
        return Ok(number);
    }
    let is_percentage = |number: &f64| (1.0..=100.0).contains(number);
    let example = match text.parse().ok().filter(is_percentage) {
        Some(number) => format!("{number}%"),
        None => "20%".to_owned(),
    };
    Err(format!(
        "must be a percentage from 0% to 100%, such as {example}"
    ))
}

#[cfg(test)]
mod tests {
    use super::percentage;

    #[test]
    fn a_percentage_has_a_sign_so_that_it_is_not_taken_for_a_fraction() {
        for (text, number) in [("0%", 0.0), ("20%", 20.0), ("12.5%", 12.5), ("100%", 100.0)] {
            assert_eq!(percentage(text), Ok(number), "{text}");
        }
        for text in ["0.2", "20", "101%", "-1%", "NaN%", "%", ""] {
            assert!(percentage(text).is_err(), "{text}");
        }
        for (text, example) in [
            ("52", "52%"),
            ("12.5", "12.5%"),
            ("0.2", "20%"),
            ("x", "20%"),
        ] {
            let error = percentage(text).unwrap_err();
            assert!(error.ends_with(example), "{error}");
        }
    }
}
