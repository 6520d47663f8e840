//! Random lists: `check` and a run find the same invalid rows with the same errors, and both find
//! the rows that the csv crate reads.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use crate::harness::TestDir;

/// Realistic cells, and characters that break rows.
const CELLS: [&str; 24] = [
    "ann",
    "bob",
    "cy.lee",
    "Passw0rd!1",
    "Pass,w0rd!2",
    "\"Passw0rd!3\"",
    "\"Pass,w0rd!4\"",
    "\"Pa\"\"ss,w0rd5\"",
    "\"Pa\\\"ssw0rd!6\"",
    "\"x\"y",
    " \"x\"",
    "5\" pipe",
    "\"two\nlines\"",
    "\"open",
    "ann@example.com",
    "=\"bob@example.com\"",
    "\"=\"\"eve\"\"\"",
    "\0endoflist\0",
    "\"\0endoflist\0\"",
    "",
    " ",
    "NULL",
    "\\N",
    "Zoë",
];

fn list(random: &mut Rng) -> String {
    let mut list = "username,password,email\n".to_owned();
    for row in 0..60 {
        let mut cells: Vec<String> = (0..3).map(|_| pick(random).to_owned()).collect();
        if random.bool() {
            // Most rows are valid.
            let name = format!("user{row}");
            cells = vec![
                name.clone(),
                format!("Passw0rd!{row}"),
                format!("{name}@example.com"),
            ];
        }
        for _ in 0..random.usize(..8).saturating_sub(5) {
            cells.push(if random.bool() {
                String::new()
            } else {
                pick(random).to_owned()
            });
        }
        cells.truncate(cells.len() - usize::from(random.usize(..12) == 0));
        list.push_str(&cells.join(","));
        list.push_str(["\n", "\n", "\r\n", "\n\n", "\r"][random.usize(..5)]);
    }
    list
}

fn pick(random: &mut Rng) -> &'static str {
    CELLS[random.usize(..CELLS.len())]
}

/// Whether an error is about reading the row, independent of the pool.
fn is_read_error(code: &str) -> bool {
    code.starts_with("row.") || code.starts_with("value.") || code.ends_with(".missing")
}

#[test]
fn check_and_import_agree_on_every_row_of_a_random_list() {
    for (seed, flags) in [
        (1, &[][..]),
        (2, &["--escape", "\\"]),
        (3, &["--quote", "none", "--flexible"]),
        (4, &["--trim", "--unwrap-formulas", "--flexible"]),
    ] {
        let mut random = Rng::with_seed(seed);
        let text = list(&mut random);
        let dir = TestDir::new();
        let name = dir.file("users.csv", &text);
        dir.cli("check").arg(name).args(flags).run();
        let rehearse = dir.rehearse(name).arg("--no-preflight");
        rehearse.args(flags).run();
        let results = dir.results();

        // The same rows are invalid for one of the same reasons.
        let mut faults: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for finding in dir.findings() {
            let codes = faults.entry(finding["row"].clone()).or_default();
            codes.insert(finding["rule"].clone());
        }
        assert!(faults.len() > 5, "seed {seed}: {faults:?}");
        for row in &results.rows {
            let codes = faults.remove(&row["row"]).unwrap_or_default();
            match row["outcome"].as_str() {
                "invalid" => assert!(codes.contains(&row["error_code"]), "{seed}: {row:?}"),
                "duplicate" => {}
                // `check` applies the rules of the strictest pool, a run without preflight applies
                // none.
                _ => assert!(
                    !codes.iter().any(|code| is_read_error(code)),
                    "{seed}: {row:?} {codes:?}"
                ),
            }
        }
        assert!(faults.is_empty(), "seed {seed}: {faults:?}");

        // The csv crate reads the same rows, and the same usernames from those it can read.
        let mut reader = csv::ReaderBuilder::new();
        reader.flexible(true).quoting(!flags.contains(&"none"));
        if flags.contains(&"--escape") {
            reader.escape(Some(b'\\'));
        }
        let is_blank =
            |record: &csv::StringRecord| record.iter().all(|cell| cell.trim().is_empty());
        let mut reader = reader.from_reader(text.as_bytes());
        let records = reader.records().map(Result::unwrap);
        let records: Vec<csv::StringRecord> = records.filter(|record| !is_blank(record)).collect();
        assert_eq!(results.rows.len(), records.len(), "seed {seed}");
        for (row, record) in results.rows.iter().zip(records) {
            if ["created", "rejected"].contains(&row["outcome"].as_str()) {
                let name = if flags.contains(&"--trim") {
                    record[0].trim()
                } else {
                    &record[0]
                };
                let text = name.strip_prefix("=\"");
                let text = text.and_then(|text| text.strip_suffix('"'));
                let name = text.unwrap_or(name);
                assert_eq!(row["username"], name, "seed {seed}");
            }
        }
    }
}
