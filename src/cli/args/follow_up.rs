//! What is done with users after their sign-up.

use clap::{Args, ValueEnum};

use crate::mapping::{ColumnIs, Sourced};
use crate::user::wrong_group_name;

/// After the sign-up.
///
/// The steps are taken in the order confirm, verify, groups, disable. One that fails leaves the user `created`, and the others are
/// taken all the same.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "After the sign-up")]
pub struct FollowUpArgs {
    /// Confirm each user, who then signs in without typing a code
    #[arg(long, conflicts_with = "confirm_where")]
    pub confirm: bool,
    /// Confirm the users of rows whose cell in this column is this value, compared like that of --skip-where; may be repeated
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = confirm_where)]
    pub confirm_where: Vec<Sourced<ColumnIs>>,
    /// Mark the address of each user who has one as verified; where the list has a column email_verified or phone_number_verified,
    /// it decides for each row (true, 1, yes; false, 0, no or empty)
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub verify: Vec<VerifyArg>,
    /// Put each user into this group, beside those in the list's column `groups`; may be repeated
    #[arg(long, value_name = "NAME", value_parser = group)]
    pub group: Vec<String>,
    /// What separates the groups in a cell of the column `groups` [default: ;]
    #[arg(long, value_name = "TEXT", value_parser = separator, allow_hyphen_values = true)]
    pub group_separator: Option<String>,
    /// Make the groups that the pool does not have
    #[arg(long)]
    pub create_groups: bool,
    /// Disable the users of rows whose cell in this column is this value, compared like that of --skip-where; may be repeated
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = disable_where)]
    pub disable_where: Vec<Sourced<ColumnIs>>,
    /// Do all of this for users that existed before as well. Without it, they are left as they are
    #[arg(long)]
    pub follow_up_existing: bool,
}

/// An address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VerifyArg {
    /// The e-mail address
    Email,
    /// The phone number
    #[value(name = "phone_number")]
    PhoneNumber,
}

fn confirm_where(text: &str) -> Result<Sourced<ColumnIs>, String> {
    column_is(text).map(|what| Sourced::new(what, format!("--confirm-where {text}")))
}

fn disable_where(text: &str) -> Result<Sourced<ColumnIs>, String> {
    column_is(text).map(|what| Sourced::new(what, format!("--disable-where {text}")))
}

/// A name that no group can have is a wrong flag, whatever the list is like.
pub(in crate::cli) fn group(text: &str) -> Result<String, String> {
    let name = text.trim();
    match wrong_group_name(name) {
        Some(why) => Err(why.to_owned()),
        None => Ok(name.to_owned()),
    }
}

/// The last `=` separates: names of columns may have one.
pub(in crate::cli) fn column_is(text: &str) -> Result<ColumnIs, String> {
    let (column, value) = text
        .rsplit_once('=')
        .ok_or("should be COLUMN=VALUE, such as Status=blocked")?;
    Ok(ColumnIs {
        column: column.trim().to_owned(),
        value: value.to_owned(),
    })
}

pub(in crate::cli) fn separator(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("is no text that could separate names of groups".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{column_is, separator};

    #[test]
    fn the_last_equals_sign_separates_a_column_from_a_value() {
        for (text, column, value) in [
            ("Status=blocked", "Status", "blocked"),
            ("a=b = c", "a=b", " c"),
            ("Active=", "Active", ""),
        ] {
            let what = column_is(text).unwrap();
            assert_eq!((what.column.as_str(), what.value.as_str()), (column, value));
        }
        assert!(column_is("Status").is_err());
    }

    #[test]
    fn white_space_separates_nothing() {
        assert_eq!(separator("|"), Ok("|".to_owned()));
        assert!(separator("").is_err() && separator(" ").is_err());
    }
}
