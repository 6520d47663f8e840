use std::io::{self, Cursor, Read, Write as _};

use crate::source::hint_of;

use super::{CountingReader, UNLIMITED_BYTES, unpack};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn read(bytes: Vec<u8>) -> io::Result<(Vec<u8>, bool)> {
    let (mut reader, packing) = unpack(CountingReader::new(Cursor::new(bytes)))?;
    let mut all = Vec::new();
    reader.read_to_end(&mut all)?;
    Ok((all, packing.is_some()))
}

#[test]
fn decompresses_archives_and_passes_on_other_bytes() {
    let list = b"username,password\nann,Passw0rd!\n";
    assert_eq!(read(gzip(list)).unwrap(), (list.to_vec(), true));
    assert_eq!(read(zstd(list)).unwrap(), (list.to_vec(), true));
    for plain in [&list[..], b"", b"a", b"(\xb5", b"\x1f\n", b"\xff\xfea\0"] {
        assert_eq!(read(plain.to_vec()).unwrap(), (plain.to_vec(), false));
    }
}

#[test]
fn reads_all_members_of_an_archive() {
    for pack in [gzip, zstd] {
        let parts = [pack(b"a\n1\n"), pack(b"2\n"), pack(b"")].concat();
        assert_eq!(read(parts).unwrap().0, b"a\n1\n2\n");
    }
    // A skippable frame at the start, as parallel compressors write it.
    let skipped = b"\x50\x2a\x4d\x18\x02\0\0\0\xff\xff";
    let parts = [&skipped[..], &zstd(b"a\n1\n")].concat();
    assert_eq!(read(parts).unwrap().0, b"a\n1\n");
}

#[test]
fn a_truncated_or_damaged_archive_is_an_error() {
    let list: Vec<u8> = (0..5_000)
        .flat_map(|row| format!("user{row},{}\n", row * 7_919).into_bytes())
        .collect();
    for (pack, name) in [(gzip as fn(&[u8]) -> Vec<u8>, "gzip"), (zstd, "zstd")] {
        let whole = pack(&list);
        for length in [5, whole.len() / 2, whole.len() - 1] {
            let error = read(whole[..length].to_vec()).unwrap_err();
            let hint = hint_of(&error).unwrap();
            assert!(
                error
                    .to_string()
                    .contains(&format!("the {name} archive cannot be decompressed"))
                    && hint.contains("decompress it yourself"),
                "{length} bytes: {error}; {hint}"
            );
        }
    }
    // gzip ends with a checksum.
    let mut damaged = gzip(&list);
    let checksum = damaged.len() - 6;
    damaged[checksum] ^= 1;
    let error = read(damaged).unwrap_err().to_string();
    assert!(error.contains("is damaged"), "{error}");
}

#[test]
fn a_decompression_bomb_is_an_error() {
    let zeros = vec![b'\n'; usize::try_from(UNLIMITED_BYTES).unwrap() + 1_000_000];
    for bomb in [gzip(&zeros), zstd(&zeros)] {
        let (reader, _) = unpack(CountingReader::new(Cursor::new(bomb))).unwrap();
        let mut count = Count(0);
        let error = io::copy(&mut { reader }, &mut count).unwrap_err();
        assert!(
            error.to_string().contains("more than 200 times its size"),
            "{error}"
        );
        assert!(count.0 <= UNLIMITED_BYTES);
    }
    // One byte below the limit is accepted.
    let accepted = zstd(&zeros[..usize::try_from(UNLIMITED_BYTES).unwrap()]);
    assert!(read(accepted).is_ok());
}

/// A writer that counts bytes.
struct Count(u64);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
