//! Replaces an object only if no other writer has replaced it.

use std::path::Path as FilePath;

use object_store::{Attribute, Attributes, PutMode, UpdateVersion};
use tokio::time::Instant;

use super::error::S3Error;
use super::folder::Folder;
use super::transfer::{MAX_PUTS, until};

/// The metadata that names the writer of an object.
const WRITER: &str = "writer";

/// The object that a writer knows under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownObject {
    Absent,
    /// The object with this ETag.
    Present(String),
}

/// The result of [`Folder::replace`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplaceOutcome {
    Written,
    /// Another writer has written or removed the object.
    Changed,
}

impl KnownObject {
    fn put_mode(&self) -> PutMode {
        match self {
            Self::Absent => PutMode::Create,
            Self::Present(etag) => PutMode::Update(UpdateVersion {
                e_tag: Some(etag.clone()),
                version: None,
            }),
        }
    }
}

impl Folder {
    /// Writes an object with the content of a file, in constant memory, if the object under this
    /// name is the known one or was written by the same writer: an earlier call may have been
    /// cancelled or its answer lost. `known` becomes the new object.
    ///
    /// For a file that is uploaded in parts, the check precedes the last request.
    ///
    /// # Errors
    /// The file cannot be read, access is denied, a request failed, or the deadline is over.
    pub async fn replace(
        &self,
        name: &str,
        file: &FilePath,
        (known, writer): (&mut KnownObject, &str),
        deadline: Instant,
    ) -> Result<ReplaceOutcome, S3Error> {
        let attribute = || Attribute::Metadata(WRITER.into());
        let attributes = Attributes::from_iter([(attribute(), writer.to_owned())]);
        let mut error = S3Error::TimedOut;
        for _ in 0..MAX_PUTS {
            let stored = self.store(name, file, known.put_mode(), &attributes, deadline);
            error = match stored.await {
                Ok(etag) => {
                    *known = KnownObject::Present(etag);
                    return Ok(ReplaceOutcome::Written);
                }
                Err(error) if error.proves_nothing_written() => return Err(error),
                Err(error) => error,
            };
            match until(deadline, self.head(name)).await {
                Ok(found) => {
                    let is_own =
                        found.attributes.get(&attribute()).map(AsRef::as_ref) == Some(writer);
                    let found = KnownObject::Present(found.etag);
                    if found == *known {
                        return Err(error);
                    }
                    if !is_own {
                        return Ok(ReplaceOutcome::Changed);
                    }
                    *known = found;
                }
                Err(S3Error::NoKey) if *known == KnownObject::Absent => return Err(error),
                Err(S3Error::NoKey) => return Ok(ReplaceOutcome::Changed),
                Err(_) => return Err(error),
            }
        }
        Err(error)
    }
}
