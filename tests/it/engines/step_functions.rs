//! The state machine and the worker in `deploy/step-functions/`, with Step Functions, SQS and S3 of
//! moto.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{PARTS, ROWS, StallingPool, Worker, deploy, fake_program, program};
use crate::harness::{
    MotoBucket, MotoServices, ProgramCommand, Results, TestDir, TestEndpoint, TestReply, users,
    wait_until,
};
use crate::stored_runs::{in_a_minute, wait};

/// The seconds after which a worker without heartbeats counts as lost. It sends two a second, so
/// that a busy machine is not mistaken for a lost one.
const LOST: u64 = 15;

/// The same where no worker is lost.
const NEVER: u64 = 3600;

/// The state machine with its queue and its bucket. Everything in moto has the same name.
struct Machine {
    moto: MotoServices,
    bucket: MotoBucket,
    dir: TestDir,
    /// The request that starts an execution.
    start: Value,
    queue: String,
    /// The requests of the workers to Step Functions and SQS.
    recording: Arc<Mutex<Recording>>,
    endpoint: TestEndpoint,
    /// The ARN of the newest execution.
    execution: String,
}

#[derive(Default)]
struct Recording {
    heartbeats: BTreeMap<String, usize>,
    text: String,
    /// The messages that they have received.
    messages: Vec<String>,
}

impl Machine {
    /// Creates a state machine with this manifest. `None` if moto cannot be installed.
    fn create(name: &str, manifest: &str, heartbeat: u64) -> Option<Self> {
        let moto = MotoServices::start()?;
        let bucket = MotoBucket::create(name)?;
        let dir = TestDir::new();
        dir.file("manifest.json", manifest);
        let path = dir.path("manifest.json");
        let folder = bucket.folder("lists/");
        let uploaded = folder.upload("manifest.json", &path, in_a_minute());
        wait(uploaded).unwrap();
        let queue = moto.call("AmazonSQS.CreateQueue", &json!({ "QueueName": name }));
        let queue = queue["QueueUrl"].as_str().unwrap().to_owned();
        let machine = json!({
            "name": name,
            "definition": definition(heartbeat),
            "roleArn": "arn:aws:iam::123456789012:role/made-up",
        });
        let machine = moto.call("AWSStepFunctions.CreateStateMachine", &machine);
        let input = json!({
            "bucket": name,
            "manifest": "lists/manifest.json",
            "queue_url": queue,
            "workers": PARTS,
        });
        let start = json!({
            "stateMachineArn": machine["stateMachineArn"],
            "input": input.to_string(),
        });
        let recording: Arc<Mutex<Recording>> = Arc::default();
        let recorder = Arc::clone(&recording);
        let endpoint = TestEndpoint::in_front_of(&moto.url(), move |request| {
            let mut recording = recorder.lock().unwrap();
            recording.text += &request.body.to_string();
            if request.operation == "SendTaskHeartbeat" {
                let token = request.body["taskToken"].as_str().unwrap().to_owned();
                *recording.heartbeats.entry(token).or_default() += 1;
            }
            drop(recording);
            if request.operation != "ReceiveMessage" {
                return TestReply::Forward;
            }
            let recorder = Arc::clone(&recorder);
            TestReply::ForwardEdited(Box::new(move |received| {
                for message in received["Messages"].as_array().into_iter().flatten() {
                    let body = message["Body"].as_str().unwrap().to_owned();
                    recorder.lock().unwrap().messages.push(body);
                }
            }))
        });
        Some(Self {
            execution: String::new(),
            moto,
            bucket,
            dir,
            start,
            queue,
            recording,
            endpoint,
        })
    }

    fn start(&mut self, execution: &str) {
        self.start["name"] = execution.into();
        let execution = self
            .moto
            .call("AWSStepFunctions.StartExecution", &self.start);
        self.execution = execution["executionArn"].as_str().unwrap().to_owned();
    }

    fn stop(&self) {
        let stop = json!({ "executionArn": self.execution });
        self.moto.call("AWSStepFunctions.StopExecution", &stop);
    }

    /// Waits until the workers have asked for this many messages.
    fn wait_for_receives(&self, count: usize) {
        wait_until("the workers to wait", || {
            (self.endpoint.requests("ReceiveMessage") >= count).then_some(())
        });
    }

    fn send(&self, message: &Value) {
        let message = json!({ "QueueUrl": self.queue, "MessageBody": message.to_string() });
        self.moto.call("AmazonSQS.SendMessage", &message);
    }

    /// The lines that the fake program has written.
    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.dir.path("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    fn wait_for_calls(&self, expected: &[&str]) {
        wait_until("the calls", || (self.calls() == expected).then_some(()));
    }

    fn run_directory(&self) -> String {
        self.bucket.address("runs/a/")
    }

