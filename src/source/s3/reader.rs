//! Reads an object's bytes, range by range.

use std::io::{self, Cursor, Read};

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;

use super::{Object, ObjectError};
use crate::aws::causes;

/// Bytes of a request, which are held in memory. At the default rate they last for a quarter of an
/// hour.
pub(super) const RANGE_BYTES: usize = 4 * 1024 * 1024;

/// Consecutive answers that may break off before their first byte. After any later break, the next
/// request continues there.
const MOST_EMPTY_ANSWERS: u32 = 5;

pub(super) struct ObjectReader {
    object: Object,
    /// The current range, read up to the cursor.
    range: Cursor<Vec<u8>>,
    /// The end of `range` in the object.
    fetched: u64,
}

impl ObjectReader {
    pub(super) fn new(object: Object) -> Self {
        Self {
            object,
            range: Cursor::default(),
            fetched: 0,
        }
    }

    /// Fetches at least one more byte.
    fn fetch(&mut self) -> Result<(), ObjectError> {
        let (object, at) = (&self.object, self.fetched);
        // Reuse the memory.
        let mut bytes = std::mem::take(&mut self.range).into_inner();
        bytes.clear();
        let bytes = object.s3.runtime.wait(async move {
            for _ in 0..MOST_EMPTY_ANSWERS {
                let body = object.range(at).await?.body;
                if let Err(broken) = append(body, &mut bytes).await {
                    tracing::info!(broken, "an answer of S3 broke off");
                }
                if !bytes.is_empty() {
                    return Ok(bytes);
                }
            }
            Err(ObjectError::Unclear(
                "its answers break off before their first byte".to_owned(),
            ))
        })?;
        self.fetched += bytes.len() as u64;
        self.range = Cursor::new(bytes);
        Ok(())
    }
}

impl Object {
    /// Requests the range that starts here.
    async fn range(&self, at: u64) -> Result<GetObjectOutput, ObjectError> {
        let last = (at + RANGE_BYTES as u64).min(self.length) - 1;
        let answer = self
            .s3
            .client
            .get_object()
            .bucket(&self.uri.bucket)
            .key(&self.uri.key)
            .if_match(&self.etag)
            .range(format!("bytes={at}-{last}"))
            .send()
            .await
            .map_err(|error| ObjectError::of(&error))?;
        let expected = format!("bytes {at}-{last}/{}", self.length);
        if answer.content_range() == Some(&*expected) {
            return Ok(answer);
        }
        Err(ObjectError::Unclear(format!(
            "asked for {expected}, the answer has {}",
            answer.content_range().unwrap_or("no range")
        )))
    }
}

/// Reads an answer, but no more than was requested. Bytes before an error are kept.
async fn append(mut body: ByteStream, bytes: &mut Vec<u8>) -> Result<(), String> {
    while bytes.len() < RANGE_BYTES {
        match body.try_next().await {
            Ok(Some(some)) => bytes.extend_from_slice(&some),
            Ok(None) => return Ok(()),
            Err(error) => return Err(causes(&error)),
        }
    }
    bytes.truncate(RANGE_BYTES);
    Ok(())
}

impl Read for ObjectReader {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.range.read(to)?;
        if read > 0 || to.is_empty() || self.fetched >= self.object.length {
            return Ok(read);
        }
        self.fetch().map_err(io::Error::other)?;
        self.range.read(to)
    }
}
