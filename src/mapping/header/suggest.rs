//! The flags that would make a header fit, as far as they can be guessed.

use super::column_resolver::ColumnResolver;
use crate::mapping::columns::{ByName, Target, of_name};
use crate::mapping::guess::{Guess, certain_guess, guess, plain};
use crate::mapping::options::PasswordFrom;
use crate::sanitize::shell_word;
use crate::user::pool_rules::{Contact, PoolRules};

/// What is known of a header that does not fit, for guesses.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Suggestion {
    /// Columns whose meaning is not known, in their order.
    unknown: Vec<String>,
    /// Columns that are known and cannot be used.
    to_ignore: Vec<String>,
    /// What other columns give already, or nothing may give.
    taken: Vec<Target>,
    /// Columns with an address, by which users may be named.
    contacts: Vec<(Contact, String)>,
    needs_username: bool,
    needs_password: bool,
    pool: Option<PoolFacts>,
}

/// What is known of the pool.
#[derive(Debug, PartialEq, Eq)]
struct PoolFacts {
    /// `custom:...`
    customs: Vec<String>,
    username_attributes: Vec<Contact>,
    alias_attributes: Vec<String>,
    is_passwordless: bool,
}

/// A custom attribute of the pool that has the column's name is likelier than any but Cognito's own names.
const CUSTOM: usize = 1;

impl Suggestion {
    pub(super) fn learn(&mut self, rules: &PoolRules) {
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

    /// Precedes the flags.
    pub(super) fn intro(&self) -> &'static str {
        let guesses = self.mapped().iter().any(Option::is_some);
        if guesses || self.needs_username || self.needs_password {
            "if these guesses are right, add"
        } else {
            "to ignore unknown columns, add"
        }
    }

    /// One line to paste.
    pub(super) fn flags(&self) -> Option<String> {
        let mapped = self.mapped();
        let given = |target: &Target| mapped.iter().flatten().any(|other| other == target);
        let mut flags: Vec<String> = Vec::new();
        for (name, target) in self.unknown.iter().zip(&mapped) {
            if let Some(target) = target {
                flags.push(flag("--map", &format!("{name}={}", target.word())));
            }
        }
        if self.needs_username && !given(&Target::Username) {
            flags.extend(self.username(&mapped));
        }
        if self.needs_password && !given(&Target::Password) {
            let is_passwordless = self.pool.as_ref().is_some_and(|pool| pool.is_passwordless);
            let source = if is_passwordless { "none" } else { "generate" };
            flags.push(flag("--password", source));
        }
        let unmapped = self.unknown.iter().zip(&mapped);
        let unmapped = unmapped.filter_map(|(name, target)| target.is_none().then_some(name));
        for name in unmapped.chain(&self.to_ignore) {
            let flag = flag("--ignore-column", name);
            if !flags.contains(&flag) {
                flags.push(flag);
            }
        }
        (!flags.is_empty()).then(|| flags.join(" "))
    }

    /// What each unknown column is guessed to give: the likeliest guesses first, each target once.
    fn mapped(&self) -> Vec<Option<Target>> {
        let mut guesses: Vec<(usize, Guess)> = (0..)
            .zip(&self.unknown)
            .filter(|(_, name)| self.is_unique(name))
            .filter_map(|(place, name)| Some((place, self.guess(name)?)))
            .collect();
        guesses.sort_by_key(|(place, guess)| (guess.rank, *place));
        let mut mapped = vec![None; self.unknown.len()];
        for (place, Guess { target, .. }) in guesses {
            if !self.taken.contains(&target)
                && !mapped.contains(&Some(target.clone()))
                && let Some(slot) = mapped.get_mut(place)
            {
                *slot = Some(target);
            }
        }
        mapped
    }

    /// No flag tells apart columns of one name.
    fn is_unique(&self, name: &str) -> bool {
        let same = self
            .unknown
            .iter()
            .filter(|other| other.eq_ignore_ascii_case(name));
        same.count() == 1
    }

    fn guess(&self, name: &str) -> Option<Guess> {
        let custom = || {
            let wanted = plain(name);
            let mut same = self
                .pool
                .iter()
                .flat_map(|pool| &pool.customs)
                .filter(|custom| {
                    let own = custom.strip_prefix("custom:").unwrap_or(custom);
                    plain(own) == wanted || plain(custom) == wanted
                });
            let target = Target::Attribute(same.next()?.as_str().into());
            same.next().is_none().then_some(Guess {
                target,
                rank: CUSTOM,
            })
        };
        match guess(name) {
            Some(guess) if guess.rank < CUSTOM => Some(guess),
            other => custom().or(other),
        }
    }

