//! Transfers whole objects: from memory, from files and to files.
//!
//! Each call ends at its deadline, so that S3 cannot keep a run from stopping.

use std::io::{self, Read as _, Write as _};
use std::path::Path as FilePath;

use futures_util::StreamExt as _;
use object_store::list::{PaginatedListOptions, PaginatedListStore as _};
use object_store::{
    GetOptions, MultipartUpload, ObjectStore as _, PutMode, PutMultipartOptions, PutOptions,
    PutPayload,
};
use tokio::time::{Duration, Instant, timeout, timeout_at};

use super::error::S3Error;
use super::folder::{Folder, path};

/// The maximum size of an object that is read into memory.
const MAX_READ_BYTES: usize = 1024 * 1024;

/// Larger files are uploaded in parts, and objects are downloaded in ranges, of this size. One of
/// them is in memory.
const PART_BYTES: u64 = 8 * 1024 * 1024;

/// The maximum number of parts of an upload.
const MAX_PARTS: u64 = 10_000;

/// How often an object is put that may have been stored before.
const MAX_PUTS: u32 = 3;

/// How often a range is requested without receiving a byte.
const MAX_EMPTY_RESPONSES: u32 = 3;

/// Separates the names of folders.
const DELIMITER: &str = "/";

/// The time to abort an upload after its deadline. S3 keeps the parts of uploads that are not
/// aborted.
const ABORT_TIMEOUT: Duration = Duration::from_secs(5);

/// The result of [`Folder::put_if_absent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    Written,
    /// There is an object with other content.
    AlreadyExists,
}

impl Folder {
    /// Writes a small object unless it exists. The content must be that of this writer alone: if an
    /// answer is lost, or S3 stored the object before it failed, the content tells whose it is.
    ///
    /// # Errors
    /// Access is denied, the request failed, or the deadline is over.
    pub async fn put_if_absent(
        &self,
        name: &str,
        content: &[u8],
        deadline: Instant,
    ) -> Result<PutOutcome, S3Error> {
        let attempts = async {
            let mut error = S3Error::TimedOut;
            for _ in 0..MAX_PUTS {
                error = match self.put(name, content, PutMode::Create).await {
                    Ok(()) => return Ok(PutOutcome::Written),
                    Err(error) if error.proves_nothing_written() => return Err(error),
                    Err(error) => error,
                };
                match self.read_now(name).await {
                    Ok(Some(stored)) if stored == content => return Ok(PutOutcome::Written),
                    Ok(Some(_)) | Err(S3Error::TooLarge) => return Ok(PutOutcome::AlreadyExists),
                    // The object was removed, or another writer has not finished.
                    Ok(None) => {}
                    Err(_) => return Err(error),
                }
            }
            Err(error)
        };
        until(deadline, attempts).await
    }

    /// Writes or replaces an object with the content of a file, in constant memory.
    ///
    /// # Errors
    /// The file cannot be read, access is denied, a request failed, or the deadline is over.
    pub async fn upload(
        &self,
        name: &str,
        file: &FilePath,
        deadline: Instant,
    ) -> Result<(), S3Error> {
        let failed = |cause| S3Error::file(file, cause);
        let mut source = std::fs::File::open(file).map_err(failed)?;
        let length = source.metadata().map_err(failed)?.len();
        if length <= PART_BYTES {
            let mut content = Vec::new();
            source.read_to_end(&mut content).map_err(failed)?;
            return until(deadline, self.put(name, &content, PutMode::Overwrite)).await;
        }
        let path = path(name)?;
        let begin = self.send(|clients| {
            let path = path.clone();
            let options = PutMultipartOptions::default();
            async move { clients.folder.put_multipart_opts(&path, options).await }
        });
        let mut upload = until(deadline, begin).await.map_err(S3Error::of_write)?;
        let part_bytes = PART_BYTES.max(length.div_ceil(MAX_PARTS));
        let parts = upload_parts(&mut *upload, source, part_bytes, file);
        let uploaded = until(deadline, parts).await;
        if uploaded.is_err() {
            let _ = timeout(ABORT_TIMEOUT, upload.abort()).await;
        }
        uploaded
    }

