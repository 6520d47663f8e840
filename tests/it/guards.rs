//! The run is refused if a check before the first sign-up gets no answer. A proxy in front of the
//! pool gives bad replies to one operation.

mod concurrent;
mod denied;

use cognito_import::rehearsal::PoolSettings;

use crate::harness::{
    BadReply, Pool, ProgramCommand, Proxy, TestDir, codes, existing_user, quick, users,
};

/// A user with every follow-up step, and a group that does not exist in the pool.
const LIST: &str =
    "username,password,email,groups,Status\nann,Passw0rd!1,ann@example.com,crew,left\n";

/// Every call before the first sign-up of a run with all steps.
const CALLS: [&str; 11] = [
    "DescribeUserPool",
    "DescribeUserPoolClient",
    "AdminGetUser",
    "AdminConfirmSignUp",
    "AdminUpdateUserAttributes",
    "AdminAddUserToGroup",
    "AdminDisableUser",
    "ListGroups",
    "ListUsers",
    "CreateGroup",
    "GetProvisionedLimit",
];

fn pool() -> Pool {
    Pool::start(PoolSettings {
        existing: vec![existing_user("older")],
        ..quick()
    })
}

/// A run that makes every call of [`CALLS`], through the proxy.
fn import_all(dir: &TestDir, pool: &Pool, proxy: &Proxy) -> ProgramCommand {
    let list = dir.file("list.csv", LIST);
    dir.import(pool, list)
        .args(["--endpoint-url", &proxy.url()])
        .args(["--confirm", "--verify", "email", "--create-groups"])
        .args(["--disable-where", "Status=left", "--prescan", "always"])
        .json()
}

/// Every call with the answer `{}` and with one other kind, and the first call with every kind.
fn cases() -> Vec<(&'static str, BadReply)> {
    let kinds = BadReply::kinds();
    let empty = BadReply::Http(200, "{}".into());
    let mut cases: Vec<_> = kinds.iter().map(|kind| (CALLS[0], kind.clone())).collect();
    for (call, kind) in CALLS.into_iter().zip(kinds.iter().cycle()).skip(1) {
        cases.push((call, kind.clone()));
        if *kind != empty {
            cases.push((call, empty.clone()));
        }
    }
    cases
}

