//! Input lists and their reading settings.

use std::io::{Cursor, Read, Write as _};
use std::path::{Path, PathBuf};

use cognito_import::cli::mapping_file::MappingFile;
use cognito_import::mapping::{MappingOptions, PasswordFrom};
use cognito_import::rows::{Dialect, Quote};
use fastrand::Rng;

use crate::mutate::{self, pick};

/// A list and its settings.
pub(crate) struct ListBase {
    pub(crate) list: Vec<u8>,
    pub(super) dialect: Dialect,
    pub(super) options: MappingOptions,
}

/// Lists in dialects that the samples lack.
const LISTS: [&str; 7] = [
    "username,password,email,groups\nann,\"Pass, \"\"w0rd!\"\"\",ann@example.com,a|b\nbob,Passw0rd!,\"bob\n@example.com\",\n",
    "username;password;email;nickname\r\nann;Passw0rd!;ann@example.com;\"x;\ty\"\r\n\r\nbob;Passw0rd!;bob@example.com;=1+1\r\n",
    "username\tpassword\temail\tnickname\nann\tPassw0rd!\tann@example.com\tAn \"A\" Lee\nbob\tPassw0rd!\tbob\t\"Bob\n",
    "cognito:username,password,email,address,cognito:mfa_enabled\nann,Passw0rd!,ann@example.com,1\\, High St,\nbob,Pw!9,bob,2\\, St,a\n",
    "sep=;\nusername;password;email;a,b,c,d,e\nann;Passw0rd!;ann@example.com;x\nbob;Passw0rd!;bob;y\n",
    "username,password,email,reason_outcome,reason_code,reason_message,reason_row,reason_line\nann,Passw0rd!,ann@a.b,invalid,email.format,no,2,2\n",
    "username,password,phone_number,birthdate\r\n=\"ann\",Passw0rd!,'+493012345,1990-02-03\r\n'bob,Passw0rd!,030 12345.0,3/4/1990\r\n",
];

/// Fragments to insert.
pub(super) const TOKENS: [&[u8]; 46] = [
    b",",
    b";",
    b"\t",
    b"|",
    b"\n",
    b"\r\n",
    b"\r",
    b"\"",
    b"\"\"",
    b"'",
    b"\\",
    b"\\,",
    b"\\\"",
    b" ",
    b"\0",
    b"\n\0endoflist\0\n",
    b"\0endoflist\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xff",
    b"\xc3\xa4",
    b"\xef\xbf\xbd",
    b"\xe2\x80\x8b",
    b"\xc2\xa0",
    b"\x1a",
    b"\x1b[31m",
    b"=",
    b"=\"x\"",
    b"+1",
    b"@",
    b"-",
    b"NULL",
    b"\\N",
    b"\"\n\"",
    b"\",\"",
    b",,,,",
    b"sep=;\n",
    b"username",
    b"password",
    b"email",
    b"groups",
    b"custom:x",
    b"reason_outcome",
    b"9999999999999999999",
    b"0000-00-00",
    b"$2a$10$abcdefghijklmnopqrstuv",
];

pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// Directories in `samples/` with a list and a mapping.
pub(crate) const SAMPLES: [&str; 6] = [
    "auth0",
    "aws-template",
    "excel",
    "keycloak",
    "okta",
    "wordpress",
];

pub(crate) fn bases() -> Vec<ListBase> {
    let plain = |list: Vec<u8>| ListBase {
        list,
        dialect: Dialect::default(),
        options: MappingOptions {
            ignore_unknown: true,
            ..MappingOptions::default()
        },
    };
    let sample = |name: &&str| {
        let folder = samples().join(name);
        let mapping = MappingFile::read(&folder.join("mapping.toml")).unwrap();
        ListBase {
            list: std::fs::read(folder.join("users.csv")).unwrap(),
            dialect: mapping.dialect().unwrap(),
            options: mapping.options().unwrap(),
        }
    };
    let files =
        ["users.csv", "users-broken.csv"].map(|name| std::fs::read(samples().join(name)).unwrap());
    let lists = LISTS.map(|list| list.as_bytes().to_vec());
    files
        .into_iter()
        .chain(lists)
        .map(plain)
        .chain(SAMPLES.iter().map(sample))
        .collect()
}

/// Changes the dialect.
pub(super) fn vary(rng: &mut Rng, mut dialect: Dialect) -> Dialect {
    if rng.u8(..3) == 0 {
        dialect.delimiter = Some(*b",;\t|^".get(rng.usize(..5)).unwrap());
    }
    if rng.u8(..4) == 0 {
        dialect.quote = Some([Quote::Mark(b'"'), Quote::Mark(b'\''), Quote::None][rng.usize(..3)]);
    }
    if rng.u8(..6) == 0 && dialect.quote != Some(Quote::None) {
        dialect.escape = Some(b'\\');
    }
    if rng.u8(..6) == 0 {
        let labels = [
            "utf-8",
            "utf-16le",
            "windows-1252",
            "shift_jis",
            "gb18030",
            "iso-2022-jp",
        ];
        dialect.encoding = Some(pick(rng, &labels).parse().unwrap());
    }
    if rng.u8(..10) == 0 {
        let names = ["username", "password", "email", "nickname", "custom:x"];
        let count = rng.usize(2..=names.len());
        dialect.columns = Some(
            names[..count]
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
        );
    }
    if rng.u8(..10) == 0 {
        dialect.skip_lines = rng.u64(..4);
    }
    dialect.flexible ^= rng.u8(..6) == 0;
    dialect.drop_apostrophe ^= rng.u8(..6) == 0;
    dialect.unwrap_formulas ^= rng.u8(..6) == 0;
    dialect
}

pub(super) fn vary_options(rng: &mut Rng, mut options: MappingOptions) -> MappingOptions {
    options.trim ^= rng.u8(..4) == 0;
    if rng.u8(..3) == 0 {
        let all = [
            PasswordFrom::Column,
            PasswordFrom::ColumnOrGenerate,
            PasswordFrom::None,
        ];
        options.password = Some(all[rng.usize(..3)]);
    }
    if rng.u8(..4) == 0 {
        options.null = vec!["NULL".to_owned(), "\\N".to_owned()];
    }
    options
}

/// Compresses or re-encodes the bytes.
pub(super) fn packed(rng: &mut Rng, list: Vec<u8>) -> Vec<u8> {
    let mut packed = match rng.u8(..12) {
        0 => {
            let text = String::from_utf8_lossy(&list);
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        }
        1 => {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(&list).unwrap();
            gzip.finish().unwrap()
        }
        2 => zstd::encode_all(&*list, 1).unwrap(),
        _ => return list,
    };
    if rng.u8(..4) == 0 {
        mutate::bytes(rng, &mut packed, &TOKENS, &list);
    }
    packed
}

/// Returns a few bytes per read.
pub(super) struct Pieces(pub(super) Cursor<Vec<u8>>, pub(super) Rng);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = self.1.usize(1..=40).min(buffer.len());
        self.0.read(&mut buffer[..most])
    }
}
