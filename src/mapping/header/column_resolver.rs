//! Resolves the columns of a header by the options first, then by their names.

use crate::mapping::columns::{NameMeaning, Target, looks_secret, name_meaning, nearest};
use crate::mapping::condition::Condition;
use crate::mapping::options::{MappingOptions, PasswordFrom};
use crate::mapping::selection::SelectionCondition;
use crate::mapping::transform::ValueTable;
use crate::rows::reasons::reason_columns;
use crate::user::pool_rules::Contact;

/// The state of one column.
#[derive(Default)]
pub(super) struct HeaderColumn {
    /// Its target by the options, or else by its name.
    pub(super) target: Option<Target>,
    /// `--ignore-column` drops it.
    pub(super) ignored: bool,
    /// An option uses it: it is joined, kept, the username, or part of a condition. It does not
    /// need a target.
    pub(super) used: bool,
    /// Its name or target is that of a password.
    secret: bool,
    /// Its name is known or given in an option, so the line probably is a header.
    pub(super) known: bool,
}

/// The columns of a header, and its problems so far. Columns are numbered from 0.
pub(super) struct ColumnResolver<'a> {
    pub(super) options: &'a MappingOptions,
    pub(super) problems: Vec<String>,
    /// A hint about a column of `--where` that does not exist.
    pub(super) column_hint: Option<String>,
    /// Columns without a target.
    pub(super) unknown: Vec<usize>,
    /// Columns that a problem suggests dropping.
    pub(super) droppable: Vec<usize>,
    /// Columns without a target that `--ignore-unknown` drops.
    pub(super) dropped: Vec<usize>,
    /// Columns of Cognito's exports that SignUp cannot set.
    pub(super) cognito_only: Vec<usize>,
    /// Columns such as `email_verified`, without `--verify`.
    pub(super) unused_verified: Vec<(usize, Contact)>,
    /// Columns without a name.
    pub(super) unnamed: Vec<usize>,
    /// There is no column for the username, and one is required.
    pub(super) lacks_username: bool,
    /// There is no column for the password, and one is required.
    pub(super) lacks_password: bool,
    /// Columns that are copied into the results.
    pub(super) kept: Vec<usize>,
    /// The columns of each join; `None` if one of them is missing.
    pub(super) joins: Vec<Option<Vec<usize>>>,
    pub(super) only_where: Vec<SelectionCondition>,
    pub(super) skip_where: Vec<Condition>,
    pub(super) confirm_where: Vec<Condition>,
    pub(super) disable_where: Vec<Condition>,
    /// The column of `--not-newer-than`.
    pub(super) dates_of_rows: Option<usize>,
    names: &'a [String],
    pub(super) columns: Vec<HeaderColumn>,
    /// Columns of a list of rejects that give the reason. They are ignored.
    pub(super) reason_columns: Vec<usize>,
    /// Columns that options use for the username.
    pub(super) username_from: Vec<usize>,
}

impl<'a> ColumnResolver<'a> {
    pub(super) fn new(names: &'a [String], options: &'a MappingOptions) -> Self {
        let column = |name: &String| HeaderColumn {
            secret: looks_secret(name),
            ..HeaderColumn::default()
        };
        Self {
            options,
            problems: Vec::new(),
            column_hint: None,
            unknown: Vec::new(),
            droppable: Vec::new(),
            dropped: Vec::new(),
            lacks_username: false,
            lacks_password: false,
            cognito_only: Vec::new(),
            unused_verified: Vec::new(),
            unnamed: Vec::new(),
            kept: Vec::new(),
            joins: Vec::new(),
            only_where: Vec::new(),
            skip_where: Vec::new(),
            confirm_where: Vec::new(),
            disable_where: Vec::new(),
            dates_of_rows: None,
            columns: names.iter().map(column).collect(),
            reason_columns: reason_columns(names),
            names,
            username_from: Vec::new(),
        }
    }

