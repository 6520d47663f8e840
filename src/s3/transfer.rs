//! Transfers whole objects: from memory, from files and to files.
//!
//! Each call ends at its deadline, so that S3 cannot keep a run from stopping.

use std::io::{self, Read as _, Write as _};
use std::path::Path as FilePath;

use futures_util::StreamExt as _;
use object_store::list::{PaginatedListOptions, PaginatedListStore as _};
use object_store::{
    Attributes, GetOptions, MultipartUpload, ObjectStore as _, PutMode, PutMultipartOptions,
    PutOptions, PutPayload, PutResult,
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
pub(super) const MAX_PUTS: u32 = 3;

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

/// The names of the objects and folders in a folder.
#[derive(Debug, Default)]
struct FolderEntries {
    names: Vec<String>,
    folders: Vec<String>,
}

impl Folder {
    /// Writes a small object unless it exists. The content must be unique to this writer: if an
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
        let no_attributes = Attributes::new();
        let attempts = async {
            let mut error = S3Error::TimedOut;
            for _ in 0..MAX_PUTS {
                let payload = PutPayload::from(content.to_vec());
                let put = self.put(name, payload, PutMode::Create, &no_attributes);
                error = match put.await {
                    Ok(_) => return Ok(PutOutcome::Written),
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
        let attributes = Attributes::new();
        let stored = self.store(name, file, PutMode::Overwrite, &attributes, deadline);
        stored.await.map(drop)
    }

    /// Writes the content of a file in this mode and returns the object's ETag.
    pub(super) async fn store(
        &self,
        name: &str,
        file: &FilePath,
        mode: PutMode,
        attributes: &Attributes,
        deadline: Instant,
    ) -> Result<String, S3Error> {
        let path_to_open = file.to_owned();
        let opened = on_thread(file, move || {
            let source = std::fs::File::open(path_to_open)?;
            let length = source.metadata()?.len();
            Ok((source, length))
        });
        let (source, length) = opened.await?;
        if length <= PART_BYTES {
            let (_, content) = read_part(source, length, file).await?;
            return until(deadline, self.put(name, content.into(), mode, attributes)).await;
        }
        let path = path(name)?;
        let begin = self.send(|clients| {
            let path = path.clone();
            let options = PutMultipartOptions {
                attributes: attributes.clone(),
                ..PutMultipartOptions::default()
            };
            async move { clients.folder.put_multipart_opts(&path, options).await }
        });
        let mut upload = until(deadline, begin).await.map_err(S3Error::of_write)?;
        let part_bytes = PART_BYTES.max(length.div_ceil(MAX_PARTS));
        let uploaded = until(deadline, async {
            upload_parts(&mut *upload, source, part_bytes, file).await?;
            self.check(name, mode).await?;
            let completed = upload.complete().await;
            etag(completed.map_err(|error| S3Error::of(&error).of_write())?)
        });
        let uploaded = uploaded.await;
        if uploaded.is_err() {
            let _ = timeout(ABORT_TIMEOUT, upload.abort()).await;
        }
        uploaded
    }

    /// Checks the condition of an upload in parts, because `object_store` does not send it.
    async fn check(&self, name: &str, mode: PutMode) -> Result<(), S3Error> {
        let expected = match mode {
            PutMode::Overwrite => return Ok(()),
            PutMode::Create => None,
            PutMode::Update(version) => version.e_tag,
        };
        let found = match self.head(name).await {
            Ok(found) => Some(found.etag),
            Err(S3Error::NoKey) => None,
            Err(error) => return Err(error),
        };
        if found == expected {
            Ok(())
        } else {
            Err(S3Error::Changed)
        }
    }

    /// Downloads an object to a file, in constant memory. The file appears when it is complete, and
    /// only its owner can read it. Returns the ETag, or `None` if the object does not exist.
    ///
    /// # Errors
    /// The file cannot be written, access is denied, the object was replaced meanwhile, a request
    /// failed, or the deadline is over.
    pub async fn download(
        &self,
        name: &str,
        file: &FilePath,
        deadline: Instant,
    ) -> Result<Option<String>, S3Error> {
        let download = async {
            let head = match self.head(name).await {
                Err(S3Error::NoKey) => return Ok(None),
                head => head?,
            };
            let directory = file.parent().unwrap_or(FilePath::new(".")).to_owned();
            let created = on_thread(file, move || tempfile::NamedTempFile::new_in(directory));
            let mut target = created.await?;
            let (mut at, mut empty, mut bytes) = (0, 0, Vec::new());
            while at < head.length {
                let range = at..head.length.min(at + PART_BYTES);
                self.append_range(name, &head.etag, range, &mut bytes)
                    .await?;
                empty = if bytes.is_empty() { empty + 1 } else { 0 };
                if empty == MAX_EMPTY_RESPONSES {
                    return Err(S3Error::Unreachable(
                        "connection closed before the first byte".to_owned(),
                    ));
                }
                at += bytes.len() as u64;
                let written = on_thread(file, move || {
                    target.write_all(&bytes)?;
                    bytes.clear();
                    Ok((target, bytes))
                });
                (target, bytes) = written.await?;
            }
            let path = file.to_owned();
            let stored = on_thread(file, move || {
                target.as_file().sync_all()?;
                target.persist(path).map_err(|error| error.error)
            });
            stored.await?;
            Ok(Some(head.etag))
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
        self.list(deadline).await.map(|entries| entries.names)
    }

    /// Returns the names of the folders in this folder, sorted.
    ///
    /// # Errors
    /// See [`Folder::names`].
    pub async fn folders(&self, deadline: Instant) -> Result<Vec<String>, S3Error> {
        self.list(deadline).await.map(|entries| entries.folders)
    }

    async fn list(&self, deadline: Instant) -> Result<FolderEntries, S3Error> {
        let list = async {
            let mut entries = FolderEntries::default();
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
                let in_folder = |path: &object_store::path::Path| {
                    let name = path.as_ref().strip_prefix(self.prefix())?;
                    Some(name.to_owned())
                };
                let objects = page.result.objects.iter();
                let names = objects.filter_map(|object| in_folder(&object.location));
                entries.names.extend(names);
                let folders = page.result.common_prefixes.iter();
                entries.folders.extend(folders.filter_map(in_folder));
                page_token = page.page_token;
                if page_token.is_none() {
                    entries.names.sort();
                    entries.folders.sort();
                    return Ok(entries);
                }
            }
        };
        until(deadline, list).await
    }

    /// Returns the new ETag.
    async fn put(
        &self,
        name: &str,
        payload: PutPayload,
        mode: PutMode,
        attributes: &Attributes,
    ) -> Result<String, S3Error> {
        let path = path(name)?;
        let put = self.send(|clients| {
            let (path, payload) = (path.clone(), payload.clone());
            let options = PutOptions {
                mode: mode.clone(),
                attributes: attributes.clone(),
                ..PutOptions::default()
            };
            async move { clients.folder.put_opts(&path, payload, options).await }
        });
        etag(put.await.map_err(S3Error::of_write)?)
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
    let mut rest = source;
    loop {
        let (source, part) = read_part(rest, part_bytes, file).await?;
        rest = source;
        if part.is_empty() {
            return Ok(());
        }
        let uploaded = upload.put_part(part.into()).await;
        uploaded.map_err(|error| S3Error::of(&error).of_write())?;
    }
}

/// Reads at most this many bytes.
async fn read_part(
    mut source: std::fs::File,
    bytes: u64,
    file: &FilePath,
) -> Result<(std::fs::File, Vec<u8>), S3Error> {
    let read = on_thread(file, move || {
        let mut part = Vec::new();
        let read = (&mut source).take(bytes).read_to_end(&mut part);
        read.map(|_| (source, part))
    });
    read.await
}

/// Works with a file on another thread, because the disk may hang.
async fn on_thread<T: Send + 'static>(
    file: &FilePath,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, S3Error> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(io::Error::other).flatten();
    done.map_err(|cause| S3Error::file(file, cause))
}

fn etag(stored: PutResult) -> Result<String, S3Error> {
    let incomplete = || S3Error::Other("a response without ETag".to_owned());
    stored.e_tag.ok_or_else(incomplete)
}

pub(super) async fn until<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, S3Error>>,
) -> Result<T, S3Error> {
    timeout_at(deadline, work)
        .await
        .unwrap_or(Err(S3Error::TimedOut))
}
