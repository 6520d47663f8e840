//! Reads an object in S3 range by range.
//!
//! A run may take hours, and S3 closes idle connections. So each range is a separate request, sent
//! when the previous range has been consumed. Each request requires the first ETag, so a replaced
//! object is an error and versions are never mixed.
//!
//! The module has its own async runtime, because lists are read on blocking threads. Nothing here
//! may be called from async code.

mod connect;
mod error;
mod reader;

use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use super::OpenSource;
use super::object::{S3Access, S3Uri};
use connect::Setup;
pub use error::ObjectError;
use reader::ObjectReader;

/// An object with the metadata of the first request.
#[derive(Debug, Clone)]
pub struct Object {
    uri: S3Uri,
    /// With its quotes.
    etag: String,
    /// Set if the bucket is versioned.
    version: Option<String>,
    length: u64,
    s3: Arc<S3>,
}

/// A client and the runtime of its connections.
#[derive(Debug)]
struct S3 {
    client: Client,
    runtime: OwnRuntime,
}

/// A runtime that may be dropped in async code, where a plain one panics. `None` only during drop.
#[derive(Debug)]
struct OwnRuntime(Option<Runtime>);

impl OwnRuntime {
    fn new() -> Result<Self, ObjectError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(ObjectError::Runtime)?;
        Ok(Self(Some(runtime)))
    }

    fn block_on<T>(
        &self,
        future: impl Future<Output = Result<T, ObjectError>>,
    ) -> Result<T, ObjectError> {
        match &self.0 {
            Some(runtime) => runtime.block_on(future),
            None => Err(ObjectError::Runtime(std::io::Error::other(
                "already shut down",
            ))),
        }
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Object {
    /// Requests the metadata of an object. Blocks the thread.
    pub fn find(uri: S3Uri, access: &S3Access) -> Result<Self, ObjectError> {
        let runtime = OwnRuntime::new()?;
        let setup = runtime.block_on(Setup::load(access))?;
        Self::find_with(uri, &setup, runtime)
    }

    fn find_with(uri: S3Uri, setup: &Setup, runtime: OwnRuntime) -> Result<Self, ObjectError> {
        let (client, head) = runtime.block_on(head_object(&uri, setup))?;
        let incomplete = || ObjectError::Other("a response without length or ETag".to_owned());
        let length = head.content_length().and_then(|n| u64::try_from(n).ok());
        Ok(Self {
            etag: head.e_tag().ok_or_else(incomplete)?.to_owned(),
            version: head.version_id().map(str::to_owned),
            length: length.ok_or_else(incomplete)?,
            s3: Arc::new(S3 { client, runtime }),
            uri,
        })
    }

    pub(super) fn uri(&self) -> &S3Uri {
        &self.uri
    }

    /// Returns the hexadecimal SHA-256 of the address, ETag and version, without reading the
    /// object.
    pub(super) fn fingerprint(&self) -> String {
        let version = self.version.as_deref().unwrap_or_default();
        let mut hash = Sha256::new();
        // The key comes last, because only it can contain a newline.
        for part in [&self.uri.bucket, &*self.etag, version, &self.uri.key] {
            hash.update(part);
            hash.update("\n");
        }
        super::hexadecimal(&hash.finalize())
    }

    /// Opens the object. The first request is sent when bytes are read.
    pub(super) fn open(&self) -> OpenSource {
        OpenSource {
            bytes: Box::new(ObjectReader::new(self.clone())),
            length: Some(self.length),
        }
    }
}

/// Requests the metadata of an object from the bucket's Region.
async fn head_object(
    uri: &S3Uri,
    setup: &Setup,
) -> Result<(Client, HeadObjectOutput), ObjectError> {
    let client = setup.client(None);
    let request = |client: &Client| {
        client
            .head_object()
            .bucket(&uri.bucket)
            .key(&uri.key)
            .send()
    };
    let error = match request(&client).await {
        Ok(head) => return Ok((client, head)),
        Err(error) => error,
    };
    let Some(region) = setup.other_region(&error) else {
        return Err(explained(&client, uri, ObjectError::of(&error)).await);
    };
    tracing::info!(%uri, region, "the bucket is in another Region");
    let client = setup.client(Some(region));
    match request(&client).await {
        Ok(head) => Ok((client, head)),
        Err(error) => Err(explained(&client, uri, ObjectError::of(&error)).await),
    }
}

/// Requests the explanation of an error with a GET of one byte, because a response to HEAD has no
/// body.
async fn explained(client: &Client, uri: &S3Uri, error: ObjectError) -> ObjectError {
    if !error.is_unexplained() {
        return error;
    }
    let request = client.get_object().bucket(&uri.bucket).key(&uri.key);
    match request.range("bytes=0-0").send().await {
        Ok(_) => error,
        Err(error) => ObjectError::of(&error),
    }
}

#[cfg(test)]
mod tests;
