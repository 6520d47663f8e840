//! The page's texts and numbers, as the template puts them in their places.

use std::time::Duration;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::RunShown;
use super::errors::{ErrorGroup, RunBegun, StepError, groups, step_errors};
use super::format::{counted, measured, milliseconds, moment, percent, span, thousands};
use super::latency_chart::{self, LatencyBar};
use super::next_steps::{NextAction, next_steps};
use super::outcome_bar::{Part, parts};
use super::rate_chart::{RateChart, charts};
use super::status::{RunStatus, status};
use super::timeline::Timeline;
use crate::ledger::RunKind;
use crate::outcome::{Delivery, Outcome, Summary};
use crate::pool::region_of;
use crate::report::moments::elapsed;
use crate::report::{CommandLine, Names};
use crate::user::FlagsGiven;

/// All that the page looks like. It stands in the page, and the page's policy allows it and no other style.
const STYLE: &str = include_str!("page.css");

/// Steps that are shown: a list may name as many groups as it likes. `summary.json` has all of them.
const STEPS: usize = 60;

/// See the module's words.
#[derive(Template)]
#[template(path = "html/page.html", config = "src/report/html/askama.toml")]
pub(super) struct ReportPage {
    style: &'static str,
    /// The style's SHA-256 in base64.
    style_hash: String,
    /// The list's, without its folder.
    name: String,
    rehearsal: bool,
    masked: bool,
    version: &'static str,
    status: RunStatus,
    figures: Vec<Fact>,
    facts: Vec<Fact>,
    rows: String,
    parts: Vec<Part>,
    notes: Vec<String>,
    charts: Vec<RateChart>,
    pauses: String,
    latency: Vec<Fact>,
    latency_rows: String,
    bars: Vec<LatencyBar>,
    errors: Vec<ErrorGroup>,
    /// Codes of errors that are not shown; empty where all are.
    further_errors: String,
    steps: Vec<StepView>,
    /// Steps that are not shown; empty where all are.
    further_steps: String,
    step_errors: Vec<StepError>,
    requests: Vec<CategoryView>,
    messages: String,
    to_do: Vec<NextAction>,
}

/// A name and what it stands for.
struct Fact {
    name: &'static str,
    value: String,
    /// Said below it in small letters; may be empty.
    more: String,
    /// Whether it is a text for machines.
    code: bool,
    /// The words of a command, in place of the value.
    words: Vec<String>,
}

impl Fact {
    fn of(name: &'static str, value: impl Into<String>) -> Self {
        Self {
            name,
            value: value.into(),
            more: String::new(),
            code: false,
            words: Vec::new(),
        }
    }

    fn code(name: &'static str, value: impl Into<String>) -> Self {
        Self {
            code: true,
            ..Self::of(name, value)
        }
    }

    fn with(mut self, more: impl Into<String>) -> Self {
        self.more = more.into();
        self
    }
}

/// A step after the sign-up.
struct StepView {
    name: String,
    done: String,
    failed: String,
    pending: String,
}

/// A quota category.
struct CategoryView {
    name: String,
    sent: String,
    throttled: String,
    throttled_share: String,
    rate: String,
    /// What part of the rate was used, and for how long the run was slowed down; empty where nobody recorded it.
    used: String,
}

