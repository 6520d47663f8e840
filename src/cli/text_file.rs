//! Reads text files named by flags, up to a size limit, so that a device or a wrong file cannot
//! exhaust memory.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::Path;

use crate::process;

/// The size limit in bytes of a file written by hand: a mapping, pool rules or trigger data.
pub(super) const WRITTEN_BY_HAND: u64 = 1024 * 1024;

/// Reads the whole file.
///
/// # Errors
/// The file cannot be read, is not UTF-8, or is larger than `limit` bytes.
pub(super) fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!(
            "larger than {} MiB",
            limit / 1024 / 1024
        )));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("not valid UTF-8"))
}

/// Returns a warning if other users can read a file with secrets. The mode of a pipe or device does
/// not matter.
#[cfg(unix)]
pub(super) fn mode_warning(flag: &str, path: &Path, metadata: &Metadata) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let mode = metadata.mode() & 0o777;
    // Kubernetes and systemd leave a secret to root, and let this process read it as a group does.
    let is_mounted = metadata.uid() == 0 && process::user() != 0;
    let others = if is_mounted { 0o004 } else { 0o044 };
    (metadata.is_file() && mode & others != 0).then(|| {
        format!(
            "{flag} {path}: readable by other users (mode {mode:04o}); run `chmod 600 {path}`",
            path = path.display()
        )
    })
}

#[cfg(not(unix))]
pub(super) fn mode_warning(_: &str, _: &Path, _: &Metadata) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::{WRITTEN_BY_HAND, read_text};

    #[test]
    fn rejects_files_above_the_limit_or_not_in_utf_8() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mapping.toml");
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
