//! Rows that are not selected are skipped, but numbered.

use super::open_as;
use crate::rows::{Dialect, NothingSelected, RawRow, RowFilter};

/// Selects the rows with an odd number.
struct Odd;

impl RowFilter for Odd {
    fn selects(&mut self, row: &RawRow<'_>) -> bool {
        row.number % 2 == 1
    }

    fn has_match(&self) -> bool {
        true
    }

    fn nothing_selected(&self) -> NothingSelected {
        unreachable!("there is always a match")
    }
}

#[test]
fn counts_the_selected_rows_before_the_next_one() {
    let rows = open_as("a\n1\n2\n3\n4\n5\n", &Dialect::default()).unwrap();
    let mut rows = rows.selecting(Some(Box::new(Odd)));
    for before in 0..3 {
        rows.peek_row().unwrap();
        assert_eq!(rows.rows_before(), before);
        assert_eq!(rows.next_row().unwrap().unwrap().number, 2 * before + 1);
    }
    assert!(rows.next_row().unwrap().is_none());
    assert_eq!(rows.rows_before(), 3);
    assert_eq!(rows.left_out(), 2);
}
