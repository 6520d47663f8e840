//! No two rows are sent with the same username, however far apart they are.

use super::{create, created, ending, reopen, settled, to_begin};
use crate::ledger::directory::RunDirectory;
use crate::ledger::{BeginResult, Ledger};

/// Enough rows for the index to use its file.
const ROWS: u64 = 80_000;

/// Returns the results of rows that are begun together.
async fn begin(ledger: &Ledger, rows: &[(u64, &str)]) -> Vec<BeginResult> {
    let rows = rows.iter().map(|(row, name)| to_begin(*row, name));
    ledger.begin(rows.collect(), 5).await.await.unwrap()
}

async fn begin_long_list(ledger: &Ledger) {
    for first in (1..=ROWS).step_by(500) {
        let group = (first..first + 500)
            .map(|row| to_begin(row, &format!("user{row}")))
            .collect();
        let begun = ledger.begin(group, 5).await.await.unwrap();
        assert!(begun.iter().all(|begun| *begun == BeginResult::Yes));
    }
}

#[tokio::test]
async fn finds_duplicates_across_a_long_list_and_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let ledger = create(&directory);
    begin_long_list(&ledger).await;
    let doubles = [
        (ROWS + 1, "USER1"),
        (ROWS + 2, "User80000"),
        (ROWS + 3, "user10000"),
        (ROWS + 4, "new"),
        (ROWS + 5, "NEW"),
    ];
    let same = [1, ROWS, 10_000].map(BeginResult::SameAs);
    let begun = begin(&ledger, &doubles).await;
    assert_eq!(begun[..3], same);
    assert_eq!(
        begun[3..],
        [BeginResult::Yes, BeginResult::SameAs(ROWS + 4)]
    );
    ledger.close(ending(false)).await.unwrap();
    let (ledger, _) = reopen(&directory, &[]);
    let again = [
        (ROWS + 6, "user1"),
        (ROWS + 7, "user80000"),
        (ROWS + 8, "USER10000"),
    ];
    assert_eq!(begin(&ledger, &again).await, same);
    ledger.close(ending(false)).await.unwrap();
}

#[tokio::test]
async fn username_of_an_unsent_row_is_free_again() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::hold(&folder.path().join("run")).unwrap();
    let ledger = create(&directory);
    let begun = begin(&ledger, &[(1, "ann"), (2, "bob")]).await;
    assert_eq!(begun, [BeginResult::Yes, BeginResult::Yes]);
    ledger.never_sent(vec![1]).await;
    assert_eq!(begin(&ledger, &[(3, "Ann")]).await, [BeginResult::Yes]);
    let later = begin(&ledger, &[(1, "ann"), (4, "ANN"), (3, "Ann")]).await;
    assert_eq!(
        later,
        [
            BeginResult::SameAs(3),
            BeginResult::SameAs(3),
            BeginResult::Yes
        ]
    );
    ledger.write(settled(vec![(3, created())])).await;
    ledger.close(ending(false)).await.unwrap();
}
