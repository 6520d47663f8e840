//! Engines that run the parts of a list in several processes: a state machine in Step Functions, a
//! Dask cluster, and array jobs. The files are those in `deploy/`.

mod dask;
mod environment;
mod step_functions;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use cognito_import::part::Part;

use crate::harness::{
    Pool, ProgramCommand, Results, RunningProcess, TestDir, TestEndpoint, TestReply, quick,
    wait_until,
};

const PARTS: u32 = 4;

const ROWS: usize = 80;

/// The part whose worker is killed.
const VICTIM: &str = "0/4";

/// The users of the victim's part that are created before it is killed.
const CREATED: usize = 5;

fn deploy(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    path.join(name).to_str().unwrap().to_owned()
}

/// A program that is found on the `PATH`, or has this path. The importer is on its `PATH`.
fn program(dir: &TestDir, name: &str) -> ProgramCommand {
    dir.bash("exec \"$0\" \"$@\"").arg(name)
}

/// Writes a shell script that is called instead of the importer.
fn fake_program(dir: &TestDir, script: &str) {
    dir.file("fake", format!("#!/bin/sh\n{script}"));
    fs::set_permissions(dir.path("fake"), Permissions::from_mode(0o755)).unwrap();
}

/// A pool that stops answering after the first users of the victim's part.
struct StallingPool {
    pool: Pool,
    endpoint: TestEndpoint,
    stalled: Arc<AtomicUsize>,
    is_killed: Arc<AtomicBool>,
}

impl StallingPool {
    fn start() -> Self {
        let pool = Pool::start(quick());
        let (stalled, is_killed) = <(Arc<AtomicUsize>, Arc<AtomicBool>)>::default();
        let (arrived, killed) = (Arc::clone(&stalled), Arc::clone(&is_killed));
        let victim = Part::parse(VICTIM).unwrap();
        let endpoint = TestEndpoint::start(&pool, move |request| {
            if request.operation != "SignUp"
                || !victim.contains(Some(request.username()), 0)
                || killed.load(Ordering::SeqCst)
                || arrived.fetch_add(1, Ordering::SeqCst) < CREATED
            {
                return TestReply::Forward;
            }
            wait_until("the worker to be killed", || {
                killed.load(Ordering::SeqCst).then_some(())
            });
            TestReply::Bytes(Vec::new())
        });
        Self {
            pool,
            endpoint,
            stalled,
            is_killed,
        }
    }

    /// Waits until the victim's part is in the middle.
    fn wait_until_stalled(&self) {
        let victim = Part::parse(VICTIM).unwrap();
        wait_until("the part to stall", || {
            let users = self.pool.users();
            let created = users.keys().filter(|user| victim.contains(Some(user), 0));
            let is_stalled = self.stalled.load(Ordering::SeqCst) > CREATED;
            (is_stalled && created.count() == CREATED).then_some(())
        });
    }

    /// Kills the worker that runs the victim's part, with its program, and deletes its directory.
    fn kill_worker(&self, run_directory: &str, workers: &mut Vec<Worker>) {
        let words = ["import", run_directory, "--part", VICTIM];
        let (program, at) = wait_until("the program", || {
            let program = find_program(&words)?;
            let mut workers = workers.iter();
            let at = workers.position(|worker| worker.process.pid() == program.parent)?;
            Some((program, at))
        });
        let worker = workers.remove(at);
        for pid in [program.parent, program.pid] {
            let kill = Command::new("kill")
                .args(["-s", "KILL", &pid.to_string()])
                .status();
            assert!(kill.unwrap().success());
        }
        worker.process.wait();
        fs::remove_dir_all(worker.directory).unwrap();
        self.is_killed.store(true, Ordering::SeqCst);
    }

    /// Asserts that every user was created once, and that each row names its user.
    fn assert_complete(&self, results: &Results) {
        let users = self.pool.users();
        assert_eq!(users.len(), ROWS);
        assert_eq!(self.pool.stats().created_by_sign_up, ROWS as u64);
        assert_eq!(results.count("created"), ROWS);
        for (name, user) in users {
            assert_eq!(user.sign_ups_accepted, 1, "{name}");
            assert_eq!(results.for_user(&name)["user_sub"], user.sub, "{name}");
        }
    }
}

/// A process that runs parts, and its directory for temporary files.
struct Worker {
    process: RunningProcess,
    directory: PathBuf,
}

impl Worker {
    fn start(dir: &TestDir, number: u32, command: ProgramCommand) -> Self {
        let directory = dir.path(&format!("worker-{number}"));
        fs::create_dir(&directory).unwrap();
        let command = command.env("TMPDIR", directory.to_str().unwrap());
        Self {
            process: command.start(),
            directory,
        }
    }
}

struct FoundProgram {
    pid: u32,
    parent: u32,
}

/// The running importer that has these arguments.
fn find_program(arguments: &[&str]) -> Option<FoundProgram> {
    fs::read_dir("/proc").unwrap().find_map(|entry| {
        let entry = entry.unwrap();
        let pid = entry.file_name().to_str()?.parse().ok()?;
        // A process may end meanwhile.
        let line = fs::read_to_string(entry.path().join("cmdline")).ok()?;
        let mut words = line.split('\0');
        let is_program = words.next()?.ends_with("cognito-import");
        let words: Vec<&str> = words.collect();
        if !is_program || !arguments.iter().all(|argument| words.contains(argument)) {
            return None;
        }
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // The state and the parent follow the name of the program, which is in parentheses.
        let (_, rest) = stat.rsplit_once(')')?;
        let parent = rest.split_whitespace().nth(1)?.parse().ok()?;
        Some(FoundProgram { pid, parent })
    })
}