    /// `worker.py`, without the arguments of the import.
    fn worker(&self) -> ProgramCommand {
        let python = MotoServices::python().unwrap();
        let worker = program(&self.dir, python.to_str().unwrap());
        let worker = worker.arg(&deploy("step-functions/worker.py"));
        self.bucket
            .with_endpoint(worker)
            .args(["--queue-url", &self.queue])
            .args(["--run-dir", &self.run_directory(), "--heartbeat", "0.5"])
            .env("AWS_ENDPOINT_URL_SQS", &self.endpoint.url())
            .env("AWS_ENDPOINT_URL_SFN", &self.endpoint.url())
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("PYTHONDONTWRITEBYTECODE", "1")
    }

    /// The execution after it has ended.
    fn ended(&self) -> Value {
        let describe = json!({ "executionArn": self.execution });
        wait_until("the execution to end", || {
            let execution = self
                .moto
                .call("AWSStepFunctions.DescribeExecution", &describe);
            (execution["status"] != "RUNNING").then_some(execution)
        })
    }

    /// What Step Functions records.
    fn history(&self) -> String {
        let execution = json!({ "executionArn": self.execution, "includeExecutionData": true });
        let operations = ["GetExecutionHistory", "ListMapRuns", "DescribeExecution"];
        let of = operations.map(|operation| {
            self.moto
                .call(&format!("AWSStepFunctions.{operation}"), &execution)
        });
        json!([of, self.map_run()]).to_string()
    }

    fn map_run(&self) -> Value {
        let execution = json!({ "executionArn": self.execution });
        let runs = self.moto.call("AWSStepFunctions.ListMapRuns", &execution);
        let run = json!({ "mapRunArn": runs["mapRuns"][0]["mapRunArn"] });
        self.moto.call("AWSStepFunctions.DescribeMapRun", &run)
    }
}

/// The definition with short delays.
fn definition(heartbeat: u64) -> String {
    let text = fs::read_to_string(deploy("step-functions/state-machine.asl.json")).unwrap();
    let mut definition: Value = serde_json::from_str(&text).unwrap();
    for state in [
        "/States/ImportParts/ItemProcessor/States/ImportPart",
        "/States/Merge",
    ] {
        let state = definition.pointer_mut(state).unwrap();
        state["HeartbeatSeconds"] = heartbeat.into();
        state["Retry"][0]["IntervalSeconds"] = 1.into();
        state["Retry"][0]["BackoffRate"] = 1.into();
    }
    // moto's grammar has only a decimal here.
    definition["States"]["ImportParts"]["ToleratedFailurePercentage"] = 100.0.into();
    definition.to_string()
}

fn manifest() -> String {
    fs::read_to_string(deploy("step-functions/manifest.json")).unwrap()
}

fn object(text: &str) -> BTreeMap<String, Value> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_part_whose_worker_is_lost_is_imported_by_another_one() {
    let Some(mut machine) = Machine::create("engine-parts", &manifest(), LOST) else {
        return;
    };
    let pool = StallingPool::start();
    let list = machine.dir.file("users.csv", users(ROWS));
    let run = machine.run_directory();
    let mut workers: Vec<Worker> = (0..PARTS)
        .map(|number| {
            let settings = pool.pool.settings();
            let command = machine
                .worker()
                .args(["--", list, "--settle-time", "1s"])
                .args(["--user-pool-id", &settings.pool_id])
                .args(["--client-id", &settings.client_id])
                .args(["--endpoint-url", &pool.endpoint.url()]);
            Worker::start(&machine.dir, number, command)
        })
        .collect();
    machine.wait_for_receives(workers.len());
    machine.start("once");
    pool.wait_until_stalled();
    // Only the stalled part takes this long.
    wait_until("heartbeats", || {
        let recording = machine.recording.lock().unwrap();
        recording
            .heartbeats
            .values()
            .any(|count| *count > 5)
            .then_some(())
    });
    pool.kill_worker(&run, &mut workers);
    let execution = machine.ended();
    assert_eq!(execution["status"], "SUCCEEDED", "{execution}");
    pool.assert_complete(&results(&machine));
    let recording = machine.recording.lock().unwrap();
    // One for each part, another for the part of the lost worker, and the merge.
    assert!(
        recording.messages.len() >= PARTS as usize + 2,
        "{:?}",
        recording.messages
    );
    for message in &recording.messages {
        let keys: Vec<String> = object(message).into_keys().collect();
        let is_known = keys == ["part", "token"] || keys == ["merge", "token"];
        assert!(is_known, "{message}");
    }
    let seen = [
        recording.messages.concat(),
        recording.text.clone(),
        machine.history(),
    ]
    .concat();
    assert!(seen.contains("exit_code"));
    for number in 1..=ROWS {
        for secret in [format!("user{number:04}"), format!("Passw0rd!{number}")] {
            assert!(!seen.contains(&secret), "{secret}");
        }
    }
    assert!(!seen.contains("@example.com"));
}

