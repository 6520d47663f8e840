//! Differences between an existing user and its row.

use serde::{Deserialize, Serialize};

/// An attribute whose value in the pool differs from the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The attribute.
    pub name: String,
    /// The values, if the run records them.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub values: Option<DifferentValues>,
}

/// The two values of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DifferentValues {
    /// The value of the list, as it would be sent.
    pub list: String,
    /// The value in the pool; null if the user does not have the attribute.
    pub pool: Option<String>,
}

/// Users that existed, by how they compare with the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExistingUserCounts {
    /// Every attribute of the list has the same value in the pool.
    pub same: u64,
    /// At least one attribute has another value.
    pub different: u64,
    /// Those of them that `--not-newer-than` left alone.
    pub newer: u64,
    /// The run wrote some of their attributes, or may have written them.
    pub updated: u64,
    /// Not compared, because the pool did not return the user's attributes.
    pub unknown: u64,
}

/// Formats names of attributes for a cell of the results. Names contain no whitespace.
#[must_use]
pub fn names_of(differences: &[Difference]) -> String {
    let names: Vec<&str> = differences
        .iter()
        .map(|difference| difference.name.as_str())
        .collect();
    names.join(" ")
}
