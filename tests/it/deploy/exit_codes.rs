//! Each file retries exactly the exit codes after which the same command can go on.

use std::collections::BTreeMap;

use cognito_import::cli::exit::Exit;
use cognito_import::run::Signal;
use serde_json::Value;

use super::commands::{array_job_command, container_commands, indexed_job_command};
use super::{ARRAY_JOB, CRON_JOB, INDEXED_JOB, TEMPLATE, job, resource, resource_of, service};
use crate::harness::TestDir;

/// What to do after an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Nothing,
    Retry,
}

/// The exit code of a process that was killed.
const KILLED: u8 = 137;

/// The seconds between SIGTERM and SIGKILL in Batch, which cannot be set.
const BATCH_WAITS: u64 = 30;

/// Every exit code of `import`.
fn expected() -> BTreeMap<u8, Next> {
    let exits = [
        (Exit::Done, Next::Nothing),
        (Exit::SomeRows, Next::Nothing),
        (Exit::Usage, Next::Nothing),
        (Exit::Refused, Next::Nothing),
        (Exit::Stopped, Next::Retry),
        (Exit::Busy, Next::Retry),
        (Exit::Unavailable, Next::Retry),
        (Exit::InDoubt, Next::Nothing),
        (Exit::Signal(Signal::Interrupt), Next::Retry),
        (Exit::Signal(Signal::Terminate), Next::Retry),
    ];
    let codes = exits.map(|(exit, next)| (exit.number(), next));
    let codes: BTreeMap<u8, Next> = codes.into_iter().collect();
    // The list of --help comes from the program, so a new code must be added here.
    let help = TestDir::new().cli("import").arg("--help").run().exits(0);
    let (_, list) = help.stdout.split_once("Exit codes:").unwrap();
    let listed = list.lines().filter_map(|line| {
        let (code, _) = line.trim().split_once("  ")?;
        code.parse().ok()
    });
    let mut listed: Vec<u8> = listed.collect();
    listed.dedup();
    assert_eq!(listed, codes.keys().copied().collect::<Vec<u8>>());
    codes
}

fn numbers(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .map(|code| code.parse().unwrap())
        .collect()
}

#[test]
fn the_service_retries_runs_that_stopped_early() {
    assert_eq!(service("Restart"), "on-failure");
    let success = numbers(&service("SuccessExitStatus"));
    let prevented = numbers(&service("RestartPreventExitStatus"));
    let mut expected = expected();
    // systemd itself sends SIGTERM, when the unit is stopped.
    expected.insert(143, Next::Nothing);
    for (code, next) in expected {
        let ends = code == 0 || success.contains(&code) || prevented.contains(&code);
        assert_eq!(ends, next == Next::Nothing, "{code}");
    }
}

#[test]
fn the_cron_job_retries_runs_that_stopped_early() {
    if let Some(job) = job(CRON_JOB) {
        assert!(job["backoffLimit"].as_u64() > Some(0));
        assert_pods_retry(&job, "FailJob");
    }
}

#[test]
fn the_indexed_job_retries_parts_that_stopped_early() {
    if let Some(job) = job(INDEXED_JOB) {
        assert!(job["backoffLimitPerIndex"].as_u64() > Some(0));
        assert_pods_retry(&job, "FailIndex");
    }
}

/// Checks the policy of a job in Kubernetes. `fail` is the action without a retry.
fn assert_pods_retry(job: &Value, fail: &str) {
    let container = &job["template"]["spec"]["containers"][0]["name"];
    let rules = job["podFailurePolicy"]["rules"].as_array().unwrap();
    let action = |code: u8| {
        let rule = rules.iter().find(|rule| {
            let codes = &rule["onExitCodes"];
            codes["containerName"] == *container
                && codes["operator"] == "In"
                && codes["values"].as_array().unwrap().contains(&code.into())
        });
        // Without a rule, the failure is counted against the limit.
        rule.map_or("Count", |rule| rule["action"].as_str().unwrap())
    };
    let mut expected = expected();
    expected.insert(KILLED, Next::Retry);
    expected.remove(&0);
    for (code, next) in expected {
        let action = action(code);
        assert_eq!(action == fail, next == Next::Nothing, "{code}: {action}");
    }
}

#[test]
fn the_batch_jobs_retry_runs_that_stopped_early() {
    for template in [TEMPLATE, ARRAY_JOB] {
        if let Some(definition) = resource_of(template, "JobDefinition") {
            assert_job_retries(&definition);
        }
    }
}

/// Checks the retry strategy of a job in Batch.
fn assert_job_retries(definition: &Value) {
    let strategy = &definition["RetryStrategy"];
    assert!(strategy["Attempts"].as_u64() > Some(1));
    let conditions = strategy["EvaluateOnExit"].as_array().unwrap();
    assert!(conditions.len() <= 5, "AWS allows five");
    let is_met = |condition: &Value, code: u8| {
        let pattern = condition["OnExitCode"].as_str().unwrap();
        match pattern.strip_suffix('*') {
            Some(start) => code.to_string().starts_with(start),
            None => code.to_string() == pattern,
        }
    };
    let mut expected = expected();
    expected.insert(KILLED, Next::Retry);
    expected.remove(&0);
    for (code, next) in expected {
        let condition = conditions.iter().find(|condition| is_met(condition, code));
        // Without a condition, the job is retried.
        let action = condition.map_or("RETRY", |condition| condition["Action"].as_str().unwrap());
        assert_eq!(action == "EXIT", next == Next::Nothing, "{code}: {action}");
    }
}

/// The seconds in a duration such as `45s`.
fn seconds(duration: &str) -> u64 {
    duration.strip_suffix('s').unwrap().parse().unwrap()
}

/// The grace period of a command.
fn grace<'a>(arguments: impl IntoIterator<Item = &'a str>) -> u64 {
    let words: Vec<&str> = arguments
        .into_iter()
        .flat_map(|argument| argument.split('='))
        .collect();
    let at = words.iter().position(|word| *word == "--grace").unwrap();
    seconds(words[at + 1])
}

#[test]
fn every_platform_waits_longer_than_the_grace_period() {
    let command = service("ExecStart");
    let period = grace(command.split(' '));
    assert!(seconds(&service("TimeoutStopSec")) > period);
    let (Some(cron_job), Some(task), Some(commands)) = (
        job(CRON_JOB),
        resource("TaskDefinition"),
        container_commands(),
    ) else {
        return;
    };
    let indexed_job = job(INDEXED_JOB).unwrap();
    let pod = |job: &Value| job["template"]["spec"]["terminationGracePeriodSeconds"].as_u64();
    let waits = [
        pod(&cron_job),
        task["ContainerDefinitions"][0]["StopTimeout"].as_u64(),
        Some(BATCH_WAITS),
        Some(BATCH_WAITS),
        pod(&indexed_job),
    ];
    let of_parts = [array_job_command(), indexed_job_command()];
    let commands = commands.into_iter().chain(of_parts.into_iter().flatten());
    let commands: Vec<Vec<String>> = commands.collect();
    assert_eq!(commands.len(), waits.len());
    for (wait, command) in waits.into_iter().zip(commands) {
        let period = grace(command.iter().map(String::as_str));
        assert!(wait.unwrap() > period, "{command:?}");
    }
}