impl ReportPage {
    pub(super) fn of(run: &RunShown<'_>) -> Self {
        let summary = run.summary;
        let timeline = Timeline::of(run.rates);
        let words = run.about.command.as_deref().unwrap_or_default();
        let begun = RunBegun {
            kind: run.about.kind,
            given: &FlagsGiven::of_command(words),
        };
        let (errors, further) = groups(run.tally, run.names, begun);
        Self {
            style: STYLE,
            style_hash: STANDARD.encode(Sha256::digest(STYLE.as_bytes())),
            name: short_name(&summary.list).to_owned(),
            rehearsal: run.about.kind == RunKind::Rehearsal,
            masked: run.names == Names::Masked,
            version: env!("CARGO_PKG_VERSION"),
            status: if run.undone {
                status(summary, run.names).undone()
            } else {
                status(summary, run.names)
            },
            figures: figures(summary),
            facts: facts(run),
            rows: counted(summary.rows, "row", "rows"),
            parts: parts(summary),
            notes: notes(run),
            charts: charts(run.rates, &timeline),
            pauses: pauses(&timeline),
            latency: latency(run),
            latency_rows: run
                .tally
                .durations
                .latency()
                .map_or_else(String::new, |latency| counted(latency.rows, "row", "rows")),
            bars: latency_chart::bars(&run.tally.durations),
            errors,
            further_errors: if further == 0 {
                String::new()
            } else {
                counted(further as u64, "further code", "further codes")
            },
            steps: steps(summary),
            further_steps: match summary.follow_up.len().saturating_sub(STEPS) {
                0 => String::new(),
                further => counted(further as u64, "further step is", "further steps are"),
            },
            step_errors: step_errors(summary, begun),
            requests: requests(summary),
            messages: messages(run),
            to_do: next_steps(summary, run.about),
        }
    }
}

/// The last part of a path or of an object's key.
fn short_name(list: &str) -> &str {
    list.rsplit('/')
        .next()
        .filter(|name| !name.is_empty())
        .unwrap_or(list)
}

/// What is read at a glance.
fn figures(summary: &Summary) -> Vec<Fact> {
    let there = summary.count(Outcome::Created) + summary.count(Outcome::Existed);
    let mut figures = vec![
        Fact::of("Rows read", thousands(summary.rows)).with(if summary.read_to_end {
            "the whole list"
        } else {
            "not the whole list"
        }),
        Fact::of("In the pool", thousands(there)).with(percent(there, summary.rows)),
        Fact::of("Active time", span(active(summary))),
    ];
    if let Some(rate) = summary.rates.get("UserCreation") {
        let ceiling = summary.pace.get("UserCreation").map(|pace| pace.ceiling);
        figures.push(Fact::of("Requests per second", measured(*rate)).with(
            ceiling.map_or_else(String::new, |ceiling| {
                format!("limit {}", measured(ceiling))
            }),
        ));
    }
    figures
}

fn active(summary: &Summary) -> Duration {
    Duration::try_from_secs_f64(summary.active_seconds).unwrap_or_default()
}

/// What ran, where, when and for how long.
fn facts(run: &RunShown<'_>) -> Vec<Fact> {
    let (summary, about) = (run.summary, run.about);
    let mut facts = vec![Fact::code("List", &summary.list)];
    facts.push(match &summary.fingerprint {
        Some(fingerprint) => Fact::code("SHA-256 of the list", fingerprint),
        None => Fact::of(
            "SHA-256 of the list",
            "none (the list could be read only once)",
        ),
    });
    facts.push(Fact::code("User pool", &summary.user_pool_id));
    facts.push(Fact::code("App client", &summary.client_id));
    if let Some(region) = region_of(&summary.user_pool_id) {
        facts.push(Fact::code("Region", region));
    }
    facts.push(match &about.version {
        Some(version) => Fact::code("Program", format!("cognito-import {version}")),
        None => Fact::of("Program", "unknown version"),
    });
    if let Some(run_id) = &summary.run_id {
        facts.push(Fact::code("Run", run_id));
    }
    facts.push(Fact::of("Started", moment(&summary.started)));
    if let Some(finished) = &summary.finished {
        let elapsed = elapsed(summary)
            .map(|elapsed| format!("{} after the start", span(elapsed)))
            .unwrap_or_default();
        facts.push(Fact::of("Ended", moment(finished)).with(elapsed));
    }
    let sessions = format!("in {}", counted(summary.sessions, "session", "sessions"));
    facts.push(Fact::of("Active time", span(active(summary))).with(sessions));
    let (code, meaning) = run.exit;
    facts.push(Fact::code("Exit code", code.to_string()).with(meaning));
    if let Some(words) = &about.command {
        facts.push(Fact {
            words: CommandLine::new(words.clone()).quoted_words(),
            ..Fact::of("Command", "")
        });
    }
    facts
}

