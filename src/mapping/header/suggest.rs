//! Suggests flags for an invalid header.

use super::column_resolver::ColumnResolver;
use crate::mapping::columns::{NameMeaning, Target, name_meaning};
use crate::mapping::guess::{Guess, certain_guess, guess, normalized};
use crate::mapping::options::PasswordFrom;
use crate::sanitize::shell_word;
use crate::user::pool_rules::{Contact, PoolRules};

/// The facts that the suggested flags are based on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Suggestion {
    /// Columns without a target, in the order of the list.
    unknown: Vec<String>,
    /// Known columns that cannot be used.
    to_ignore: Vec<String>,
    /// Targets that other columns have or that no column can have.
    taken: Vec<Target>,
    /// Columns of contacts, which may serve as the username.
    contacts: Vec<(Contact, String)>,
    needs_username: bool,
    needs_password: bool,
    pool: Option<PoolFacts>,
}

#[derive(Debug, PartialEq, Eq)]
struct PoolFacts {
    /// Writable attributes with names like `custom:...`.
    customs: Vec<String>,
    username_attributes: Vec<Contact>,
    alias_attributes: Vec<String>,
    is_passwordless: bool,
}

/// The rank of a custom attribute with the column's name: only Cognito's own names are likelier.
const CUSTOM: usize = 1;

impl Suggestion {
    pub(super) fn add_pool(&mut self, rules: &PoolRules) {
        let names = rules.schema.iter().map(|rule| &rule.name);
        self.pool = Some(PoolFacts {
            customs: names
                .filter(|name| name.starts_with("custom:") && rules.is_writable(name))
                .cloned()
                .collect(),
            username_attributes: rules.username_attributes.clone(),
            alias_attributes: rules.alias_attributes.clone(),
            is_passwordless: rules.is_passwordless(),
        });
    }

    pub(super) fn depends_on_pool(&self) -> bool {
        !self.unknown.is_empty() || self.needs_username || self.needs_password
    }

    /// Introduces the flags.
    pub(super) fn intro(&self) -> &'static str {
        let guesses = self.guessed_targets().iter().any(Option::is_some);
        if guesses || self.needs_username || self.needs_password {
            "if these guesses are right, add"
        } else {
            "to ignore unknown columns, add"
        }
    }

    /// Returns the flags as one line to paste.
    pub(super) fn flags(&self) -> Option<String> {
        let guessed = self.guessed_targets();
        let is_guessed = |target: &Target| guessed.iter().flatten().any(|other| other == target);
        let mut flags: Vec<String> = Vec::new();
        for (name, target) in self.unknown.iter().zip(&guessed) {
            if let Some(target) = target {
                flags.push(flag("--map", &format!("{name}={}", target.word())));
            }
        }
        if self.needs_username && !is_guessed(&Target::Username) {
            flags.extend(self.username_flags(&guessed));
        }
        if self.needs_password && !is_guessed(&Target::Password) {
            let is_passwordless = self.pool.as_ref().is_some_and(|pool| pool.is_passwordless);
            let source = if is_passwordless { "none" } else { "generate" };
            flags.push(flag("--password", source));
        }
        let unmapped = self.unknown.iter().zip(&guessed);
        let unmapped = unmapped.filter_map(|(name, target)| target.is_none().then_some(name));
        for name in unmapped.chain(&self.to_ignore) {
            let flag = flag("--ignore-column", name);
            if !flags.contains(&flag) {
                flags.push(flag);
            }
        }
        (!flags.is_empty()).then(|| flags.join(" "))
    }

    /// Guesses the target of each unknown column. Each target is used once, by the likeliest
    /// column.
    fn guessed_targets(&self) -> Vec<Option<Target>> {
        let mut guesses: Vec<(usize, Guess)> = (0..)
            .zip(&self.unknown)
            .filter(|(_, name)| self.is_unique(name))
            .filter_map(|(index, name)| Some((index, self.guess(name)?)))
            .collect();
        guesses.sort_by_key(|(index, guess)| (guess.rank, *index));
        let mut targets = vec![None; self.unknown.len()];
        for (index, Guess { target, .. }) in guesses {
            if !self.taken.contains(&target)
                && !targets.contains(&Some(target.clone()))
                && let Some(slot) = targets.get_mut(index)
            {
                *slot = Some(target);
            }
        }
        targets
    }

    /// Flags cannot distinguish columns with the same name.
    fn is_unique(&self, name: &str) -> bool {
        let same = self
            .unknown
            .iter()
            .filter(|other| other.eq_ignore_ascii_case(name));
        same.count() == 1
    }

    fn guess(&self, name: &str) -> Option<Guess> {
        match guess(name) {
            Some(guess) if guess.rank < CUSTOM => Some(guess),
            other => self.guess_custom(name).or(other),
        }
    }

    /// Returns the only custom attribute of the pool that has this name.
    fn guess_custom(&self, name: &str) -> Option<Guess> {
        let wanted = normalized(name);
        let mut matches = self
            .pool
            .iter()
            .flat_map(|pool| &pool.customs)
            .filter(|custom| {
                let unprefixed = custom.strip_prefix("custom:").unwrap_or(custom);
                normalized(unprefixed) == wanted || normalized(custom) == wanted
            });
        let target = Target::Attribute(matches.next()?.as_str().into());
        matches.next().is_none().then_some(Guess {
            target,
            rank: CUSTOM,
        })
    }

    /// Returns the flags that take the username from a column of contacts, as the pool's sign-in
    /// options require.
    fn username_flags(&self, guessed: &[Option<Target>]) -> Option<String> {
        let guessed = self
            .unknown
            .iter()
            .zip(guessed)
            .filter_map(|(name, target)| {
                let Some(Target::Attribute(attribute)) = target else {
                    return None;
                };
                Some((Contact::from_attribute(attribute)?, name))
            });
        let known = self.contacts.iter().map(|(contact, name)| (*contact, name));
        let columns: Vec<(Contact, &String)> = known.chain(guessed).collect();
        let column_of = |contact: Contact| {
            let column = columns.iter().find(|(other, _)| *other == contact);
            column.map(|(_, name)| name.as_str())
        };
        let contacts = [Contact::Email, Contact::PhoneNumber];
        if let Some(pool) = &self.pool {
            let names: Vec<&str> = contacts
                .into_iter()
                .filter(|contact| pool.username_attributes.contains(contact))
                .filter_map(column_of)
                .collect();
            if !names.is_empty() {
                let values: Vec<String> = if names.iter().any(|name| name.contains(',')) {
                    names.into_iter().map(str::to_owned).collect()
                } else {
                    vec![names.join(",")]
                };
                let flags = values.iter().map(|value| flag("--username-from", value));
                return Some(flags.collect::<Vec<_>>().join(" "));
            }
            let alias = contacts.into_iter().find_map(|contact| {
                let is_alias = pool
                    .alias_attributes
                    .iter()
                    .any(|alias| alias == contact.attribute());
                column_of(contact).filter(|_| is_alias)
            });
            if let Some(name) = alias {
                return Some(flag("--username-uuid", name));
            }
        }
        let name = contacts.into_iter().find_map(column_of)?;
        Some(flag("--username-from", name))
    }
}

