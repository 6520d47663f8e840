//! ministack, a third-party AWS emulator. It keeps our simulated pool from drifting away from how
//! others understand Cognito.
//!
//! It is installed once, pinned, into a virtual environment under `target/`. It starts once per
//! test process on a free port, and stops with the process however that ends.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use aws_sdk_cognitoidentityprovider::types::{AttributeDataType, ExplicitAuthFlowsType};
use aws_sdk_cognitoidentityprovider::types::{SchemaAttributeType, UsernameAttributeType};

use cognito_import::user::STANDARD_ATTRIBUTES;

use super::{ProgramCommand, Sdk, TestDir, wait_until};

const VERSION: &str = "1.5.33";

/// Kills the emulator when this process is gone, which closes its standard input.
const SUPERVISOR: &str = "
import os, signal, subprocess, sys, threading
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
threading.Thread(target=lambda: os._exit(child.wait() and 1), daemon=True).start()
sys.stdin.read()
os.killpg(child.pid, signal.SIGKILL)
";

/// The emulator does not check signatures made with this key.
pub(crate) const ROOT_KEY: &str = "test";
const REGION: &str = "us-east-1";

/// Custom attributes of the pools. App clients must list them as writable.
const CUSTOM: [&str; 2] = ["custom:legacy_id", "custom:department"];

static WITHOUT_AUTH: LazyLock<Option<Emulator>> = LazyLock::new(|| Emulator::start(&[]));
static WITH_AUTH: LazyLock<Option<Emulator>> =
    LazyLock::new(|| Emulator::start(&[("AUTH", "true")]));

pub(crate) struct Emulator {
    port: u16,
    /// The emulator runs as long as this process's standard input is open.
    _supervisor: Child,
}

impl Emulator {
    /// An emulator that accepts any signature. `None` if it cannot be installed; that is reported,
    /// and fails the test in CI.
    pub(crate) fn without_auth() -> Option<&'static Self> {
        WITHOUT_AUTH.as_ref()
    }

    /// An emulator that checks signatures and permissions.
    pub(crate) fn with_auth() -> Option<&'static Self> {
        WITH_AUTH.as_ref()
    }

    fn start(environment: &[(&str, &str)]) -> Option<Self> {
        let folder = match install() {
            Ok(folder) => folder,
            Err(error) => {
                assert!(
                    std::env::var("CI").as_deref() != Ok("true"),
                    "cannot install ministack {VERSION}: {error}"
                );
                super::report_skipped(&format!("the tests against ministack {VERSION} ({error})"));
                return None;
            }
        };
        // Another process may take the free port first. Then the emulator exits, and the next port
        // is tried.
        Some(wait_until("ministack to start", || {
            serve(&folder, environment)
        }))
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// An SDK client with the root key.
    pub(crate) fn sdk(&self) -> Sdk {
        Sdk::new(&self.url(), REGION, ROOT_KEY, ROOT_KEY)
    }

    /// Creates a pool for one test.
    pub(crate) fn pool(&'static self, usernames: Option<UsernameAttributeType>) -> EmulatedPool {
        let sdk = self.sdk();
        let custom = ["legacy_id", "department"].map(|name| {
            SchemaAttributeType::builder()
                .name(name)
                .attribute_data_type(AttributeDataType::String)
                .mutable(true)
                .build()
        });
        let pool = sdk
            .wait(
                sdk.client
                    .create_user_pool()
                    .pool_name("suite")
                    .set_schema(Some(custom.to_vec()))
                    .set_username_attributes(usernames.map(|attribute| vec![attribute]))
                    .send(),
            )
            .unwrap();
        let id = pool.user_pool().unwrap().id().unwrap().to_owned();
        let writable = STANDARD_ATTRIBUTES.into_iter().chain(CUSTOM);
        let writable = writable.map(str::to_owned).collect();
        let client = sdk
            .wait(
                sdk.client
                    .create_user_pool_client()
                    .user_pool_id(&id)
                    .client_name("suite")
                    .set_write_attributes(Some(writable))
                    .explicit_auth_flows(ExplicitAuthFlowsType::AllowUserPasswordAuth)
                    .explicit_auth_flows(ExplicitAuthFlowsType::AllowAdminUserPasswordAuth)
                    .explicit_auth_flows(ExplicitAuthFlowsType::AllowRefreshTokenAuth)
                    .send(),
            )
            .unwrap();
        let client_id = client.user_pool_client().unwrap().client_id().unwrap();
        EmulatedPool {
            emulator: self,
            client_id: client_id.to_owned(),
            id,
            sdk,
        }
    }

    /// Creates an IAM user without permissions and returns its key and secret.
    pub(crate) fn key_without_permissions(&self, name: &str) -> (String, String) {
        self.iam(&format!("Action=CreateUser&UserName={name}"));
        let answer = self.iam(&format!("Action=CreateAccessKey&UserName={name}"));
        let between = |from: &str, to: &str| {
            let (_, rest) = answer.split_once(from).unwrap();
            rest.split_once(to).unwrap().0.to_owned()
        };
        (
            between("<AccessKeyId>", "<"),
            between("<SecretAccessKey>", "<"),
        )
    }

    /// Sets the only policy of an IAM user.
    pub(crate) fn allow(&self, name: &str, policy: &str) {
        let mut encoded = String::new();
        for byte in policy.bytes() {
            if byte.is_ascii_alphanumeric() {
                encoded.push(char::from(byte));
            } else {
                write!(encoded, "%{byte:02X}").unwrap();
            }
        }
        self.iam(&format!(
            "Action=PutUserPolicy&UserName={name}&PolicyName=suite&PolicyDocument={encoded}"
        ));
    }

    fn iam(&self, query: &str) -> String {
        let body = format!("{query}&Version=2010-05-08");
        self.request("POST", "/", ("iam", REGION), body.as_bytes())
    }

    /// Sends a request with the root key to a service in a Region and returns the whole response.
    pub(super) fn request(
        &self,
        method: &str,
        path: &str,
        (service, region): (&str, &str),
        body: &[u8],
    ) -> String {
        let scope = format!("{ROOT_KEY}/20260101/{region}/{service}/aws4_request");
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\n\
             authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        let (status, answer) = http(self.port, &request).unwrap();
        assert!(
            status.contains(" 200 "),
            "{method} {path}: {status}\n{answer}"
        );
        answer
    }
}

