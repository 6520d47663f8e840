//! The values that the template inserts.

use std::time::Duration;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::ReportInput;
use super::categories::{CategoryView, categories};
use super::errors::{ErrorGroup, HintContext, StepError, groups, step_errors};
use super::existing_users::{DifferentAttribute, differs, existing_users};
use super::format::{counted, measured, milliseconds, moment, percent, span, thousands};
use super::latency_chart::{self, LatencyBar};
use super::next_steps::{NextAction, next_steps, while_active};
use super::outcome_bar::{Segment, parts};
use super::rate_chart::{RateChart, charts};
use super::status::{StatusBadge, status};
use super::timeline::Timeline;
use crate::ledger::RunKind;
use crate::outcome::{Delivery, Outcome, RunState, Summary};
use crate::pool::region_of;
use crate::report::{CommandLine, Names};
use crate::user::FlagsGiven;

/// The style, embedded in the page. The page's Content-Security-Policy allows no other.
const STYLE: &str = include_str!("page.css");

/// The maximum number of steps, because a list can contain any number of groups. `summary.json` has
/// all of them.
const MAX_STEPS: usize = 60;

/// The maximum number of pauses in a legend.
const MAX_PAUSES: usize = 6;

#[derive(Template)]
#[template(path = "html/page.html", config = "src/report/html/askama.toml")]
pub(super) struct ReportPage {
    style: &'static str,
    /// The SHA-256 of the style in base64.
    style_hash: String,
    /// The name of the list without its directory.
    name: String,
    rehearsal: bool,
    masked: bool,
    version: &'static str,
    status: StatusBadge,
    figures: Vec<Fact>,
    facts: Vec<Fact>,
    rows: String,
    parts: Vec<Segment>,
    notes: Vec<String>,
    charts: Vec<RateChart>,
    pauses: String,
    latency: Vec<Fact>,
    latency_rows: String,
    bars: Vec<LatencyBar>,
    /// Users that existed, by how they compare with the list; empty without such users.
    existing_users: Vec<Fact>,
    differs: Vec<DifferentAttribute>,
    errors: Vec<ErrorGroup>,
    /// The number of error codes that are not shown; empty if all are.
    more_codes: String,
    steps: Vec<StepView>,
    /// The number of steps that are not shown; empty if all are.
    more_steps: String,
    step_errors: Vec<StepError>,
    requests: Vec<CategoryView>,
    messages: String,
    next_steps: Vec<NextAction>,
}

/// A labeled value.
pub(super) struct Fact {
    name: &'static str,
    value: String,
    /// Small print; may be empty.
    note: String,
    monospace: bool,
    /// The words of a command, in place of the value.
    command: Vec<String>,
}

impl Fact {
    pub(super) fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self {
            name,
            value: value.into(),
            note: String::new(),
            monospace: false,
            command: Vec::new(),
        }
    }

    fn code(name: &'static str, value: impl Into<String>) -> Self {
        Self {
            monospace: true,
            ..Self::new(name, value)
        }
    }

    pub(super) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
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

