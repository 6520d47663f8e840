//! Rows that were read but not begun yet, in the order of the list.

use std::collections::VecDeque;

use crate::import::ImportRow;

/// The maximum number of rows that are queued or begun together, including rows that are not sent.
const MAX_TOGETHER: usize = 1_024;

/// Only a few rows are begun together, because after a crash each of them must be looked
/// up. Rows whose user is in the listing are written with their outcome, so many of them share one
/// sync.
#[derive(Debug, Default)]
pub(super) struct ReadQueue {
    rows: VecDeque<ImportRow>,
    to_send: usize,
}

impl ReadQueue {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns whether there is room for more rows. `group` is the number of rows to be sent that
    /// are begun together.
    pub(super) fn wants_more(&self, group: usize) -> bool {
        self.to_send < group && self.rows.len() < MAX_TOGETHER
    }

    pub(super) fn extend(&mut self, rows: Vec<ImportRow>) {
        self.to_send += rows.iter().filter(|listed| listed.is_to_be_sent()).count();
        self.rows.extend(rows);
    }

    /// Returns the next rows to begin, at most `limit`.
    pub(super) fn take(&mut self, group: usize, limit: u64) -> Vec<ImportRow> {
        let limit = usize::try_from(limit)
            .unwrap_or(usize::MAX)
            .min(MAX_TOGETHER);
        let mut taken = Vec::new();
        let mut to_send = 0;
        while to_send < group && taken.len() < limit {
            let Some(listed) = self.rows.pop_front() else {
                break;
            };
            to_send += usize::from(listed.is_to_be_sent());
            taken.push(listed);
        }
        self.to_send -= to_send;
        taken
    }

    pub(super) fn take_all(&mut self) -> VecDeque<ImportRow> {
        self.to_send = 0;
        std::mem::take(&mut self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_TOGETHER, ReadQueue};
    use crate::import::ImportRow;
    use crate::ledger::listing::ListingEntry;
    use crate::ledger::resume_cursor::PriorState;
    use crate::user::{NewUser, Row};

    fn listed(number: u64, exists: bool) -> ImportRow {
        let user = NewUser {
            username: number.to_string(),
            password: None,
            attributes: Vec::new(),
            follow_up: Vec::new(),
            dated_ms: None,
        };
        ImportRow {
            row: Row {
                number,
                line: number,
                end_byte: 0,
                kept: Vec::new(),
                user: Ok(user),
            },
            before: PriorState::Nothing,
            existing: exists.then_some(ListingEntry {
                sub: None,
                status: None,
                enabled: true,
                created_ms: None,
                modified_ms: None,
                attributes: Vec::new(),
            }),
        }
    }

    #[test]
    fn groups_are_limited_by_rows_to_send() {
        let mut queue = ReadQueue::default();
        // One in a hundred rows must be sent.
        queue.extend((1..=900).map(|row| listed(row, row % 100 != 0)).collect());
        assert!(queue.wants_more(10));
        queue.extend(
            (901..=1_900)
                .map(|row| listed(row, row % 100 != 0))
                .collect(),
        );
        assert!(!queue.wants_more(10) && !queue.wants_more(1_000));
        assert_eq!(
            queue.take(10, u64::MAX).len(),
            1_000,
            "contains ten rows to send"
        );
        assert_eq!(queue.take(1_000, u64::MAX).len(), 900);
        assert!(queue.is_empty() && queue.wants_more(10));
        queue.extend((1..=2_000).map(|row| listed(row, true)).collect());
        assert_eq!(queue.take(10, u64::MAX).len(), MAX_TOGETHER);
    }

    #[test]
    fn groups_are_limited_by_size_if_all_rows_are_sent() {
        let mut queue = ReadQueue::default();
        queue.extend((1..=15).map(|row| listed(row, false)).collect());
        assert!(!queue.wants_more(10) && queue.wants_more(16));
        let first: Vec<u64> = queue
            .take(10, u64::MAX)
            .iter()
            .map(|l| l.row.number)
            .collect();
        assert_eq!(first, (1..=10).collect::<Vec<_>>());
        assert!(queue.wants_more(10));
        assert_eq!(queue.take_all().len(), 5);
        assert!(queue.is_empty());
    }
}
