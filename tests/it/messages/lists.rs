//! Lists that are refused.

use super::Transcript;
use crate::harness::{TestDir, gzip, users, utf_16};

fn truncated_gzip() -> Vec<u8> {
    let mut packed = gzip(users(20_000));
    packed.truncate(packed.len() / 50);
    packed
}

fn workbook() -> Vec<u8> {
    let mut workbook = b"PK\x03\x04".to_vec();
    workbook.resize(30, 0);
    workbook.extend_from_slice(b"[Content_Types].xml");
    workbook
}

#[test]
fn refused_lists() {
    let open_quote = users(10) + "open,Passw0rd!,\"open@example.com\n" + &users(20_000);
    let preamble = "Export of users; 2026\nversion:1.0\n\n\
         User Name;E-Mail;Pass word\nann;ann@example.com;Secret#1\n";
    let mut transcript = Transcript::default();
    let mut refuse = |name: &str, list: &[u8], flags: &str| {
        let dir = TestDir::new();
        dir.file(name, list);
        let title = format!("check {name} {flags}");
        let check = dir.cli("check").arg(name).args(flags.split_whitespace());
        transcript.run(&dir, title.trim_end(), check);
    };
    refuse("empty.csv", b"", "");
    refuse("users.csv", users(1).as_bytes(), "--skip-lines 9");
    refuse("latin.csv", b"username,password,pr\xe9nom\n", "");
    refuse("wide.csv", &utf_16("username,password\n"), "");
    refuse("preamble.csv", preamble.as_bytes(), "");
    refuse("open.csv", open_quote.as_bytes(), "");
    refuse("users.csv.gz", &truncated_gzip(), "");
    refuse("users.xlsx", &workbook(), "");
    refuse("users.ndjson", b"{\"email\":\"ann@example.com\"}\n", "");
    refuse("users.ldif", b"version: 1\n\ndn: cn=ann\ncn: ann\n", "");
    refuse("users.csv", users(1).as_bytes(), "--escape ,");
    refuse("users.csv", users(1).as_bytes(), "--quote ,");
    refuse("users.csv", users(1).as_bytes(), "--findings users.csv");
    refuse("users.csv", users(1).as_bytes(), "--findings .");
    refuse("users.csv", users(1).as_bytes(), "--findings no/such.csv");
    refuse("users.csv", users(1).as_bytes(), "--where email=ann");
    refuse("users.csv", users(12).as_bytes(), "--where username=ann");
    let two = "--where username=user0001 --where email=user0002@example.com";
    refuse("users.csv", users(2).as_bytes(), two);
    refuse("users.csv", users(0).as_bytes(), "--where email=ann");
    assert_messages!("refused_lists", transcript.0);
}

#[test]
fn missing_lists() {
    let dir = TestDir::new();
    let mut transcript = Transcript::default();
    for list in ["missing.csv", ".", "s3://", "s3://lists/"] {
        let title = format!("rehearse {list}");
        transcript.run(&dir, &title, dir.rehearse(list));
    }
    let piped = dir.rehearse("-").without_flag("--run-dir").input(users(1));
    transcript.run(&dir, "rehearse -", piped);
    assert_messages!("missing_lists", transcript.0);
}
