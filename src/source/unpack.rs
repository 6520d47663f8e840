//! Decompresses gzip and zstd while reading. The format is detected from the first bytes, not from
//! the name, so pipes work too.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use super::foreign::{Foreign, Format, MAGIC_BYTES, Wrapping, binary_format, bytes_needed};
use super::raw::{ByteCount, CountingReader, peek};
use crate::hints::Hint;

/// The ratio is not limited below this many bytes, because a short list of equal rows compresses
/// very well.
const UNLIMITED_BYTES: u64 = 64 * 1024 * 1024;

/// The maximum compression ratio beyond that. Lists of users have 3 to 20; gzip's limit is 1,032.
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
        "the {packing} archive cannot be decompressed ({cause}): it is damaged or truncated, and \
         the rows after this point were not read"
    )]
    Broken {
        packing: &'static str,
        cause: io::Error,
    },
    /// The archive decompresses to far more bytes than a list would.
    #[error(
        "the {packing} archive decompresses to more than {MAX_RATIO} times its size, unlike any \
         list of users"
    )]
    Bomb { packing: &'static str },
}

impl Hint for UnpackError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Broken { .. } => {
                "download it again, or decompress it yourself and pass the result".to_owned()
            }
            Self::Bomb { .. } => {
                "if it is a list, decompress it yourself and pass the result".to_owned()
            }
        })
    }
}

/// Decompresses the bytes of a list if necessary, and returns the compression.
pub(super) fn unpack<R: Read + Send + 'static>(
    bytes: CountingReader<R>,
) -> io::Result<(Box<dyn Read + Send>, Option<Packing>)> {
    let read_count = bytes.count();
    let (head, bytes) = peek_format(bytes)?;
    let refuse = |format: Option<Format>, packing: Option<Packing>| match format {
        None => Ok(()),
        Some(format) => {
            let wrapping = Wrapping {
                packing,
                encoding: None,
            };
            Err(io::Error::other(Foreign { format, wrapping }))
        }
    };
    refuse(binary_format(&head), None)?;
    let Some(packing) = detect_packing(&head) else {
        return Ok((bytes, None));
    };
    let bytes = match packing {
        Packing::Gzip => Unpacker::boxed(MultiGzDecoder::new(bytes), packing, read_count),
        Packing::Zstd => Unpacker::boxed(zstd::Decoder::new(bytes)?, packing, read_count),
    };
    let (head, bytes) = peek_format(bytes)?;
    let format = binary_format(&head).or_else(|| detect_packing(&head).map(Format::Packed));
    refuse(format, Some(packing))?;
    Ok((bytes, Some(packing)))
}

/// Returns as many first bytes as the detection needs, and a reader that yields them again.
fn peek_format(bytes: impl Read + Send + 'static) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let (head, bytes) = peek(bytes, MAGIC_BYTES)?;
    let needed = bytes_needed(&head);
    if needed == MAGIC_BYTES {
        return Ok((head, Box::new(bytes)));
    }
    let (head, bytes) = peek(bytes, needed)?;
    Ok((head, Box::new(bytes)))
}

/// Detects gzip (RFC 1952, 2.3.1) and zstd (RFC 8878, 3.1.1 and, for skippable frames, 3.1.2).
fn detect_packing(head: &[u8]) -> Option<Packing> {
    match head {
        [0x1f, 0x8b, ..] => Some(Packing::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Some(Packing::Zstd),
        _ => None,
    }
}

/// A decoder that names its format in errors and stops at a decompression bomb.
struct Unpacker<D> {
    decoder: D,
    packing: Packing,
    /// Bytes read from the archive.
    bytes_in: ByteCount,
    bytes_out: u64,
}

impl<D: Read + Send + 'static> Unpacker<D> {
    fn boxed(decoder: D, packing: Packing, bytes_in: ByteCount) -> Box<dyn Read + Send> {
        Box::new(Self {
            decoder,
            packing,
            bytes_in,
            bytes_out: 0,
        })
    }
}

impl<D: Read> Read for Unpacker<D> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let packing = self.packing.name();
        match self.decoder.read(buffer) {
            Ok(read) => {
                self.bytes_out += read as u64;
                if self.bytes_out > UNLIMITED_BYTES
                    && self.bytes_out > MAX_RATIO * self.bytes_in.bytes()
                {
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
