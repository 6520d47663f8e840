//! `check`: everything that is wrong with a list and with the plan, before a request that writes.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::document::CheckDocument;
use super::follow_up::{refuse_misfits, updates};
use super::list::List;
use super::listing::ListingDecision;
use super::preflight::{Intent, PreflightFindings, ask_pool, strictness, usernames_fold};
use super::schema_source::SchemaSource;
use super::{CommandError, CommandOutput, beside, runtime};
use crate::cli::args::{CheckArgs, KnownPoolArgs, PatienceArgs};
use crate::cli::client_secret::{SecretOwner, client_secret};
use crate::cli::exit::Exit;
use crate::cli::import_settings::ListSettings;
use crate::cli::{Say, settings};
use crate::mapping::Mapping;
use crate::pool::{Cognito, connect};
use crate::preflight::ask::{Found, Questions};
use crate::preflight::attempts::PreflightCalls;
use crate::preflight::rates::Rates;
use crate::preflight::survey::{Item, ReportedFinding, Survey, SurveyError};
use crate::report::{FindingLine, FindingsCsv};
use crate::rows::Rows;
use crate::run::Signals;
use crate::user::FlagsGiven;
use crate::user::pool_rules::PoolRules;

pub(super) fn check(args: &CheckArgs, say: Say) -> Result<CommandOutput, CommandError> {
    settings::refuse_sensitive_logs().map_err(CommandError::refused)?;
    runtime()?.block_on(async {
        let mut signals = Signals::listen().map_err(CommandError::refused)?;
        tokio::select! {
            checked = examined(args, say) => checked,
            signal = signals.next() => {
                FindingsCsv::abandon(&args.findings);
                let why = "stopped before the list's end: no findings were written";
                say.line(why);
                Ok(CommandOutput::from(Exit::Signal(signal)).stopped(why, "check the list again"))
            }
        }
    })
}

async fn examined(args: &CheckArgs, say: Say) -> Result<CommandOutput, CommandError> {
    let access = settings::s3_access(args.pool.user_pool_id.as_deref(), &args.pool.connection);
    let schema = SchemaSource::of_known(&args.pool);
    let list_settings = ListSettings::of(&args.list, access).map_err(CommandError::refused)?;
    let list = List::open(&list_settings, schema, say).await?;
    list.say_what_is_dropped(say);
    refuse_to_replace(&args.findings, &args.list.list)?;
    let asked = settings::rates(&args.rates);
    let looks = settings::looks(&args.look).map_err(CommandError::refused)?;
    let looks_up = looks.look_ups.any();
    refuse_misfits(&list, list_settings.follow_up_existing, looks)?;
    let questions = Questions {
        rules: true,
        client: args.pool.client_id.is_some(),
        look_up: looks_up,
        steps: list.mapping.follow_up_kinds(),
        limits: asked.limits(true, looks_up, updates(&list)),
        writes: false,
    };
    let secret_given = is_secret_given(&args.pool, say)?;
    let (pool, mut found) = known(&args.pool, args.patience, &questions, say).await?;
    let rules = found.rules.clone();
    let rules = rules.as_ref();
    let case_insensitive = usernames_fold(
        settings::case_insensitive(args.usernames),
        rules,
        &found,
        say,
    );
    let given = args.pool.pool.iter().map(|_| "--pool").collect();
    let mapping = list.mapping.given(given).held_to(&strictness(rules));
    let (survey, findings) = surveyed(list.rows, &mapping, case_insensitive, args).await?;
    let notify = |text: &str| say.line(text);
    let weighed = ListingDecision {
        preflight: pool.as_ref().map(|pool| PreflightCalls {
            pool,
            time: args.patience.preflight_timeout,
            notify: &notify,
        }),
        looks,
        rates: &asked,
        users: rules.map(|rules| rules.estimated_number_of_users),
        rows: Some(survey.counts.to_send),
        time: None,
    };
    let reading = weighed.reading(&mut found).await;
    let intent = Intent {
        allowed: settings::allowed(&args.allow),
        // A file only says whether a secret is needed: whether the run gets one is not known here.
        secret_given: secret_given.unwrap_or_else(|| has_secret(rules)),
        looks,
        reading,
        rates: Rates::new(&asked, &found),
        names_pool: args.pool.user_pool_id.is_some() || args.pool.pool.is_some(),
        begun: false,
    };
    say_by_rule(&list.source.name(), &survey, mapping.flags_given(), say);
    say.line(format_args!(
        "findings: {} ({findings} of them)",
        args.findings.display()
    ));
    let counts = survey.counts;
    let verdict = PreflightFindings::of(intent, &mapping, rules, &found, Some(survey));
    verdict.say(say);
    let checked = CheckDocument {
        list: list.source.name(),
        findings_file: &args.findings,
        findings,
        verdict: verdict.document(),
    };
    if let Some(refusal) = verdict.refusal("a run would be refused") {
        return Err(refusal.with(&checked));
    }
    if counts.invalid + counts.duplicates > 0 {
        return CommandOutput::from(Exit::SomeRows).with(&checked);
    }
    say.line("nothing stands against it");
    CommandOutput::from(Exit::Done).with(&checked)
}

