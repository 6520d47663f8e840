//! The flags about columns, and what a mapping file says under them.

use super::args::{LowercaseArg, MappingArgs};
use crate::user::mapping::{Asked, Lowercase, MappingOptions, Target};

/// What the flags say.
pub(super) fn of_flags(args: &MappingArgs) -> MappingOptions {
    let asked = |flag: &str, names: &[String]| -> Vec<Asked<String>> {
        names
            .iter()
            .map(|name| Asked::new(name.trim().to_owned(), format!("{flag} {name}")))
            .collect()
    };
    MappingOptions {
        ignore: asked("--ignore-column", &args.ignore_column),
        ignore_unknown: args.ignore_unknown,
        columns: args.map.clone(),
        username_from: args
            .username_from
            .as_ref()
            .map(|name| Asked::new(name.trim().to_owned(), format!("--username-from {name}"))),
        set: args.set.clone(),
        join: args.join.clone(),
        keep: asked("--keep", &args.keep),
        trim: args.trim,
        lowercase: args
            .lowercase
            .iter()
            .map(|what| match what {
                LowercaseArg::Username => Lowercase::Username,
                LowercaseArg::Email => Lowercase::Email,
            })
            .collect(),
        phone_region: args.phone_region,
        dates: args.date_format.clone(),
        values: args.value.clone(),
        ..MappingOptions::default()
    }
}

/// The flags, and of the file what they say nothing of: about a column's meaning, an attribute, or a cell of a value table.
pub(super) fn over(flags: MappingOptions, mut file: MappingOptions) -> MappingOptions {
    let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let names_username = flags.username_from.is_some()
        || flags
            .columns
            .iter()
            .any(|asked| asked.what.target == Target::Username);
    let gives = |name: &str| {
        let of_column =
            |target: &Target| matches!(target, Target::Attribute(other) if **other == *name);
        flags.set.iter().any(|asked| *asked.what.attribute == *name)
            || flags
                .join
                .iter()
                .any(|asked| *asked.what.attribute == *name)
            || flags
                .columns
                .iter()
                .any(|asked| of_column(&asked.what.target))
    };
    file.ignore.retain(|asked| {
        !flags
            .columns
            .iter()
            .any(|flag| same(&flag.what.column, &asked.what))
    });
    file.columns.retain(|asked| {
        let column = &asked.what.column;
        let said = flags
            .columns
            .iter()
            .any(|flag| same(&flag.what.column, column))
            || flags.ignore.iter().any(|flag| same(&flag.what, column));
        let given = match &asked.what.target {
            Target::Username => names_username,
            Target::Password => flags
                .columns
                .iter()
                .any(|flag| flag.what.target == Target::Password),
            Target::Attribute(name) => gives(name),
        };
        !said && !given
    });
    file.set.retain(|asked| !gives(&asked.what.attribute));
    file.join.retain(|asked| !gives(&asked.what.attribute));
    file.dates.retain(|asked| {
        !flags
            .dates
            .iter()
            .any(|flag| flag.what.attribute == asked.what.attribute)
    });
    file.values.retain(|asked| {
        !flags.values.iter().any(|flag| {
            same(&flag.what.column, &asked.what.column) && flag.what.cell == asked.what.cell
        })
    });
    let both = |mut first: Vec<Asked<String>>, second| {
        first.extend::<Vec<Asked<String>>>(second);
        first
    };
    MappingOptions {
        ignore: both(flags.ignore, file.ignore),
        ignore_unknown: flags.ignore_unknown || file.ignore_unknown,
        password: flags.password.or(file.password),
        columns: [flags.columns, file.columns].concat(),
        username_from: flags
            .username_from
            .or(file.username_from.filter(|_| !names_username)),
        set: [flags.set, file.set].concat(),
        join: [flags.join, file.join].concat(),
        keep: both(flags.keep, file.keep),
        trim: flags.trim || file.trim,
        lowercase: [flags.lowercase, file.lowercase].concat(),
        phone_region: flags.phone_region.or(file.phone_region),
        dates: [flags.dates, file.dates].concat(),
        values: [flags.values, file.values].concat(),
    }
}
