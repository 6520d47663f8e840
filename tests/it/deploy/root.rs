//! The program in the root file system of the container: its own file, the libraries that it is
//! linked with and CA certificates, all read-only; no `/tmp`, `/etc/passwd`, `/etc/hosts`, `/proc`
//! or home directory. Only the mounted directory can be written.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use cognito_import::rehearsal::PoolSettings;

use super::commands::{CLIENT_ID, USER_POOL_ID, container_commands};
use super::{CONTAINERFILE, read};
use crate::harness::{
    CertificateAuthority, Pool, ProcessOutput, TestDir, Tls, existing_user, quick, report_skipped,
    users,
};

/// Too many rows for usernames to be kept in memory.
const LONG: usize = 20_000;

/// Another number of rows for `check`.
const ROWS_VARIABLE: &str = "COGNITO_IMPORT_ROOT_ROWS";

/// The user of the image, who has no name in this root.
const USER: u32 = 65_532;

/// The directory that is mounted to be written.
const DATA: &str = "data";

const LIST: &str = "/list.csv";

/// Where the CronJob mounts the app client's secret.
const SECRET: &str = "/secret/client-secret";

const CLIENT_SECRET: &str = "made-up-secret";

struct Root {
    dir: TestDir,
    /// The path of the program, as the image has it.
    program: PathBuf,
}

impl Root {
    /// Assembles the root. `None` without the right to change the root of a process.
    fn assemble(list: &str, authority: &CertificateAuthority) -> Option<Self> {
        let id = Command::new("id").arg("-u").output().unwrap();
        if id.stdout.trim_ascii() != b"0" {
            report_skipped("the tests of the container's root file system (they need root)");
            return None;
        }
        let containerfile = read(CONTAINERFILE);
        assert!(containerfile.contains(&format!("\nUSER {USER}:{USER}\n")));
        let program = containerfile
            .lines()
            .find_map(|line| line.strip_prefix("ENTRYPOINT [\"")?.strip_suffix("\"]"));
        let root = Self {
            dir: TestDir::new(),
            program: PathBuf::from(program.unwrap()),
        };
        let binary = env!("CARGO_BIN_EXE_cognito-import");
        root.add(&root.program, &fs::read(binary).unwrap());
        root.set_mode(&root.program, 0o555);
        let libraries = Command::new("ldd").arg(binary).output().unwrap();
        let libraries = String::from_utf8(libraries.stdout).unwrap();
        let mut found = 0;
        // Each line has the path in the image, which may be a link here; the vDSO has none.
        for library in libraries
            .split_whitespace()
            .filter(|word| word.starts_with('/'))
        {
            root.add(Path::new(library), &fs::read(library).unwrap());
            root.set_mode(Path::new(library), 0o555);
            found += 1;
        }
        assert!(found >= 3, "{libraries}");
        let certificates = Path::new("/etc/ssl/certs/ca-certificates.crt");
        root.add(certificates, authority.pem().as_bytes());
        root.add(Path::new(LIST), list.as_bytes());
        // Kubernetes mounts a secret like this: root's, readable by the group of the process.
        root.add(Path::new(SECRET), CLIENT_SECRET.as_bytes());
        chown(root.path(SECRET), Some(0), Some(USER)).unwrap();
        root.set_mode(Path::new(SECRET), 0o440);
        fs::create_dir(root.path(DATA)).unwrap();
        chown(root.path(DATA), Some(USER), Some(USER)).unwrap();
        root.set_mode(Path::new(""), 0o555);
        Some(root)
    }

