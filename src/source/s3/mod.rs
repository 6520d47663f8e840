//! Objects in S3: looked at once, then read range by range.
//!
//! A run may take hours, and S3 closes a connection that nothing is read from. So none is held: each range is a request of
//! its own, made when the rows before it are used up. The ETag that was seen first goes with every one of them: an object
//! that is replaced meanwhile is noticed, and never mixed with the new one.
//!
//! Owns a runtime of its own, because lists are read by threads that wait. Nothing here may be called by an async function.

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

/// An object as it was when it was found.
#[derive(Debug, Clone)]
pub struct Object {
    uri: S3Uri,
    /// As S3 words it, with its quotes.
    etag: String,
    /// Where the bucket keeps versions.
    version: Option<String>,
    /// Bytes.
    length: u64,
    s3: Arc<S3>,
}

/// A client, and the runtime that its connections live in.
#[derive(Debug)]
struct S3 {
    client: Client,
    runtime: OwnRuntime,
}

/// A runtime that may be dropped anywhere: an ordinary one panics where an async function drops it. It is there until then.
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
    /// Looks at an object. Waits for the answer.
    ///
    /// # Errors
    /// It is not there, may not be read, or S3 cannot be asked.
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

    /// SHA-256 in hexadecimal of what S3 tells this object's bytes by: nothing has to be read for it.
    pub(super) fn fingerprint(&self) -> String {
        let version = self.version.as_deref().unwrap_or_default();
        let mut hash = Sha256::new();
        // No name of a bucket, no ETag and no version has a line end in it; a key may, so it is the last.
        for part in [&self.uri.bucket, &*self.etag, version, &self.uri.key] {
            hash.update(part);
            hash.update("\n");
        }
        super::hexadecimal(&hash.finalize())
    }

    /// Nothing is asked yet: the first range is fetched when it is read.
    pub(super) fn open(&self) -> OpenSource {
        OpenSource {
            bytes: Box::new(ObjectReader::new(self.clone())),
            length: Some(self.length),
        }
    }
}

/// Asks for the object's head, in the bucket's own Region.
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

/// An answer to HEAD has no body, so it cannot say what is wrong. The answer to a GET of one byte can.
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
