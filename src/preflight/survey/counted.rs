//! What a row was counted as, encoded in a byte, so that the counts of a duplicate can be
//! subtracted at the end.

use crate::user::{FollowUpStep, StepKind};

/// The contacts of the user.
const REACH: u8 = 0b0000_0011;

/// Steps that a user has at most once, each with its bit.
const ONCE: [(StepKind, u8); 3] = [
    (StepKind::Confirm, 1 << 2),
    (StepKind::Verify, 1 << 3),
    (StepKind::Disable, 1 << 4),
];

/// The bits below the number of groups. Groups beyond the maximum are not subtracted.
const BELOW_GROUPS: u32 = 5;
const MOST_GROUPS: u8 = u8::MAX >> BELOW_GROUPS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RowTag(pub(super) u8);

impl RowTag {
    pub(super) fn of(reach: u8, steps: &[FollowUpStep]) -> Self {
        let mut bits = reach & REACH;
        let mut groups = 0;
        for kind in steps.iter().map(FollowUpStep::kind) {
            match ONCE.into_iter().find(|(once, _)| *once == kind) {
                Some((_, bit)) => bits |= bit,
                None if groups < MOST_GROUPS => groups += 1,
                None => {}
            }
        }
        Self(bits | groups << BELOW_GROUPS)
    }

    pub(super) fn reach(self) -> u8 {
        self.0 & REACH
    }

    /// The number of steps of this kind.
    pub(super) fn steps(self, kind: StepKind) -> u64 {
        match ONCE.into_iter().find(|(once, _)| *once == kind) {
            Some((_, bit)) => u64::from(self.0 & bit != 0),
            None => u64::from(self.0 >> BELOW_GROUPS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{RowTag, StepKind};
    use crate::user::{Addresses, FollowUpStep};

    #[test]
    fn a_byte_encodes_contacts_and_steps() {
        let group = |number: usize| FollowUpStep::AddToGroup(format!("g{number}").into());
        for groups in [0, 1, 7] {
            let mut steps = vec![FollowUpStep::Confirm, FollowUpStep::Verify(Addresses::Both)];
            steps.extend((0..groups).map(group));
            for reach in 0..4 {
                let counted = RowTag::of(reach, &steps);
                assert_eq!(counted.reach(), reach);
                let kinds = StepKind::ALL.map(|kind| counted.steps(kind));
                let expected = StepKind::ALL.map(|kind| match kind {
                    StepKind::Confirm | StepKind::Verify => 1,
                    StepKind::AddToGroup => groups as u64,
                    StepKind::Disable => 0,
                });
                assert_eq!(kinds, expected);
            }
        }
        let many: Vec<FollowUpStep> = (0..9).map(group).collect();
        let counted = RowTag::of(3, &many);
        assert_eq!(
            (counted.reach(), counted.steps(StepKind::AddToGroup)),
            (3, 7)
        );
    }
}
