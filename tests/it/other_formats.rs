//! Files that are not CSV: the refusal names the format and prints a command that converts it. The
//! tests run the printed commands.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::harness::{ProcessOutput, TestDir, gzip, marked_utf_16, report_skipped};

const NDJSON: &str = "{\"email\":\"ann@example.com\",\"name\":\"Ann\"}\n\
    {\"email\":\"bob@example.com\",\"name\":\"Bob \\\"B\\\", x\",\"tags\":[\"a\"]}\n";

const LDIF: &str = "# users\nversion: 1\n\n\
    dn: uid=ann,dc=example\nemail: ann@exam\n ple.com\nname:: QW5uLCBaw7Y=\nname: second\n\n\
    dn: uid=bob,dc=example\r\nemail: bob@example.com\r\n";

const HTML: &str = "<html><body><h1>Users</h1><table>\n<tr><th>email</th><th>name</th></tr>\n\
    <tr><td>ann@example.com</td><td> Ann &amp; <b>Co</b></td></tr>\n\
    <tr><td>bob@example.com<td>Bob, x\n</table><p>2 users</p></body></html>";

/// The command in a refusal, which is its last line.
fn command(output: &ProcessOutput) -> String {
    let line = output
        .stderr
        .lines()
        .rev()
        .find(|line| line.starts_with("  "));
    line.unwrap().trim().to_owned()
}

