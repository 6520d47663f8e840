//! The flags that map columns to usernames, passwords and attributes.

use std::path::PathBuf;

use clap::Args;

use super::value_parsers::condition;
use crate::mapping::{
    AttributeDateFormat, ColumnEquals, ColumnTarget, Constant, DateFormat, Join, Lowercase, Region,
    Sourced, Target, ValueTableEntry, attribute,
};

/// How columns become usernames, passwords and attributes.
///
/// Order: --null and --trim, --value, --join, dates and phone numbers, --lowercase.
#[derive(Debug, Args)]
#[command(next_help_heading = "Mapping")]
pub struct MappingArgs {
    /// Map a column to an attribute; repeatable
    ///
    /// TARGET is username, password, a standard attribute or custom:NAME.
    /// Example: 'E-Mail Address=email'.
    #[arg(long, value_name = "COLUMN=TARGET", value_parser = column_target)]
    pub map: Vec<Sourced<ColumnTarget>>,
    /// Take the username from the first of these columns that is not empty
    ///
    /// A column can be the username and an attribute. Separate columns by commas or repeat the
    /// flag; a column name that contains a comma also works.
    #[arg(long, value_name = "COLUMN,...", hide_short_help = true)]
    pub username_from: Vec<String>,
    /// Derive usernames from this column as UUIDs, the same in every run
    ///
    /// The UUID (version 5) is computed from the lowercased cell. Use it if the file has no
    /// usernames and users sign in with an alias.
    #[arg(
        long,
        value_name = "COLUMN",
        conflicts_with = "username_from",
        hide_short_help = true
    )]
    pub username_uuid: Option<String>,
    /// Set an attribute to the same value in every row; repeatable
    #[arg(long, value_name = "ATTRIBUTE=VALUE", value_parser = constant, hide_short_help = true)]
    pub set: Vec<Sourced<Constant>>,
    /// Copy a column unchanged into the results, next to the user's new sub; repeatable
    #[arg(long, value_name = "COLUMN", hide_short_help = true)]
    pub keep: Vec<String>,
    /// Ignore a column; repeatable
    #[arg(long, value_name = "COLUMN", hide_short_help = true)]
    pub ignore_column: Vec<String>,
    /// Ignore all unknown columns, and list them
    #[arg(long, hide_short_help = true)]
    pub ignore_unknown: bool,
    /// Use only rows with this value in a column; repeatable
    ///
    /// The other rows do not exist for the run. Values of the same column are alternatives; several
    /// columns must all match. Values are compared as by --skip-where. A row that is too broken to
    /// compare is used and reported as invalid. It is an error if no row matches.
    #[arg(
        long = "where",
        value_name = "COLUMN=VALUE",
        value_parser = condition("--where"),
        hide_short_help = true
    )]
    pub only_where: Vec<Sourced<ColumnEquals>>,
    /// Skip rows with this value in a column; repeatable
    ///
    /// The cell is compared as it appears in the file, ignoring case and surrounding whitespace.
    /// `COLUMN=` matches empty cells, `COLUMN=*` all others. Skipped rows are not validated.
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = condition("--skip-where"), hide_short_help = true)]
    pub skip_where: Vec<Sourced<ColumnEquals>>,
    /// Trim whitespace around every cell except the password
    #[arg(long, hide_short_help = true)]
    pub trim: bool,
    /// Treat cells with this text, such as 'NULL' or '\N', as empty; repeatable
    ///
    /// Applies to every column, before any other conversion.
    #[arg(long, value_name = "TEXT", value_parser = null_text, hide_short_help = true)]
    pub null: Vec<String>,
    /// Lowercase the username or email; repeatable
    #[arg(
        long,
        value_enum,
        value_name = "TARGET",
        value_delimiter = ',',
        hide_short_help = true
    )]
    pub lowercase: Vec<Lowercase>,
    /// Convert phone numbers to E.164, such as +4930901820
    ///
    /// COUNTRY, such as DE, applies to numbers without a country code.
    #[arg(long, value_name = "COUNTRY", value_parser = Region::parse, hide_short_help = true)]
    pub phone_region: Option<Region>,
    /// Join columns into one attribute, separated by spaces; repeatable
    ///
    /// Example: 'name=First Name+Last Name'.
    #[arg(long, value_name = "ATTRIBUTE=COLUMN+COLUMN", value_parser = join, hide_short_help = true)]
    pub join: Vec<Sourced<Join>>,
    /// Parse an attribute's dates in this format; repeatable
    ///
    /// Example: 'birthdate=%d.%m.%Y'. `%+` is RFC 3339 (1990-02-01T08:30:00.123Z).
    #[arg(long, value_name = "ATTRIBUTE=FORMAT", value_parser = date, hide_short_help = true)]
    pub date_format: Vec<Sourced<AttributeDateFormat>>,
    /// Replace one value of a column with another; repeatable
    ///
    /// Example: 'Status:active=true'. `*` matches every other cell, and an empty VALUE sets
    /// nothing. Once a column has replacements, a cell that matches none of them is invalid.
    #[arg(long, value_name = "COLUMN:CELL=VALUE", value_parser = value, hide_short_help = true)]
    pub value: Vec<Sourced<ValueTableEntry>>,
    /// Accept passwords that look like hashes or are all the same
    ///
    /// Also accepts passwords that consist of one repeated character.
    #[arg(long, help_heading = "Preflight", hide_short_help = true)]
    pub allow_suspicious_passwords: bool,
    /// Read mapping and CSV dialect from a TOML file
    ///
    /// Flags override the file. The dialect goes into its table `list`: encoding, delimiter,
    /// quote, escape, columns, skip_lines, flexible, drop_apostrophe, unwrap_formulas.
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
}

