//! Requests to a bucket, for objects whose keys have the same prefix.

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt as _;
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{Attributes, GetOptions, GetResult, ObjectStore as _};

use super::config::S3Config;
use super::error::{S3Error, error_response};
use crate::aws::causes;

/// The objects of a bucket whose keys begin with this prefix.
#[derive(Debug)]
pub struct Folder {
    config: S3Config,
    bucket: String,
    /// Ends with a slash, or is empty.
    prefix: String,
    clients: Mutex<Clients>,
}

/// Clients for the bucket in this Region.
#[derive(Debug, Clone)]
pub(super) struct Clients {
    region: String,
    /// For objects in this folder, by name.
    pub(super) folder: AmazonS3,
    /// For lists of keys.
    pub(super) bucket: AmazonS3,
}

/// The metadata of an object.
#[derive(Debug, Clone)]
pub struct ObjectHead {
    /// With its quotes.
    pub etag: String,
    /// Set if the bucket is versioned.
    pub version: Option<String>,
    pub length: u64,
    pub(super) attributes: Attributes,
}

impl Folder {
    /// Sends nothing.
    ///
    /// # Errors
    /// The prefix is not part of a valid URL.
    pub fn new(config: S3Config, bucket: &str, prefix: &str) -> Result<Self, S3Error> {
        let clients = clients(&config, bucket, prefix, &config.region)?;
        Ok(Self {
            config,
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            clients: Mutex::new(clients),
        })
    }

    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Requests the metadata of an object.
    ///
    /// # Errors
    /// The object does not exist, access is denied, or the request failed.
    pub async fn head(&self, name: &str) -> Result<ObjectHead, S3Error> {
        let options = || GetOptions {
            head: true,
            ..GetOptions::default()
        };
        let GetResult {
            meta, attributes, ..
        } = match self.get(name, options).await {
            Ok(response) => response,
            Err(error) if error.is_unexplained() => return Err(self.explained(name, error).await),
            Err(error) => return Err(error),
        };
        let incomplete = || S3Error::Other("a response without ETag".to_owned());
        Ok(ObjectHead {
            etag: meta.e_tag.ok_or_else(incomplete)?,
            version: meta.version,
            length: meta.size,
            attributes,
        })
    }

    /// Reads a range of the object with this ETag and appends it to `bytes`. If the response breaks
    /// off, appends the bytes before.
    ///
    /// # Errors
    /// The object was replaced, access is denied, or the request failed.
    pub async fn append_range(
        &self,
        name: &str,
        etag: &str,
        range: Range<u64>,
        bytes: &mut Vec<u8>,
    ) -> Result<(), S3Error> {
        let options = || GetOptions {
            if_match: Some(etag.to_owned()),
            range: Some(range.clone().into()),
            ..GetOptions::default()
        };
        let mut body = self.get(name, options).await?.into_stream();
        while let Some(chunk) = body.next().await {
            match chunk {
                Ok(chunk) => bytes.extend_from_slice(&chunk),
                Err(error) => {
                    tracing::info!(error = causes(&error), "S3 response was cut short");
                    break;
                }
            }
        }
        Ok(())
    }

    pub(super) async fn get(
        &self,
        name: &str,
        options: impl Fn() -> GetOptions,
    ) -> Result<GetResult, S3Error> {
        let path = path(name)?;
        self.send(|clients| {
            let (path, options) = (path.clone(), options());
            async move { clients.folder.get_opts(&path, options).await }
        })
        .await
    }

    /// Requests the explanation of an error with a GET of one byte, because a response to HEAD has
    /// no body.
    async fn explained(&self, name: &str, error: S3Error) -> S3Error {
        let options = || GetOptions {
            range: Some((0..1).into()),
            ..GetOptions::default()
        };
        match self.get(name, options).await {
            Ok(_) => error,
            Err(error) => error,
        }
    }

    /// Sends a request to the bucket's Region, which S3 returns if it is another one.
    pub(super) async fn send<T, F>(&self, request: impl Fn(Clients) -> F) -> Result<T, S3Error>
    where
        F: Future<Output = object_store::Result<T>>,
    {
        let used = self.clients().clone();
        let error = match request(used.clone()).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let region = error_response(&error).and_then(|response| response.region.clone());
        let Some(region) = region.filter(|region| *region != used.region) else {
            return Err(S3Error::of(&error));
        };
        let bucket = &self.bucket;
        tracing::info!(bucket, region, "the bucket is in another Region");
        let right = clients(&self.config, bucket, &self.prefix, &region)?;
        *self.clients() = right.clone();
        request(right).await.map_err(|error| S3Error::of(&error))
    }

    fn clients(&self) -> MutexGuard<'_, Clients> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn clients(
    config: &S3Config,
    bucket: &str,
    prefix: &str,
    region: &str,
) -> Result<Clients, S3Error> {
    Ok(Clients {
        region: region.to_owned(),
        folder: config.store(bucket, prefix, region)?,
        bucket: config.store(bucket, "", region)?,
    })
}

pub(super) fn path(name: &str) -> Result<Path, S3Error> {
    Path::parse(name).map_err(|error| S3Error::Other(error.to_string()))
}
