//! Counts the raw bytes of a list, and peeks at the first ones.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of bytes read so far. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct ByteCount(Arc<AtomicU64>);

impl ByteCount {
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A reader that counts the bytes it yields.
pub(super) struct CountingReader<R> {
    inner: R,
    count: ByteCount,
}

impl<R> CountingReader<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            count: ByteCount::default(),
        }
    }

    pub(super) fn count(&self) -> ByteCount {
        self.count.clone()
    }
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.0.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Returns up to `count` first bytes, and a reader that yields them again.
pub(super) fn peek<R: Read>(
    mut bytes: R,
    count: usize,
) -> io::Result<(Vec<u8>, impl Read + use<R>)> {
    let mut head = Vec::with_capacity(count);
    bytes.by_ref().take(count as u64).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(bytes)))
}

#[cfg(test)]
mod tests {
    use super::{CountingReader, peek};
    use std::io::Read as _;

    #[test]
    fn yields_peeked_bytes_again_and_counts_them_once() {
        for text in ["", "ab", "abcdef"] {
            let counted = CountingReader::new(text.as_bytes());
            let count = counted.count();
            let (head, mut rest) = peek(counted, 4).unwrap();
            assert_eq!(head, &text.as_bytes()[..text.len().min(4)]);
            let mut all = String::new();
            rest.read_to_string(&mut all).unwrap();
            assert_eq!(all, text);
            assert_eq!(count.bytes(), text.len() as u64);
        }
    }
}
