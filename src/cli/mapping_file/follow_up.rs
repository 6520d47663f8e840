//! The table `follow_up` of a mapping file: what is done after the sign-ups.

use serde::Deserialize;

use super::located::Located;
use super::{MappingFile, MappingFileError};
use crate::cli::args::follow_up::{column_is, group, separator};
use crate::mapping::{ColumnIs, FollowUpOptions, Sourced};
use crate::user::pool_rules::Contact;

/// Steps after the sign-up.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(super) struct FollowUpKeys {
    /// Confirm every user.
    confirm: bool,
    /// Confirm users where COLUMN=VALUE.
    confirm_where: Vec<Located<String>>,
    /// Mark these attributes as verified.
    verify: Vec<Located<Address>>,
    /// Add every user to these groups.
    groups: Vec<Located<String>>,
    /// The text between groups in a cell of the column `groups`.
    group_separator: Option<Located<String>>,
    /// Create groups that the pool does not have.
    create_groups: bool,
    /// Disable users where COLUMN=VALUE.
    disable_where: Vec<Located<String>>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Address {
    Email,
    PhoneNumber,
}

impl MappingFile {
    pub(super) fn follow_up(&self) -> Result<FollowUpOptions, MappingFileError> {
        let keys = &self.keys.follow_up;
        let confirm_where = self.conditions("follow_up.confirm_where", &keys.confirm_where)?;
        if let (true, Some(condition)) = (keys.confirm, keys.confirm_where.first()) {
            let cause = "`confirm = true` confirms every user: take one of the two away".to_owned();
            return Err(self.wrong(condition, "follow_up.confirm_where", cause));
        }
        Ok(FollowUpOptions {
            confirm: keys.confirm,
            confirm_where,
            verify: keys
                .verify
                .iter()
                .map(|address| {
                    let contact = match address.get_ref() {
                        Address::Email => Contact::Email,
                        Address::PhoneNumber => Contact::PhoneNumber,
                    };
                    self.asked(address, "follow_up.verify", contact)
                })
                .collect(),
            groups: self.groups(&keys.groups)?,
            group_separator: self
                .meant(
                    "follow_up.group_separator",
                    keys.group_separator.as_ref(),
                    separator,
                )?
                .zip(keys.group_separator.as_ref())
                .map(|(text, at)| self.asked(at, "follow_up.group_separator", text)),
            create_groups: keys.create_groups,
            disable_where: self.conditions("follow_up.disable_where", &keys.disable_where)?,
        })
    }

    fn groups(&self, names: &[Located<String>]) -> Result<Vec<Sourced<String>>, MappingFileError> {
        let key = "follow_up.groups";
        let read = |name: &Located<String>| {
            let what = group(name.get_ref()).map_err(|cause| self.wrong(name, key, cause))?;
            Ok(self.asked(name, format!("{key}, {what}"), what))
        };
        names.iter().map(read).collect()
    }

    pub(super) fn conditions(
        &self,
        key: &str,
        texts: &[Located<String>],
    ) -> Result<Vec<Sourced<ColumnIs>>, MappingFileError> {
        let read = |text: &Located<String>| {
            let what = column_is(text.get_ref()).map_err(|cause| self.wrong(text, key, cause))?;
            Ok(self.asked(text, format!("{key}, {}", text.get_ref()), what))
        };
        texts.iter().map(read).collect()
    }
}
