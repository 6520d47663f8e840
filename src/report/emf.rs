//! `--metrics-format emf`: CloudWatch's embedded metric format. CloudWatch Logs extracts the
//! metrics from such a log line, so neither an agent nor another SDK is needed.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::metrics_file::ActiveRun;
use crate::ledger::RunKind;
use crate::outcome::{LiveStatus, Summary};

/// How metrics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum MetricsFormat {
    /// To the file of --metrics-file
    #[default]
    Prometheus,
    /// To the log (--log-file, or standard error without it), in CloudWatch's embedded metric
    /// format
    Emf,
}

const NAMESPACE: &str = "cognito-import";

/// The dimension of all metrics. Values that change from run to run would each create new metrics,
/// which CloudWatch charges for.
const DIMENSION: &str = "UserPoolId";

/// Returns the line of an active run.
#[must_use]
pub fn emf_line(run: &ActiveRun, status: &LiveStatus, at: SystemTime) -> String {
    let mut line = EmfLine::default();
    line.property(DIMENSION, run.user_pool_id.as_str().into());
    line.property("Kind", run.kind.into());
    line.property("List", run.list.as_str().into());
    line.property("State", "running".into());
    line.property("Bottleneck", status.bottleneck.into());
    for (outcome, rows) in &status.rows {
        line.rows(outcome.name(), *rows);
    }
    if let Some(remaining) = status.remaining {
        line.metric("RowsRemaining", "Count", remaining.into());
    }
    if let Some(pace) = status.pace {
        line.metric("Rate", "Count/Second", pace.rate.into());
        line.metric("RateCeiling", "Count/Second", pace.ceiling.into());
    }
    line.format(at)
}

/// Returns the line of a run that has ended.
#[must_use]
pub fn emf_end_line(summary: &Summary, kind: RunKind, exit_code: u8, at: SystemTime) -> String {
    let mut line = EmfLine::default();
    line.property(DIMENSION, summary.user_pool_id.as_str().into());
    line.property("Kind", kind.name().into());
    line.property("List", summary.list.as_str().into());
    line.property("State", json!(summary.state));
    for (outcome, rows) in &summary.outcomes {
        line.rows(outcome, *rows);
    }
    let users = summary.existing_users;
    line.metric("ExistingSame", "Count", users.same.into());
    line.metric("ExistingDifferent", "Count", users.different.into());
    line.metric("ExistingUnknown", "Count", users.unknown.into());
    line.property("Differs", json!(summary.differs));
    line.metric("ActiveTime", "Seconds", summary.active_seconds.into());
    line.metric("ExitCode", "None", exit_code.into());
    line.format(at)
}

#[derive(Default)]
struct EmfLine {
    members: Map<String, Value>,
    metrics: Vec<Value>,
}

impl EmfLine {
    /// Adds a value that is not a metric.
    fn property(&mut self, name: &str, value: Value) {
        self.members.insert(name.to_owned(), value);
    }

    fn metric(&mut self, name: &str, unit: &str, value: Value) {
        self.metrics.push(json!({"Name": name, "Unit": unit}));
        self.members.insert(name.to_owned(), value);
    }

    /// Adds the rows with an outcome: `in_doubt` is `RowsInDoubt`.
    fn rows(&mut self, outcome: &str, rows: u64) {
        let mut name = "Rows".to_owned();
        for word in outcome.split('_') {
            let (first, rest) = word.split_at(word.len().min(1));
            name += &first.to_ascii_uppercase();
            name += rest;
        }
        self.metric(&name, "Count", rows.into());
    }

    fn format(self, at: SystemTime) -> String {
        let at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let milliseconds = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        let Self {
            mut members,
            metrics,
        } = self;
        members.insert(
            "_aws".to_owned(),
            json!({
                "Timestamp": milliseconds,
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": [[DIMENSION]],
                    "Metrics": metrics,
                }],
            }),
        );
        Value::Object(members).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{ActiveRun, emf_end_line, emf_line};
    use crate::ledger::RunKind;
    use crate::outcome::{LivePace, LiveStatus, Outcome};
    use crate::report::html::samples::summary;
    use serde_json::Value;
    use std::time::{Duration, UNIX_EPOCH};

    /// Asserts what CloudWatch requires, and returns the members.
    fn checked(line: &str) -> Value {
        assert!(!line.contains('\n'));
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["_aws"]["Timestamp"], 1_500);
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], "cognito-import");
        for dimension in directive["Dimensions"][0].as_array().unwrap() {
            assert!(line[dimension.as_str().unwrap()].is_string());
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&metrics.len()));
        for metric in metrics {
            let unit = metric["Unit"].as_str().unwrap();
            assert!(["Count", "Count/Second", "Seconds", "None"].contains(&unit));
            assert!(line[metric["Name"].as_str().unwrap()].is_number());
        }
        line
    }

    #[test]
    fn lines_have_the_members_that_their_metadata_names() {
        let run = ActiveRun {
            kind: "import",
            list: "users \"1\"\n.csv".to_owned(),
            user_pool_id: "us-east-1_P".to_owned(),
            client_id: "client".to_owned(),
        };
        let status = LiveStatus {
            rows: vec![(Outcome::Created, 12), (Outcome::InDoubt, 1)],
            remaining: Some(28),
            pace: Some(LivePace {
                rate: 4.5,
                ceiling: 40.0,
            }),
            bottleneck: "throttled",
        };
        let at = UNIX_EPOCH + Duration::from_millis(1_500);
        let line = checked(&emf_line(&run, &status, at));
        assert_eq!(line["RowsCreated"], 12);
        assert_eq!(line["RowsInDoubt"], 1);
        assert_eq!(line["RowsRemaining"], 28);
        assert_eq!(line["Rate"], 4.5);
        assert_eq!(line["Bottleneck"], "throttled");
        let summary = summary(&[(Outcome::Created, 40)]);
        let line = checked(&emf_end_line(&summary, RunKind::Import, 0, at));
        assert_eq!(line["RowsCreated"], 40);
        assert_eq!(line["ExistingDifferent"], 0);
        assert_eq!(line["State"], "finished");
        assert_eq!(line["ExitCode"], 0);
    }
}
