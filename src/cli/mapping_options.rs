//! The flags about columns, and what a mapping file says under them.

use super::args::{FollowUpArgs, MappingArgs};
use crate::mapping::{FollowUpOptions, MappingOptions, Sourced, Target, ValueOf};
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
        lowercase: args.lowercase.clone(),
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
            .map(|contact| {
                let flag = match contact {
                    Contact::Email => "--verify email",
                    Contact::PhoneNumber => "--verify phone_number",
                };
                Sourced::new(*contact, flag)
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

/// Combines the flags with the mapping file. A flag overrides what the file says about the same
/// column, attribute or cell of a value table.
pub(super) fn over(flags: MappingOptions, mut file: MappingOptions) -> MappingOptions {
    let names_username = !flags.username_from.is_empty()
        || flags.username_uuid.is_some()
        || has_target(&flags, &Target::Username);
    drop_overridden_columns(&flags, &mut file, names_username);
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

/// Whether a flag gives a column this meaning.
fn has_target(flags: &MappingOptions, target: &Target) -> bool {
    let mut columns = flags.columns.iter();
    columns.any(|flag| flag.value.target == *target)
}

/// Whether a flag sets this attribute.
fn sets(flags: &MappingOptions, name: &str) -> bool {
    let mut set = flags.set.iter();
    let mut join = flags.join.iter();
    let mut columns = flags.columns.iter();
    set.any(|flag| *flag.value.attribute == *name)
        || join.any(|flag| *flag.value.attribute == *name)
        || columns
            .any(|flag| matches!(&flag.value.target, Target::Attribute(other) if **other == *name))
}

/// Removes from the file the columns and attributes that a flag gives another meaning or value.
fn drop_overridden_columns(
    flags: &MappingOptions,
    file: &mut MappingOptions,
    names_username: bool,
) {
    let is_mapped = |column: &str| {
        let mut columns = flags.columns.iter();
        columns.any(|flag| flag.value.column.eq_ignore_ascii_case(column))
    };
    let is_ignored = |column: &str| {
        let mut ignore = flags.ignore.iter();
        ignore.any(|flag| flag.value.eq_ignore_ascii_case(column))
    };
    file.ignore.retain(|entry| !is_mapped(&entry.value));
    file.columns.retain(|entry| {
        let is_overridden = match &entry.value.target {
            Target::Username => names_username,
            Target::Attribute(name) => sets(flags, name),
            target @ (Target::Password | Target::Verified(_) | Target::Groups) => {
                has_target(flags, target)
            }
        };
        let column = &entry.value.column;
        !is_mapped(column) && !is_ignored(column) && !is_overridden
    });
    file.set
        .retain(|entry| !sets(flags, &entry.value.attribute));
    file.join
        .retain(|entry| !sets(flags, &entry.value.attribute));
}

/// Removes from the file the date formats and value-table cells that a flag sets.
fn drop_overridden_cells(flags: &MappingOptions, file: &mut MappingOptions) {
    file.dates.retain(|asked| {
        let mut dates = flags.dates.iter();
        !dates.any(|flag| flag.value.attribute == asked.value.attribute)
    });
    file.values.retain(|asked| {
        let says = |flag: &Sourced<ValueOf>| {
            flag.value.column.eq_ignore_ascii_case(&asked.value.column)
                && flag.value.cell == asked.value.cell
        };
        !flags.values.iter().any(says)
    });
}
