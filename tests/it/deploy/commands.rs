//! The command lines in `deploy/` are valid.

use std::process::Command;

use serde_json::Value;

use super::{ARRAY_JOB, CRON_JOB, INDEXED_JOB, job, resource, resource_of, service};

pub(crate) const USER_POOL_ID: &str = "us-east-1_AbCdEfGhI";
pub(crate) const CLIENT_ID: &str = "1example23456789";

/// Fails if the program does not accept these arguments. With `--help` they are parsed, and nothing
/// else happens.
fn assert_valid(arguments: &[String]) {
    let parsed = parse(arguments);
    assert_eq!(parsed, Ok(()), "{arguments:?}");
    let mut broken = arguments.to_vec();
    broken.push("--no-such-flag".to_owned());
    assert!(parse(&broken).is_err());
}

fn parse(arguments: &[String]) -> Result<(), String> {
    let parsed = Command::new(env!("CARGO_BIN_EXE_cognito-import"))
        .args(arguments)
        .arg("--help")
        .env("HOME", "/nonexistent")
        .output()
        .unwrap();
    if parsed.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&parsed.stderr).into_owned())
}

/// The arguments of a container, with values for the template's parameters.
pub(super) fn arguments(command: &Value) -> Vec<String> {
    let arguments = command.as_array().unwrap().iter();
    let arguments = arguments.map(|argument| match argument["!Ref"].as_str() {
        Some("List") => "/data/users.csv".to_owned(),
        Some("UserPoolId") => USER_POOL_ID.to_owned(),
        Some("ClientId") => CLIENT_ID.to_owned(),
        _ => match argument.as_str().unwrap() {
            "Ref::list" => "s3://bucket/lists/users.csv".to_owned(),
            "Ref::run" => "s3://bucket/runs/users/".to_owned(),
            word => word.to_owned(),
        },
    });
    arguments.collect()
}

/// The commands of the containers. `None` without a YAML parser.
pub(super) fn container_commands() -> Option<[Vec<String>; 3]> {
    Some([
        arguments(&container(CRON_JOB)?["args"]),
        arguments(&resource("TaskDefinition")?["ContainerDefinitions"][0]["Command"]),
        arguments(&resource("JobDefinition")?["ContainerProperties"]["Command"]),
    ])
}

/// The container of a job in Kubernetes.
fn container(file: &str) -> Option<Value> {
    let pod = &job(file)?["template"]["spec"];
    Some(pod["containers"][0].clone())
}

/// The command of each part of the array job in Batch.
pub(crate) fn array_job_command() -> Option<Vec<String>> {
    let definition = resource_of(ARRAY_JOB, "JobDefinition")?;
    Some(arguments(&definition["ContainerProperties"]["Command"]))
}

/// The command of each part of the Indexed Job in Kubernetes.
pub(crate) fn indexed_job_command() -> Option<Vec<String>> {
    Some(arguments(&container(INDEXED_JOB)?["args"]))
}

#[test]
fn the_command_of_the_service_is_valid() {
    let command = service("ExecStart")
        .replace("${USER_POOL_ID}", USER_POOL_ID)
        .replace("${CLIENT_ID}", CLIENT_ID)
        .replace("%d", "/run/credentials");
    let mut words = command.split(' ').map(str::to_owned);
    assert_eq!(words.next().unwrap(), "/usr/local/bin/cognito-import");
    assert_valid(&words.collect::<Vec<String>>());
}

#[test]
fn the_commands_of_the_containers_are_valid() {
    let Some(commands) = container_commands() else {
        return;
    };
    let of_parts = [array_job_command(), indexed_job_command()];
    for command in commands.into_iter().chain(of_parts.into_iter().flatten()) {
        assert_valid(&command);
    }
}

#[test]
fn the_indexed_job_has_as_many_pods_as_the_list_has_parts() {
    let (Some(job), Some(command)) = (job(INDEXED_JOB), indexed_job_command()) else {
        return;
    };
    assert_eq!(job["completionMode"], "Indexed");
    let parts = format!("--parts={}", job["completions"]);
    assert!(command.contains(&parts), "{command:?}");
}