/// The merged results in S3.
fn results(machine: &Machine) -> Results {
    let folder = machine.bucket.folder("runs/a/");
    fs::create_dir(machine.dir.path("merged")).unwrap();
    for name in ["results.csv", "results.jsonl", "summary.json"] {
        let content = wait(folder.read(name, in_a_minute())).unwrap();
        machine
            .dir
            .file(&format!("merged/{name}"), content.unwrap());
    }
    machine.dir.results_in("merged")
}

#[test]
fn only_parts_that_stopped_early_are_tried_again() {
    let manifest = r#"[{"part": "0/3"}, {"part": "1/3"}, {"part": "2/3"}]"#;
    let Some(mut machine) = Machine::create("engine-codes", manifest, NEVER) else {
        return;
    };
    machine.send(&json!({ "token": "stale", "part": "0/9" }));
    // Part 0 is refused, part 1 stops early once, part 2 is killed once, and the merge finds that a
    // part is missing.
    let fake = r#"
        case "$*" in
            "report --merge s3://"*) echo merge >> calls; exit 4 ;;
            "import list.csv --run-dir s3://"*" --part 0/3") echo refused >> calls; exit 3 ;;
            *" --part 1/3") echo stopped >> calls; mkdir stopped || exit 1; exit 4 ;;
            *" --part 2/3") echo killed >> calls; mkdir killed || exit 5; kill -KILL $$ ;;
            *) echo stale >> calls ;;
        esac"#;
    fake_program(&machine.dir, fake);
    let command = machine.worker().args(["--program", "./fake"]);
    let _worker = command.args(["--", "list.csv"]).start();
    machine.start("once");
    let execution = machine.ended();
    assert_eq!(execution["status"], "FAILED", "{execution}");
    assert_eq!(execution["error"], "CognitoImport.Incomplete");
    wait_until("the stale message to be received", || {
        let recording = machine.recording.lock().unwrap();
        recording.heartbeats.contains_key("stale").then_some(())
    });
    let calls = machine.calls();
    let count = |name: &str| calls.iter().filter(|line| *line == name).count();
    assert_eq!(count("refused"), 1, "{calls:?}");
    assert_eq!(count("stale"), 0, "{calls:?}");
    // moto gives each attempt the token, and thus the end, of the one before. So there may be more.
    for name in ["stopped", "killed", "merge"] {
        assert!(count(name) > 1, "{name}: {calls:?}");
    }
    let items = &machine.map_run()["itemCounts"];
    assert_eq!(items["failed"], 1, "{items}");
    assert_eq!(items["succeeded"], 2, "{items}");
}

#[test]
fn a_worker_stops_the_program_if_the_execution_or_the_worker_is_stopped() {
    let manifest = r#"[{"part": "0/1"}]"#;
    let Some(mut machine) = Machine::create("engine-stops", manifest, NEVER) else {
        return;
    };
    let fake = r#"
        trap 'echo stopped >> calls; exit 143' TERM
        echo started >> calls
        while :; do sleep 0.1; done"#;
    fake_program(&machine.dir, fake);
    let command = machine.worker().args(["--program", "./fake"]);
    let worker = command.args(["--", "list.csv"]).start();
    machine.start("once");
    machine.wait_for_calls(&["started"]);
    machine.stop();
    machine.start("again");
    machine.wait_for_calls(&["started", "stopped", "started"]);
    worker.signal("TERM");
    worker.wait().exits(0);
    machine.wait_for_calls(&["started", "stopped", "started", "stopped"]);
    let recording = machine.recording.lock().unwrap();
    let (_, last) = recording.text.rsplit_once("cause").unwrap();
    assert!(last.contains("exit code 143"), "{last}");
    assert!(last.contains("CognitoImport.TryAgain"), "{last}");
    drop(recording);
    // A worker without a part exits, too.
    let before = machine.endpoint.requests("ReceiveMessage");
    let idle = machine.worker().args(["--", "list.csv"]).start();
    machine.wait_for_receives(before + 1);
    idle.signal("TERM");
    idle.wait().exits(0);
}

#[test]
fn the_manifest_of_many_pools_names_secrets_and_has_none() {
    let text = fs::read_to_string(deploy("step-functions/many-pools.json")).unwrap();
    let items: Vec<BTreeMap<String, String>> = serde_json::from_str(&text).unwrap();
    let mut pools = BTreeSet::new();
    for item in &items {
        let keys = [
            "client_id",
            "client_secret_arn",
            "region",
            "tenant",
            "user_pool_id",
        ];
        assert!(item.keys().eq(keys), "{item:?}");
        let region = &item["region"];
        let (pool_region, _) = item["user_pool_id"].split_once('_').unwrap();
        assert_eq!(pool_region, region);
        let arn: Vec<&str> = item["client_secret_arn"].split(':').collect();
        assert_eq!(arn[..4], ["arn", "aws", "secretsmanager", region]);
        assert_eq!(arn[5], "secret");
        pools.insert(&item["user_pool_id"]);
    }
    assert!(items.len() > 1);
    assert_eq!(pools.len(), items.len());
}