impl ReportPage {
    pub(super) fn new(run: &ReportInput<'_>) -> Self {
        let summary = run.summary;
        let timeline = Timeline::new(run.rates);
        let words = run.about.command.as_deref().unwrap_or_default();
        let context = HintContext {
            kind: run.about.kind,
            given: &FlagsGiven::of_command(words),
        };
        let (errors, more_codes) = groups(run.tally, run.names, context);
        let is_active = run.active && summary.state == RunState::Interrupted;
        Self {
            style: STYLE,
            style_hash: STANDARD.encode(Sha256::digest(STYLE.as_bytes())),
            name: short_name(&summary.list).to_owned(),
            rehearsal: run.about.kind == RunKind::Rehearsal,
            masked: run.names == Names::Masked,
            version: env!("CARGO_PKG_VERSION"),
            status: match status(summary, run.names) {
                status if run.undone => status.undone(),
                status if is_active => status.active(summary.count(Outcome::InDoubt)),
                status => status,
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
                .map_or_else(String::new, |latency| {
                    counted(latency.rows, "user", "users")
                }),
            bars: latency_chart::bars(&run.tally.durations),
            existing_users: existing_users(summary),
            differs: differs(summary),
            errors,
            more_codes: match more_codes {
                0 => String::new(),
                more => counted(more as u64, "more code", "more codes"),
            },
            steps: steps(summary),
            more_steps: match summary.follow_up.len().saturating_sub(MAX_STEPS) {
                0 => String::new(),
                more => counted(more as u64, "more step is", "more steps are"),
            },
            step_errors: step_errors(summary, context),
            requests: categories(summary),
            messages: messages(run),
            next_steps: if is_active {
                while_active()
            } else {
                next_steps(summary, run.about)
            },
        }
    }
}

/// Returns the last part of a path or an object key.
fn short_name(list: &str) -> &str {
    list.rsplit('/')
        .next()
        .filter(|name| !name.is_empty())
        .unwrap_or(list)
}

/// Returns the key figures.
fn figures(summary: &Summary) -> Vec<Fact> {
    let in_pool = summary.count(Outcome::Created) + summary.count(Outcome::Existed);
    let mut figures = vec![
        Fact::new("Rows read", thousands(summary.rows)).with_note(if summary.read_to_end {
            "the whole list"
        } else {
            "part of the list"
        }),
        Fact::new("In the pool", thousands(in_pool)).with_note(percent(in_pool, summary.rows)),
        Fact::new("Active time", span(active(summary))),
    ];
    if let Some(rate) = summary.rates.get("UserCreation") {
        let ceiling = summary.pace.get("UserCreation").map(|pace| pace.ceiling);
        figures.push(Fact::new("Requests per second", measured(*rate)).with_note(
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

/// Returns what ran, where, when and for how long.
fn facts(run: &ReportInput<'_>) -> Vec<Fact> {
    let (summary, about) = (run.summary, run.about);
    let mut facts = vec![Fact::code("List", &summary.list)];
    facts.push(match &summary.fingerprint {
        Some(fingerprint) => Fact::code("SHA-256 of the list", fingerprint),
        None => Fact::new(
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
        None => Fact::new("Program", "unknown version"),
    });
    if let Some(run_id) = &summary.run_id {
        facts.push(Fact::code("Run", run_id));
    }
    facts.push(Fact::new("Started", moment(&summary.started)));
    if let Some(finished) = &summary.finished {
        let elapsed = summary
            .elapsed()
            .map(|elapsed| format!("{} after the start", span(elapsed)))
            .unwrap_or_default();
        facts.push(Fact::new("Ended", moment(finished)).with_note(elapsed));
    }
    let sessions = format!("in {}", counted(summary.sessions, "session", "sessions"));
    facts.push(Fact::new("Active time", span(active(summary))).with_note(sessions));
    let (code, meaning) = run.exit;
    facts.push(Fact::code("Exit code", code.to_string()).with_note(meaning));
    if let Some(previous) = &summary.previous {
        let started = format!("started {}", moment(&previous.started));
        facts.push(Fact::code("Previous run", &previous.run_directory).with_note(started));
    }
    if let Some(words) = &about.command {
        facts.push(Fact {
            command: CommandLine::new(words.clone()).quoted_words(),
            ..Fact::new("Command", "")
        });
    }
    facts
}

/// Returns notes that complement the outcomes.
fn notes(run: &ReportInput<'_>) -> Vec<String> {
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
    if let Some(previous) = &run.summary.previous
        && let Some(differences) = previous.differences
    {
        notes.push(format!(
            "Since the previous run ({}): {}, {} vanished from the list, {} differing from the pool, {}, {}.",
            counted(previous.rows, "row", "rows"),
            counted(differences.new, "new row", "new rows"),
            counted(differences.vanished, "user", "users"),
            counted(differences.differing, "user", "users"),
            counted(differences.known, "known problem", "known problems"),
            counted(
                differences.newly_broken,
                "newly broken row",
                "newly broken rows"
            ),
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
        .take(MAX_PAUSES)
        .map(|(_, length)| span(Duration::from_millis(length.unsigned_abs())))
        .collect();
    match timeline.pauses().skip(MAX_PAUSES).count() {
        0 => pauses.join(", "),
        more => format!("{} and {more} more", pauses.join(", ")),
    }
}

fn latency(run: &ReportInput<'_>) -> Vec<Fact> {
    let Some(latency) = run.tally.durations.latency() else {
        return Vec::new();
    };
    vec![
        Fact::new("p50", milliseconds(latency.p50_ms)).with_note("half took no longer"),
        Fact::new("p90", milliseconds(latency.p90_ms)).with_note("90% took no longer"),
        Fact::new("p99", milliseconds(latency.p99_ms)).with_note("99% took no longer"),
        Fact::new("Longest", milliseconds(latency.max_ms)),
    ]
}

fn steps(summary: &Summary) -> Vec<StepView> {
    summary
        .follow_up
        .iter()
        .take(MAX_STEPS)
        .map(|(name, counts)| StepView {
            name: name.clone(),
            done: thousands(counts.done),
            failed: thousands(counts.failed),
            pending: thousands(counts.pending),
        })
        .collect()
}

/// Describes the messages; empty if the pool never reported any.
fn messages(run: &ReportInput<'_>) -> String {
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
