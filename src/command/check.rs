//! `check`: reports everything that is wrong with a list and the planned run. Writes nothing to the
//! pool.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::document::CheckDocument;
use super::findings::{Intent, PreflightFindings, strictness};
use super::list::List;
use super::pool_rules::read_rules;
use super::preflight::{PrescanDecision, choose_case};
use super::{CommandError, CommandOutput, beside, block_on};
use crate::cli::Printer;
use crate::cli::exit::Exit;
use crate::cli::settings::CheckSettings;
use crate::mapping::Mapping;
use crate::plural::counted;
use crate::preflight::attempts::PreflightCalls;
use crate::preflight::queries::PoolQueries;
use crate::preflight::rates::Rates;
use crate::preflight::survey::{Item, ReportedFinding, Survey, SurveyError};
use crate::report::{FindingLine, FindingsCsv};
use crate::rows::Rows;
use crate::run::Signals;
use crate::user::FlagsGiven;
use crate::user::pool_rules::PoolRules;

pub(super) fn check(
    settings: &CheckSettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    if let Some(warning) = &settings.secret_warning {
        printer.warn(warning);
    }
    block_on(async {
        let mut signals = Signals::listen().map_err(CommandError::refused)?;
        tokio::select! {
            checked = check_list(settings, printer) => checked,
            signal = signals.next() => {
                FindingsCsv::discard(&settings.findings);
                let reason = "stopped before the end of the list: no findings were written";
                printer.info(reason);
                Ok(CommandOutput::from(Exit::Signal(signal)).stopped(reason, "check the list again"))
            }
        }
    })
}

async fn check_list(
    settings: &CheckSettings,
    printer: Printer,
) -> Result<CommandOutput, CommandError> {
    let existing_users = settings.existing_users;
    let looks_up = existing_users.lookup.any();
    let list = List::open(&settings.list, &settings.rules, printer).await?;
    list.print_dropped_columns(printer);
    refuse_to_replace(&settings.findings, &settings.list.path)?;
    list.refuse_contradictions(settings.list.follow_up_existing, existing_users, false)?;
    let queries = PoolQueries {
        rules: true,
        client: settings.rules.has_client(),
        look_up: looks_up,
        steps: list.mapping.follow_up_kinds(),
        limits: settings
            .rates
            .limits(true, looks_up, list.uses_update_quota()),
        writes: false,
    };
    let (pool, mut found) = read_rules(
        &settings.rules,
        settings.preflight_timeout,
        &queries,
        printer,
    )
    .await?;
    let rules = found.rules.clone();
    let rules = rules.as_ref();
    let case_insensitive = choose_case(settings.ignore_case, rules, &found, printer);
    let flags = settings.rules.flag().into_iter().collect();
    let mapping = list
        .mapping
        .with_flags(flags)
        .with_rules(&strictness(rules));
    let (survey, findings) = surveyed(list.rows, &mapping, case_insensitive, settings).await?;
    let notify = |text: &str| printer.info(text);
    let decision = PrescanDecision {
        calls: pool.as_ref().map(|pool| PreflightCalls {
            pool,
            timeout: settings.preflight_timeout,
            notify: &notify,
        }),
        policy: existing_users,
        rates: &settings.rates,
        users: rules.map(|rules| rules.estimated_number_of_users),
        rows: Some(survey.counts.to_send),
        time_limit: None,
    };
    let prescan = decision.decide(&mut found).await;
    let intent = Intent {
        allowed: settings.allowed,
        // A rules file says whether a secret is needed, but not whether the run will have it.
        secret_given: settings.secret_given.unwrap_or_else(|| has_secret(rules)),
        existing_users,
        prescan,
        rates: Rates::new(&settings.rates, &found),
        pool_known: settings.rules.is_known(),
        begun: false,
    };
    print_by_rule(&list.source.name(), &survey, mapping.flags_given(), printer);
    printer.info(format_args!(
        "{} written to {}",
        counted(findings, "finding", "findings"),
        settings.findings.display()
    ));
    let counts = survey.counts;
    let preflight = PreflightFindings::new(intent, &mapping, rules, &found, Some(survey));
    preflight.print(printer);
    let document = CheckDocument {
        list: list.source.name(),
        findings_file: &settings.findings,
        findings,
        verdict: preflight.document(),
    };
    if let Some(refusal) = preflight.refusal("a run would be refused") {
        return Err(refusal.with(&document));
    }
    if counts.invalid + counts.duplicates > 0 {
        return CommandOutput::from(Exit::SomeRows).with(&document);
    }
    printer.info("no problems found");
    CommandOutput::from(Exit::Done).with(&document)
}

/// Refuses to replace the list itself, or something that is not a regular file, such as /dev/null.
fn refuse_to_replace(findings: &Path, list: &Path) -> Result<(), CommandError> {
    let Ok(metadata) = findings.symlink_metadata() else {
        return Ok(());
    };
    let same = matches!(
        (list.canonicalize(), findings.canonicalize()),
        (Ok(list), Ok(findings)) if list == findings
    );
    let problem = if same {
        "is the list itself"
    } else if !metadata.is_file() {
        "exists and is not a regular file"
    } else {
        return Ok(());
    };
    Err(CommandError::refusal(
        format_args!("--findings {}: {problem}", findings.display()),
        "name another file",
    ))
}

fn has_secret(rules: Option<&PoolRules>) -> bool {
    rules
        .and_then(|rules| rules.client.as_ref())
        .is_some_and(|client| client.has_secret)
}

/// The maximum number of notes of each kind in the findings file. Every cell of a column may have
/// one.
const MAX_NOTES_PER_KIND: u64 = 1_000;

/// Reads the list to its end and writes the findings file. Returns the number of findings in it.
async fn surveyed(
    rows: Rows,
    mapping: &Mapping,
    case_insensitive: bool,
    settings: &CheckSettings,
) -> Result<(Survey, u64), CommandError> {
    let (mapping, path, encoding) = (mapping.clone(), settings.findings.clone(), settings.csv);
    let work = move || {
        let mut csv = FindingsCsv::create(&path, encoding)?;
        let mut findings = 0;
        let mut notes: BTreeMap<&'static str, u64> = BTreeMap::new();
        let survey = Survey::of(rows, &mapping, case_insensitive, None, |reported| {
            let is_written = match reported.item {
                Item::Finding(_) => {
                    findings += 1;
                    true
                }
                Item::Note(_) => {
                    let count = notes.entry(reported.item.code()).or_default();
                    *count += 1;
                    *count <= MAX_NOTES_PER_KIND
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
        SurveyError::Rows(_) | SurveyError::TempFile(_) | SurveyError::PoolUsers { .. } => {
            CommandError::refused(error)
        }
        SurveyError::Write(cause) => CommandError::refusal(
            format_args!(
                "--findings {}: cannot be written: {cause}",
                settings.findings.display()
            ),
            "name a file in a writable directory",
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

/// Prints the broken rules with examples.
fn print_by_rule(list: &str, survey: &Survey, given: &FlagsGiven, printer: Printer) {
    if !survey.broken.is_empty() {
        printer.info(format_args!("{list}:"));
    }
    for broken in &survey.broken {
        printer.info(format_args!(
            "  {} x {}",
            broken.findings,
            broken.rule.code()
        ));
        for example in &broken.examples {
            printer.prose(format_args!(
                "      row {}, line {}: {}",
                example.row, example.line, example.found
            ));
        }
        printer.prose(format_args!("      => {}", broken.rule.hint(given)));
    }
}
