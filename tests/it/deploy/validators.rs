//! Each file is accepted by the tool of its ecosystem, and a broken copy is not.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::{
    ARRAY_JOB, CONTAINERFILE, CRON_JOB, INDEXED_JOB, SERVICE, STATE_MACHINE, TEMPLATE, TIMER, read,
    validators,
};
use crate::harness::{TestDir, report_skipped};

/// Fails unless the tool accepts the file and rejects it after this replacement.
fn check(name: &str, broken: (&str, &str), accepts: impl Fn(&Path) -> Result<(), String>) {
    let dir = TestDir::new();
    let text = read(name);
    let file = Path::new(name).file_name().unwrap().to_str().unwrap();
    let path = dir.path(file);
    std::fs::write(&path, &text).unwrap();
    assert_eq!(accepts(&path), Ok(()), "{name}");
    assert!(text.contains(broken.0), "{name}: {}", broken.0);
    std::fs::write(&path, text.replace(broken.0, broken.1)).unwrap();
    assert!(accepts(&path).is_err(), "{name}: {}", broken.1);
}

/// Succeeds if the tool does and prints nothing to standard error.
fn run(tool: &mut Command) -> Result<(), String> {
    let output = tool.output().unwrap();
    let text = [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy);
    if output.status.success() && output.stderr.is_empty() {
        return Ok(());
    }
    Err(format!("{tool:?}: {}", text.concat()))
}

fn tool(name: &str) -> Option<PathBuf> {
    Some(validators()?.join("bin").join(name))
}

#[test]
fn hadolint_accepts_the_containerfile() {
    let Some(hadolint) = tool("hadolint") else {
        return;
    };
    for broken in [("\nWORKDIR /src", "\nWORKDIR src"), ("\nFROM ", "\nFORM ")] {
        check(CONTAINERFILE, broken, |path| {
            run(Command::new(&hadolint).arg(path))
        });
    }
}

#[test]
fn kubernetes_validate_accepts_the_jobs() {
    let Some(validate) = tool("kubernetes-validate") else {
        return;
    };
    for (file, broken) in [
        (
            CRON_JOB,
            ("concurrencyPolicy: Forbid", "concurrencyPolicies: Forbid"),
        ),
        (CRON_JOB, ("backoffLimit: 6", "backoffLimit: six")),
        (
            INDEXED_JOB,
            ("completionMode: Indexed", "completionModes: Indexed"),
        ),
        (INDEXED_JOB, ("completions: 4", "completions: four")),
    ] {
        check(file, broken, |path| {
            run(Command::new(&validate)
                .args(["--strict", "--quiet"])
                .arg(path))
        });
    }
}

#[test]
fn cfn_lint_accepts_the_templates() {
    let Some(lint) = tool("cfn-lint") else {
        return;
    };
    for template in [TEMPLATE, ARRAY_JOB] {
        check(template, ("EvaluateOnExit:", "EvaluateOnExits:"), |path| {
            run(Command::new(&lint).arg(path))
        });
    }
}

/// cfn-lint checks the definition of a state machine in a template.
#[test]
fn cfn_lint_accepts_the_state_machine() {
    let Some(lint) = tool("cfn-lint") else {
        return;
    };
    for broken in [
        ("\"HeartbeatSeconds\"", "\"HeartbeatsSeconds\""),
        ("\"BackoffRate\": 2", "\"BackoffRate\": \"two\""),
    ] {
        check(STATE_MACHINE, broken, |path| {
            let definition = std::fs::read(path).unwrap();
            let definition: Value = serde_json::from_slice(&definition).unwrap();
            let machine = json!({
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "RoleArn": "arn:aws:iam::123456789012:role/made-up",
                    "Definition": definition,
                },
            });
            let template = path.with_extension("template");
            let text = json!({ "Resources": { "Machine": machine } }).to_string();
            std::fs::write(&template, text).unwrap();
            run(Command::new(&lint).arg(&template))
        });
    }
}

#[test]
fn systemd_accepts_the_units() {
    let Ok(version) = Command::new("systemd-analyze").arg("--version").output() else {
        report_skipped("the tests of deploy/systemd (no systemd-analyze)");
        return;
    };
    assert!(version.status.success(), "{version:?}");
    let dir = TestDir::new();
    // The program must exist where the unit expects it.
    let service = |text: &str| {
        let program = env!("CARGO_BIN_EXE_cognito-import");
        text.replace("/usr/local/bin/cognito-import", program)
    };
    let accepts = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        std::fs::write(path, service(&text)).unwrap();
        run(Command::new("systemd-analyze")
            .args(["verify", "--man=no"])
            .arg(path))
    };
    check(SERVICE, ("RestartSec=", "RestartSecs="), accepts);
    // A timer starts the service of the same name, which must be next to it.
    let units = [SERVICE, TIMER].map(|name| {
        let path = dir.path(Path::new(name).file_name().unwrap().to_str().unwrap());
        std::fs::write(&path, service(&read(name))).unwrap();
        path
    });
    let verify = || {
        run(Command::new("systemd-analyze")
            .args(["verify", "--man=no"])
            .args(&units))
    };
    assert_eq!(verify(), Ok(()));
    let timer = read(TIMER).replace("OnCalendar=02:15", "OnCalendar=02:75");
    std::fs::write(&units[1], timer).unwrap();
    assert!(verify().is_err());
}

#[test]
fn the_systemd_service_is_hardened() {
    let analyze = |path: &Path| {
        // The exposure in tenths, of 100. Versions before 250 do not read files.
        Command::new("systemd-analyze")
            .args(["security", "--offline=true", "--no-pager", "--threshold=20"])
            .arg(path)
            .output()
    };
    let Ok(output) = analyze(&super::path(SERVICE)) else {
        report_skipped("the hardening of deploy/systemd (no systemd-analyze)");
        return;
    };
    assert!(output.status.success(), "{output:?}");
    let dir = TestDir::new();
    let weaker = read(SERVICE).replace("CapabilityBoundingSet=\n", "");
    dir.file("weaker.service", weaker);
    let weaker = analyze(&dir.path("weaker.service")).unwrap();
    assert!(!weaker.status.success(), "{weaker:?}");
}
