//! Decompresses gzip and zstd while reading. The format is detected from the first bytes, not from
//! the name, so pipes work too.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use super::foreign::{Foreign, Format, MAGIC, Wrapping, by_bytes, bytes_needed};
use super::raw::{ByteCount, CountingReader, peek};
use crate::hints::Hint;

/// Any archive may decompress to this many bytes: a list of equal rows compresses very well.
const FREE_BYTES: u64 = 64 * 1024 * 1024;

/// Beyond that, the maximum ratio. Lists of users have 3 to 20; gzip's limit is 1,032.
const MAX_RATIO: u64 = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum UnpackError {
    /// The archive is damaged or truncated.
    #[error(
        "the {packing} archive cannot be unpacked ({cause}): it is damaged or cut off, and rows behind this place were not read"
    )]
    Broken {
        packing: &'static str,
        cause: io::Error,
    },
    /// It decompresses to far more bytes than a list would.
    #[error(
        "the {packing} archive grows to more than {MAX_RATIO} times its size, as no list of users does"
    )]
    Bomb { packing: &'static str },
}

impl Hint for UnpackError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Broken { .. } => {
                "get it again, or decompress it yourself and pass what comes out".to_owned()
            }
            Self::Bomb { .. } => {
                "if it is one, decompress it yourself and pass what comes out".to_owned()
            }
        })
    }
}

/// Decompresses the bytes of a list if necessary. Also returns the compression.
pub(super) fn unpacked<R: Read + Send + 'static>(
    bytes: CountingReader<R>,
) -> io::Result<(Box<dyn Read + Send>, Option<Packing>)> {
    let taken = bytes.taken();
    let (head, bytes) = looked_at(bytes)?;
    let refused = |format: Option<Format>, packing: Option<Packing>| match format {
        None => Ok(()),
        Some(format) => {
            let wrapping = Wrapping {
                packing,
                encoding: None,
            };
            Err(io::Error::other(Foreign { format, wrapping }))
        }
    };
    refused(by_bytes(&head), None)?;
    let bytes = match packing(&head) {
        None => return Ok((bytes, None)),
        Some(Packing::Gzip) => Unpacked::boxed(MultiGzDecoder::new(bytes), Packing::Gzip, taken),
        Some(Packing::Zstd) => Unpacked::boxed(zstd::Decoder::new(bytes)?, Packing::Zstd, taken),
    };
    let packed = packing(&head);
    let (head, bytes) = looked_at(bytes)?;
    refused(
        by_bytes(&head).or_else(|| packing(&head).map(Format::Packed)),
        packed,
    )?;
    Ok((bytes, packed))
}

/// The first bytes, as many as the detection needs, and a reader that yields them again.
fn looked_at(bytes: impl Read + Send + 'static) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let (head, bytes) = peek(bytes, MAGIC)?;
    let needed = bytes_needed(&head);
    if needed == MAGIC {
        return Ok((head, Box::new(bytes)));
    }
    let (head, bytes) = peek(bytes, needed)?;
    Ok((head, Box::new(bytes)))
}

/// gzip: RFC 1952, 2.3.1. zstd: RFC 8878, 3.1.1 and, for skippable frames, 3.1.2.
fn packing(head: &[u8]) -> Option<Packing> {
    match head {
        [0x1f, 0x8b, ..] => Some(Packing::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Some(Packing::Zstd),
        _ => None,
    }
}

/// A decoder that names its format in errors and stops at a decompression bomb.
struct Unpacked<D> {
    decoder: D,
    packing: Packing,
    /// Bytes read from the archive.
    taken: ByteCount,
    out: u64,
}

impl<D: Read + Send + 'static> Unpacked<D> {
    fn boxed(decoder: D, packing: Packing, taken: ByteCount) -> Box<dyn Read + Send> {
        Box::new(Self {
            decoder,
            packing,
            taken,
            out: 0,
        })
    }
}

impl<D: Read> Read for Unpacked<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let packing = self.packing.name();
        match self.decoder.read(buffer) {
            Ok(read) => {
                self.out += read as u64;
                if self.out > FREE_BYTES && self.out > MAX_RATIO * self.taken.bytes() {
                    return Err(io::Error::other(UnpackError::Bomb { packing }));
                }
                Ok(read)
            }
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => Err(cause),
            Err(cause) => Err(io::Error::other(UnpackError::Broken { packing, cause })),
        }
    }
}

#[cfg(test)]
mod tests;