/// Splits at the last `=`, because a column name may contain one.
fn column_target(text: &str) -> Result<Sourced<ColumnTarget>, String> {
    let (column, target) = text
        .rsplit_once('=')
        .ok_or("expected COLUMN=TARGET, such as 'E-Mail Address=email'")?;
    let column_target = ColumnTarget {
        column: column.trim().to_owned(),
        target: Target::parse(target.trim())?,
    };
    Ok(Sourced::new(column_target, format!("--map {text}")))
}

/// Parses a text that marks empty cells.
pub(in crate::cli) fn null_text(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("the text must not be empty; empty cells need no flag".to_owned());
    }
    Ok(text.to_owned())
}

pub(in crate::cli) const EMPTY_ATTRIBUTE: &str =
    "the value is empty, and Cognito does not accept empty attributes";

/// Splits at the first `=`, because a value may contain one.
fn constant(text: &str) -> Result<Sourced<Constant>, String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("expected ATTRIBUTE=VALUE, such as custom:source=legacy")?;
    if value.is_empty() {
        return Err(EMPTY_ATTRIBUTE.to_owned());
    }
    let constant = Constant {
        attribute: attribute(name.trim())?,
        value: value.to_owned(),
    };
    Ok(Sourced::new(constant, format!("--set {text}")))
}

fn join(text: &str) -> Result<Sourced<Join>, String> {
    let (name, columns) = text
        .split_once('=')
        .ok_or("expected ATTRIBUTE=COLUMN+COLUMN, such as 'name=First Name+Last Name'")?;
    let join = Join {
        attribute: attribute(name.trim())?,
        columns: columns
            .split('+')
            .map(|column| column.trim().to_owned())
            .collect(),
    };
    Ok(Sourced::new(join, format!("--join {text}")))
}

fn date(text: &str) -> Result<Sourced<AttributeDateFormat>, String> {
    let (name, format) = text
        .split_once('=')
        .ok_or("expected ATTRIBUTE=FORMAT, such as birthdate=%d.%m.%Y")?;
    let date = AttributeDateFormat {
        attribute: attribute(name.trim())?,
        format: DateFormat::parse(format)?,
    };
    Ok(Sourced::new(date, format!("--date-format {text}")))
}

/// Splits at the last `=` and at the last `:` before it, because a column name may contain a `:`
/// and a cell a `=`.
fn value(text: &str) -> Result<Sourced<ValueTableEntry>, String> {
    let (cell, replacement) = text.rsplit_once('=').ok_or(VALUE_USAGE)?;
    let (column, cell) = cell.rsplit_once(':').ok_or(VALUE_USAGE)?;
    let value = ValueTableEntry {
        column: column.trim().to_owned(),
        cell: cell.to_owned(),
        replacement: replacement.to_owned(),
    };
    // Without the cell, because a mistyped column may be that of the passwords.
    let origin = format!("--value {}", value.column);
    Ok(Sourced::new(value, origin))
}

const VALUE_USAGE: &str = "expected COLUMN:CELL=VALUE, such as 'Status:active=true'";

#[cfg(test)]
mod tests {
    use super::{column_target, date, join, value};
    use crate::mapping::Target;

    #[test]
    fn splits_columns_from_targets_at_the_last_equals_sign() {
        let mapped = column_target("a=b = Email").unwrap();
        assert_eq!(mapped.value.column, "a=b");
        assert_eq!(mapped.value.target, Target::Attribute("email".into()));
        assert_eq!(mapped.origin, "--map a=b = Email");
        assert!(
            column_target("email")
                .unwrap_err()
                .contains("COLUMN=TARGET")
        );
        assert!(
            column_target("a=mail")
                .unwrap_err()
                .contains("did you mean `email`?")
        );
    }

    #[test]
    fn splits_attributes_from_values_at_the_first_equals_sign() {
        let constant = super::constant("custom:query=a=b").unwrap();
        assert_eq!(
            (&*constant.value.attribute, constant.value.value.as_str()),
            ("custom:query", "a=b")
        );
        for invalid in ["custom:source", "custom:source=", "username=ann", "=x"] {
            assert!(super::constant(invalid).is_err(), "{invalid}");
        }
    }

    #[test]
    fn parses_joins_and_date_formats() {
        let joined = join("name=First Name + Last Name").unwrap();
        assert_eq!(joined.value.columns, ["First Name", "Last Name"]);
        assert_eq!(
            &*date("birthdate=%d.%m.%Y").unwrap().value.attribute,
            "birthdate"
        );
        assert!(date("birthdate=%d").is_err());
        assert!(join("whole=A+B").is_err());
    }

    #[test]
    fn accepts_colons_in_column_names_and_equals_signs_in_cells() {
        for (text, column, cell, replacement) in [
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
            let parsed = value(text).unwrap().value;
            assert_eq!(
                (
                    parsed.column.as_str(),
                    parsed.cell.as_str(),
                    parsed.replacement.as_str()
                ),
                (column, cell, replacement)
            );
        }
        assert!(value("Status=true").is_err() && value("Status:active").is_err());
    }
}
