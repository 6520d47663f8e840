//! Array jobs: each process learns its part from the environment that the engine sets. Batch and
//! Kubernetes run the commands of the files in `deploy/`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::ROWS;
use crate::deploy::commands::{CLIENT_ID, USER_POOL_ID, array_job_command, indexed_job_command};
use crate::harness::{Pool, TestDir, quick, users};

/// The app client's secret.
const SECRET: &str = "made-up-secret";

/// Runs a process for each of these environments, all at the same time, and merges their parts.
fn assert_imports_all_parts(command: &[String], environments: &[Vec<(&str, String)>]) {
    let mut settings = quick();
    settings.client_secret = Some(SECRET.to_owned());
    let (dir, pool) = (TestDir::new(), Pool::start(settings));
    dir.file("users.csv", users(ROWS));
    dir.file("client-secret", SECRET);
    fs::set_permissions(dir.path("client-secret"), Permissions::from_mode(0o600)).unwrap();
    let arguments = command.iter().map(|argument| {
        argument
            .replace("s3://bucket/lists/", "")
            .replace("s3://bucket/runs/users/", "run")
            .replace("/secret/", "")
            .replace(USER_POOL_ID, &pool.settings().pool_id)
            .replace(CLIENT_ID, &pool.settings().client_id)
    });
    let arguments: Vec<String> = arguments.collect();
    assert_eq!(arguments[0], "import");
    let start = |environment: &Vec<(&str, String)>| {
        let process = dir
            .cli("import")
            .args(&arguments[1..])
            .args(["--endpoint-url", &pool.url(), "--settle-time", "1s"])
            .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
            .env("AWS_SECRET_ACCESS_KEY", "made-up");
        let environment = environment.iter();
        let process = environment.fold(process, |process, (name, value)| process.env(name, value));
        process.start()
    };
    let merge = || dir.cli("report").args(["--merge", "run"]).run();
    let (last, others) = environments.split_last().unwrap();
    let running: Vec<_> = others.iter().map(start).collect();
    for process in running {
        process.wait().exits(0);
    }
    merge().exits(4);
    start(last).wait().exits(0);
    merge().exits(0);
    let results = dir.results();
    assert_eq!(results.count("created"), ROWS);
    let users = pool.users();
    assert_eq!(users.len(), ROWS);
    for (name, user) in users {
        assert_eq!(user.sign_ups_received, 1, "{name}");
        assert_eq!(results.for_user(&name)["user_sub"], user.sub, "{name}");
    }
}

#[test]
fn an_array_job_in_batch_imports_all_parts() {
    let Some(command) = array_job_command() else {
        return;
    };
    let environments = (0..3).map(|index| {
        vec![
            ("AWS_BATCH_JOB_ARRAY_INDEX", format!("{index}")),
            ("AWS_BATCH_JOB_ARRAY_SIZE", "3".to_owned()),
            ("COGNITO_CLIENT_SECRET", SECRET.to_owned()),
        ]
    });
    assert_imports_all_parts(&command, &environments.collect::<Vec<_>>());
}

#[test]
fn an_indexed_job_in_kubernetes_imports_all_parts() {
    let Some(command) = indexed_job_command() else {
        return;
    };
    let environments = (0..4).map(|index| vec![("JOB_COMPLETION_INDEX", format!("{index}"))]);
    assert_imports_all_parts(&command, &environments.collect::<Vec<_>>());
}

#[test]
fn a_job_array_in_slurm_imports_all_parts() {
    let command = format!(
        "import users.csv --user-pool-id {USER_POOL_ID} --client-id {CLIENT_ID} --part env \
         --run-dir run --client-secret-file client-secret"
    );
    let command: Vec<String> = command.split(' ').map(str::to_owned).collect();
    // --array=1-5:2
    let environments = [1, 3, 5].map(|id| {
        vec![
            ("SLURM_ARRAY_TASK_ID", format!("{id}")),
            ("SLURM_ARRAY_TASK_COUNT", "3".to_owned()),
            ("SLURM_ARRAY_TASK_MIN", "1".to_owned()),
            ("SLURM_ARRAY_TASK_STEP", "2".to_owned()),
        ]
    });
    assert_imports_all_parts(&command, &environments);
}
