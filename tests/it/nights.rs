//! A week of nightly imports into one pool, as `docs/nightly.md` describes it.

use std::fmt::Write as _;

use crate::harness::{BadReply, Pool, ProgramCommand, Proxy, Results, TestDir, quick};

/// A list of users by number.
struct NightlyList {
    numbers: Vec<usize>,
    /// Users whose password the pool does not accept.
    weak: Vec<usize>,
    /// Users whose email address has changed since Monday.
    moved: Vec<usize>,
}

impl NightlyList {
    fn of(numbers: impl IntoIterator<Item = usize>) -> Self {
        Self {
            numbers: numbers.into_iter().collect(),
            weak: vec![7, 8],
            moved: Vec::new(),
        }
    }

    fn csv(&self) -> String {
        let mut csv = String::from("username,password,email\n");
        for number in &self.numbers {
            let password = if self.weak.contains(number) {
                "weak".to_owned()
            } else {
                format!("Passw0rd!{number}")
            };
            let domain = if self.moved.contains(number) {
                "new.example.com"
            } else {
                "example.com"
            };
            writeln!(csv, "user{number:04},{password},user{number:04}@{domain}").unwrap();
        }
        csv
    }
}

struct Week {
    dir: TestDir,
    pool: Pool,
}

impl Week {
    /// The nightly command. The list has the same name every night.
    fn import(&self, night: &str, list: &NightlyList) -> ProgramCommand {
        let list = self.dir.file("users.csv", list.csv());
        let import = self.dir.import(&self.pool, list);
        import
            .args(["--run-dir", &format!("runs/{night}")])
            .args(["--previous", "last", "--max-new", "95"])
            .args(["--prescan", "always", "--list-rate", "1000"])
            .args(["--update-existing", "email", "--verify", "email"])
    }

    fn results(&self, night: &str) -> Results {
        self.dir.results_in(&format!("runs/{night}"))
    }

    fn sign_ups(&self) -> u64 {
        self.pool.requests("SignUp")
    }

    fn requests(&self) -> u64 {
        let operations = self.pool.stats().operations;
        operations
            .values()
            .map(|operation| operation.requests)
            .sum()
    }
}

#[test]
fn a_week_of_nights() {
    let week = Week {
        dir: TestDir::new(),
        pool: Pool::start(quick()),
    };

    let monday = NightlyList::of(1..=100);
    week.import("monday", &monday).run().exits(1);
    let counts = [("created", 98), ("invalid", 2)];
    assert_eq!(week.results("monday").counts(), counts.into());

    let tuesday = NightlyList::of(1..=110);
    week.import("tuesday", &tuesday).run().exits(0);
    let results = week.results("tuesday");
    let counts = [("created", 10), ("existed", 98), ("invalid", 2)];
    assert_eq!(results.counts(), counts.into());
    assert_eq!(results.summary["previous"]["differences"]["known"], 2);
    assert_eq!(results.summary["previous"]["differences"]["new"], 10);

    killed_on_wednesday(&week);

    let thursday = NightlyList::of(1..=100);
    let before = week.requests();
    let refused = week.import("thursday", &thursday).run().exits(3);
    refused.names(["--max-shrink"]);
    assert_eq!(week.requests(), before, "nothing was sent");
    assert!(!week.dir.path("runs/thursday").exists());

    throttled_on_friday(&week);
    let saturday = without_credentials_on_saturday(&week);

    let before = week.sign_ups();
    let sunday = NightlyList {
        numbers: saturday.numbers.iter().rev().copied().collect(),
        ..saturday
    };
    week.import("sunday", &sunday).run().exits(0);
    assert_eq!(week.results("sunday").counts(), [("existed", 225)].into());
    assert_eq!(week.sign_ups(), before, "no user is new");

    let verify = week.dir.cli("verify").args(["runs/latest", "users.csv"]);
    let verify = verify
        .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
        .env("AWS_SECRET_ACCESS_KEY", "made-up");
    let verify = verify.args(["--endpoint-url", &week.pool.url()]);
    verify.args(["--list-rate", "1000"]).run().exits(0);
    let created: Vec<_> = week.pool.users().into_values().collect();
    assert_eq!(created.len(), 230);
    assert!(created.iter().all(|user| user.sign_ups_accepted == 1));
}

fn killed_on_wednesday(week: &Week) {
    let wednesday = NightlyList {
        moved: (21..=25).collect(),
        ..NightlyList::of(1..=200)
    };
    let slowly = week.import("wednesday", &wednesday).without_flag("--rate");
    let running = slowly.args(["--rate", "60"]).start();
    week.pool.wait_for_requests("SignUp", 98 + 10 + 20);
    running.signal("KILL");
    assert_eq!(running.wait().code, None, "it was killed");
    week.import("wednesday", &wednesday).run().exits(0);
    let results = week.results("wednesday");
    let counts = [("created", 90), ("existed", 108), ("invalid", 2)];
    assert_eq!(results.counts(), counts.into());
    let updated = results.rows.iter().filter(|row| row["updated"] == "email");
    assert_eq!(updated.count(), 5);
    let user = &week.pool.users()["user0021"];
    assert_eq!(user.attributes["email"], "user0021@new.example.com");
    assert_eq!(user.attributes["email_verified"], "true");
}

fn throttled_on_friday(week: &Week) {
    let friday = NightlyList {
        moved: (21..=25).collect(),
        ..NightlyList::of((1..=90).chain(96..=220))
    };
    let throttled = BadReply::error(400, "TooManyRequestsException", "Rate exceeded");
    let proxy = Proxy::first(5, &week.pool, "SignUp", throttled);
    let import = week.import("friday", &friday);
    import.args(["--endpoint-url", &proxy.url()]).run().exits(0);
    let results = week.results("friday");
    let counts = [("created", 20), ("existed", 193), ("invalid", 2)];
    assert_eq!(results.counts(), counts.into());
    assert_eq!(results.summary["requests"]["UserCreation"]["throttled"], 5);
    assert_eq!(results.summary["previous"]["differences"]["vanished"], 5);
}

/// Returns the list of this night.
fn without_credentials_on_saturday(week: &Week) -> NightlyList {
    let saturday = NightlyList {
        weak: Vec::new(),
        moved: (21..=25).collect(),
        ..NightlyList::of((1..=90).chain(96..=230))
    };
    let expired = BadReply::error(
        400,
        "ExpiredTokenException",
        "The security token is expired",
    );
    let proxy = Proxy::always(&week.pool, "AdminUpdateUserAttributes", expired);
    let import = week.import("saturday", &saturday);
    import.args(["--endpoint-url", &proxy.url()]).run().exits(3);
    assert!(!week.dir.path("runs/saturday").exists());
    drop(proxy);
    week.import("saturday", &saturday).run().exits(0);
    let results = week.results("saturday");
    let counts = [("created", 12), ("existed", 213)];
    assert_eq!(results.counts(), counts.into());
    saturday
}
