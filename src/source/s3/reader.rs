//! Reads the bytes of an object, range by range.

use std::io::{self, Cursor, Read};

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;

use super::{Object, ObjectError};
use crate::aws::causes;

/// The size of a range, which is held in memory. At the default rate it lasts for a quarter of an
/// hour.
pub(super) const RANGE_BYTES: usize = 4 * 1024 * 1024;

/// The maximum number of consecutive responses that break off before their first byte. After a
/// later break, the next request continues there.
const MAX_EMPTY_RESPONSES: u32 = 5;

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
        // Reuse the allocation.
        let mut bytes = std::mem::take(&mut self.range).into_inner();
        bytes.clear();
        let bytes = object.s3.runtime.block_on(async move {
            for _ in 0..MAX_EMPTY_RESPONSES {
                let body = object.range(at).await?.body;
                if let Err(error) = append(body, &mut bytes).await {
                    tracing::info!(error, "a response of S3 broke off");
                }
                if !bytes.is_empty() {
                    return Ok(bytes);
                }
            }
            Err(ObjectError::Other(
                "responses break off before their first byte".to_owned(),
            ))
        })?;
        self.fetched += bytes.len() as u64;
        self.range = Cursor::new(bytes);
        Ok(())
    }
}

impl Object {
    /// Requests the range that starts at this byte.
    async fn range(&self, at: u64) -> Result<GetObjectOutput, ObjectError> {
        let last = (at + RANGE_BYTES as u64).min(self.length) - 1;
        let response = self
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
        if response.content_range() == Some(&*expected) {
            return Ok(response);
        }
        Err(ObjectError::Other(format!(
            "requested {expected}, the response has {}",
            response.content_range().unwrap_or("no range")
        )))
    }
}

/// Reads a response up to the size of a range. Bytes before an error are kept.
async fn append(mut body: ByteStream, bytes: &mut Vec<u8>) -> Result<(), String> {
    while bytes.len() < RANGE_BYTES {
        match body.try_next().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(()),
            Err(error) => return Err(causes(&error)),
        }
    }
    bytes.truncate(RANGE_BYTES);
    Ok(())
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.range.read(buffer)?;
        if read > 0 || buffer.is_empty() || self.fetched >= self.object.length {
            return Ok(read);
        }
        self.fetch().map_err(io::Error::other)?;
        self.range.read(buffer)
    }
}
