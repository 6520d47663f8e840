//! What is good to know about a header that fits.

use super::column_resolver::ColumnResolver;
use crate::mapping::columns::{Target, says_enabled};
use crate::mapping::options::PasswordFrom;

/// Something about the header that people should know before the first call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderNotice {
    /// A stable name for programs.
    pub code: &'static str,
    /// What there is to know.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl ColumnResolver<'_> {
    pub(super) fn notices(&self) -> Vec<HeaderNotice> {
        let mut notices: Vec<HeaderNotice> = self.unused_passwords().into_iter().collect();
        notices.extend(self.unverified());
        notices.extend(self.owned_by_cognito());
        notices
    }

    /// Columns that say which addresses are verified, where nothing verifies them.
    fn unverified(&self) -> Option<HeaderNotice> {
        let names = self.unverified.iter().map(|(place, _)| self.name(*place));
        let names: Vec<&str> = names.collect();
        let contacts = self
            .unverified
            .iter()
            .map(|(_, contact)| contact.attribute());
        let contacts: Vec<&str> = contacts.collect();
        (!names.is_empty()).then(|| HeaderNotice {
            code: "verified_ignored",
            message: format!(
                "ignored, because SignUp cannot mark addresses as verified: {}",
                names.join(", ")
            ),
            hint: format!(
                "pass --verify {} to mark them as verified after the sign-up in rows where the column says yes",
                contacts.join(",")
            ),
        })
    }

    /// The column that says whether a user is enabled, where nothing uses it.
    pub(super) fn unused_enabled(&self) -> Option<usize> {
        let mut places = self.owned_by_cognito.iter();
        places
            .find(|place| says_enabled(self.name(**place)))
            .copied()
    }

    fn owned_by_cognito(&self) -> Option<HeaderNotice> {
        let names = self.owned_by_cognito.iter().map(|place| self.name(*place));
        let names: Vec<&str> = names.collect();
        let hint = match self.unused_enabled() {
            Some(place) => format!(
                "pass --disable-where {}=false to disable users who are disabled in the list",
                self.name(place)
            ),
            None => "pass --keep COLUMN to copy a column into the results".to_owned(),
        };
        (!names.is_empty()).then(|| HeaderNotice {
            code: "cognito_columns_ignored",
            message: format!(
                "ignored, because only Cognito can set them: {}",
                names.join(", ")
            ),
            hint,
        })
    }

    /// A column of passwords that no user gets.
    fn unused_passwords(&self) -> Option<HeaderNotice> {
        let instead = match self.options.password.unwrap_or_default() {
            PasswordFrom::Column | PasswordFrom::ColumnOrGenerate => return None,
            PasswordFrom::Generate => "--password generate gives every user a random password",
            PasswordFrom::None => "--password none signs users up without one",
        };
        let column =
            (0..self.count()).find(|place| self.target(*place) == Some(&Target::Password))?;
        Some(HeaderNotice {
            code: "passwords_unused",
            message: format!("column {} is not used: {instead}", self.name(column)),
            hint: "pass --password column-or-generate to use the passwords in the column, and random ones where a cell is empty"
                .to_owned(),
        })
    }
}
