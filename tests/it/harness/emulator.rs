//! ministack, a third-party AWS emulator. It keeps our simulated pool from drifting away from how
//! others understand Cognito.
//! It starts once per test process.

use std::fmt::Write as _;
use std::sync::LazyLock;

use aws_sdk_cognitoidentityprovider::types::{AttributeDataType, ExplicitAuthFlowsType};
use aws_sdk_cognitoidentityprovider::types::{SchemaAttributeType, UsernameAttributeType};

use cognito_import::user::STANDARD_ATTRIBUTES;

use super::python::{Package, PythonServer, http};
use super::{ProgramCommand, Sdk, TestDir};

const MINISTACK: Package = Package {
    name: "ministack",
    extras: "",
    version: "1.5.33",
};

/// The emulator does not check signatures made with this key.
pub(crate) const ROOT_KEY: &str = "test";
const REGION: &str = "us-east-1";

/// Custom attributes of the pools. App clients must list them as writable.
const CUSTOM: [&str; 2] = ["custom:legacy_id", "custom:department"];

static WITHOUT_AUTH: LazyLock<Option<Emulator>> = LazyLock::new(|| Emulator::start(&[]));
static WITH_AUTH: LazyLock<Option<Emulator>> =
    LazyLock::new(|| Emulator::start(&[("AUTH", "true")]));

pub(crate) struct Emulator {
    server: PythonServer,
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

    fn start(environment: &[(&'static str, &str)]) -> Option<Self> {
        let environment = |port: u16| {
            let port = port.to_string();
            let common = [
                ("GATEWAY_PORT", port.as_str()),
                ("BIND_HOST", "127.0.0.1"),
                ("SERVICES", "cognito-idp,iam,s3,sts"),
                ("LOG_LEVEL", "WARNING"),
            ];
            let all = common.iter().chain(environment);
            all.map(|(name, value)| (*name, (*value).to_owned()))
                .collect()
        };
        let server = PythonServer::start(
            &MINISTACK.installed()?,
            "ministack",
            |_| Vec::new(),
            environment,
            "/_ministack/health",
        );
        Some(Self { server })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
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
        let (status, answer) = http(self.server.port, &request).unwrap();
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

    /// `verify` of `run`.
    pub(crate) fn verify(&self, dir: &TestDir) -> ProgramCommand {
        dir.cli("verify")
            .arg("run")
            .env("AWS_ACCESS_KEY_ID", ROOT_KEY)
            .env("AWS_SECRET_ACCESS_KEY", ROOT_KEY)
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
