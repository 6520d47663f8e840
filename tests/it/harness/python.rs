//! Programs from PyPI, pinned and installed once into virtual environments under `target/`. Servers
//! start on a free port, and stop with this process however it ends.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::wait_until;

/// Kills the server when this process is gone, which closes its standard input.
const SUPERVISOR: &str = "
import os, signal, subprocess, sys, threading
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
threading.Thread(target=lambda: os._exit(child.wait() and 1), daemon=True).start()
sys.stdin.read()
os.killpg(child.pid, signal.SIGKILL)
";

/// A package on PyPI.
pub(super) struct Package {
    pub(super) name: &'static str,
    /// Its optional features, as in `[s3,server]`.
    pub(super) extras: &'static str,
    pub(super) version: &'static str,
}

/// A server that runs as long as this process.
pub(super) struct PythonServer {
    pub(super) port: u16,
    /// The server runs as long as this process's standard input is open.
    _supervisor: Child,
}

impl Package {
    /// Installs the package like [`installed`].
    pub(super) fn installed(&self) -> Option<PathBuf> {
        let Self {
            name,
            extras,
            version,
        } = self;
        let package = format!("{name}{extras}=={version}");
        installed(&format!("{name}-{version}"), &[&package])
    }
}

/// Installs these packages, such as `cfn-lint==1.58.0`, if needed, and returns their virtual
/// environment. `None` if they cannot be installed; that is reported, and fails the test in CI.
pub(crate) fn installed(folder: &str, packages: &[&str]) -> Option<PathBuf> {
    let names = packages.join(", ");
    match install(folder, packages) {
        Ok(folder) => Some(folder),
        Err(error) => {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "cannot install {names}: {error}"
            );
            super::report_skipped(&format!("the tests with {names} ({error})"));
            None
        }
    }
}

fn install(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join(name);
    let lock = fs::File::create(target.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    let complete = folder.join("complete");
    if complete.exists() {
        return Ok(folder);
    }
    let folder_name = folder.to_str().unwrap();
    run(Command::new("python3").args(["-m", "venv", "--clear", folder_name]))?;
    run(Command::new(folder.join("bin/pip"))
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(packages))?;
    fs::write(complete, "").unwrap();
    Ok(folder)
}

impl PythonServer {
    /// Starts a server on a free port and waits until this path answers. `arguments` returns those
    /// for a port.
    pub(super) fn start(
        folder: &Path,
        program: &str,
        arguments: impl Fn(u16) -> Vec<String>,
        environment: impl Fn(u16) -> Vec<(&'static str, String)>,
        health: &str,
    ) -> Self {
        // Another process may take the free port first. Then the server exits, and the next port is
        // tried.
        wait_until("a server to start", || {
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let port = free.local_addr().unwrap().port();
            drop(free);
            let mut supervisor = Command::new(folder.join("bin/python"))
                .args(["-c", SUPERVISOR])
                .arg(folder.join("bin").join(program))
                .args(arguments(port))
                .env_clear()
                .env("PATH", std::env::var_os("PATH").unwrap_or_default())
                .env("HOME", folder)
                .envs(environment(port))
                .current_dir(env!("CARGO_TARGET_TMPDIR"))
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let request =
                format!("GET {health} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
            let healthy = wait_until("a server to answer or exit", || {
                if supervisor.try_wait().unwrap().is_some() {
                    return Some(false);
                }
                let (status, _) = http(port, request.as_bytes()).ok()?;
                status.contains(" 200 ").then_some(true)
            });
            healthy.then_some(Self {
                port,
                _supervisor: supervisor,
            })
        })
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let done = command.stdin(Stdio::null()).output();
    match done {
        Ok(done) if done.status.success() => Ok(()),
        Ok(done) => Err(format!(
            "{command:?}: {}",
            String::from_utf8_lossy(&done.stderr).trim()
        )),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}

/// Sends a request and returns the status line and the whole response.
pub(super) fn http(port: u16, request: &[u8]) -> io::Result<(String, String)> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.write_all(request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    Ok((answer.lines().next().unwrap_or_default().to_owned(), answer))
}
