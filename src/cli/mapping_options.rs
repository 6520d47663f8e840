//! Mapping options from the flags, and their combination with those of the mapping file.

use super::args::{FollowUpArgs, MappingArgs};
use crate::mapping::{
    FollowUpOptions, MappingOptions, Sourced, Target, UpdateOptions, ValueTableEntry,
};
use crate::user::pool_rules::Contact;

/// Returns the mapping options of the flags.
pub(super) fn of_flags(args: &MappingArgs) -> MappingOptions {
    let columns = |flag: &str, names: &[String]| -> Vec<Sourced<String>> {
        names
            .iter()
            .map(|name| Sourced::new(name.trim().to_owned(), format!("{flag} {name}")))
            .collect()
    };
    MappingOptions {
        ignore: columns("--ignore-column", &args.ignore_column),
        ignore_unknown: args.ignore_unknown,
        columns: args.map.clone(),
        username_from: columns("--username-from", &args.username_from),
        username_uuid: args
            .username_uuid
            .as_ref()
            .map(|name| Sourced::new(name.trim().to_owned(), format!("--username-uuid {name}"))),
        set: args.set.clone(),
        join: args.join.clone(),
        keep: columns("--keep", &args.keep),
        only_where: args.only_where.clone(),
        skip_where: args.skip_where.clone(),
        trim: args.trim,
        null: sorted_unique(args.null.clone()),
        allow_suspicious_passwords: args.allow_suspicious_passwords,
        lowercase: args.lowercase.clone(),
        phone_region: args.phone_region,
        dates: args.date_format.clone(),
        values: args.value.clone(),
        ..MappingOptions::default()
    }
}

/// Returns the steps after sign-up of the flags.
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
        update: args
            .update_existing
            .as_ref()
            .map(|attributes| UpdateOptions {
                attributes: attributes
                    .iter()
                    .map(|name| Sourced::new(name.clone(), format!("--update-existing {name}")))
                    .collect(),
                not_newer_than: args.not_newer_than.as_ref().map(|name| {
                    Sourced::new(name.trim().to_owned(), format!("--not-newer-than {name}"))
                }),
            }),
    }
}

/// Combines the steps of the flags with those of the file.
fn follow_up_over(flags: FollowUpOptions, file: FollowUpOptions) -> FollowUpOptions {
    // Either flag overrides both keys of the file.
    let flags_confirm = flags.confirm || !flags.confirm_where.is_empty();
    FollowUpOptions {
        confirm: flags.confirm || (file.confirm && !flags_confirm),
        confirm_where: if flags_confirm {
            flags.confirm_where
        } else {
            file.confirm_where
        },
        verify: [flags.verify, file.verify].concat(),
        groups: [flags.groups, file.groups].concat(),
        group_separator: flags.group_separator.or(file.group_separator),
        create_groups: flags.create_groups || file.create_groups,
        disable_where: [flags.disable_where, file.disable_where].concat(),
        update: flags.update,
    }
}

/// Sorts and deduplicates, so that the order of the flags does not matter.
fn sorted_unique(mut texts: Vec<String>) -> Vec<String> {
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// Combines the flags with the mapping file. A flag overrides the file for the same
/// column, attribute or cell of a value table.
pub(super) fn over(flags: MappingOptions, mut file: MappingOptions) -> MappingOptions {
    let sets_username = !flags.username_from.is_empty()
        || flags.username_uuid.is_some()
        || has_target(&flags, &Target::Username);
    drop_overridden_columns(&flags, &mut file, sets_username);
    drop_overridden_cells(&flags, &mut file);
    MappingOptions {
        ignore: [flags.ignore, file.ignore].concat(),
        ignore_unknown: flags.ignore_unknown || file.ignore_unknown,
        password: flags.password.or(file.password),
        columns: [flags.columns, file.columns].concat(),
        username_from: if sets_username {
            flags.username_from
        } else {
            file.username_from
        },
        username_uuid: if sets_username {
            flags.username_uuid
        } else {
            file.username_uuid
        },
        set: [flags.set, file.set].concat(),
        join: [flags.join, file.join].concat(),
        keep: [flags.keep, file.keep].concat(),
        only_where: [flags.only_where, file.only_where].concat(),
        skip_where: [flags.skip_where, file.skip_where].concat(),
        trim: flags.trim || file.trim,
        null: sorted_unique([flags.null, file.null].concat()),
        allow_suspicious_passwords: flags.allow_suspicious_passwords,
        lowercase: [flags.lowercase, file.lowercase].concat(),
        phone_region: flags.phone_region.or(file.phone_region),
        dates: [flags.dates, file.dates].concat(),
        values: [flags.values, file.values].concat(),
        follow_up: follow_up_over(flags.follow_up, file.follow_up),
    }
}

/// Returns whether a flag maps a column to this target.
fn has_target(flags: &MappingOptions, target: &Target) -> bool {
    let mut columns = flags.columns.iter();
    columns.any(|flag| flag.value.target == *target)
}

/// Returns whether a flag sets this attribute.
fn sets_attribute(flags: &MappingOptions, name: &str) -> bool {
    let mut set = flags.set.iter();
    let mut join = flags.join.iter();
    let mut columns = flags.columns.iter();
    set.any(|flag| *flag.value.attribute == *name)
        || join.any(|flag| *flag.value.attribute == *name)
        || columns
            .any(|flag| matches!(&flag.value.target, Target::Attribute(other) if **other == *name))
}

/// Removes the columns, attributes and selected values that a flag overrides.
fn drop_overridden_columns(flags: &MappingOptions, file: &mut MappingOptions, sets_username: bool) {
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
            Target::Username => sets_username,
            Target::Attribute(name) => sets_attribute(flags, name),
            target @ (Target::Password | Target::Verified(_) | Target::Groups) => {
                has_target(flags, target)
            }
        };
        let column = &entry.value.column;
        !is_mapped(column) && !is_ignored(column) && !is_overridden
    });
    // A flag selects its own rows instead of those of the file, not both.
    file.only_where.retain(|entry| {
        let mut conditions = flags.only_where.iter();
        !conditions.any(|flag| flag.value.column.eq_ignore_ascii_case(&entry.value.column))
    });
    file.set
        .retain(|entry| !sets_attribute(flags, &entry.value.attribute));
    file.join
        .retain(|entry| !sets_attribute(flags, &entry.value.attribute));
}

/// Removes the date formats and the cells of value tables that a flag overrides.
fn drop_overridden_cells(flags: &MappingOptions, file: &mut MappingOptions) {
    file.dates.retain(|entry| {
        let mut dates = flags.dates.iter();
        !dates.any(|flag| flag.value.attribute == entry.value.attribute)
    });
    file.values.retain(|entry| {
        let overrides = |flag: &Sourced<ValueTableEntry>| {
            flag.value.column.eq_ignore_ascii_case(&entry.value.column)
                && flag.value.cell == entry.value.cell
        };
        !flags.values.iter().any(overrides)
    });
}
