//! The script in `deploy/dask/`, with a scheduler and workers on this machine.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{PARTS, ROWS, StallingPool, Worker, deploy, fake_program, program};
use crate::harness::{ProgramCommand, RunningProcess, TestDir, installed, users, wait_until};

const VERSION: &str = "2026.8.0";

/// A scheduler and its workers.
struct Cluster {
    /// The directory of the workers, who have the list.
    dir: TestDir,
    /// The directory of the scheduler and the script.
    outside: TestDir,
    python: String,
    address: String,
    workers: Vec<Worker>,
    _scheduler: RunningProcess,
}

impl Cluster {
    /// `None` if Dask cannot be installed.
    fn start(workers: u32) -> Option<Self> {
        let packages = [
            format!("dask=={VERSION}"),
            format!("distributed=={VERSION}"),
        ];
        let folder = installed(&format!("dask-{VERSION}"), &[&packages[0], &packages[1]])?;
        let (dir, outside) = (TestDir::new(), TestDir::new());
        let dask = folder.join("bin/dask");
        let file = outside.path("scheduler.json");
        let scheduler = dask_command(&outside, &dask, "scheduler")
            .args(["--port", "0", "--scheduler-file", file.to_str().unwrap()])
            .start();
        let address = wait_until("the scheduler", || {
            let scheduler: Value = serde_json::from_slice(&fs::read(&file).ok()?).ok()?;
            Some(scheduler["address"].as_str()?.to_owned())
        });
        let workers = (0..workers).map(|number| {
            let worker = dask_command(&dir, &dask, "worker").args([&address, "--no-nanny"]);
            let worker = worker.args(["--nthreads", "1", "--local-directory"]);
            let local = dir.path(&format!("worker-{number}"));
            Worker::start(&dir, number, worker.arg(local.to_str().unwrap()))
        });
        Some(Self {
            workers: workers.collect(),
            python: folder.join("bin/python").to_str().unwrap().to_owned(),
            address,
            dir,
            outside,
            _scheduler: scheduler,
        })
    }

    /// `import_parts.py`, without the arguments of the import.
    fn import_parts(&self, run_directory: &str) -> ProgramCommand {
        program(&self.outside, &self.python)
            .arg(&deploy("dask/import_parts.py"))
            .args(["--scheduler", &self.address])
            .args(["--parts", &PARTS.to_string(), "--run-dir", run_directory])
            .args(["--retry-delay", "0"])
    }
}

/// `dask scheduler` or `dask worker` on loopback.
fn dask_command(dir: &TestDir, dask: &Path, name: &str) -> ProgramCommand {
    program(dir, dask.to_str().unwrap())
        .args([name, "--host", "127.0.0.1", "--no-dashboard"])
        .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
        .env("AWS_SECRET_ACCESS_KEY", "made-up")
}

#[test]
fn a_part_whose_worker_is_killed_is_imported_by_another_one() {
    let Some(mut cluster) = Cluster::start(PARTS) else {
        return;
    };
    let pool = StallingPool::start();
    let list = cluster.dir.file("users.csv", users(ROWS));
    let run = cluster.dir.path("run").to_str().unwrap().to_owned();
    let settings = pool.pool.settings();
    let import = cluster
        .import_parts(&run)
        .args(["--", list, "--settle-time", "1s"])
        .args(["--user-pool-id", &settings.pool_id])
        .args(["--client-id", &settings.client_id])
        .args(["--endpoint-url", &pool.endpoint.url()])
        .start();
    pool.wait_until_stalled();
    pool.kill_worker(&run, &mut cluster.workers);
    import.wait().exits(0);
    pool.assert_complete(&cluster.dir.results());
}

#[test]
fn only_parts_that_stopped_early_are_tried_again() {
    let Some(cluster) = Cluster::start(1) else {
        return;
    };
    // Part 0 is refused, and part 1 stops early once.
    let fake = r#"
        case "$*" in
            *" --part 0/4") echo refused >> calls; exit 3 ;;
            *" --part 1/4") echo stopped >> calls; mkdir stopped || exit 1; exit 4 ;;
            *" --part "*) exit 5 ;;
            *) echo merge >> calls ;;
        esac"#;
    fake_program(&cluster.dir, fake);
    let import = cluster.import_parts("run").args(["--program", "./fake"]);
    import.args(["--", "list.csv"]).run().exits(3);
    let calls = fs::read_to_string(cluster.dir.path("calls")).unwrap();
    let mut calls: Vec<&str> = calls.lines().collect();
    calls.sort_unstable();
    assert_eq!(calls, ["refused", "stopped", "stopped"]);
}