    /// Applies the options, then resolves the remaining columns by name.
    pub(super) fn resolve(&mut self) {
        let options = self.options;
        for option in &options.ignore {
            self.ignore(&option.origin, &option.value);
        }
        for option in &options.columns {
            self.map(&option.origin, &option.value.column, &option.value.target);
        }
        self.resolve_username_columns();
        for option in &options.keep {
            let kept = self.use_column(&option.origin, &option.value);
            self.kept.extend(kept);
        }
        self.kept.sort_unstable();
        self.kept.dedup();
        for option in &options.join {
            let parts: Vec<Option<usize>> = option
                .value
                .columns
                .iter()
                .map(|name| self.use_column(&format!("{}: {name}", option.origin), name))
                .collect();
            self.joins.push(parts.into_iter().collect());
        }
        self.resolve_conditions();
        let update = options.follow_up.update.as_ref();
        if let Some(option) = update.and_then(|update| update.not_newer_than.as_ref()) {
            self.dates_of_rows = self.use_column(&option.origin, &option.value);
        }
        for index in 0..self.names.len() {
            self.resolve_by_name(index);
        }
    }

    pub(super) fn name(&self, index: usize) -> &'a str {
        self.names.get(index).map_or("", String::as_str)
    }

    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    pub(super) fn target(&self, index: usize) -> Option<&Target> {
        self.columns.get(index)?.target.as_ref()
    }

    pub(super) fn columns_named(&self, name: &str) -> Vec<usize> {
        (0..self.names.len())
            .filter(|index| self.name(*index).eq_ignore_ascii_case(name))
            .collect()
    }

    /// Returns the only column with this name, or reports a problem.
    pub(super) fn find_column(&mut self, origin: &str, name: &str) -> Option<usize> {
        match *self.columns_named(name).as_slice() {
            [index] => {
                if let Some(column) = self.columns.get_mut(index) {
                    column.known = true;
                }
                Some(index)
            }
            [] => {
                let hint = nearest(name, self.names.iter().map(String::as_str))
                    .map_or_else(String::new, |nearest| format!(" (nearest: {nearest})"));
                self.problems
                    .push(format!("{origin}: there is no such column{hint}"));
                None
            }
            [first, second, ..] => {
                self.problems.push(format!(
                    "{origin}: columns {} and {} both have this name; rename one",
                    first + 1,
                    second + 1
                ));
                None
            }
        }
    }

    /// Returns the column with this name, unless it holds passwords.
    fn find_public_column(&mut self, origin: &str, name: &str) -> Option<usize> {
        let index = self.find_column(origin, name)?;
        if self.is_secret(index) {
            self.problems.push(format!(
                "{origin}: passwords are never copied or changed, and the column's name suggests \
                 that it holds passwords; rename it if it does not"
            ));
            return None;
        }
        Some(index)
    }

    /// Returns the column with this name and marks it as used. It must not hold passwords.
    pub(super) fn use_column(&mut self, origin: &str, name: &str) -> Option<usize> {
        let index = self.find_public_column(origin, name)?;
        self.mark_used(index);
        Some(index)
    }

    pub(super) fn mark_used(&mut self, index: usize) {
        if let Some(column) = self.columns.get_mut(index) {
            column.used = true;
        }
    }

    /// Returns whether the column's name or target is that of a password.
    pub(super) fn is_secret(&self, index: usize) -> bool {
        self.columns.get(index).is_some_and(|column| column.secret)
    }

    fn ignore(&mut self, origin: &str, name: &str) {
        let columns = self.columns_named(name);
        if columns.is_empty() {
            // Reports the missing column.
            self.find_column(origin, name);
        }
        for index in columns {
            if let Some(column) = self.columns.get_mut(index) {
                column.ignored = true;
                column.known = true;
            }
        }
    }

    fn map(&mut self, origin: &str, name: &str, target: &Target) {
        let Some(column) = self
            .find_column(origin, name)
            .and_then(|index| self.columns.get_mut(index))
        else {
            return;
        };
        if column.ignored {
            self.problems.push(format!(
                "{origin}: the column is also dropped; remove one of the two"
            ));
        } else if column.target.is_some() {
            self.problems.push(format!(
                "{origin}: the column is already mapped; map it only once"
            ));
        } else {
            column.secret |= *target == Target::Password;
            column.target = Some(target.clone());
            if let Target::Verified(contact) = target
                && !self.verifies(*contact)
            {
                let address = contact.attribute();
                self.problems.push(format!(
                    "{origin}: SignUp cannot set it; add --verify {address} to verify the \
                     addresses after the sign-up"
                ));
            }
        }
    }

    /// Returns whether `--verify` names this contact.
    pub(super) fn verifies(&self, contact: Contact) -> bool {
        let options = &self.options.follow_up.verify;
        options.iter().any(|option| option.value == contact)
    }

    /// Builds the value table of each column. The result is empty if no column has one.
    pub(super) fn tables(&mut self) -> Vec<Option<ValueTable>> {
        let mut tables: Vec<Option<ValueTable>> = Vec::new();
        let options = self.options;
        // A missing column is reported once, even if its table has several entries.
        let mut missing: Vec<&str> = Vec::new();
        for option in &options.values {
            let entry = &option.value;
            if missing
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&entry.column))
            {
                continue;
            }
            let Some(index) = self.find_public_column(&option.origin, &entry.column) else {
                missing.push(&entry.column);
                continue;
            };
            tables.resize(self.names.len(), None);
            let Some(table) = tables.get_mut(index) else {
                continue;
            };
            let table = &mut table.get_or_insert_default().0;
            if table
                .insert(entry.cell.clone(), entry.replacement.clone())
                .is_some()
            {
                self.problems.push(format!(
                    "{}: the value table already has the cell {:?}",
                    option.origin, entry.cell
                ));
            }
        }
        tables
    }

    pub(super) fn knows_no_column(&self) -> bool {
        !self.columns.iter().any(|column| column.known)
    }

    /// Returns the column with this target. Reports a second one.
    pub(super) fn column_of(&mut self, target: &Target) -> Option<usize> {
        let columns: Vec<usize> = (0..self.names.len())
            .filter(|index| self.target(*index) == Some(target))
            .collect();
        if let [first, second, ..] = *columns.as_slice() {
            self.problems.push(format!(
                "columns {} and {} are both mapped to {target}: {}",
                first + 1,
                second + 1,
                if self.name(first).eq_ignore_ascii_case(self.name(second)) {
                    "rename one in the list, because flags cannot distinguish them"
                } else {
                    "drop one with --ignore-column, or map it to something else with --map"
                }
            ));
        }
        columns.first().copied()
    }

    pub(super) fn password(&mut self) -> Option<usize> {
        let column = self.column_of(&Target::Password);
        match self.options.password.unwrap_or_default() {
            PasswordFrom::Column | PasswordFrom::ColumnOrGenerate => {
                self.lacks_password = column.is_none();
                column
            }
            PasswordFrom::Generate | PasswordFrom::None => None,
        }
    }

    /// Returns whether the column holds phone numbers, by its target, or by its name if it was
    /// dropped.
    pub(super) fn has_phone_numbers(&self, index: usize) -> bool {
        let phone_number = Target::Attribute("phone_number".into());
        self.target(index) == Some(&phone_number)
            || matches!(
                name_meaning(self.name(index)),
                NameMeaning::Target(target) if target == phone_number
            )
    }

    /// Returns the columns that hold passwords, whether or not they are used: by their targets, or
    /// by their names if they have no target.
    pub(super) fn secrets(&self) -> Vec<usize> {
        let holds_passwords = |column: &HeaderColumn| match &column.target {
            Some(Target::Password) => true,
            Some(
                Target::Username | Target::Attribute(_) | Target::Verified(_) | Target::Groups,
            ) => false,
            None => column.secret,
        };
        (0..)
            .zip(&self.columns)
            .filter(|(_, column)| holds_passwords(column))
            .map(|(index, _)| index)
            .collect()
    }
}