    /// The flag that takes usernames from a column with an address, in the way that the pool lets people sign in.
    fn username(&self, mapped: &[Option<Target>]) -> Option<String> {
        let guessed = self
            .unknown
            .iter()
            .zip(mapped)
            .filter_map(|(name, target)| {
                let Some(Target::Attribute(attribute)) = target else {
                    return None;
                };
                Some((Contact::of_attribute(attribute)?, name))
            });
        let known = self.contacts.iter().map(|(contact, name)| (*contact, name));
        let columns: Vec<(Contact, &String)> = known.chain(guessed).collect();
        let column_of = |contact: Contact| {
            let found = columns.iter().find(|(other, _)| *other == contact);
            found.map(|(_, name)| name.as_str())
        };
        let contacts = [Contact::Email, Contact::PhoneNumber];
        if let Some(pool) = &self.pool {
            let names: Vec<&str> = contacts
                .into_iter()
                .filter(|contact| pool.username_attributes.contains(contact))
                .filter_map(column_of)
                .collect();
            if !names.is_empty() {
                let from: Vec<String> = if names.iter().any(|name| name.contains(',')) {
                    names.into_iter().map(str::to_owned).collect()
                } else {
                    vec![names.join(",")]
                };
                let flags = from.iter().map(|names| flag("--username-from", names));
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

/// A flag with its value, as a shell takes it.
fn flag(flag: &str, value: &str) -> String {
    if value.starts_with('-') {
        format!("{flag}={}", shell_word(value))
    } else {
        format!("{flag} {}", shell_word(value))
    }
}

impl ColumnResolver<'_> {
    /// What can be suggested for the header as it is understood so far.
    pub(super) fn suggestion(&self) -> Suggestion {
        let options = self.options;
        let from = options.password.unwrap_or_default();
        let takes_passwords = matches!(from, PasswordFrom::Column | PasswordFrom::ColumnOrGenerate);
        let names_username = !options.username_from.is_empty() || options.username_uuid.is_some();
        let targets = (0..self.count()).filter_map(|place| Some((place, self.target(place)?)));
        let mut taken: Vec<Target> = targets.clone().map(|(_, target)| target.clone()).collect();
        let given = options.set.iter().map(|asked| &asked.value.attribute);
        let given = given.chain(options.join.iter().map(|asked| &asked.value.attribute));
        taken.extend(given.cloned().map(Target::Attribute));
        for contact in [Contact::Email, Contact::PhoneNumber] {
            if !self.verifies(contact) {
                taken.push(Target::Verified(contact));
            }
        }
        if names_username {
            taken.push(Target::Username);
        }
        if !takes_passwords {
            taken.push(Target::Password);
        }
        let owned = |places: &[usize]| {
            let names = places.iter().map(|place| self.name(*place).to_owned());
            names.collect::<Vec<_>>()
        };
        Suggestion {
            unknown: owned(&self.unknown),
            to_ignore: owned(&self.droppable),
            contacts: targets
                .filter_map(|(place, target)| match target {
                    Target::Attribute(name) => {
                        Some((Contact::of_attribute(name)?, self.name(place).to_owned()))
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

    /// Says what is missing, where no column is guessed to have it.
    pub(super) fn tell_what_is_missing(&mut self, suggestion: &Suggestion) {
        let mapped = suggestion.mapped();
        let is_guessed = |target| mapped.contains(&Some(target));
        if self.lacks_username && !is_guessed(Target::Username) {
            self.problems.push(
                "there is no column username; take usernames from another column with --username-from COLUMN, or derive them from one with --username-uuid COLUMN"
                    .to_owned(),
            );
        }
        if self.lacks_password && !is_guessed(Target::Password) {
            self.problems.push(
                "there is no column password; pass --password generate to give every user a random password to reset, or --password none for a pool with a passwordless factor"
                    .to_owned(),
            );
        }
    }

    /// Whether these are probably names of columns, though none is known: then they may be repeated. A row of values may hold a password.
    pub(super) fn looks_like_header(&self) -> bool {
        let mut found: Vec<Target> = Vec::new();
        for place in 0..self.count() {
            let name = self.name(place);
            if name.contains('@') {
                return false;
            }
            if let Some(guess) = certain_guess(name)
                && !found.contains(&guess.target)
            {
                found.push(guess.target);
            }
        }
        let (found, all) = (found.len(), self.count());
        found >= 3 || found == all || (found == 2 && all <= 4)
    }
}

/// Whether a name is known, or can be guessed.
pub(super) fn may_be_name(name: &str) -> bool {
    !matches!(of_name(name), ByName::Nothing) || guess(name).is_some()
}