/// Returns a flag with its value, quoted for a shell.
fn flag(flag: &str, value: &str) -> String {
    let separator = if value.starts_with('-') { '=' } else { ' ' };
    format!("{flag}{separator}{}", shell_word(value))
}

impl ColumnResolver<'_> {
    /// Collects the facts for suggestions from the columns resolved so far.
    pub(super) fn suggestion(&self) -> Suggestion {
        let options = self.options;
        let source = options.password.unwrap_or_default();
        let reads_passwords = matches!(
            source,
            PasswordFrom::Column | PasswordFrom::ColumnOrGenerate
        );
        let sets_username = !options.username_from.is_empty() || options.username_uuid.is_some();
        let targets = (0..self.count()).filter_map(|index| Some((index, self.target(index)?)));
        let mut taken: Vec<Target> = targets.clone().map(|(_, target)| target.clone()).collect();
        let constants = options.set.iter().map(|option| &option.value.attribute);
        let joined = options.join.iter().map(|option| &option.value.attribute);
        taken.extend(constants.chain(joined).cloned().map(Target::Attribute));
        for contact in [Contact::Email, Contact::PhoneNumber] {
            if !self.verifies(contact) {
                taken.push(Target::Verified(contact));
            }
        }
        if sets_username {
            taken.push(Target::Username);
        }
        if !reads_passwords {
            taken.push(Target::Password);
        }
        let names = |columns: &[usize]| {
            let names = columns.iter().map(|index| self.name(*index).to_owned());
            names.collect::<Vec<_>>()
        };
        Suggestion {
            unknown: names(&self.unknown),
            to_ignore: names(&self.droppable),
            contacts: targets
                .filter_map(|(index, target)| match target {
                    Target::Attribute(name) => {
                        Some((Contact::from_attribute(name)?, self.name(index).to_owned()))
                    }
                    Target::Username | Target::Password | Target::Verified(_) | Target::Groups => {
                        None
                    }
                })
                .collect(),
            taken,
            needs_username: self.lacks_username,
            needs_password: self.lacks_password,
            pool: None,
        }
    }

    /// Reports a missing username or password, unless an unknown column is guessed to hold it.
    pub(super) fn report_missing(&mut self, suggestion: &Suggestion) {
        let guessed = suggestion.guessed_targets();
        let is_guessed = |target| guessed.contains(&Some(target));
        if self.lacks_username && !is_guessed(Target::Username) {
            self.problems.push(
                "there is no column username; take usernames from another column with \
                 --username-from COLUMN, or derive them from one with --username-uuid COLUMN"
                    .to_owned(),
            );
        }
        if self.lacks_password && !is_guessed(Target::Password) {
            self.problems.push(
                "there is no column password; pass --password generate to give every user a \
                 random password, which they replace with 'forgot password', or --password \
                 none for a pool with a passwordless factor"
                    .to_owned(),
            );
        }
    }

    /// Returns whether the line is probably a header, though no name in it is known. If so, its
    /// cells can be repeated in messages. A row of values may hold a password.
    pub(super) fn looks_like_header(&self) -> bool {
        let mut targets: Vec<Target> = Vec::new();
        for index in 0..self.count() {
            let name = self.name(index);
            if name.contains('@') {
                return false;
            }
            if let Some(guess) = certain_guess(name)
                && !targets.contains(&guess.target)
            {
                targets.push(guess.target);
            }
        }
        let (guessed, all) = (targets.len(), self.count());
        guessed >= 3 || guessed == all || (guessed == 2 && all <= 4)
    }
}

/// Returns whether a name is known or can be guessed.
pub(super) fn may_be_name(name: &str) -> bool {
    !matches!(name_meaning(name), NameMeaning::Unknown) || guess(name).is_some()
}
