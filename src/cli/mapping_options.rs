//! The flags about columns, and what a mapping file says under them.

use super::args::{FollowUpArgs, LowercaseArg, MappingArgs, VerifyArg};
use crate::mapping::{FollowUpOptions, Lowercase, MappingOptions, Sourced, Target, ValueOf};
use crate::user::pool_rules::Contact;

/// What the flags say.
pub(super) fn of_flags(args: &MappingArgs) -> MappingOptions {
    let asked = |flag: &str, names: &[String]| -> Vec<Sourced<String>> {
        names
            .iter()
            .map(|name| Sourced::new(name.trim().to_owned(), format!("{flag} {name}")))
            .collect()
    };
    MappingOptions {
        ignore: asked("--ignore-column", &args.ignore_column),
        ignore_unknown: args.ignore_unknown,
        columns: args.map.clone(),
        username_from: asked("--username-from", &args.username_from),
        username_uuid: args
            .username_uuid
            .as_ref()
            .map(|name| Sourced::new(name.trim().to_owned(), format!("--username-uuid {name}"))),
        set: args.set.clone(),
        join: args.join.clone(),
        keep: asked("--keep", &args.keep),
        skip_where: args.skip_where.clone(),
        trim: args.trim,
        null: texts(args.null.clone()),
        allow_suspicious_passwords: args.allow_suspicious_passwords,
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

/// What the flags say of what follows the sign-ups.
pub(super) fn follow_up_of_flags(args: &FollowUpArgs) -> FollowUpOptions {
    FollowUpOptions {
        confirm: args.confirm,
        confirm_where: args.confirm_where.clone(),
        verify: args
            .verify
            .iter()
            .map(|what| match what {
                VerifyArg::Email => Sourced::new(Contact::Email, "--verify email"),
                VerifyArg::PhoneNumber => {
                    Sourced::new(Contact::PhoneNumber, "--verify phone_number")
                }
            })
            .collect(),
        groups: args
            .group
            .iter()
            .map(|name| Sourced::new(name.clone(), format!("--group {name}")))
            .collect(),
        group_separator: args
            .group_separator
            .as_ref()
            .map(|text| Sourced::new(text.clone(), format!("--group-separator {text}"))),
        create_groups: args.create_groups,
        disable_where: args.disable_where.clone(),
    }
}

/// The flags about what follows the sign-ups, and what the file adds to them.
fn follow_up_over(flags: FollowUpOptions, file: FollowUpOptions) -> FollowUpOptions {
    // Either of the two says whom to confirm.
    let says_whom = flags.confirm || !flags.confirm_where.is_empty();
    FollowUpOptions {
        confirm: flags.confirm || (file.confirm && !says_whom),
        confirm_where: if says_whom {
            flags.confirm_where
        } else {
            file.confirm_where
        },
        verify: [flags.verify, file.verify].concat(),
        groups: [flags.groups, file.groups].concat(),
        group_separator: flags.group_separator.or(file.group_separator),
        create_groups: flags.create_groups || file.create_groups,
        disable_where: [flags.disable_where, file.disable_where].concat(),
    }
}

/// Each text once, whatever the order in which they were given.
fn texts(mut texts: Vec<String>) -> Vec<String> {
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// The flags, and of the file what they say nothing of: about a column's meaning, an attribute, or a cell of a value table.
pub(super) fn over(flags: MappingOptions, mut file: MappingOptions) -> MappingOptions {
    let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let names_username = !flags.username_from.is_empty()
        || flags.username_uuid.is_some()
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
            Target::Verified(_) | Target::Groups => flags
                .columns
                .iter()
                .any(|flag| flag.what.target == asked.what.target),
        };
        !said && !given
    });
    file.set.retain(|asked| !gives(&asked.what.attribute));
    file.join.retain(|asked| !gives(&asked.what.attribute));
    drop_overridden_cells(&flags, &mut file);
    MappingOptions {
        ignore: [flags.ignore, file.ignore].concat(),
        ignore_unknown: flags.ignore_unknown || file.ignore_unknown,
        password: flags.password.or(file.password),
        columns: [flags.columns, file.columns].concat(),
        username_from: if names_username {
            flags.username_from
        } else {
            file.username_from
        },
        username_uuid: if names_username {
            flags.username_uuid
        } else {
            file.username_uuid
        },
        set: [flags.set, file.set].concat(),
        join: [flags.join, file.join].concat(),
        keep: [flags.keep, file.keep].concat(),
        skip_where: [flags.skip_where, file.skip_where].concat(),
        trim: flags.trim || file.trim,
        null: texts([flags.null, file.null].concat()),
        allow_suspicious_passwords: flags.allow_suspicious_passwords,
        lowercase: [flags.lowercase, file.lowercase].concat(),
        phone_region: flags.phone_region.or(file.phone_region),
        dates: [flags.dates, file.dates].concat(),
        values: [flags.values, file.values].concat(),
        follow_up: follow_up_over(flags.follow_up, file.follow_up),
    }
}

/// Leaves out of the file what the flags say of the same dates and the same cells.
fn drop_overridden_cells(flags: &MappingOptions, file: &mut MappingOptions) {
    file.dates.retain(|asked| {
        let mut dates = flags.dates.iter();
        !dates.any(|flag| flag.what.attribute == asked.what.attribute)
    });
    file.values.retain(|asked| {
        let says = |flag: &Sourced<ValueOf>| {
            flag.what.column.eq_ignore_ascii_case(&asked.what.column)
                && flag.what.cell == asked.what.cell
        };
        !flags.values.iter().any(says)
    });
}