/// A pool in the emulator and its app client.
pub(crate) struct EmulatedPool {
    emulator: &'static Emulator,
    pub(crate) id: String,
    pub(crate) client_id: String,
    pub(crate) sdk: Sdk,
}

impl EmulatedPool {
    /// `import` into this pool. The emulator handles about 350 sign-ups per second.
    pub(crate) fn import(&self, dir: &TestDir, list: &str) -> ProgramCommand {
        dir.cli("import")
            .arg(list)
            .env("AWS_ACCESS_KEY_ID", ROOT_KEY)
            .env("AWS_SECRET_ACCESS_KEY", ROOT_KEY)
            .default_flag("--run-dir", "run")
            .default_flag("--rate", "200")
            .default_flag("--update-rate", "200")
            .default_flag("--user-pool-id", &self.id)
            .default_flag("--client-id", &self.client_id)
            .default_flag("--endpoint-url", &self.emulator.url())
    }

    /// `undo` of `run` without a prompt.
    pub(crate) fn undo(&self, dir: &TestDir) -> ProgramCommand {
        dir.cli("undo")
            .arg("run")
            .env("AWS_ACCESS_KEY_ID", ROOT_KEY)
            .env("AWS_SECRET_ACCESS_KEY", ROOT_KEY)
            .default_flag("--yes-delete", &self.id)
            .default_flag("--region", REGION)
            .default_flag("--endpoint-url", &self.emulator.url())
    }

    /// All usernames, sorted.
    pub(crate) fn usernames(&self) -> Vec<String> {
        let pages = self.sdk.wait(
            self.sdk
                .client
                .list_users()
                .user_pool_id(&self.id)
                .into_paginator()
                .items()
                .send()
                .collect::<Result<Vec<_>, _>>(),
        );
        let mut names: Vec<String> = pages
            .unwrap()
            .iter()
            .map(|user| user.username().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn confirm(&self, username: &str) {
        let call = self.sdk.client.admin_confirm_sign_up();
        let call = call.user_pool_id(&self.id).username(username);
        self.sdk.wait(call.send()).unwrap();
    }
}

/// Installs the emulator if needed and returns its virtual environment.
fn install() -> Result<PathBuf, String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join(format!("emu-{VERSION}"));
    let lock = fs::File::create(target.join(format!("emu-{VERSION}.lock"))).unwrap();
    lock.lock().unwrap();
    let complete = folder.join("complete");
    if complete.exists() {
        return Ok(folder);
    }
    let folder_name = folder.to_str().unwrap();
    run(Command::new("python3").args(["-m", "venv", "--clear", folder_name]))?;
    run(Command::new(folder.join("bin/pip")).args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        &format!("ministack=={VERSION}"),
    ]))?;
    fs::write(complete, "").unwrap();
    Ok(folder)
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

/// Starts the emulator on a free port. `None` if it exits before it answers.
fn serve(folder: &Path, environment: &[(&str, &str)]) -> Option<Emulator> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut supervisor = Command::new(folder.join("bin/python"))
        .args(["-c", SUPERVISOR])
        .arg(folder.join("bin/ministack"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("GATEWAY_PORT", port.to_string())
        .env("BIND_HOST", "127.0.0.1")
        .env("SERVICES", "cognito-idp,iam,s3,sts")
        .env("LOG_LEVEL", "WARNING")
        .envs(environment.iter().copied())
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let health = "GET /_ministack/health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n";
    let healthy = wait_until("ministack to answer or exit", || {
        if supervisor.try_wait().unwrap().is_some() {
            return Some(false);
        }
        let (status, _) = http(port, health.as_bytes()).ok()?;
        status.contains(" 200 ").then_some(true)
    });
    healthy.then_some(Emulator {
        port,
        _supervisor: supervisor,
    })
}

/// Sends a request and returns the status line and the whole response.
fn http(port: u16, request: &[u8]) -> io::Result<(String, String)> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.write_all(request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    Ok((answer.lines().next().unwrap_or_default().to_owned(), answer))
}
