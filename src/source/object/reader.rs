//! Reads the bytes of an object, range by range.

use std::io::{self, Cursor, Read};

use super::Object;
use crate::s3::S3Error;

/// The size of a range, which is held in memory. At the default rate it lasts for a quarter of an
/// hour.
pub(super) const RANGE_BYTES: usize = 4 * 1024 * 1024;

/// How often a range is requested without receiving a byte. Each request is repeated twice if it
/// fails or its response breaks off. After a later break, the next request continues there.
const MAX_EMPTY_RESPONSES: u32 = 2;

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
    fn fetch(&mut self) -> Result<(), S3Error> {
        let Object { url, head, s3 } = &self.object;
        let (_, name) = url.folder_and_name();
        let range = self.fetched..head.length.min(self.fetched + RANGE_BYTES as u64);
        // Reuse the allocation.
        let mut bytes = std::mem::take(&mut self.range).into_inner();
        bytes.clear();
        let bytes = s3.runtime.block_on(async {
            for _ in 0..MAX_EMPTY_RESPONSES {
                let request = s3
                    .folder
                    .append_range(name, &head.etag, range.clone(), &mut bytes);
                request.await?;
                if !bytes.is_empty() {
                    return Ok(bytes);
                }
            }
            Err(S3Error::Unreachable(
                "connection closed before the first byte".to_owned(),
            ))
        })?;
        self.fetched += bytes.len() as u64;
        self.range = Cursor::new(bytes);
        Ok(())
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.range.read(buffer)?;
        if read > 0 || buffer.is_empty() || self.fetched >= self.object.head.length {
            return Ok(read);
        }
        self.fetch().map_err(io::Error::other)?;
        self.range.read(buffer)
    }
}
