//! Decides which events are logged.

use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::{FilterFn, Targets, filter_fn};
use tracing_subscriber::layer::Layer;

use crate::detail::original;

/// The target prefix of this program's events.
const OWN_TARGET: &str = "cognito_import";

/// The selected targets and levels.
pub(super) struct LogFilter {
    pub(super) targets: Targets,
    /// A message for the user about the selection.
    pub(super) notice: Option<String>,
}

/// Selects what is logged. `-v` overrides `RUST_LOG`, which overrides the default.
///
/// By default, standard error shows warnings, and a file shows the same as with `-v`.
pub(super) fn filter(verbose: u8, to_file: bool, rust_log: Option<&str>) -> LogFilter {
    let level = match (to_file, verbose) {
        (false, 0) => LevelFilter::WARN,
        (true, 0) | (_, 1) => LevelFilter::INFO,
        (_, 2) => LevelFilter::DEBUG,
        (_, 3..) => LevelFilter::TRACE,
    };
    let default = Targets::new().with_target(OWN_TARGET, level);
    let Some(rust_log) = rust_log.filter(|_| verbose == 0) else {
        return LogFilter {
            targets: default,
            notice: None,
        };
    };
    match rust_log.parse::<Targets>() {
        Ok(targets) => LogFilter {
            targets: own_targets(&targets).unwrap_or(default),
            notice: None,
        },
        Err(_) => LogFilter {
            targets: default,
            notice: Some(format!(
                "RUST_LOG is ignored: expected a level or TARGET=LEVEL,..., such as {OWN_TARGET}=debug"
            )),
        },
    }
}

/// Returns a filter that matches events by their original level and target.
pub(super) fn event_filter(targets: Targets) -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    // DEBUG and TRACE events are emitted as INFO.
    let max_level = Layer::<Registry>::max_level_hint(&targets)
        .map_or(LevelFilter::INFO, |level| level.min(LevelFilter::INFO));
    let is_enabled = move |metadata: &Metadata<'_>| {
        let (level, target) = original(metadata);
        targets.would_enable(target, &level)
    };
    filter_fn(is_enabled).with_max_level_hint(max_level)
}

/// Restricts the filter to this program's targets. `None` if it contains none.
fn own_targets(targets: &Targets) -> Option<Targets> {
    let mut own = Vec::new();
    if let Some(level) = targets.default_level() {
        own.push((OWN_TARGET.to_owned(), level));
    }
    let named = targets
        .iter()
        .filter(|(target, _)| *target == OWN_TARGET || target.starts_with("cognito_import::"))
        .map(|(target, level)| (target.to_owned(), level));
    own.extend(named);
    (!own.is_empty()).then(|| Targets::new().with_targets(own))
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::sync::{Arc, Mutex};

    use tracing::field::Field;
    use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
    use tracing::{Event, Level, Subscriber};
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

    use super::{event_filter, filter};
    use crate::detail;

    /// Returns the most verbose level that is logged for a target.
    fn level(verbose: u8, to_file: bool, rust_log: Option<&str>, target: &str) -> Option<Level> {
        let targets = filter(verbose, to_file, rust_log).targets;
        [
            Level::TRACE,
            Level::DEBUG,
            Level::INFO,
            Level::WARN,
            Level::ERROR,
        ]
        .into_iter()
        .find(|level| targets.would_enable(target, level))
    }

    #[test]
    fn level_depends_on_flags_variable_and_destination() {
        let own_level = |verbose, to_file, rust_log| {
            level(verbose, to_file, rust_log, "cognito_import::import::run")
        };
        assert_eq!(own_level(0, false, None), Some(Level::WARN));
        for to_file in [false, true] {
            assert_eq!(own_level(1, to_file, None), Some(Level::INFO));
            assert_eq!(own_level(2, to_file, None), Some(Level::DEBUG));
            assert_eq!(own_level(3, to_file, None), Some(Level::TRACE));
        }
        assert_eq!(own_level(0, true, None), Some(Level::INFO));
        assert_eq!(own_level(0, false, Some("trace")), Some(Level::TRACE));
        assert_eq!(own_level(0, true, Some("error")), Some(Level::ERROR));
        assert_eq!(own_level(0, true, Some("off")), None);
        assert_eq!(own_level(1, false, Some("trace")), Some(Level::INFO));
        assert_eq!(own_level(0, false, Some("hyper=trace")), Some(Level::WARN));
        let directive = Some("cognito_import::pool=debug");
        assert_eq!(own_level(0, false, directive), None);
        assert_eq!(
            level(0, false, directive, "cognito_import::pool::list"),
            Some(Level::DEBUG)
        );
    }

    #[test]
    fn never_logs_other_crates() {
        for rust_log in [
            "trace",
            "aws_smithy_runtime=trace",
            "aws_sdk_cognitoidentityprovider=trace,hyper=trace",
            "cognito_import=trace,debug",
        ] {
            for target in ["aws_smithy_runtime::client", "hyper::proto"] {
                for verbose in 0..4 {
                    let logged = level(verbose, true, Some(rust_log), target);
                    assert_eq!(logged, None, "{rust_log} {target}");
                }
            }
        }
    }

    /// A layer that records the messages of events.
    #[derive(Clone, Default)]
    struct RecordedMessages(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for RecordedMessages {
        fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
            event.record(&mut |_: &Field, message: &dyn Debug| {
                self.0.lock().unwrap().push(format!("{message:?}"));
            });
        }
    }

    /// Returns the logged messages of own and foreign events with this `RUST_LOG`.
    fn logged(rust_log: &str) -> String {
        let messages = RecordedMessages::default();
        let targets = filter(0, true, Some(rust_log)).targets;
        let log = tracing_subscriber::registry()
            .with(messages.clone())
            .with(event_filter(targets));
        tracing::subscriber::with_default(log, || {
            tracing::error!(target: "hyper::proto", "foreign");
            // Looks like an event of `detail::debug!`, but from another crate.
            tracing::info!(target: "debug hyper::proto", "foreign");
            tracing::info!(target: "aws_sdk_cognitoidentityprovider", "foreign");
            tracing::warn!("warn");
            tracing::info!("info");
            detail::debug!("debug");
            detail::trace!("trace");
        });
        let messages = messages.0.lock().unwrap();
        messages.join(" ")
    }

    #[test]
    fn filters_events_by_their_original_level() {
        for (rust_log, expected) in [
            ("off", ""),
            ("error", ""),
            ("warn", "warn"),
            ("info", "warn info"),
            ("debug", "warn info debug"),
            ("trace", "warn info debug trace"),
            (
                "hyper=trace,aws_sdk_cognitoidentityprovider=trace",
                "warn info",
            ),
            ("trace,cognito_import=off", ""),
            ("warn,cognito_import::logs=debug", "warn info debug"),
            ("warn,cognito_import::import=trace", "warn"),
        ] {
            assert_eq!(logged(rust_log), expected, "{rust_log}");
        }
    }

    #[test]
    fn debug_events_of_other_crates_are_compiled_out() {
        assert_eq!(STATIC_MAX_LEVEL, LevelFilter::INFO);
    }

    #[test]
    fn reports_an_invalid_rust_log() {
        let filter = filter(0, false, Some("cognito_import=loud"));
        assert!(
            filter
                .notice
                .is_some_and(|notice| notice.contains("RUST_LOG"))
        );
    }
}
