//! One attribute that a list sets, and where its value comes from.

use std::sync::Arc;

use super::transform::ValueForm;

/// See the module's words.
#[derive(Debug, Clone)]
pub struct AttributeSource {
    /// The attribute's name. Shared by all rows of a list.
    pub name: Arc<str>,
    /// The column's name as it stands in the list, for findings; of several, all with `+` between them.
    pub label: String,
    pub(super) origin: ValueOrigin,
    pub(super) form: ValueForm,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ValueOrigin {
    Column(usize),
    Joined(Vec<usize>),
    Constant(String),
}

impl AttributeSource {
    /// The value, where every row has the same.
    #[must_use]
    pub fn constant(&self) -> Option<&str> {
        match &self.origin {
            ValueOrigin::Constant(value) => Some(value),
            ValueOrigin::Column(_) | ValueOrigin::Joined(_) => None,
        }
    }
}
