//! The text of a list: unpacked, and in UTF-8 whatever it was written in.
//!
//! What is UTF-8 already is passed on as it is, faults and all: a reader further on finds out which row has one. Everything
//! else is transcoded, and what has no meaning in its encoding becomes U+FFFD.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use encoding_rs::{Encoding, UTF_8};
use encoding_rs_io::DecodeReaderBytesBuilder;

use super::OpenSource;
use super::foreign::Wrapping;
use super::raw::{ByteCount, CountingReader, peek};
use super::unpack::unpacked;

/// Bytes transcoded at a time.
const BLOCK: usize = 64 * 1024;

/// The longest byte order mark.
const MARK: usize = 3;

/// What a list's text is written in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TextEncoding(&'static Encoding);

impl TextEncoding {
    /// UTF-8.
    pub const UTF_8: Self = Self(UTF_8);

    /// Its name in the WHATWG Encoding Standard.
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

/// No encoding has this name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no encoding has this name; some that do: utf-8, utf-16le, utf-16be, windows-1252, iso-8859-15, windows-1251, macintosh, \
     shift_jis, gbk, big5, euc-kr (https://encoding.spec.whatwg.org has them all)"
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
    /// UTF-8, without a byte order mark. Where it was transcoded it is valid, else as valid as the list.
    pub bytes: Box<dyn Read + Send>,
    /// What it was written in.
    pub encoding: TextEncoding,
    /// Where in the list a place of the text is.
    pub place: TextPosition,
    /// What the list was packed and written in.
    pub wrapping: Wrapping,
}

/// Where in the list a place of its text is.
#[derive(Debug)]
pub enum TextPosition {
    /// The text is the list, behind so many bytes.
    Behind(u64),
    /// The list was unpacked or transcoded: it was read up to here.
    ReadTo(ByteCount),
}

impl TextPosition {
    /// Bytes of the list up to this byte of the text.
    #[must_use]
    pub fn in_list(&self, byte_of_text: u64) -> u64 {
        match self {
            Self::Behind(before) => before + byte_of_text,
            Self::ReadTo(taken) => taken.bytes(),
        }
    }

    /// The same for a text without its first bytes.
    #[must_use]
    pub fn below(self, bytes: u64) -> Self {
        match self {
            Self::Behind(before) => Self::Behind(before + bytes),
            read_to @ Self::ReadTo(_) => read_to,
        }
    }
}

impl OpenSource {
    /// The source as text. A byte order mark says more than `encoding`: no text of another encoding begins like one.
    ///
    /// # Errors
    /// The first bytes cannot be read, or are those of something that is no list.
    pub fn text(self, encoding: Option<TextEncoding>) -> io::Result<ListText> {
        let bytes = CountingReader::new(self.bytes);
        let taken = bytes.taken();
        let (bytes, packing) = unpacked(bytes)?;
        let (head, mut bytes) = peek(bytes, MARK)?;
        let (encoding, mark) = match Encoding::for_bom(&head) {
            Some((encoding, length)) => (TextEncoding(encoding), length as u64),
            None => (encoding.unwrap_or(TextEncoding::UTF_8), 0),
        };
        io::copy(&mut bytes.by_ref().take(mark), &mut io::sink())?;
        let as_it_is = encoding == TextEncoding::UTF_8;
        Ok(ListText {
            bytes: if as_it_is {
                Box::new(bytes)
            } else {
                transcoded(bytes, encoding)?
            },
            encoding,
            place: if as_it_is && packing.is_none() {
                TextPosition::Behind(mark)
            } else {
                TextPosition::ReadTo(taken)
            },
            wrapping: Wrapping {
                packing,
                // With a byte order mark, which it drops.
                encoding: match (as_it_is, mark) {
                    (true, _) => None,
                    (false, 0) => Some(encoding.name()),
                    (false, _) => Some("UTF-16"),
                },
            },
        })
    }
}

fn transcoded(
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
