//! What the list's columns mean, and what becomes of their cells.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::follow_up::column_is;
use crate::mapping::{
    ColumnIs, ColumnTarget, Constant, DateFormat, DateOf, Join, Region, Sourced, Target, ValueOf,
    attribute,
};

/// What the columns mean.
///
/// A cell is emptied where --null says so and trimmed, then looked up in its column's value table; cells are joined; then dates and phone numbers are brought into
/// Cognito's form; last, what is to be small is written small.
#[derive(Debug, Args)]
#[command(next_help_heading = "Columns")]
pub struct MappingArgs {
    /// What a column means: username, password, a standard attribute or custom:NAME; may be repeated
    #[arg(long, value_name = "COLUMN=TARGET", value_parser = column_target)]
    pub map: Vec<Sourced<ColumnTarget>>,
    /// Take the username from this column, which may be an attribute as well; of several, from the first one that is not empty in a
    /// row. Commas separate columns, unless the whole text is the name of one; may be repeated
    #[arg(long, value_name = "COLUMN,COLUMN")]
    pub username_from: Vec<String>,
    /// Make each username a UUID (version 5) of this column's cell in lower case: the same one in every run. For lists without usernames
    /// in pools where people sign in by an alias
    #[arg(long, value_name = "COLUMN", conflicts_with = "username_from")]
    pub username_uuid: Option<String>,
    /// Set an attribute to the same value for every row; may be repeated
    #[arg(long, value_name = "ATTRIBUTE=VALUE", value_parser = constant)]
    pub set: Vec<Sourced<Constant>>,
    /// Copy a column into the results as it stands in the list, beside the user's new sub; may be repeated
    #[arg(long, value_name = "COLUMN")]
    pub keep: Vec<String>,
    /// Drop a column; may be repeated
    #[arg(long, value_name = "COLUMN")]
    pub ignore_column: Vec<String>,
    /// Drop columns that mean nothing, and say which
    #[arg(long)]
    pub ignore_unknown: bool,
    /// Leave out rows whose cell in this column is this value: they are `skipped`, and may be invalid. The cell is compared as it
    /// appears in the list, ignoring case and surrounding white space; `COLUMN=` matches an empty cell, `COLUMN=*` any other; may be
    /// repeated
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = skip_where)]
    pub skip_where: Vec<Sourced<ColumnIs>>,
    /// Take white space away around every cell but the password
    #[arg(long)]
    pub trim: bool,
    /// Treat cells that equal this text as empty, in every column and before anything else: 'NULL', '\N'; may be repeated
    #[arg(long, value_name = "TEXT", value_parser = null_text)]
    pub null: Vec<String>,
    /// Write the username or the e-mail address in small letters; may be repeated
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub lowercase: Vec<LowercaseArg>,
    /// Bring phone numbers into the form +4930901820; those without a country code are of this country, such as DE
    #[arg(long, value_name = "COUNTRY", value_parser = Region::parse)]
    pub phone_region: Option<Region>,
    /// Put an attribute together from several columns: 'name=First Name+Last Name'; may be repeated
    #[arg(long, value_name = "ATTRIBUTE=COLUMN+COLUMN", value_parser = join)]
    pub join: Vec<Sourced<Join>>,
    /// How the list writes an attribute's dates: 'birthdate=%d.%m.%Y'; `%+` is RFC 3339 (1990-02-01T08:30:00.123Z); may be
    /// repeated
    #[arg(long, value_name = "ATTRIBUTE=FORMAT", value_parser = date)]
    pub date_format: Vec<Sourced<DateOf>>,
    /// What a cell becomes: 'Status:active=true'; `*` is every other cell, and nothing behind the = sets nothing. A column with such
    /// values takes no other cells; may be repeated
    #[arg(long, value_name = "COLUMN:CELL=VALUE", value_parser = value)]
    pub value: Vec<Sourced<ValueOf>>,
    /// Sign users up although their passwords look like hashes, are one repeated character, or are all the same
    #[arg(long, help_heading = "Before the first call")]
    pub allow_suspicious_passwords: bool,
    /// A TOML file that says the same, and how the list is written (its table `list`: encoding, delimiter, quote, escape, columns, skip_lines, flexible,
    /// drop_apostrophe, unwrap_formulas); flags win over it
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
}

/// What is written small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LowercaseArg {
    /// The username
    Username,
    /// The attribute email
    Email,
}

/// The last `=` separates: names of columns may have one.
fn column_target(text: &str) -> Result<Sourced<ColumnTarget>, String> {
    let (column, target) = text
        .rsplit_once('=')
        .ok_or("should be COLUMN=TARGET, such as 'E-Mail Address=email'")?;
    let what = ColumnTarget {
        column: column.trim().to_owned(),
        target: Target::parse(target.trim())?,
    };
    Ok(Sourced::new(what, format!("--map {text}")))
}

