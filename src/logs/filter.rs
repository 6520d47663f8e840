//! Which events are let through.

use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::{FilterFn, Targets, filter_fn};
use tracing_subscriber::layer::Layer;

use crate::detail::meant;

/// The events of this program have this at the beginning of their targets.
const OURS: &str = "cognito_import";

/// What was chosen, and what people should know about it.
pub(super) struct Chosen {
    pub(super) targets: Targets,
    pub(super) notice: Option<String>,
}

/// `-v` overrides `RUST_LOG`, which overrides the default. `-v`, `-vv` and `-vvv` mean the same on standard error and in a file.
/// The defaults differ: standard error shows warnings, and a file, which does not get in the way, what `-v` shows.
pub(super) fn filter(verbose: u8, to_file: bool, rust_log: Option<&str>) -> Chosen {
    let by_default = match (to_file, verbose) {
        (false, 0) => LevelFilter::WARN,
        (true, 0) | (_, 1) => LevelFilter::INFO,
        (_, 2) => LevelFilter::DEBUG,
        (_, 3..) => LevelFilter::TRACE,
    };
    let plain = Targets::new().with_target(OURS, by_default);
    let Some(asked) = rust_log.filter(|_| verbose == 0) else {
        return Chosen {
            targets: plain,
            notice: None,
        };
    };
    match asked.parse::<Targets>() {
        Ok(asked) => Chosen {
            targets: of_ours(&asked).unwrap_or(plain),
            notice: None,
        },
        Err(_) => Chosen {
            targets: plain,
            notice: Some(format!(
                "RUST_LOG is ignored: expected a level or TARGET=LEVEL,..., such as {OURS}=debug"
            )),
        },
    }
}

/// Lets events through by the level and the target that are meant.
pub(super) fn let_through(targets: Targets) -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    // Whatever is meant, it is said at INFO or above.
    let at_most = Layer::<Registry>::max_level_hint(&targets)
        .map_or(LevelFilter::INFO, |level| level.min(LevelFilter::INFO));
    let enabled = move |metadata: &Metadata<'_>| {
        let (level, target) = meant(metadata);
        targets.would_enable(target, &level)
    };
    filter_fn(enabled).with_max_level_hint(at_most)
}

/// What it says of our targets; none where it says nothing.
fn of_ours(asked: &Targets) -> Option<Targets> {
    let mut ours = Vec::new();
    if let Some(level) = asked.default_level() {
        ours.push((OURS.to_owned(), level));
    }
    let named = asked
        .iter()
        .filter(|(target, _)| *target == OURS || target.starts_with("cognito_import::"))
        .map(|(target, level)| (target.to_owned(), level));
    ours.extend(named);
    (!ours.is_empty()).then(|| Targets::new().with_targets(ours))
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::sync::{Arc, Mutex};

    use tracing::field::Field;
    use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
    use tracing::{Event, Level, Subscriber};
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

    use super::{filter, let_through};
    use crate::detail;

    /// The most talkative level that is let through, of a target.
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
    fn the_level_is_that_of_the_flags_the_variable_or_the_place() {
        let ours = |verbose, to_file, rust_log| {
            level(verbose, to_file, rust_log, "cognito_import::import::run")
        };
        assert_eq!(ours(0, false, None), Some(Level::WARN));
        for to_file in [false, true] {
            assert_eq!(ours(1, to_file, None), Some(Level::INFO));
            assert_eq!(ours(2, to_file, None), Some(Level::DEBUG));
            assert_eq!(ours(3, to_file, None), Some(Level::TRACE));
        }
        assert_eq!(ours(0, true, None), Some(Level::INFO));
        assert_eq!(ours(0, false, Some("trace")), Some(Level::TRACE));
        assert_eq!(ours(0, true, Some("error")), Some(Level::ERROR));
        assert_eq!(ours(0, true, Some("off")), None);
        assert_eq!(ours(1, false, Some("trace")), Some(Level::INFO));
        assert_eq!(ours(0, false, Some("hyper=trace")), Some(Level::WARN));
        let one = Some("cognito_import::pool=debug");
        assert_eq!(ours(0, false, one), None);
        assert_eq!(
            level(0, false, one, "cognito_import::pool::list"),
            Some(Level::DEBUG)
        );
    }

    #[test]
    fn nobody_else_is_let_through_whatever_is_asked() {
        for rust_log in [
            "trace",
            "aws_smithy_runtime=trace",
            "aws_sdk_cognitoidentityprovider=trace,hyper=trace",
            "cognito_import=trace,debug",
        ] {
            for target in ["aws_smithy_runtime::client", "hyper::proto"] {
                for verbose in 0..4 {
                    let let_through = level(verbose, true, Some(rust_log), target);
                    assert_eq!(let_through, None, "{rust_log} {target}");
                }
            }
        }
    }

    /// Keeps the messages of the events that come to it.
    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for Heard {
        fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
            event.record(&mut |_: &Field, message: &dyn Debug| {
                self.0.lock().unwrap().push(format!("{message:?}"));
            });
        }
    }

    /// What is heard of events of ours and of others, where this is asked for.
    fn heard(rust_log: &str) -> String {
        let heard = Heard::default();
        let targets = filter(0, true, Some(rust_log)).targets;
        let log = tracing_subscriber::registry()
            .with(heard.clone())
            .with(let_through(targets));
        tracing::subscriber::with_default(log, || {
            tracing::error!(target: "hyper::proto", "others");
            tracing::info!(target: "debug hyper::proto", "others");
            tracing::info!(target: "aws_sdk_cognitoidentityprovider", "others");
            tracing::warn!("warn");
            tracing::info!("info");
            detail::debug!("debug");
            detail::trace!("trace");
        });
        let heard = heard.0.lock().unwrap();
        heard.join(" ")
    }

    #[test]
    fn events_are_let_through_by_the_level_that_is_meant() {
        for (rust_log, what) in [
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
            assert_eq!(heard(rust_log), what, "{rust_log}");
        }
    }

    #[test]
    fn what_others_say_below_info_is_not_even_in_the_program() {
        assert_eq!(STATIC_MAX_LEVEL, LevelFilter::INFO);
    }

    #[test]
    fn what_cannot_be_understood_is_said() {
        let chosen = filter(0, false, Some("cognito_import=loud"));
        assert!(
            chosen
                .notice
                .is_some_and(|notice| notice.contains("RUST_LOG"))
        );
    }
}
