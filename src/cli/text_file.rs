//! Reads files that flags name, up to a limit: a device, or a file that is something else, is refused before it fills the memory.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Bytes of a file that people write: a mapping, a pool's rules, pairs for triggers.
pub(super) const WRITTEN_BY_HAND: u64 = 1024 * 1024;

/// Reads the whole file.
///
/// # Errors
/// It cannot be read, is not UTF-8, or has more than `most` bytes.
pub(super) fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!(
            "it is larger than {} MiB",
            most / 1024 / 1024
        )));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::{WRITTEN_BY_HAND, read_text};

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mapping.toml");
        let write = |bytes: &[u8]| std::fs::write(&path, bytes).unwrap();
        write("ä".as_bytes());
        assert_eq!(read_text(&path, 2).unwrap(), "ä");
        assert!(read_text(&path, 1).is_err());
        write(b"\xff");
        assert!(read_text(&path, 2).is_err());
        let mebibyte = usize::try_from(WRITTEN_BY_HAND).unwrap();
        write(&vec![b'#'; mebibyte]);
        assert!(read_text(&path, WRITTEN_BY_HAND).is_ok());
        write(&vec![b'#'; mebibyte + 1]);
        let error = read_text(&path, WRITTEN_BY_HAND).unwrap_err();
        assert!(error.to_string().contains("1 MiB"), "{error}");
    }
}