fn skip_where(text: &str) -> Result<Sourced<ColumnIs>, String> {
    column_is(text).map(|what| Sourced::new(what, format!("--skip-where {text}")))
}

/// A text that marks an empty cell.
pub(in crate::cli) fn null_text(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("empty cells are left out anyway: give the text that marks them".to_owned());
    }
    Ok(text.to_owned())
}

/// The first `=` separates: values may have one.
fn constant(text: &str) -> Result<Sourced<Constant>, String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("should be ATTRIBUTE=VALUE, such as custom:source=legacy")?;
    if value.is_empty() {
        return Err("has no value: Cognito takes no empty ones".to_owned());
    }
    let what = Constant {
        attribute: attribute(name.trim())?,
        value: value.to_owned(),
    };
    Ok(Sourced::new(what, format!("--set {text}")))
}

fn join(text: &str) -> Result<Sourced<Join>, String> {
    let (name, columns) = text
        .split_once('=')
        .ok_or("should be ATTRIBUTE=COLUMN+COLUMN, such as 'name=First Name+Last Name'")?;
    let what = Join {
        attribute: attribute(name.trim())?,
        columns: columns
            .split('+')
            .map(|column| column.trim().to_owned())
            .collect(),
    };
    Ok(Sourced::new(what, format!("--join {text}")))
}

fn date(text: &str) -> Result<Sourced<DateOf>, String> {
    let (name, format) = text
        .split_once('=')
        .ok_or("should be ATTRIBUTE=FORMAT, such as birthdate=%d.%m.%Y")?;
    let what = DateOf {
        attribute: attribute(name.trim())?,
        format: DateFormat::parse(format)?,
    };
    Ok(Sourced::new(what, format!("--date-format {text}")))
}

/// The last `=` separates, and before it the last `:`, which names of columns may have.
fn value(text: &str) -> Result<Sourced<ValueOf>, String> {
    let (cell, becomes) = text.rsplit_once('=').ok_or(VALUE_SHAPE)?;
    let (column, cell) = cell.rsplit_once(':').ok_or(VALUE_SHAPE)?;
    let what = ValueOf {
        column: column.trim().to_owned(),
        cell: cell.to_owned(),
        becomes: becomes.to_owned(),
    };
    Ok(Sourced::new(what, format!("--value {text}")))
}

const VALUE_SHAPE: &str = "should be COLUMN:CELL=VALUE, such as 'Status:active=true'";

#[cfg(test)]
mod tests {
    use super::{column_target, constant, date, join, value};
    use crate::mapping::Target;

    #[test]
    fn the_last_equals_sign_separates_a_column_from_what_it_means() {
        let asked = column_target("a=b = Email").unwrap();
        assert_eq!(asked.what.column, "a=b");
        assert_eq!(asked.what.target, Target::Attribute("email".into()));
        assert_eq!(asked.by, "--map a=b = Email");
        assert!(
            column_target("email")
                .unwrap_err()
                .contains("COLUMN=TARGET")
        );
        assert!(
            column_target("a=mail")
                .unwrap_err()
                .contains("nearest known name: email")
        );
    }

    #[test]
    fn the_first_equals_sign_separates_an_attribute_from_its_value() {
        let asked = constant("custom:query=a=b").unwrap();
        assert_eq!(
            (&*asked.what.attribute, asked.what.value.as_str()),
            ("custom:query", "a=b")
        );
        for wrong in ["custom:source", "custom:source=", "username=ann", "=x"] {
            assert!(constant(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn joins_and_dates_are_read() {
        let asked = join("name=First Name + Last Name").unwrap();
        assert_eq!(asked.what.columns, ["First Name", "Last Name"]);
        assert_eq!(
            &*date("birthdate=%d.%m.%Y").unwrap().what.attribute,
            "birthdate"
        );
        assert!(date("birthdate=%d").is_err());
        assert!(join("whole=A+B").is_err());
    }

    #[test]
    fn a_value_s_column_may_have_a_colon_and_its_cell_an_equals_sign() {
        for (text, column, cell, becomes) in [
            ("Status:active=true", "Status", "active", "true"),
            (
                "custom:status:active=true",
                "custom:status",
                "active",
                "true",
            ),
            ("Status:a=b=c", "Status", "a=b", "c"),
            ("Status:*=", "Status", "*", ""),
            ("Status:=none", "Status", "", "none"),
        ] {
            let what = value(text).unwrap().what;
            assert_eq!(
                (
                    what.column.as_str(),
                    what.cell.as_str(),
                    what.becomes.as_str()
                ),
                (column, cell, becomes)
            );
        }
        assert!(value("Status=true").is_err() && value("Status:active").is_err());
    }
}