    /// Downloads an object to a file, in constant memory. The file appears when it is complete, and
    /// only its owner can read it. Returns whether the object exists.
    ///
    /// # Errors
    /// The file cannot be written, access is denied, the object was replaced meanwhile, a request
    /// failed, or the deadline is over.
    pub async fn download(
        &self,
        name: &str,
        file: &FilePath,
        deadline: Instant,
    ) -> Result<bool, S3Error> {
        let failed = |cause| S3Error::file(file, cause);
        let download = async {
            let head = match self.head(name).await {
                Err(S3Error::NoKey) => return Ok(false),
                head => head?,
            };
            let directory = file.parent().unwrap_or(FilePath::new("."));
            let mut target = tempfile::NamedTempFile::new_in(directory).map_err(failed)?;
            let (mut at, mut empty, mut bytes) = (0, 0, Vec::new());
            while at < head.length {
                bytes.clear();
                let range = at..head.length.min(at + PART_BYTES);
                self.append_range(name, &head.etag, range, &mut bytes)
                    .await?;
                empty = if bytes.is_empty() { empty + 1 } else { 0 };
                if empty == MAX_EMPTY_RESPONSES {
                    return Err(S3Error::Other(
                        "responses break off before their first byte".to_owned(),
                    ));
                }
                target.write_all(&bytes).map_err(failed)?;
                at += bytes.len() as u64;
            }
            target.as_file().sync_all().map_err(failed)?;
            target.persist(file).map_err(|error| failed(error.error))?;
            Ok(true)
        };
        until(deadline, download).await
    }

    /// Reads an object of at most 1 MiB. `None` if it does not exist.
    ///
    /// # Errors
    /// The object is larger, access is denied, the request failed, or the deadline is over.
    pub async fn read(&self, name: &str, deadline: Instant) -> Result<Option<Vec<u8>>, S3Error> {
        until(deadline, self.read_now(name)).await
    }

    /// Returns the names of the objects in this folder, sorted, without those of folders in it.
    ///
    /// # Errors
    /// Access is denied, a request failed, or the deadline is over.
    pub async fn names(&self, deadline: Instant) -> Result<Vec<String>, S3Error> {
        let list = async {
            let mut names = Vec::new();
            let mut page_token = None;
            loop {
                let page = self
                    .send(|clients| {
                        let options = PaginatedListOptions {
                            delimiter: Some(DELIMITER.into()),
                            page_token: page_token.clone(),
                            ..PaginatedListOptions::default()
                        };
                        async move {
                            let prefix = self.prefix();
                            clients.bucket.list_paginated(Some(prefix), options).await
                        }
                    })
                    .await
                    .map_err(S3Error::of_list)?;
                names.extend(page.result.objects.iter().filter_map(|object| {
                    let name = object.location.as_ref().strip_prefix(self.prefix())?;
                    Some(name.to_owned())
                }));
                page_token = page.page_token;
                if page_token.is_none() {
                    names.sort();
                    return Ok(names);
                }
            }
        };
        until(deadline, list).await
    }

    async fn put(&self, name: &str, content: &[u8], mode: PutMode) -> Result<(), S3Error> {
        let path = path(name)?;
        let payload = PutPayload::from(content.to_vec());
        self.send(|clients| {
            let (path, payload) = (path.clone(), payload.clone());
            let options = PutOptions::from(mode.clone());
            async move { clients.folder.put_opts(&path, payload, options).await }
        })
        .await
        .map_err(S3Error::of_write)?;
        Ok(())
    }

    async fn read_now(&self, name: &str) -> Result<Option<Vec<u8>>, S3Error> {
        let response = match self.get(name, GetOptions::default).await {
            Err(S3Error::NoKey) => return Ok(None),
            response => response?,
        };
        let mut content = Vec::new();
        let mut body = response.into_stream();
        while let Some(chunk) = body.next().await {
            content.extend_from_slice(&chunk.map_err(|error| S3Error::of(&error))?);
            if content.len() > MAX_READ_BYTES {
                return Err(S3Error::TooLarge);
            }
        }
        Ok(Some(content))
    }
}

async fn upload_parts(
    upload: &mut dyn MultipartUpload,
    source: std::fs::File,
    part_bytes: u64,
    file: &FilePath,
) -> Result<(), S3Error> {
    let mut rest = io::BufReader::new(source);
    loop {
        let mut part = Vec::new();
        (&mut rest)
            .take(part_bytes)
            .read_to_end(&mut part)
            .map_err(|cause| S3Error::file(file, cause))?;
        if part.is_empty() {
            let completed = upload.complete().await;
            return completed
                .map(drop)
                .map_err(|error| S3Error::of(&error).of_write());
        }
        let uploaded = upload.put_part(part.into()).await;
        uploaded.map_err(|error| S3Error::of(&error).of_write())?;
    }
}

async fn until<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, S3Error>>,
) -> Result<T, S3Error> {
    timeout_at(deadline, work)
        .await
        .unwrap_or(Err(S3Error::TimedOut))
}