    /// The path outside of the root.
    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        let name = name.as_ref();
        self.dir
            .path("")
            .join(name.strip_prefix("/").unwrap_or(name))
    }

    fn add(&self, path: &Path, content: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn set_mode(&self, path: &Path, mode: u32) {
        fs::set_permissions(self.path(path), Permissions::from_mode(mode)).unwrap();
    }

    /// Runs the program as the image's user in `/`, with nothing in its environment but made-up
    /// credentials.
    fn run(&self, arguments: &[&str]) -> ProcessOutput {
        let output = Command::new("chroot")
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("AWS_ACCESS_KEY_ID", "AKIAMADEUP")
            .env("AWS_SECRET_ACCESS_KEY", "made-up")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .arg(format!("--userspec={USER}:{USER}"))
            .arg(self.path(""))
            .arg(&self.program)
            .args(arguments)
            .output()
            .unwrap();
        ProcessOutput {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// `import` into a pool behind TLS.
    fn import(&self, pool: &Pool, tls: &Tls, flags: &[&str]) -> ProcessOutput {
        let settings = pool.settings();
        let url = tls.url();
        let mut arguments = vec!["import", LIST, "--run-dir", "/data/run"];
        arguments.extend(["--user-pool-id", &settings.pool_id]);
        arguments.extend(["--client-id", &settings.client_id]);
        arguments.extend(["--endpoint-url", &url, "--rate", "1000"]);
        arguments.extend(flags);
        self.run(&arguments)
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        self.set_mode(Path::new(""), 0o755);
    }
}

/// Paths in the root, apart from the mounted directory.
fn files(root: &Root) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root.path("")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path == root.path(DATA) {
                continue;
            }
            if path.is_dir() {
                folders.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn an_import_works_in_the_containers_root() {
    let authority = CertificateAuthority::new("The CA");
    let Some(root) = Root::assemble(&users(30), &authority) else {
        return;
    };
    // A listing that is too large for memory, so that SQLite also needs a temporary file.
    let pool = Pool::start(PoolSettings {
        existing: (0..LONG)
            .map(|number| existing_user(&format!("another-person-{number:040}")))
            .collect(),
        ..quick()
    });
    // The certificate proves that the system's CAs are found, and the name that it is resolved.
    let tls = Tls::start(&pool, &authority, &["localhost"]);
    let before = files(&root);
    let flags = ["--prescan", "always", "--list-rate", "1000"];
    root.import(&pool, &tls, &flags).exits(0);
    assert!(pool.requests("ListUsers") > 100);
    assert_eq!(root.dir.results_in("data/run").count("created"), 30);
    // The same command finds a finished run.
    root.import(&pool, &tls, &flags).exits(0);
    assert_eq!(pool.requests("SignUp"), 30);
    root.run(&["report", "/data/run"]).exits(0);
    assert_eq!(files(&root), before);
    let left: Vec<_> = fs::read_dir(root.path(DATA)).unwrap().collect();
    assert_eq!(left.len(), 1, "temporary files disappear: {left:?}");
}

#[test]
fn localhost_is_this_machine_without_a_lookup() {
    let authority = CertificateAuthority::new("The CA");
    let Some(root) = Root::assemble(&users(3), &authority) else {
        return;
    };
    let pool = Pool::start(quick());
    let settings = pool.settings();
    let url = pool.url().replace("127.0.0.1", "localhost");
    let mut arguments = vec!["import", LIST, "--run-dir", "/data/run"];
    arguments.extend(["--user-pool-id", &settings.pool_id, "--endpoint-url", &url]);
    arguments.extend(["--client-id", &settings.client_id]);
    root.run(&arguments).exits(0);
    assert_eq!(pool.requests("SignUp"), 3);
}

#[test]
fn a_long_list_is_checked_in_the_containers_root() {
    let authority = CertificateAuthority::new("The CA");
    let rows = std::env::var(ROWS_VARIABLE).map_or(LONG, |rows| rows.parse().unwrap());
    let Some(root) = Root::assemble(&users(rows), &authority) else {
        return;
    };
    let check = |findings: &str| root.run(&["check", LIST, "--findings", findings]);
    check("/data/findings.csv").exits(0);
    check("findings.csv").exits(3).names(["--findings"]);
}

#[test]
fn the_commands_of_the_containers_work_in_the_containers_root() {
    let authority = CertificateAuthority::new("The CA");
    let Some(root) = Root::assemble(&users(3), &authority) else {
        return;
    };
    let Some(commands) = container_commands() else {
        return;
    };
    fs::copy(root.path(LIST), root.path("data/users.csv")).unwrap();
    for (number, mut command) in commands.into_iter().enumerate() {
        let reads_secret = command.iter().any(|argument| argument.contains(SECRET));
        let pool = Pool::start(PoolSettings {
            pool_id: USER_POOL_ID.to_owned(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: reads_secret.then(|| CLIENT_SECRET.to_owned()),
            ..quick()
        });
        let run = format!("data/run{number}");
        command.extend(["--endpoint-url".to_owned(), pool.url()]);
        // Lists and runs in S3 are tested elsewhere: here they are replaced by files.
        for argument in &mut command {
            if argument.starts_with("s3://") && argument.ends_with(".csv") {
                "/data/users.csv".clone_into(argument);
            }
        }
        let flag = "--run-dir".to_owned();
        match command.iter().position(|argument| *argument == flag) {
            Some(place) => command[place + 1] = format!("/{run}"),
            None => command.extend([flag, format!("/{run}")]),
        }
        let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        let output = root.run(&arguments).exits(0);
        assert_eq!(root.dir.results_in(&run).count("created"), 3);
        // No warning that other users can read the secret.
        assert!(!output.stderr.contains("chmod"), "{}", output.stderr);
    }
}
