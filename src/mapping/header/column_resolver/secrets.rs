//! Which columns hold passwords, whether they are used or not.

use super::{ColumnResolver, HeaderColumn, Target};

impl ColumnResolver<'_> {
    /// The columns that hold passwords: by what they mean or, where they mean nothing, by their names.
    pub(in crate::mapping::header) fn secrets(&self) -> Vec<usize> {
        let holds = |column: &HeaderColumn| match &column.target {
            Some(Target::Password) => true,
            Some(
                Target::Username | Target::Attribute(_) | Target::Verified(_) | Target::Groups,
            ) => false,
            None => column.secret,
        };
        (0..)
            .zip(&self.columns)
            .filter(|(_, column)| holds(column))
            .map(|(place, _)| place)
            .collect()
    }
}
