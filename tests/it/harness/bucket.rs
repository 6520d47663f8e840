//! An S3 bucket in the emulator, filled with the AWS SDK.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};

use super::emulator::ROOT_KEY;
use super::{Emulator, ProgramCommand};

pub(crate) struct Bucket {
    runtime: tokio::runtime::Runtime,
    client: Client,
    name: String,
    url: String,
}

impl Bucket {
    /// Creates a bucket. The emulator is shared, so each test uses its own name.
    pub(crate) fn new(emulator: &Emulator, name: &str, region: &str) -> Self {
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .endpoint_url(emulator.url())
            .force_path_style(true)
            .credentials_provider(Credentials::new(ROOT_KEY, ROOT_KEY, None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let bucket = Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
            client: Client::from_conf(config),
            name: name.to_owned(),
            url: emulator.url(),
        };
        let mut call = bucket.client.create_bucket().bucket(name);
        if region != "us-east-1" {
            let dir = CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(region));
            call = call.create_bucket_configuration(dir.build());
        }
        bucket.runtime.block_on(call.send()).unwrap();
        bucket
    }

    /// Writes or replaces an object and returns its URL.
    pub(crate) fn put(&self, key: &str, content: impl Into<Vec<u8>>) -> String {
        let call = self.client.put_object().bucket(&self.name).key(key);
        let call = call.body(content.into().into()).send();
        self.runtime.block_on(call).unwrap();
        format!("s3://{}/{key}", self.name)
    }

    /// Points a command at this emulator.
    pub(crate) fn with_endpoint(&self, cli: ProgramCommand) -> ProgramCommand {
        cli.env("AWS_ENDPOINT_URL_S3", &self.url)
            .env("AWS_ACCESS_KEY_ID", ROOT_KEY)
            .env("AWS_SECRET_ACCESS_KEY", ROOT_KEY)
    }
}
