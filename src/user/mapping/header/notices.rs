//! What is good to know about a header that fits.

use super::meanings::Meanings;
use crate::user::mapping::columns::Target;
use crate::user::mapping::options::PasswordFrom;

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

impl Meanings<'_> {
    pub(super) fn notices(&self) -> Vec<HeaderNotice> {
        self.unused_passwords().into_iter().collect()
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
            hint: "--password column-or-generate uses the passwords in the column, and random ones where a cell is empty"
                .to_owned(),
        })
    }
}
