//! Notices about a valid header.

use super::column_resolver::ColumnResolver;
use crate::mapping::columns::{Target, is_enabled_column};
use crate::mapping::options::PasswordFrom;

/// Something about the header that users should know before the first call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderNotice {
    /// A stable name for programs.
    pub code: &'static str,
    /// The text of the notice.
    pub message: String,
    /// The suggested action.
    pub hint: String,
}

impl ColumnResolver<'_> {
    pub(super) fn notices(&self) -> Vec<HeaderNotice> {
        let mut notices: Vec<HeaderNotice> = self.unused_passwords().into_iter().collect();
        notices.extend(self.ignored_verified());
        notices.extend(self.ignored_cognito_only());
        notices
    }

    /// Returns a notice about columns such as `email_verified`, which are ignored without
    /// `--verify`.
    fn ignored_verified(&self) -> Option<HeaderNotice> {
        let columns = &self.unused_verified;
        let names = columns.iter().map(|(index, _)| self.name(*index));
        let names: Vec<&str> = names.collect();
        let contacts = columns.iter().map(|(_, contact)| contact.attribute());
        let contacts: Vec<&str> = contacts.collect();
        (!names.is_empty()).then(|| HeaderNotice {
            code: "verified_ignored",
            message: format!(
                "ignored, because SignUp cannot mark addresses as verified: {}",
                names.join(", ")
            ),
            hint: format!(
                "pass --verify {} to mark them as verified after the sign-up in rows where the \
                 column says yes",
                contacts.join(",")
            ),
        })
    }

    /// Returns the `Enabled` column of a user pool export, if no option uses it.
    pub(super) fn unused_enabled(&self) -> Option<usize> {
        let mut columns = self.cognito_only.iter();
        columns
            .find(|index| is_enabled_column(self.name(**index)))
            .copied()
    }

    /// Returns a notice about columns that only Cognito can set.
    fn ignored_cognito_only(&self) -> Option<HeaderNotice> {
        let names = self.cognito_only.iter().map(|index| self.name(*index));
        let names: Vec<&str> = names.collect();
        let hint = match self.unused_enabled() {
            Some(index) => format!(
                "pass --disable-where {}=false to disable users who are disabled in the list",
                self.name(index)
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

    /// Returns a notice about the password column, which `--password generate` and `none` ignore.
    fn unused_passwords(&self) -> Option<HeaderNotice> {
        let reason = match self.options.password.unwrap_or_default() {
            PasswordFrom::Column | PasswordFrom::ColumnOrGenerate => return None,
            PasswordFrom::Generate => "--password generate gives every user a random password",
            PasswordFrom::None => "--password none signs users up without one",
        };
        let column =
            (0..self.count()).find(|index| self.target(*index) == Some(&Target::Password))?;
        Some(HeaderNotice {
            code: "passwords_unused",
            message: format!("column {} is not used: {reason}", self.name(column)),
            hint: "pass --password column-or-generate to use the passwords in the column, and \
                   random ones where a cell is empty"
                .to_owned(),
        })
    }
}
