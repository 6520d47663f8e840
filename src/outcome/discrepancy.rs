//! Differences between a run's results and the pool, found by `verify`.

/// A kind of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Discrepancy {
    /// The user does not exist.
    Missing,
    /// Another user has the username, and the user itself does not exist.
    OtherSub,
    /// The user exists although an undo deleted it.
    NotDeleted,
    /// An undo has begun, and has neither deleted nor kept the user.
    NotUndone,
    /// The user is disabled, but was enabled.
    Disabled,
    /// The user is enabled, but was disabled.
    Enabled,
    /// The user is not confirmed, but was.
    NotConfirmed,
    /// The email address or phone number is not verified, but was.
    NotVerified,
    /// The user is not in a group that it was added to.
    MissingGroup,
    /// An attribute does not have the value of the list.
    AttributeDiffers,
    /// The user could not be looked up.
    NotChecked,
    /// A user of the pool is in no row.
    Extra,
}

all_variants!(pub Discrepancy {
    Missing,
    OtherSub,
    NotDeleted,
    NotUndone,
    Disabled,
    Enabled,
    NotConfirmed,
    NotVerified,
    MissingGroup,
    AttributeDiffers,
    NotChecked,
    Extra,
});

impl Discrepancy {
    /// Returns the name in the report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::OtherSub => "other_sub",
            Self::NotDeleted => "not_deleted",
            Self::NotUndone => "not_undone",
            Self::Disabled => "disabled",
            Self::Enabled => "enabled",
            Self::NotConfirmed => "not_confirmed",
            Self::NotVerified => "not_verified",
            Self::MissingGroup => "missing_group",
            Self::AttributeDiffers => "attribute_differs",
            Self::NotChecked => "not_checked",
            Self::Extra => "extra",
        }
    }

    /// Returns a short description for summaries.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Missing => "no such user in the pool",
            Self::OtherSub => "another user has the username",
            Self::NotDeleted => "deleted by undo, but still in the pool",
            Self::NotUndone => "neither deleted nor kept: the undo is not finished",
            Self::Disabled => "disabled since the run",
            Self::Enabled => "enabled since the run disabled them",
            Self::NotConfirmed => "no longer confirmed",
            Self::NotVerified => "email or phone number no longer verified",
            Self::MissingGroup => "not in a group that the run added them to",
            Self::AttributeDiffers => "an attribute differs from the list",
            Self::NotChecked => "lookup failed; not checked",
            Self::Extra => "in the pool, but in no row of the list",
        }
    }
}

/// A difference of one user. At most one has the same kind and item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDiscrepancy {
    pub kind: Discrepancy,
    /// The group or the attribute.
    pub item: Option<String>,
    /// The value of the run or the list.
    pub expected: Option<String>,
    /// The value of the pool.
    pub found: Option<String>,
}

impl UserDiscrepancy {
    /// Creates a difference without details.
    #[must_use]
    pub fn of(kind: Discrepancy) -> Self {
        Self {
            kind,
            item: None,
            expected: None,
            found: None,
        }
    }

    /// Sets the values of both sides.
    #[must_use]
    pub fn with_values(mut self, expected: Option<&str>, found: Option<&str>) -> Self {
        self.expected = expected.map(str::to_owned);
        self.found = found.map(str::to_owned);
        self
    }

    /// Sets the group or the attribute.
    #[must_use]
    pub fn with_item(mut self, item: impl Into<String>) -> Self {
        self.item = Some(item.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Discrepancy;

    #[test]
    fn names_are_unique() {
        let names: std::collections::BTreeSet<_> = Discrepancy::ALL.map(Discrepancy::name).into();
        assert_eq!(names.len(), Discrepancy::ALL.len());
    }
}
