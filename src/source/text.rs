//! The text of a list: decompressed and in UTF-8.
//!
//! UTF-8 is passed on unchanged, including invalid bytes, which `rows` reports with their row.
//! Other encodings are transcoded, and invalid bytes become U+FFFD.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use encoding_rs::{Encoding, UTF_8};
use encoding_rs_io::DecodeReaderBytesBuilder;

use super::OpenSource;
use super::foreign::Wrapping;
use super::raw::{ByteCount, CountingReader, peek};
use super::unpack::unpack;

const BLOCK: usize = 64 * 1024;

/// The length of the longest byte order mark.
const MAX_MARK: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TextEncoding(&'static Encoding);

impl TextEncoding {
    /// UTF-8.
    pub const UTF_8: Self = Self(UTF_8);

    /// Returns the name in the WHATWG Encoding Standard.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl fmt::Debug for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown encoding; examples: utf-8, utf-16le, utf-16be, windows-1252, iso-8859-15, \
     windows-1251, macintosh, shift_jis, gbk, big5, euc-kr (full list: https://encoding.spec.whatwg.org)"
)]
pub struct UnknownEncoding;

impl FromStr for TextEncoding {
    type Err = UnknownEncoding;

    fn from_str(label: &str) -> Result<Self, UnknownEncoding> {
        Encoding::for_label_no_replacement(label.as_bytes())
            .map(Self)
            .ok_or(UnknownEncoding)
    }
}

/// The text of a list.
pub struct ListText {
    /// UTF-8 without a byte order mark. Valid if transcoded.
    pub bytes: Box<dyn Read + Send>,
    /// The original encoding.
    pub encoding: TextEncoding,
    /// Converts positions in the text to positions in the list.
    pub position: TextPosition,
    /// The compression and encoding of the list.
    pub wrapping: Wrapping,
}

/// Converts positions in the text to positions in the list.
#[derive(Debug)]
pub enum TextPosition {
    /// The text is the list without this many bytes at the start.
    Offset(u64),
    /// The list is decompressed or transcoded, so only the number of bytes read so far is known.
    Read(ByteCount),
}

impl TextPosition {
    /// Returns the position in the list of a byte of the text.
    #[must_use]
    pub fn in_list(&self, byte: u64) -> u64 {
        match self {
            Self::Offset(offset) => offset + byte,
            Self::Read(count) => count.bytes(),
        }
    }

    /// Returns the conversion for the text without its first bytes.
    #[must_use]
    pub fn skip(self, bytes: u64) -> Self {
        match self {
            Self::Offset(offset) => Self::Offset(offset + bytes),
            read @ Self::Read(_) => read,
        }
    }
}

impl OpenSource {
    /// Decodes the source. A byte order mark overrides `encoding`, because text in another encoding
    /// does not start with one.
    ///
    /// # Errors
    /// The first bytes cannot be read, or the file has another format.
    pub fn text(self, encoding: Option<TextEncoding>) -> io::Result<ListText> {
        let bytes = CountingReader::new(self.bytes);
        let read_count = bytes.count();
        let (bytes, packing) = unpack(bytes)?;
        let (head, mut bytes) = peek(bytes, MAX_MARK)?;
        let (encoding, mark) = match Encoding::for_bom(&head) {
            Some((encoding, length)) => (TextEncoding(encoding), length as u64),
            None => (encoding.unwrap_or(TextEncoding::UTF_8), 0),
        };
        io::copy(&mut bytes.by_ref().take(mark), &mut io::sink())?;
        let is_verbatim = encoding == TextEncoding::UTF_8;
        Ok(ListText {
            bytes: if is_verbatim {
                Box::new(bytes)
            } else {
                transcode(bytes, encoding)?
            },
            encoding,
            position: if is_verbatim && packing.is_none() {
                TextPosition::Offset(mark)
            } else {
                TextPosition::Read(read_count)
            },
            wrapping: Wrapping {
                packing,
                // iconv drops the byte order mark of UTF-16.
                encoding: match (is_verbatim, mark) {
                    (true, _) => None,
                    (false, 0) => Some(encoding.name()),
                    (false, _) => Some("UTF-16"),
                },
            },
        })
    }
}

fn transcode(
    bytes: impl Read + Send + 'static,
    encoding: TextEncoding,
) -> io::Result<Box<dyn Read + Send>> {
    let reader = DecodeReaderBytesBuilder::new()
        .encoding(Some(encoding.0))
        .bom_sniffing(false)
        .build_with_buffer(bytes, vec![0; BLOCK])?;
    Ok(Box::new(reader))
}

#[cfg(test)]
mod tests;
