//! What each column is for.

mod secrets;

use crate::mapping::columns::{ByName, Target, looks_secret, nearest, of_name};
use crate::mapping::condition::Condition;
use crate::mapping::options::{ColumnIs, MappingOptions, PasswordFrom, Sourced};
use crate::mapping::transform::ValueTable;
use crate::rows::reasons::places;
use crate::user::pool_rules::Contact;

/// What is known of a column while the header is read.
#[derive(Default)]
pub(super) struct HeaderColumn {
    /// What it means by the command line, or else by its name.
    pub(super) target: Option<Target>,
    /// It was dropped by name.
    pub(super) ignored: bool,
    /// It is joined, kept, the username, or decides about a step: it need not mean anything by itself.
    pub(super) used: bool,
    /// Its name, or what it means, is a password's.
    secret: bool,
    /// Somebody knows its name: so it is one.
    pub(super) known: bool,
}

/// The columns of a header that is being read, and all that is wrong with it so far.
pub(super) struct ColumnResolver<'a> {
    pub(super) options: &'a MappingOptions,
    pub(super) problems: Vec<String>,
    /// Columns whose meaning is not known.
    pub(super) unknown: Vec<usize>,
    /// Columns of which a problem says that they can be dropped.
    pub(super) droppable: Vec<usize>,
    /// Columns that mean nothing and are dropped for it.
    pub(super) dropped: Vec<usize>,
    /// Columns of Cognito's own exports that SignUp cannot set.
    pub(super) owned_by_cognito: Vec<usize>,
    /// Columns that say whether an address is verified, where none is to be.
    pub(super) unverified: Vec<(usize, Contact)>,
    /// Columns without a name.
    pub(super) unnamed: Vec<usize>,
    /// No column gives the username, or the password, and one has to.
    pub(super) lacks_username: bool,
    pub(super) lacks_password: bool,
    /// Columns that are copied into the results.
    pub(super) kept: Vec<usize>,
    /// The columns of each join; none where one of them is missing.
    pub(super) joins: Vec<Option<Vec<usize>>>,
    /// Rows that are left out, whose users are confirmed, and whose users are disabled.
    pub(super) skip_where: Vec<Condition>,
    pub(super) confirm_where: Vec<Condition>,
    pub(super) disable_where: Vec<Condition>,
    names: &'a [String],
    pub(super) columns: Vec<HeaderColumn>,
    /// Columns of a list of rejects that say why: they are passed over.
    pub(super) reasons: Vec<usize>,
    /// Columns that were named for the username.
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
            unknown: Vec::new(),
            droppable: Vec::new(),
            dropped: Vec::new(),
            lacks_username: false,
            lacks_password: false,
            owned_by_cognito: Vec::new(),
            unverified: Vec::new(),
            unnamed: Vec::new(),
            kept: Vec::new(),
            joins: Vec::new(),
            skip_where: Vec::new(),
            confirm_where: Vec::new(),
            disable_where: Vec::new(),
            columns: names.iter().map(column).collect(),
            reasons: places(names),
            names,
            username_from: Vec::new(),
        }
    }

    /// What was asked for comes first, and names last: they speak only where nothing else does.
    pub(super) fn find(&mut self) {
        let options = self.options;
        for asked in &options.ignore {
            self.ignore(&asked.origin, &asked.value);
        }
        for asked in &options.columns {
            self.map(&asked.origin, &asked.value.column, &asked.value.target);
        }
        self.find_username();
        for asked in &options.keep {
            let kept = self.used(&asked.origin, &asked.value);
            self.kept.extend(kept);
        }
        self.kept.sort_unstable();
        self.kept.dedup();
        for asked in &options.join {
            let places: Vec<Option<usize>> = asked
                .value
                .columns
                .iter()
                .map(|name| self.used(&format!("{}: {name}", asked.origin), name))
                .collect();
            self.joins.push(places.into_iter().collect());
        }
        self.skip_where = self.conditions(&options.skip_where);
        self.confirm_where = self.conditions(&options.follow_up.confirm_where);
        self.disable_where = self.conditions(&options.follow_up.disable_where);
        for place in 0..self.names.len() {
            self.by_name(place);
        }
    }

    pub(super) fn name(&self, place: usize) -> &'a str {
        self.names.get(place).map_or("", String::as_str)
    }

    pub(super) fn count(&self) -> usize {
        self.names.len()
    }

    /// What the column at this place means.
    pub(super) fn target(&self, place: usize) -> Option<&Target> {
        self.columns.get(place)?.target.as_ref()
    }

    pub(super) fn places(&self, name: &str) -> Vec<usize> {
        (0..self.names.len())
            .filter(|place| self.name(*place).eq_ignore_ascii_case(name))
            .collect()
    }

    /// Where a column is that was asked for by name.
    fn place(&mut self, by: &str, name: &str) -> Option<usize> {
        match *self.places(name).as_slice() {
            [place] => {
                if let Some(column) = self.columns.get_mut(place) {
                    column.known = true;
                }
                Some(place)
            }
            [] => {
                let near = nearest(name, self.names.iter().map(String::as_str))
                    .map_or_else(String::new, |near| format!(" (nearest: {near})"));
                self.problems
                    .push(format!("{by}: there is no such column{near}"));
                None
            }
            [first, second, ..] => {
                self.problems.push(format!(
                    "{by}: columns {} and {} both have this name; rename one",
                    first + 1,
                    second + 1
                ));
                None
            }
        }
    }

    /// Where a column is whose cells are copied or changed: none where they are passwords.
    fn open_place(&mut self, by: &str, name: &str) -> Option<usize> {
        let place = self.place(by, name)?;
        if self.columns.get(place).is_some_and(|column| column.secret) {
            self.problems.push(format!(
                "{by}: passwords are never copied or changed, and the column's name suggests that it holds some; rename it if it does not"
            ));
            return None;
        }
        Some(place)
    }

    pub(super) fn used(&mut self, by: &str, name: &str) -> Option<usize> {
        let place = self.open_place(by, name)?;
        if let Some(column) = self.columns.get_mut(place) {
            column.used = true;
        }
        Some(place)
    }

    fn conditions(&mut self, asked: &[Sourced<ColumnIs>]) -> Vec<Condition> {
        asked
            .iter()
            .filter_map(|asked| {
                let column = self.used(&asked.origin, &asked.value.column)?;
                Some(Condition::new(column, &asked.value.value))
            })
            .collect()
    }

    fn ignore(&mut self, by: &str, name: &str) {
        let places = self.places(name);
        if places.is_empty() {
            // Says so, and which name may be meant.
            self.place(by, name);
        }
        for place in places {
            if let Some(column) = self.columns.get_mut(place) {
                column.ignored = true;
                column.known = true;
            }
        }
    }

    fn map(&mut self, by: &str, name: &str, target: &Target) {
        let Some(column) = self
            .place(by, name)
            .and_then(|place| self.columns.get_mut(place))
        else {
            return;
        };
        if column.ignored {
            self.problems.push(format!(
                "{by}: the column is dropped as well; remove one of the two"
            ));
        } else if column.target.is_some() {
            self.problems.push(format!(
                "{by}: the column is already mapped; map it only once"
            ));
        } else {
            column.secret |= *target == Target::Password;
            column.target = Some(target.clone());
            if let Target::Verified(contact) = target
                && !self.verifies(*contact)
            {
                let address = contact.attribute();
                self.problems.push(format!(
                    "{by}: SignUp cannot set it; add --verify {address} to verify the addresses after the sign-up"
                ));
            }
        }
    }

    /// Whether this address is to be verified after the sign-up.
    pub(super) fn verifies(&self, contact: Contact) -> bool {
        let asked = &self.options.follow_up.verify;
        asked.iter().any(|asked| asked.value == contact)
    }

    /// The value table of each column; nothing at all where there is none.
    pub(super) fn tables(&mut self) -> Vec<Option<ValueTable>> {
        let mut tables: Vec<Option<ValueTable>> = Vec::new();
        let options = self.options;
        // A column that is missing is told of once, however many lines its table has.
        let mut missing: Vec<&str> = Vec::new();
        for asked in &options.values {
            let line = &asked.value;
            if missing
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&line.column))
            {
                continue;
            }
            let Some(place) = self.open_place(&asked.origin, &line.column) else {
                missing.push(&line.column);
                continue;
            };
            tables.resize(self.names.len(), None);
            let Some(table) = tables.get_mut(place) else {
                continue;
            };
            let table = &mut table.get_or_insert_default().0;
            if table
                .insert(line.cell.clone(), line.becomes.clone())
                .is_some()
            {
                self.problems.push(format!(
                    "{}: the value table already has this cell",
                    asked.origin
                ));
            }
        }
        tables
    }

    pub(super) fn nothing_is_known(&self) -> bool {
        !self.columns.iter().any(|column| column.known)
    }

    /// The column with this meaning. Where there are two, that is said.
    pub(super) fn only(&mut self, target: &Target) -> Option<usize> {
        let meant: Vec<usize> = (0..self.names.len())
            .filter(|place| self.target(*place) == Some(target))
            .collect();
        if let [first, second, ..] = *meant.as_slice() {
            self.problems.push(format!(
                "columns {} and {} both mean {target}: {}",
                first + 1,
                second + 1,
                if self.name(first).eq_ignore_ascii_case(self.name(second)) {
                    "rename one in the list, because no flag can tell them apart"
                } else {
                    "drop one with --ignore-column, or map it to something else with --map"
                }
            ));
        }
        meant.first().copied()
    }

    pub(super) fn password(&mut self) -> Option<usize> {
        let meant = self.only(&Target::Password);
        match self.options.password.unwrap_or_default() {
            PasswordFrom::Column | PasswordFrom::ColumnOrGenerate => {
                self.lacks_password = meant.is_none();
                meant
            }
            PasswordFrom::Generate | PasswordFrom::None => None,
        }
    }

    /// Whether this column has phone numbers: by what it means, or by its name where it was dropped.
    pub(super) fn has_phone_numbers(&self, place: usize) -> bool {
        let is_phone = |target: &Target| matches!(target, Target::Attribute(name) if &**name == "phone_number");
        self.target(place).is_some_and(is_phone)
            || matches!(of_name(self.name(place)), ByName::Means(target) if is_phone(&target))
    }
}
