//! Rows that were read and not begun yet, in the order of the list.

use std::collections::VecDeque;

use crate::import::ImportRow;

/// The maximum number of rows that are queued or begun together, including rows that are not sent.
const TOGETHER: usize = 1_024;

/// Few rows to be sent are begun together, because after a crash each of them has to be looked up.
/// Rows whose user the listing shows are written with their outcome, so many of them share one
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
        self.to_send < group && self.rows.len() < TOGETHER
    }

    pub(super) fn extend(&mut self, rows: Vec<ImportRow>) {
        self.to_send += rows.iter().filter(|listed| listed.is_to_be_sent()).count();
        self.rows.extend(rows);
    }

    /// Returns the next rows to begin.
    pub(super) fn take(&mut self, group: usize) -> Vec<ImportRow> {
        let mut taken = Vec::new();
        let mut to_send = 0;
        while to_send < group && taken.len() < TOGETHER {
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
    use super::{ReadQueue, TOGETHER};
    use crate::import::ImportRow;
    use crate::ledger::listing::ListingEntry;
    use crate::ledger::resume_cursor::PriorState;
    use crate::user::{NewUser, Row};

    fn listed(number: u64, is_seen: bool) -> ImportRow {
        let user = NewUser {
            username: number.to_string(),
            password: None,
            attributes: Vec::new(),
            follow_up: Vec::new(),
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
            seen: is_seen.then_some(ListingEntry {
                sub: None,
                status: None,
                enabled: true,
                created_ms: None,
            }),
        }
    }

    #[test]
    fn rows_to_send_are_begun_in_small_groups_and_the_others_in_large_ones() {
        let mut waiting = ReadQueue::default();
        // One in a hundred is to be sent.
        waiting.extend((1..=900).map(|row| listed(row, row % 100 != 0)).collect());
        assert!(waiting.wants_more(10));
        waiting.extend(
            (901..=1_900)
                .map(|row| listed(row, row % 100 != 0))
                .collect(),
        );
        assert!(!waiting.wants_more(10) && !waiting.wants_more(1_000));
        assert_eq!(waiting.take(10).len(), 1_000, "ten to be sent among them");
        assert_eq!(waiting.take(1_000).len(), 900);
        assert!(waiting.is_empty() && waiting.wants_more(10));
        waiting.extend((1..=2_000).map(|row| listed(row, true)).collect());
        assert_eq!(waiting.take(10).len(), TOGETHER);
    }

    #[test]
    fn if_all_rows_are_sent_the_group_size_is_the_limit() {
        let mut waiting = ReadQueue::default();
        waiting.extend((1..=15).map(|row| listed(row, false)).collect());
        assert!(!waiting.wants_more(10) && waiting.wants_more(16));
        let first: Vec<u64> = waiting.take(10).iter().map(|l| l.row.number).collect();
        assert_eq!(first, (1..=10).collect::<Vec<_>>());
        assert!(waiting.wants_more(10));
        assert_eq!(waiting.take_all().len(), 5);
        assert!(waiting.is_empty());
    }
}
