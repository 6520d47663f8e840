//! Reads an object in S3 range by range.
//!
//! A run may take hours, and S3 closes idle connections. So each range is a separate request, sent
//! when the previous range has been consumed. Each request requires the first ETag, so a replaced
//! object is an error and versions are never mixed.
//!
//! The module has its own async runtime, because lists are read on blocking threads. Nothing here
//! may be called from async code.

mod reader;

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use super::OpenSource;
use crate::s3::{Folder, ObjectHead, S3Access, S3Config, S3Error, S3Url};
use reader::ObjectReader;

/// An object with the metadata of the first request.
#[derive(Debug, Clone)]
pub struct Object {
    url: S3Url,
    head: ObjectHead,
    s3: Arc<S3>,
}

/// A client and the runtime of its connections.
#[derive(Debug)]
struct S3 {
    folder: Folder,
    runtime: OwnRuntime,
}

/// A runtime that may be dropped in async code, where a plain one panics. `None` only during drop.
#[derive(Debug)]
struct OwnRuntime(Option<Runtime>);

impl OwnRuntime {
    fn new() -> Result<Self, S3Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(S3Error::Runtime)?;
        Ok(Self(Some(runtime)))
    }

    fn block_on<T>(&self, future: impl Future<Output = Result<T, S3Error>>) -> Result<T, S3Error> {
        match &self.0 {
            Some(runtime) => runtime.block_on(future),
            None => Err(S3Error::Runtime(std::io::Error::other("already shut down"))),
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
    pub fn find(url: S3Url, access: &S3Access) -> Result<Self, S3Error> {
        let runtime = OwnRuntime::new()?;
        let config = runtime.block_on(S3Config::load(access))?;
        Self::find_with(url, config, runtime)
    }

    fn find_with(url: S3Url, config: S3Config, runtime: OwnRuntime) -> Result<Self, S3Error> {
        let (prefix, name) = url.folder_and_name();
        let folder = Folder::new(config, &url.bucket, prefix)?;
        Ok(Self {
            head: runtime.block_on(folder.head(name))?,
            s3: Arc::new(S3 { folder, runtime }),
            url,
        })
    }

    pub(super) fn url(&self) -> &S3Url {
        &self.url
    }

    /// Returns the hexadecimal SHA-256 of the address, ETag and version, without reading the
    /// object.
    pub(super) fn fingerprint(&self) -> String {
        let version = self.head.version.as_deref().unwrap_or_default();
        let mut hash = Sha256::new();
        // The key comes last, because only it can contain a newline.
        for part in [&self.url.bucket, &*self.head.etag, version, &self.url.key] {
            hash.update(part);
            hash.update("\n");
        }
        super::hexadecimal(&hash.finalize())
    }

    /// Opens the object. The first request is sent when bytes are read.
    pub(super) fn open(&self) -> OpenSource {
        OpenSource {
            bytes: Box::new(ObjectReader::new(self.clone())),
            length: Some(self.head.length),
        }
    }
}

#[cfg(test)]
mod tests;
