//! The results of a run: `results.csv`, `results.jsonl` and `summary.json`, which must agree.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

pub(crate) type CsvRow = BTreeMap<String, String>;

pub(crate) struct Results {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<CsvRow>,
    /// The lines of `results.jsonl`.
    pub(crate) lines: Vec<Value>,
    pub(crate) summary: Value,
}

impl Results {
    /// Reads the results and checks the invariants of every run: one result per row, in the order
    /// of the list, and counts that add up.
    #[track_caller]
    pub(super) fn read(run: &Path) -> Self {
        let results = Self::read_selected(run);
        assert_eq!(
            results.numbers(),
            (1..=results.rows.len()).collect::<Vec<_>>()
        );
        results
    }

    /// The same for a run of a selection, whose row numbers have gaps.
    #[track_caller]
    pub(super) fn read_selected(run: &Path) -> Self {
        let mut csv = csv::Reader::from_path(run.join("results.csv")).unwrap();
        let header: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
        let rows: Vec<CsvRow> = csv.deserialize().map(Result::unwrap).collect();
        let jsonl = fs::read_to_string(run.join("results.jsonl")).unwrap();
        let lines = jsonl
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        let summary = fs::read(run.join("summary.json")).unwrap();
        let results = Self {
            header,
            rows,
            lines: lines.collect(),
            summary: serde_json::from_slice(&summary).unwrap(),
        };
        results.check_agreement();
        results
    }

    #[track_caller]
    fn check_agreement(&self) {
        let outcomes = self.outcomes();
        assert!(self.numbers().is_sorted_by(|one, next| one < next));
        let of_lines = self.lines.iter().map(|line| line["outcome"].as_str());
        assert!(
            of_lines.eq(outcomes.iter().copied().map(Some)),
            "results.jsonl differs from results.csv"
        );
        assert_eq!(self.summary["rows"], self.rows.len());
        for (outcome, count) in self.summary["outcomes"].as_object().unwrap() {
            assert_eq!(*count, self.count(outcome), "summary.json counts {outcome}");
        }
        let counted: u64 = self.summary["outcomes"]
            .as_object()
            .unwrap()
            .values()
            .map(|count| count.as_u64().unwrap())
            .sum();
        assert_eq!(counted, self.rows.len() as u64, "outcomes add up");
    }

    /// The numbers of the rows in the list.
    pub(crate) fn numbers(&self) -> Vec<usize> {
        let numbers = self.rows.iter().map(|row| row["row"].parse().unwrap());
        numbers.collect()
    }

    pub(crate) fn outcomes(&self) -> Vec<&str> {
        self.rows
            .iter()
            .map(|row| row["outcome"].as_str())
            .collect()
    }

    /// The number of rows with this outcome.
    pub(crate) fn count(&self, outcome: &str) -> usize {
        self.outcomes()
            .into_iter()
            .filter(|other| *other == outcome)
            .count()
    }

    /// The number of rows for each outcome that occurs.
    pub(crate) fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for outcome in self.outcomes() {
            *counts.entry(outcome).or_default() += 1;
        }
        counts
    }

    #[track_caller]
    pub(crate) fn row(&self, number: usize) -> &CsvRow {
        &self.rows[number - 1]
    }

    /// The only row of this user.
    #[track_caller]
    pub(crate) fn for_user(&self, username: &str) -> &CsvRow {
        let mut found = self.rows.iter().filter(|row| row["username"] == username);
        let row = found.next().unwrap();
        assert!(found.next().is_none(), "two rows of {username}");
        row
    }
}
