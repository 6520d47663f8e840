//! Reads an object in S3 range by range.
//!
//! A run may take hours, and S3 closes idle connections. So each range is a separate request, sent
//! when the previous range is consumed. Each request requires the ETag seen first, so a replaced
//! object is an error and versions are never mixed.
//!
//! It has its own async runtime, because lists are read on blocking threads. Nothing here may be
//! called from async code.

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
    /// Verbatim, with quotes.
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

/// A runtime that may be dropped anywhere. An ordinary one panics if it is dropped in async code.
/// `None` only during drop.
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

    fn wait<T>(
        &self,
        work: impl Future<Output = Result<T, ObjectError>>,
    ) -> Result<T, ObjectError> {
        match &self.0 {
            Some(runtime) => runtime.block_on(work),
            None => Err(ObjectError::Runtime(std::io::Error::other("is gone"))),
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
    /// Requests the metadata of an object. Blocks.
    pub fn find(uri: S3Uri, access: &S3Access) -> Result<Self, ObjectError> {
        let runtime = OwnRuntime::new()?;
        let setup = runtime.wait(Setup::load(access))?;
        Self::find_with(uri, &setup, runtime)
    }

    fn find_with(uri: S3Uri, setup: &Setup, runtime: OwnRuntime) -> Result<Self, ObjectError> {
        let (client, found) = runtime.wait(look_at(&uri, setup))?;
        let no_answer = || ObjectError::Unclear("an answer without length and ETag".to_owned());
        let length = found.content_length().and_then(|n| u64::try_from(n).ok());
        Ok(Self {
            etag: found.e_tag().ok_or_else(no_answer)?.to_owned(),
            version: found.version_id().map(str::to_owned),
            length: length.ok_or_else(no_answer)?,
            s3: Arc::new(S3 { client, runtime }),
            uri,
        })
    }

    pub(super) fn uri(&self) -> &S3Uri {
        &self.uri
    }

    /// SHA-256 in hexadecimal of what identifies the object's bytes. Does not read the object.
    pub(super) fn fingerprint(&self) -> String {
        let version = self.version.as_deref().unwrap_or_default();
        let mut hash = Sha256::new();
        // Only the key can contain a line end, so it comes last.
        for part in [&self.uri.bucket, &*self.etag, version, &self.uri.key] {
            hash.update(part);
            hash.update("\n");
        }
        super::hexadecimal(&hash.finalize())
    }

    /// Sends no request: the first range is fetched when it is read.
    pub(super) fn open(&self) -> OpenSource {
        OpenSource {
            bytes: Box::new(ObjectReader::new(self.clone())),
            length: Some(self.length),
        }
    }
}

/// Requests the metadata in the bucket's Region.
async fn look_at(uri: &S3Uri, setup: &Setup) -> Result<(Client, HeadObjectOutput), ObjectError> {
    let client = setup.client(None);
    let ask = |client: &Client| {
        client
            .head_object()
            .bucket(&uri.bucket)
            .key(&uri.key)
            .send()
    };
    let refused = match ask(&client).await {
        Ok(found) => return Ok((client, found)),
        Err(refused) => refused,
    };
    let Some(region) = setup.elsewhere(&refused) else {
        return Err(in_words(&client, uri, ObjectError::of(&refused)).await);
    };
    tracing::info!(%uri, region, "the bucket is in another Region");
    let client = setup.client(Some(region));
    match ask(&client).await {
        Ok(found) => Ok((client, found)),
        Err(refused) => Err(in_words(&client, uri, ObjectError::of(&refused)).await),
    }
}

/// An answer to HEAD has no body and so no explanation. The answer to a GET of one byte has.
async fn in_words(client: &Client, uri: &S3Uri, wordless: ObjectError) -> ObjectError {
    if !wordless.is_wordless() {
        return wordless;
    }
    let ask = client.get_object().bucket(&uri.bucket).key(&uri.key);
    match ask.range("bytes=0-0").send().await {
        Ok(_) => wordless,
        Err(error) => ObjectError::of(&error),
    }
}

#[cfg(test)]
mod tests;