/// Runs a printed command. Returns false if the program is not installed.
fn run(dir: &TestDir, command: &str, input: &[u8], to: Option<&str>) -> bool {
    for program in ["jq", "python3", "iconv", "xz", "bzip2", "funzip", "tar"] {
        let is_called = command.split(" | ").any(|stage| stage.starts_with(program));
        let mut look = Command::new("sh");
        look.args(["-c", &format!("command -v {program}")]);
        let found = look.stdout(Stdio::null()).status().unwrap().success();
        if is_called && !found {
            assert!(std::env::var_os("CI").is_none(), "{program} is missing");
            report_skipped(&format!("the command that converts by {program}"));
            return false;
        }
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(dir.path(""));
    if let Some(to) = to {
        shell.stdout(std::fs::File::create(dir.path(to)).unwrap());
    }
    let mut child = shell.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    assert!(child.wait().unwrap().success(), "{command}");
    true
}

/// Asserts that the format and the tools are named for a file and for standard input, and that the
/// converted list can be imported.
#[track_caller]
fn assert_converted(name: &str, bytes: &[u8], format: &str, tools: &str) {
    let dir = TestDir::new();
    dir.file(name, bytes);
    let refused = dir.rehearse(name).run().exits(3);
    let refused = refused.names([name, format, tools]);
    assert!(!dir.path("run").exists());
    if run(&dir, &command(&refused), b"", None) {
        assert_imported(&dir, "users.csv");
    }
    let refused = dir.rehearse("-").input(bytes).run().exits(3);
    let refused = refused.names([format, tools]);
    if run(&dir, &command(&refused), bytes, Some("piped.csv")) {
        assert_imported(&dir, "piped.csv");
    }
}

#[track_caller]
fn assert_imported(dir: &TestDir, list: &str) {
    let run_dir = format!("run-{list}");
    let rehearse = dir.rehearse(list).args(["--run-dir", &run_dir]);
    let flags = ["--username-from", "email", "--password", "generate"];
    let rehearse = rehearse.args(flags).arg("--ignore-unknown");
    rehearse.run().exits(0);
    let results = dir.results_in(&run_dir);
    let names: Vec<&str> = results
        .rows
        .iter()
        .map(|row| row["username"].as_str())
        .collect();
    assert_eq!(names, ["ann@example.com", "bob@example.com"]);
}

#[test]
fn ndjson_and_json_are_converted_by_jq() {
    assert_converted("users.ndjson", NDJSON.as_bytes(), "NDJSON", "jq -rs");
    assert_converted(
        "users.json.gz",
        &gzip(NDJSON.as_bytes()),
        "NDJSON",
        "gzip -dc",
    );
    assert_converted(
        "users.json",
        &marked_utf_16(NDJSON),
        "NDJSON",
        "iconv -f UTF-16",
    );
    let array = format!("[{}]", NDJSON.trim().replace('\n', ",\n"));
    assert_converted("users.json", array.as_bytes(), "JSON", "jq -r ");
    let pretty = format!("{{\n  \"total\": 2,\n  \"Users\": {array}\n}}\n");
    assert_converted("users.json", pretty.as_bytes(), "JSON", ".\"Users\"");
    let marked = format!("\u{feff}{NDJSON}");
    assert_converted("users.json", marked.as_bytes(), "NDJSON", "jq -rs");
}

#[test]
fn ldif_and_html_are_converted_by_python() {
    assert_converted("users.ldif", LDIF.as_bytes(), "LDIF", "python3 -c");
    assert_converted("users.ldif.gz", &gzip(LDIF.as_bytes()), "LDIF", "gzip -dc");
    assert_converted("users.html", HTML.as_bytes(), "HTML", "python3 -c");
    assert_converted("users.xls", &marked_utf_16(HTML), "HTML", "iconv");
    // The converted names.
    let dir = TestDir::new();
    for (name, text, expected) in [
        ("users.ldif", LDIF, "\"Ann, Zö\""),
        ("users.html", HTML, "Ann & Co"),
    ] {
        let list = dir.file(name, text);
        let refused = dir.rehearse(list).run().exits(3);
        if run(&dir, &command(&refused), b"", None) {
            let csv = std::fs::read_to_string(dir.path("users.csv")).unwrap();
            assert!(csv.contains(expected), "{csv}");
        }
    }
}

#[test]
fn archives_are_unpacked_by_the_printed_command() {
    let dir = TestDir::new();
    dir.file(
        "users.csv",
        "email,name\nann@example.com,Ann\nbob@example.com,Bob\n",
    );
    for (pack, name) in [
        ("xz -c users.csv > users.csv.xz", "users.csv.xz"),
        ("bzip2 -c users.csv > users.csv.bz2", "users.csv.bz2"),
        ("tar -czf users.tar.gz users.csv", "users.tar.gz"),
    ] {
        if run(&dir, pack, b"", None) {
            let bytes = std::fs::read(dir.path(name)).unwrap();
            let tool = pack.split(' ').next().unwrap();
            assert_converted(name, &bytes, tool, tool);
        }
    }
    // A ZIP archive with one uncompressed file.
    let text = std::fs::read(dir.path("users.csv")).unwrap();
    assert_converted("users.zip", &zip_stored(&text), "ZIP", "funzip");
}

/// A ZIP archive (APPNOTE 4.3) with one uncompressed file.
fn zip_stored(text: &[u8]) -> Vec<u8> {
    let name = b"users.csv";
    let size = u32::try_from(text.len()).unwrap().to_le_bytes();
    let mut crc = flate2::Crc::new();
    crc.update(text);
    let crc = crc.sum().to_le_bytes();
    let about = [
        &[10, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
        &crc,
        &size,
        &size,
        &[9, 0, 0, 0],
    ]
    .concat();
    let local = [&b"PK\x03\x04"[..], &about, name, text].concat();
    let central = [&b"PK\x01\x02\x14\0"[..], &about, &[0; 14], name].concat();
    let dir = u32::try_from(local.len()).unwrap().to_le_bytes();
    let length = u32::try_from(central.len()).unwrap().to_le_bytes();
    let end = [&[0, 0, 0, 0, 1, 0, 1, 0][..], &length, &dir, &[0, 0]].concat();
    [local, central, b"PK\x05\x06".to_vec(), end].concat()
}

#[test]
fn workbooks_are_refused_with_a_libreoffice_command() {
    let mut workbook = b"PK\x03\x04".to_vec();
    workbook.resize(30, 0);
    workbook.extend_from_slice(b"[Content_Types].xml");
    let old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    for (bytes, name, format) in [
        (workbook, "users.xlsx", "(.xlsx)"),
        (old, "users.xls", "(.xls)"),
    ] {
        let dir = TestDir::new();
        let list = dir.file(name, &bytes);
        let soffice = format!("44,34,76' {name}");
        let data = [name, format, &soffice, "UTF-8"];
        dir.rehearse(list).run().exits(3).names(data);
        let piped = dir.rehearse("-").input(gzip(&bytes)).run().exits(3);
        piped.names(["gzip -dc > list.xls"]);
    }
}
