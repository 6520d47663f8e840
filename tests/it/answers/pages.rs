//! Listings that repeat pages or never end are not followed.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::import;
use crate::harness::{Pool, ReceivedRequest, TestDir, TestEndpoint, TestReply, quick, users};

/// The sequence of page tokens.
#[derive(Clone, Copy)]
enum Tokens {
    /// Always the same page.
    Same,
    /// A cycle of three pages.
    Circle,
    /// A new page each time.
    New,
}

const ALL: [Tokens; 3] = [Tokens::Same, Tokens::Circle, Tokens::New];

impl Tokens {
    fn after(self, page: usize) -> String {
        match self {
            Self::Same => "again".to_owned(),
            Self::Circle => format!("page-{}", page % 3),
            Self::New => format!("page-{page}"),
        }
    }
}

/// Answers one operation with an endless sequence of pages.
fn endless(
    pool: &Pool,
    operation: &'static str,
    tokens: Tokens,
    page: impl Fn(&ReceivedRequest, String) -> Value + Send + Sync + 'static,
) -> TestEndpoint {
    let pages = AtomicUsize::new(0);
    TestEndpoint::start(pool, move |request| {
        if request.operation != operation || request.body["Limit"] == 1 {
            return TestReply::Forward;
        }
        let number = pages.fetch_add(1, Ordering::Relaxed);
        TestReply::json(200, &page(request, tokens.after(number)))
    })
}

#[test]
fn an_endless_user_listing_is_abandoned() {
    for tokens in ALL {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", users(3));
        let endpoint = endless(
            &pool,
            "ListUsers",
            tokens,
            |_, token| json!({ "Users": [], "PaginationToken": token }),
        );
        import(&dir, &pool, &endpoint, list)
            .args(["--prescan", "always", "--list-rate", "1000"])
            .run()
            .exits(4)
            .names(["ListUsers"]);
        assert!((2..=60).contains(&endpoint.requests("ListUsers")));
        assert_eq!(pool.requests("SignUp"), 0);
    }
}

#[test]
fn an_endless_group_listing_is_unknown() {
    for tokens in [Tokens::Same, Tokens::Circle] {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", users(3));
        let endpoint = endless(
            &pool,
            "ListGroups",
            tokens,
            |_, token| json!({ "Groups": [{ "GroupName": "staff" }], "NextToken": token }),
        );
        // The preflight decides about unknown settings; it must terminate.
        let output = import(&dir, &pool, &endpoint, list)
            .args(["--group", "staff"])
            .run();
        assert!(matches!(output.code, Some(1 | 3 | 4)), "{}", output.stderr);
        assert!((2..=5).contains(&endpoint.requests("ListGroups")));
    }
}

#[test]
fn a_user_with_endless_events_is_kept() {
    for tokens in ALL {
        let dir = TestDir::new();
        let pool = Pool::start(quick());
        let list = dir.file("users.csv", users(2));
        dir.import(&pool, list)
            .args(["--confirm", "--update-rate", "1000"])
            .run()
            .exits(0);
        let endpoint = endless(&pool, "AdminListUserAuthEvents", tokens, |_, token| {
            let event = json!({ "EventType": "SignUp", "EventResponse": "Pass" });
            json!({ "AuthEvents": [event], "NextToken": token })
        });
        dir.undo(&pool)
            .args(["--endpoint-url", &endpoint.url()])
            .run()
            .exits(1);
        assert_eq!(pool.requests("AdminDeleteUser"), 0);
        assert!((2..=200).contains(&endpoint.requests("AdminListUserAuthEvents")));
    }
}
