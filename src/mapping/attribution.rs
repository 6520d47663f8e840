//! One attribute that a list sets, and where its value comes from.

use std::sync::Arc;

use super::transform::Form;

/// See the module's words.
#[derive(Debug, Clone)]
pub struct Attribution {
    /// The attribute's name. Shared by all rows of a list.
    pub name: Arc<str>,
    /// The column's name as it stands in the list, for findings; of several, all with `+` between them.
    pub label: String,
    pub(super) origin: Origin,
    pub(super) form: Form,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Column(usize),
    Joined(Vec<usize>),
    Constant(String),
}

impl Attribution {
    /// The value, where every row has the same.
    #[must_use]
    pub fn constant(&self) -> Option<&str> {
        match &self.origin {
            Origin::Constant(value) => Some(value),
            Origin::Column(_) | Origin::Joined(_) => None,
        }
    }
}
