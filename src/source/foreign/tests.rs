use std::io::{Cursor, Write as _};

use super::{Foreign, Format, JsonRows, Packing, Wrapping};
use crate::source::OpenSource;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// Returns the detected binary format and compression.
fn detect(bytes: &[u8]) -> Option<(Format, Option<Packing>)> {
    let source = OpenSource {
        length: None,
        bytes: Box::new(Cursor::new(bytes.to_vec())),
    };
    let error = source.text(None).err()?;
    let foreign = error.get_ref()?.downcast_ref::<Foreign>()?;
    Some((foreign.format.clone(), foreign.wrapping.packing))
}

fn detect_text(head: &str) -> Option<Format> {
    let foreign = Wrapping::default().foreign_text(head.as_bytes())?;
    Some(foreign.format)
}

fn zip(first_name: &str) -> Vec<u8> {
    let mut head = b"PK\x03\x04".to_vec();
    head.resize(30, 0);
    [head, first_name.as_bytes().to_vec()].concat()
}

#[test]
fn detects_archives_and_workbooks_even_if_compressed() {
    for (bytes, format) in [
        (zip("users.csv"), Format::Zip),
        (b"PK\x03\x04".to_vec(), Format::Zip),
        (b"PK\x05\x06\0\0".to_vec(), Format::Zip),
        (zip("[Content_Types].xml"), Format::Xlsx),
        (zip("xl/workbook.xml"), Format::Xlsx),
        (
            zip("mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK"),
            Format::Ods,
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1".to_vec(), Format::Xls),
        (b"BZh91AY&SY\0".to_vec(), Format::Bzip2),
        (b"\xfd7zXZ\0\0".to_vec(), Format::Xz),
        (b"7z\xbc\xaf\x27\x1c".to_vec(), Format::SevenZip),
    ] {
        let plain = (format.clone(), None);
        assert_eq!(detect(&bytes), Some(plain));
        let packed = (format.clone(), Some(Packing::Gzip));
        assert_eq!(detect(&gzip(&bytes)), Some(packed));
        let packed = (format, Some(Packing::Zstd));
        assert_eq!(detect(&zstd(&bytes)), Some(packed));
    }
    let twice = Format::Packed(Packing::Zstd);
    let detected_twice = detect(&gzip(&zstd(b"a,b\n")));
    assert_eq!(detected_twice, Some((twice, Some(Packing::Gzip))));
    for list in ["", "PKW,b\n", "BZh9,b\n", "PK", "7z,x\n", "BZh91AY"] {
        assert_eq!(detect(list.as_bytes()), None, "{list}");
    }
}

#[test]
fn distinguishes_json_from_ndjson_and_finds_the_array() {
    let with_key = |key: &str| Some(Format::Json(JsonRows::Key(key.to_owned())));
    for (head, expected) in [
        ("{\"a\":1}\n{\"a\":2}\n", Some(Format::JsonLines)),
        ("\n {\"a\":[{}]} \r\n\r\n{\"a\":2}", Some(Format::JsonLines)),
        ("{\"a\":1}", Some(Format::JsonLines)),
        ("[{\"a\":1},", Some(Format::Json(JsonRows::TopLevel))),
        ("[\n  {\n", Some(Format::Json(JsonRows::TopLevel))),
        ("[]", Some(Format::Json(JsonRows::TopLevel))),
        ("{\"users\":[{\"a\":1}]}", with_key("users")),
        (
            "{\n \"x\": {\"y\": [{}]},\n \"n\": [1],\n \"a\\\"b\": [\n {",
            with_key("a\"b"),
        ),
        (
            "{\n \"realm\": \"x\",\n",
            Some(Format::Json(JsonRows::Unknown)),
        ),
        // CSV headers.
        ("[username],[password]\n", None),
        ("{username},{password}\n", None),
    ] {
        assert_eq!(detect_text(head), expected, "{head}");
        assert_eq!(detect_text(&format!("\u{feff}{head}")), expected, "{head}");
    }
}

#[test]
fn detects_markup_and_ldif() {
    for (head, expected) in [
        ("<!DOCTYPE html>\n<html>", Some(Format::Html)),
        ("\n<table><tr>", Some(Format::Html)),
        (
            "<?xml version=\"1.0\"?><HTML xmlns=\"x\">",
            Some(Format::Html),
        ),
        ("<!-- saved -->\n<html>", Some(Format::Html)),
        ("<?xml version=\"1.0\"?>\n<users>", Some(Format::Xml)),
        ("<users>", Some(Format::Xml)),
        ("<>,b", None),
        ("dn: uid=ann,dc=example\nuid: ann\n", Some(Format::Ldif)),
        (
            "# extended LDIF\n#\n\nversion: 1\r\n\r\nDN:: dWlk\n",
            Some(Format::Ldif),
        ),
        ("version:1.0\nusername,password\n", None),
        ("version: 1\n", None),
        ("dnx,password\n", None),
        ("username,password\n", None),
        ("", None),
    ] {
        assert_eq!(detect_text(head), expected, "{head}");
    }
    let mut tar = b"users.csv".to_vec();
    tar.resize(257, 0);
    tar.extend_from_slice(b"ustar\0");
    let foreign = Wrapping::default().foreign_text(&tar).unwrap();
    assert_eq!(foreign.format, Format::Tar);
}

#[test]
fn suggested_commands_decompress_and_transcode_first() {
    let hint = |format: Format, packing, encoding, list: &str| {
        let wrapping = Wrapping { packing, encoding };
        Foreign { format, wrapping }.hint(list)
    };
    let gzip = Some(Packing::Gzip);
    for (hint, expected) in [
        (
            hint(Format::Xz, None, None, "my users.csv.xz"),
            "xz -dc < 'my users.csv.xz' > 'my users.csv'",
        ),
        (
            hint(Format::Tar, gzip, None, "users.tgz"),
            "gzip -dc < users.tgz | tar -xOf - > users.csv",
        ),
        (
            hint(Format::Zip, None, None, "standard input"),
            "before it in the pipeline:\n  funzip",
        ),
        (
            hint(Format::Xlsx, None, None, "users.xlsx"),
            "(StarCalc):44,34,76' users.xlsx",
        ),
        (
            hint(Format::Xls, gzip, None, "users.xls.gz"),
            "gzip -dc < users.xls.gz > list.xls && soffice",
        ),
        (
            hint(Format::Xlsx, None, None, "users.csv"),
            "cat < users.csv > list.xlsx && soffice",
        ),
        (
            hint(Format::Xlsx, None, None, "standard input"),
            "cat > list.xlsx && soffice",
        ),
        (
            hint(Format::Bzip2, None, None, "s3://lists/users.csv.bz2"),
            "aws s3 cp s3://lists/users.csv.bz2 - | bzip2 -dc > users.csv",
        ),
    ] {
        assert!(hint.contains(expected), "{hint}");
    }
    let json = Format::Json(JsonRows::Key("a'b".to_owned()));
    let hint = hint(json, gzip, Some("UTF-16"), "users.json.gz");
    let start = "gzip -dc < users.json.gz | iconv -f UTF-16 -t UTF-8 | jq -r '.\"a'\\''b\" as";
    assert!(hint.contains(start), "{hint}");
    assert!(hint.ends_with("| @csv' > users.csv"), "{hint}");
}