/// What the outcomes alone do not tell.
fn notes(run: &RunShown<'_>) -> Vec<String> {
    let created = run.tally.created;
    let mut notes = Vec::new();
    if created.unconfirmed > 0 {
        notes.push(format!(
            "{} not confirmed and cannot sign in yet.",
            counted(
                created.unconfirmed,
                "user that this run created is",
                "users that this run created are"
            )
        ));
    }
    if !run.summary.read_to_end {
        notes.push(
            "The list was not read to the end: rows after the last one read are not counted."
                .to_owned(),
        );
    }
    notes
}

fn pauses(timeline: &Timeline) -> String {
    let pauses: Vec<String> = timeline
        .pauses()
        .take(6)
        .map(|(_, length)| span(Duration::from_millis(length.unsigned_abs())))
        .collect();
    let further = timeline.pauses().skip(6).count();
    match (pauses.len(), further) {
        (0, _) => String::new(),
        (_, 0) => pauses.join(", "),
        (_, further) => format!("{} and {further} more", pauses.join(", ")),
    }
}

fn latency(run: &RunShown<'_>) -> Vec<Fact> {
    let Some(latency) = run.tally.durations.latency() else {
        return Vec::new();
    };
    vec![
        Fact::of("p50", milliseconds(latency.p50_ms)).with("half took no longer"),
        Fact::of("p90", milliseconds(latency.p90_ms)).with("90% took no longer"),
        Fact::of("p99", milliseconds(latency.p99_ms)).with("99% took no longer"),
        Fact::of("Longest", milliseconds(latency.max_ms)),
    ]
}

fn steps(summary: &Summary) -> Vec<StepView> {
    summary
        .follow_up
        .iter()
        .take(STEPS)
        .map(|(name, counts)| StepView {
            name: name.clone(),
            done: thousands(counts.done),
            failed: thousands(counts.failed),
            pending: thousands(counts.pending),
        })
        .collect()
}

fn requests(summary: &Summary) -> Vec<CategoryView> {
    summary
        .requests
        .iter()
        .filter(|(_, requests)| requests.sent > 0)
        .map(|(name, requests)| {
            let rate = summary.rates.get(name).copied().unwrap_or_default();
            let pace = summary.pace.get(name);
            CategoryView {
                name: name.clone(),
                sent: thousands(requests.sent),
                throttled: thousands(requests.throttled),
                throttled_share: if requests.throttled == 0 {
                    String::new()
                } else {
                    percent(requests.throttled, requests.sent)
                },
                rate: pace.map_or_else(
                    || measured(rate),
                    |pace| format!("{} of {}", measured(rate), measured(pace.ceiling)),
                ),
                used: pace.map_or_else(String::new, used),
            }
        })
        .collect()
}

fn used(pace: &crate::outcome::Pace) -> String {
    let used = format!(
        "{}% of the allowed rate used",
        measured(pace.used_of_allowed * 100.0)
    );
    if pace.slowed_seconds < 0.5 {
        return used;
    }
    let slowed = Duration::try_from_secs_f64(pace.slowed_seconds).unwrap_or_default();
    format!("{used}; slowed down for {} by throttling", span(slowed))
}

/// What became of the messages; empty where the pool never said.
fn messages(run: &RunShown<'_>) -> String {
    if run.summary.deliveries.is_empty() {
        return String::new();
    }
    let rows = |delivery: Delivery| {
        let rows = run.summary.deliveries.get(delivery.name());
        rows.copied().unwrap_or(0)
    };
    format!(
        "Messages with a code (email or SMS): {} sent, {} refused; none for {}.",
        thousands(rows(Delivery::Sent)),
        thousands(rows(Delivery::Refused)),
        counted(rows(Delivery::None), "user", "users"),
    )
}
