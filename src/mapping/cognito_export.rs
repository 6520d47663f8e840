//! Notes on rows exported from another user pool that need a decision: federated and disabled
//! users.

use super::Mapping;
use super::null_marker::is_null_marker;
use crate::rows::RawRow;
use crate::user::note::{Note, NoteKind};

/// The `UserStatus` of a federated user.
const EXTERNAL_PROVIDER: &str = "EXTERNAL_PROVIDER";

/// Columns of a user's status: Cognito's names in filters and responses, and those of other tools.
const STATUS: [&str; 4] = ["cognito:user_status", "UserStatus", "user_status", "Status"];

/// The attribute that lists a user's identity providers. Federated users have it, and so do native
/// users that are linked to a provider.
const IDENTITIES: &str = "identities";

/// The columns of an export that need a decision.
#[derive(Debug, Clone, Default)]
pub(super) struct CognitoExport {
    /// Columns of the status, each with its name in [`STATUS`].
    status: Vec<(usize, &'static str)>,
    identities: Option<usize>,
    /// The `Enabled` column, if no option uses it.
    enabled: Option<usize>,
}

impl CognitoExport {
    pub(super) fn from_header(names: &[String], unused_enabled: Option<usize>) -> Self {
        let index = |wanted: &str| {
            names
                .iter()
                .position(|name| name.eq_ignore_ascii_case(wanted))
        };
        Self {
            status: STATUS
                .into_iter()
                .filter_map(|name| Some((index(name)?, name)))
                .collect(),
            identities: index(IDENTITIES),
            enabled: unused_enabled,
        }
    }
}

impl Mapping {
    pub(super) fn notes_on_cognito_export(&self, raw: &RawRow<'_>, notes: &mut Vec<Note>) {
        let export = &self.cognito_export;
        let cell = |column: usize| raw.cell(column).unwrap_or_default().trim();
        let mut note = |kind, column: usize, message: &str| {
            notes.push(Note {
                kind,
                column: self.owned_column_name(column),
                message: message.to_owned(),
            });
        };
        let external = export
            .status
            .iter()
            .find(|(column, _)| cell(*column).eq_ignore_ascii_case(EXTERNAL_PROVIDER));
        if let Some((column, name)) = external {
            note(NoteKind::Federated(name), *column, EXTERNAL_PROVIDER);
        } else if let Some(column) = export.identities
            && has_identities(cell(column))
        {
            let has_status = export
                .status
                .iter()
                .any(|(column, _)| !cell(*column).is_empty());
            let kind = if has_status {
                NoteKind::Linked
            } else {
                NoteKind::Federated(IDENTITIES)
            };
            note(kind, column, "has a value");
        }
        if let Some(column) = export.enabled
            && cell(column).eq_ignore_ascii_case("false")
        {
            note(NoteKind::Disabled, column, "false");
        }
    }
}

fn has_identities(cell: &str) -> bool {
    !(cell.is_empty() || cell == "[]" || is_null_marker(cell))
}