/// Findings take the place of an older file: neither of the list, nor of a device such as /dev/null.
fn refuse_to_replace(findings: &Path, list: &Path) -> Result<(), CommandError> {
    let Ok(there) = findings.symlink_metadata() else {
        return Ok(());
    };
    let same = matches!(
        (list.canonicalize(), findings.canonicalize()),
        (Ok(list), Ok(findings)) if list == findings
    );
    let what = if same {
        "is the list itself"
    } else if !there.is_file() {
        "is there, and no file"
    } else {
        return Ok(());
    };
    Err(CommandError::refusal(
        format_args!("--findings {}: {what}", findings.display()),
        "name another file",
    ))
}

/// Whether the app client's secret was given; none where the pool's rules come from a file.
fn is_secret_given(args: &KnownPoolArgs, say: Say) -> Result<Option<bool>, CommandError> {
    let Some(user_pool_id) = &args.user_pool_id else {
        return Ok(None);
    };
    let owner = SecretOwner {
        user_pool_id,
        client_id: args.client_id.as_deref(),
    };
    let given = client_secret(&args.connection, owner).map_err(CommandError::refused)?;
    if let Some(warning) = given.as_ref().and_then(|given| given.warning.as_ref()) {
        say.warning(warning);
    }
    Ok(Some(given.is_some()))
}

fn has_secret(rules: Option<&PoolRules>) -> bool {
    rules
        .and_then(|rules| rules.client.as_ref())
        .is_some_and(|client| client.has_secret)
}

/// The pool, where it may be asked; and what is known of it: from its file, from itself, or nothing.
pub(super) async fn known(
    args: &KnownPoolArgs,
    patience: PatienceArgs,
    questions: &Questions,
    say: Say,
) -> Result<(Option<Cognito>, Found), CommandError> {
    if let Some(path) = &args.pool {
        let rules = settings::pool_rules(path).map_err(CommandError::refused)?;
        let found = Found {
            rules: Some(rules),
            ..Found::default()
        };
        return Ok((None, found));
    }
    let Some(user_pool_id) = &args.user_pool_id else {
        return Ok((None, Found::default()));
    };
    let client_id = args.client_id.as_deref();
    let connection = settings::connect_to_ask(user_pool_id, client_id, &args.connection);
    let pool = connect(&connection).await.map_err(CommandError::refused)?;
    let preflight = PreflightCalls {
        pool: &pool,
        time: patience.preflight_timeout,
        notify: &|text| say.line(text),
    };
    let found = ask_pool(preflight, user_pool_id, questions).await?;
    Ok((Some(pool), found))
}

/// Notes of each kind that are written to the findings file at most: every cell of a column may have one.
const NOTES_WRITTEN: u64 = 1_000;

/// Reads the list to its end and writes the findings file. Returns the number of findings in it.
async fn surveyed(
    rows: Rows,
    mapping: &Mapping,
    case_insensitive: bool,
    args: &CheckArgs,
) -> Result<(Survey, u64), CommandError> {
    let (to, encoding) = (args.findings.as_path(), args.csv.encoding());
    let (mapping, path) = (mapping.clone(), to.to_owned());
    let work = move || {
        let mut csv = FindingsCsv::begin(&path, encoding)?;
        let mut findings = 0;
        let mut notes: BTreeMap<&'static str, u64> = BTreeMap::new();
        let survey = Survey::of(rows, &mapping, case_insensitive, |reported| {
            let is_written = match reported.item {
                Item::Finding(_) => {
                    findings += 1;
                    true
                }
                Item::Note(_) => {
                    let count = notes.entry(reported.item.code()).or_default();
                    *count += 1;
                    *count <= NOTES_WRITTEN
                }
            };
            if is_written {
                write_line(&mut csv, reported, mapping.flags_given())?;
            }
            Ok(())
        })?;
        csv.finish()?;
        Ok((survey, findings))
    };
    let surveyed: Result<_, SurveyError> = beside("survey", work).await?;
    surveyed.map_err(|error| match error {
        SurveyError::Rows(_) | SurveyError::Room(_) => CommandError::refused(error),
        SurveyError::Write(cause) => CommandError::refusal(
            format_args!("--findings {}: cannot be written: {cause}", to.display()),
            "name a file in a folder that can be written to",
        ),
    })
}

fn write_line(
    csv: &mut FindingsCsv,
    reported: &ReportedFinding<'_>,
    given: &FlagsGiven,
) -> io::Result<()> {
    let item = reported.item;
    csv.line(&FindingLine {
        row: reported.row,
        line: reported.line,
        username: reported.username,
        column: item.column(),
        rule: item.code(),
        found: item.message(),
        what_to_do: &item.hint(given),
        is_note: matches!(item, Item::Note(_)),
    })
}

/// One line a rule, its examples below it.
fn say_by_rule(list: &str, survey: &Survey, given: &FlagsGiven, say: Say) {
    if !survey.broken.is_empty() {
        say.line(format_args!("{list}:"));
    }
    for broken in &survey.broken {
        say.line(format_args!(
            "  {} x {}",
            broken.findings,
            broken.rule.code()
        ));
        for example in &broken.examples {
            say.text(format_args!(
                "      row {}, line {}: {}",
                example.row, example.line, example.found
            ));
        }
        say.text(format_args!("      => {}", broken.rule.hint(given)));
    }
}