/// Runs several cases in parallel, since they mostly wait.
fn in_parallel<T>(
    cases: &[(&'static str, BadReply)],
    run: impl Fn(&str, &BadReply) -> T + Sync,
) -> Vec<T>
where
    T: Send,
{
    let mut done = Vec::new();
    for some in cases.chunks(8) {
        let runs = std::thread::scope(|scope| {
            let started: Vec<_> = some
                .iter()
                .map(|(call, wrong)| scope.spawn(|| run(call, wrong)))
                .collect();
            let ended = started.into_iter().map(|thread| thread.join().unwrap());
            ended.collect::<Vec<T>>()
        });
        done.extend(runs);
    }
    done
}

#[test]
fn a_transient_failure_is_retried_and_the_run_proceeds() {
    let done = in_parallel(&cases(), |call, wrong| {
        let (dir, pool) = (TestDir::new(), pool());
        // A hanging call costs a whole timeout.
        let count = if *wrong == BadReply::Hanging { 1 } else { 2 };
        let proxy = Proxy::first(count, &pool, call, wrong.clone());
        let output = import_all(&dir, &pool, &proxy)
            .args(["--preflight-timeout", "30s"])
            .args(["--attempt-timeout", "2s"])
            .run();
        let context = format!("{call} {wrong:?}: {}", output.stderr);
        assert!(proxy.calls() > count, "{context}");
        assert_eq!(output.code, Some(0), "{context}");
        assert_eq!(dir.results().row(1)["follow_up"], "done", "{context}");
        assert_eq!(pool.users()["ann"].groups, ["crew"], "{context}");
    });
    assert_eq!(done.len(), cases().len());
}

#[test]
fn a_persistent_failure_refuses_the_run_and_names_the_call() {
    in_parallel(&cases(), |call, wrong| {
        let (dir, pool) = (TestDir::new(), pool());
        let proxy = Proxy::always(&pool, call, wrong.clone());
        let output = import_all(&dir, &pool, &proxy)
            .args(["--preflight-timeout", "2s"])
            .run();
        let context = format!("{call} {wrong:?}: {}", output.stderr);
        assert!(proxy.calls() > 1, "{context}");
        if call == "GetProvisionedLimit" {
            // It only sets the rate.
            assert_eq!(output.code, Some(0), "{context}");
            assert!(output.stderr.contains("[limits_unknown]"), "{context}");
            return;
        }
        // The same command may succeed later. Another server in place of the pool does not go away,
        // but the group may have been created: then the run does not claim that it changed nothing.
        let other_server = matches!(wrong, BadReply::Http(200, _) | BadReply::Truncated);
        let code = if other_server && call != "CreateGroup" {
            3
        } else {
            4
        };
        assert_eq!(output.code, Some(code), "{context}");
        assert!(output.stderr.contains(call), "{context}");
        assert!(!output.stderr.contains("permission_missing"), "{context}");
        if call != "CreateGroup" {
            assert_eq!(
                codes(&output.document(), "refusals"),
                ["call_failed"],
                "{context}"
            );
            assert_eq!(pool.requests("CreateGroup"), 0, "{context}");
        }
        assert_eq!(pool.requests("SignUp"), 0, "{context}");
        assert!(!dir.path("run/ledger.db").exists(), "{context}");
    });
}

fn internal_error() -> BadReply {
    BadReply::error(500, "InternalErrorException", "Internal error")
}

#[test]
fn allow_flags_do_not_replace_a_missing_answer() {
    let (dir, pool) = (TestDir::new(), pool());
    let proxy = Proxy::always(&pool, "DescribeUserPool", internal_error());
    let list = dir.file("users.csv", users(3));
    let through = |cli: ProgramCommand| {
        cli.args(["--endpoint-url", &proxy.url()])
            .args(["--preflight-timeout", "1s"])
    };
    let import = || through(dir.import(&pool, list));
    for flags in [
        ["--strict", "--allow-messages"],
        ["--allow-alias-moves", "--allow-messages"],
        ["--usernames", "case-sensitive"],
    ] {
        import().args(flags).run().exits(4).names(["[call_failed]"]);
    }
    through(dir.check(&pool, list))
        .json()
        .run()
        .exits(3)
        .names(["DescribeUserPool", "InternalErrorException"]);
    assert_eq!(dir.findings().len(), 0, "the list itself was checked");
    for command in ["describe", "template"] {
        let output = through(dir.read_only(command, &pool)).run().exits(3);
        let output = output.names(["DescribeUserPool", "InternalErrorException"]);
        assert_eq!(output.stdout, "");
    }
    assert_eq!(pool.requests("SignUp"), 0);
    // With a pool file or without checks, the answer is not needed.
    let described = dir.read_only("describe", &pool).run().exits(0).stdout;
    let rules = dir.file("pool.toml", described);
    import().args(["--pool", rules]).run().exits(0);
    let others = dir.file("others.csv", users(3).replace("\nuser", "\nother"));
    let unchecked = through(dir.import(&pool, others)).arg("--no-preflight");
    unchecked.args(["--run-dir", "unchecked"]).run().exits(0);
}

#[test]
fn a_resumed_run_is_refused_too() {
    let (dir, pool) = (TestDir::new(), pool());
    let list = dir.file("users.csv", users(40));
    let import = || dir.import(&pool, list);
    let begun = import().args(["--rate", "10", "--deadline", "2s"]);
    begun.run().exits(4);
    let sent = pool.requests("SignUp");
    let proxy = Proxy::always(&pool, "DescribeUserPoolClient", BadReply::Dropped);
    import()
        .args(["--endpoint-url", &proxy.url()])
        .args(["--preflight-timeout", "1s", "--allow-messages"])
        .run()
        .exits(4)
        .names(["DescribeUserPoolClient", "[call_failed]"]);
    assert_eq!(pool.requests("SignUp"), sent);
    import().run().exits(0);
    assert_eq!(pool.users().len(), 41);
}

#[test]
fn a_description_of_another_pool_or_client_is_rejected() {
    for (call, body) in [
        (
            "DescribeUserPool",
            r#"{"UserPool": {"Id": "us-east-1_other"}}"#,
        ),
        ("DescribeUserPool", r#"{"UserPool": {}}"#),
        ("DescribeUserPoolClient", r#"{"UserPoolClient": {}}"#),
    ] {
        let (dir, pool) = (TestDir::new(), pool());
        let list = dir.file("users.csv", users(1));
        let proxy = Proxy::always(&pool, call, BadReply::Http(200, body.to_owned()));
        dir.import(&pool, list)
            .args(["--endpoint-url", &proxy.url()])
            .args(["--preflight-timeout", "1s"])
            .run()
            .exits(3)
            .names([call, "UnreadableAnswer", "[call_failed]"]);
        assert_eq!(pool.requests("SignUp"), 0);
    }
}

#[test]
fn a_signal_ends_the_wait_at_once() {
    let (dir, pool) = (TestDir::new(), pool());
    let list = dir.file("users.csv", users(1));
    for command in [dir.import(&pool, list), dir.check(&pool, list)] {
        let proxy = Proxy::always(&pool, "AdminGetUser", BadReply::Hanging);
        let running = command.args(["--endpoint-url", &proxy.url()]).start();
        crate::harness::wait_until("the call", || (proxy.calls() > 0).then_some(()));
        running.signal("INT");
        running.wait().exits(130);
    }
    assert_eq!(pool.requests("SignUp"), 0);
}
