//! Steps after sign-up.

use clap::Args;

use super::value_parsers::condition;
use crate::mapping::{ColumnEquals, Sourced};
use crate::user::pool_rules::Contact;
use crate::user::{STANDARD_ATTRIBUTES, group_name_error};

/// Steps after sign-up.
///
/// Order: confirm, verify, groups, disable. If a step fails, the user stays `created` and the
/// remaining steps still run.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "After sign-up")]
pub struct FollowUpArgs {
    /// Confirm each user; no code is needed to sign in
    #[arg(long, conflicts_with = "confirm_where")]
    pub confirm: bool,
    /// Confirm users whose row has this value in a column; repeatable
    ///
    /// Values are compared as by --skip-where.
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = condition("--confirm-where"), hide_short_help = true)]
    pub confirm_where: Vec<Sourced<ColumnEquals>>,
    /// Mark the email or phone number as verified
    ///
    /// A column email_verified or phone_number_verified decides for each row: true, 1 or yes;
    /// false, 0, no or empty.
    #[arg(long, value_enum, value_name = "ATTRIBUTE", value_delimiter = ',')]
    pub verify: Vec<Contact>,
    /// Add each user to a group; repeatable
    ///
    /// Groups in the file's `groups` column are added as well.
    #[arg(long, value_name = "NAME", value_parser = group)]
    pub group: Vec<String>,
    /// Set the separator in the `groups` column [default: ;]
    #[arg(long, value_name = "TEXT", value_parser = separator, allow_hyphen_values = true, hide_short_help = true)]
    pub group_separator: Option<String>,
    /// Create missing groups
    #[arg(long, hide_short_help = true)]
    pub create_groups: bool,
    /// Disable users whose row has this value in a column; repeatable
    ///
    /// Values are compared as by --skip-where.
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = condition("--disable-where"), hide_short_help = true)]
    pub disable_where: Vec<Sourced<ColumnEquals>>,
    /// Apply these steps to users who already existed, too
    #[arg(long, hide_short_help = true)]
    pub follow_up_existing: bool,
    /// Update users who already existed and differ from their row
    ///
    /// ATTRIBUTE limits the update to these attributes; by default, all that the file sets and the
    /// pool allows changing are updated. Empty cells change nothing. A new email or phone number
    /// needs --verify.
    #[arg(long, value_name = "ATTRIBUTE", value_delimiter = ',', num_args = 0..=1, value_parser = updated_attribute, hide_short_help = true)]
    pub update_existing: Option<Vec<String>>,
    /// Leave users alone who were modified later than the date in this column
    ///
    /// Users whose cell is empty are left alone, too. A date without a time means its first second,
    /// in UTC.
    #[arg(
        long,
        value_name = "COLUMN",
        requires = "update_existing",
        hide_short_help = true
    )]
    pub not_newer_than: Option<String>,
}

/// Parses the name of an attribute. Anything else, such as the list, would be mistaken for one.
fn updated_attribute(text: &str) -> Result<String, String> {
    if text.starts_with("custom:") || STANDARD_ATTRIBUTES.contains(&text) {
        return Ok(text.to_owned());
    }
    Err("is not an attribute; write --update-existing after the file, or with attributes such as --update-existing name,custom:team".to_owned())
}

/// Parses the name of a group. An invalid name is an error in the flag, whether or not the list
/// uses groups.
pub(in crate::cli) fn group(text: &str) -> Result<String, String> {
    let name = text.trim();
    match group_name_error(name) {
        Some(error) => Err(error.to_owned()),
        None => Ok(name.to_owned()),
    }
}

pub(in crate::cli) fn separator(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("the separator must not be blank".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::separator;

    #[test]
    fn rejects_blank_separators() {
        assert_eq!(separator("|"), Ok("|".to_owned()));
        assert!(separator("").is_err() && separator(" ").is_err());
    }
}
