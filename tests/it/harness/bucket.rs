//! An S3 bucket in the emulator.

use super::emulator::ROOT_KEY;
use super::{Emulator, ProgramCommand};

pub(crate) struct Bucket {
    emulator: &'static Emulator,
    name: String,
    region: String,
}

impl Bucket {
    /// Creates a bucket. The emulator is shared, so each test uses its own name.
    pub(crate) fn new(emulator: &'static Emulator, name: &str, region: &str) -> Self {
        let bucket = Self {
            emulator,
            name: name.to_owned(),
            region: region.to_owned(),
        };
        let body = match region {
            "us-east-1" => String::new(),
            _ => format!(
                "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
                 <LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
            ),
        };
        bucket.put_path(&format!("/{name}"), body.as_bytes());
        bucket
    }

    /// Writes or replaces an object and returns its URL. The key needs no escapes.
    pub(crate) fn put(&self, key: &str, content: impl Into<Vec<u8>>) -> String {
        self.put_path(&format!("/{}/{key}", self.name), &content.into());
        format!("s3://{}/{key}", self.name)
    }

    fn put_path(&self, path: &str, body: &[u8]) {
        self.emulator
            .request("PUT", path, ("s3", &self.region), body);
    }

    /// Points a command at this emulator.
    pub(crate) fn with_endpoint(&self, cli: ProgramCommand) -> ProgramCommand {
        cli.env("AWS_ENDPOINT_URL_S3", &self.emulator.url())
            .env("AWS_ACCESS_KEY_ID", ROOT_KEY)
            .env("AWS_SECRET_ACCESS_KEY", ROOT_KEY)
    }
}
