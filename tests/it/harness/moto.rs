//! moto, a third-party AWS emulator. Its S3 answers conditional requests as AWS does, and its Step
//! Functions execute state machines.

use std::path::PathBuf;
use std::sync::LazyLock;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use serde_json::{Value, json};

use cognito_import::aws::endpoint::Endpoint;
use cognito_import::s3::{Folder, S3Config};

use super::ProgramCommand;
use super::python::{Package, PythonServer, http};

const MOTO: Package = Package {
    name: "moto",
    extras: "[s3,server]",
    version: "5.2.5",
};

const KEY: &str = "test";
const REGION: &str = "us-east-1";

static SERVER: LazyLock<Option<PythonServer>> = LazyLock::new(|| {
    let arguments = |port: u16| vec!["-H127.0.0.1".to_owned(), format!("-p{port}")];
    Some(PythonServer::start(
        &MOTO.installed()?,
        "moto_server",
        arguments,
        |_| Vec::new(),
        "/moto-api/",
    ))
});

/// Step Functions and SQS in moto.
pub(crate) struct MotoServices {
    port: u16,
}

impl MotoServices {
    /// Makes state machines run. `None` if moto cannot be installed; that is reported, and fails
    /// the test in CI.
    pub(crate) fn start() -> Option<Self> {
        let services = Self {
            port: SERVER.as_ref()?.port,
        };
        let config = json!({ "stepfunctions": { "execute_state_machine": true } });
        services.post("/moto-api/config", "", &config);
        Some(services)
    }

    /// The interpreter of moto's virtual environment, which has boto3.
    pub(crate) fn python() -> Option<PathBuf> {
        Some(MOTO.installed()?.join("bin/python"))
    }

    pub(crate) fn url(&self) -> String {
        url(self.port)
    }

    /// Calls an operation such as `AWSStepFunctions.StartExecution`.
    pub(crate) fn call(&self, operation: &str, input: &Value) -> Value {
        let service = match operation.split_once('.') {
            Some(("AWSStepFunctions", _)) => "states",
            _ => "sqs",
        };
        let headers = format!(
            "authorization: AWS4-HMAC-SHA256 Credential={KEY}/20260101/{REGION}/{service}/\
             aws4_request, SignedHeaders=host, Signature=0\r\nx-amz-target: {operation}\r\n\
             content-type: application/x-amz-json-1.0\r\n"
        );
        self.post("/", &headers, input)
    }

    fn post(&self, path: &str, headers: &str, body: &Value) -> Value {
        let body = body.to_string();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n{headers}\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let (status, answer) = http(self.port, request.as_bytes()).unwrap();
        assert!(status.contains(" 20"), "{status}\n{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }
}

/// A bucket in moto.
pub(crate) struct MotoBucket {
    port: u16,
    name: String,
}

impl MotoBucket {
    /// Creates a bucket. The server is shared, so each test uses its own name. `None` if moto
    /// cannot be installed; that is reported, and fails the test in CI.
    pub(crate) fn create(name: &str) -> Option<Self> {
        let bucket = Self {
            port: SERVER.as_ref()?.port,
            name: name.to_owned(),
        };
        let scope = format!("{KEY}/20260101/{REGION}/s3/aws4_request");
        let request = format!(
            "PUT /{name} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\
             authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0\r\n\
             content-length: 0\r\n\r\n"
        );
        let (status, answer) = http(bucket.port, request.as_bytes()).unwrap();
        assert!(status.contains(" 200 "), "{status}\n{answer}");
        Some(bucket)
    }

    pub(crate) fn url(&self) -> String {
        url(self.port)
    }

    /// The address of a prefix.
    pub(crate) fn address(&self, prefix: &str) -> String {
        format!("s3://{}/{prefix}", self.name)
    }

    /// A client for the objects with this prefix.
    pub(crate) fn folder(&self, prefix: &str) -> Folder {
        self.folder_of(&self.name, prefix)
    }

    /// The same for another bucket of the server.
    pub(crate) fn folder_of(&self, bucket: &str, prefix: &str) -> Folder {
        let endpoint = Endpoint::parse(&self.url()).unwrap();
        let credentials = Credentials::new(KEY, KEY, None, None, "test");
        let credentials = SharedCredentialsProvider::new(credentials);
        let config = S3Config::of_endpoint(endpoint, credentials);
        Folder::new(config, bucket, prefix).unwrap()
    }

    /// Points a command at this server.
    pub(crate) fn with_endpoint(&self, cli: ProgramCommand) -> ProgramCommand {
        cli.env("AWS_ENDPOINT_URL_S3", &self.url())
            .env("AWS_ACCESS_KEY_ID", KEY)
            .env("AWS_SECRET_ACCESS_KEY", KEY)
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
