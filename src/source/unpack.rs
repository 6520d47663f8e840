//! Lists that are compressed: gzip and zstd, known by their first bytes and unpacked as they are read.
//!
//! The name of a file says nothing here, so that a pipe is as good as a file.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use super::raw::{Counted, Taken, peek};

/// So much may come out of an archive whatever it was packed into: a list of equal rows packs very well.
const FREE_BYTES: u64 = 64 * 1024 * 1024;

/// Beyond that, a byte of the archive may become so many. Lists of users become 3 to 20, gzip's limit is 1,032.
const MAX_RATIO: u64 = 200;

/// How a list is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
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

/// What can go wrong with an archive.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnpackError {
    /// The archive is broken, or ends too early.
    #[error(
        "the {packing} archive cannot be unpacked ({cause}): it is damaged or cut off, and rows behind this place were not read; \
         get it again, or decompress it yourself and pass what comes out"
    )]
    Broken {
        /// The archive's format.
        packing: &'static str,
        /// What the decoder, or the system, said.
        cause: io::Error,
    },
    /// Far more comes out of it than a list would.
    #[error(
        "the {packing} archive grows to more than {MAX_RATIO} times its size, as no list of users does; if it is one, decompress it \
         yourself and pass what comes out"
    )]
    Bomb {
        /// The archive's format.
        packing: &'static str,
    },
    /// Something else that is no list.
    #[error("it is {what}, not a list; {way_out}")]
    Foreign {
        /// What it is.
        what: &'static str,
        /// What to do.
        way_out: &'static str,
    },
}

/// First bytes of files that are mistaken for lists.
const FOREIGN: [(&[u8], &str, &str); 3] = [
    (
        b"PK\x03\x04",
        "a ZIP archive (an Excel workbook is one too)",
        "unpack it, or save the workbook as CSV UTF-8",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Excel workbook",
        "save it as CSV UTF-8",
    ),
    (b"\xfd7zX", "an xz archive", "decompress it yourself"),
];

/// The bytes of a list that may be compressed, unpacked; and whether it was.
pub(super) fn unpacked<R: Read + Send + 'static>(
    bytes: Counted<R>,
) -> io::Result<(Box<dyn Read + Send>, bool)> {
    let taken = bytes.taken();
    let (head, bytes) = peek(bytes, 4)?;
    if let Some((_, what, way_out)) = FOREIGN.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Err(io::Error::other(UnpackError::Foreign { what, way_out }));
    }
    Ok(match packing(&head) {
        None => (Box::new(bytes), false),
        Some(Packing::Gzip) => {
            let decoder = MultiGzDecoder::new(bytes);
            (Unpacked::boxed(decoder, Packing::Gzip, taken), true)
        }
        Some(Packing::Zstd) => {
            let decoder = zstd::Decoder::new(bytes)?;
            (Unpacked::boxed(decoder, Packing::Zstd, taken), true)
        }
    })
}

/// gzip: RFC 1952, 2.3.1. zstd: RFC 8878, 3.1.1 and, for the frames that packers write in front and decoders skip, 3.1.2.
fn packing(head: &[u8]) -> Option<Packing> {
    match head {
        [0x1f, 0x8b, ..] => Some(Packing::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Some(Packing::Zstd),
        _ => None,
    }
}

/// A decoder that names itself in its errors, and stops at a bomb.
struct Unpacked<D> {
    decoder: D,
    packing: Packing,
    /// Bytes taken from the archive.
    taken: Taken,
    out: u64,
}

impl<D: Read + Send + 'static> Unpacked<D> {
    fn boxed(decoder: D, packing: Packing, taken: Taken) -> Box<dyn Read + Send> {
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
