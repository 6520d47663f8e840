//! The flags of the simulated pool, and its settings from them.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value, json};

use super::args::duration;
use super::text_file::{WRITTEN_BY_HAND, read_text};
use crate::hints::Hint;
use crate::rehearsal::{PoolSettings, QuotaSetting, RehearsalError, SimulatedLatency};

/// The size limit of the settings file, which may list users.
const MAX_SETTINGS_BYTES: u64 = 64 * WRITTEN_BY_HAND;

/// The simulated pool.
#[derive(Debug, Args)]
#[command(next_help_heading = "Simulated pool")]
pub struct RehearsalArgs {
    /// Start with the users in this CSV file
    ///
    /// Needs a username column; other columns are attributes.
    #[arg(long, value_name = "FILE")]
    pub existing: Option<PathBuf>,
    /// Read the pool's settings from a JSON file
    ///
    /// Sets the schema, policies, triggers, client secret and more.
    #[arg(long, value_name = "FILE")]
    pub pool_settings: Option<PathBuf>,
    /// Throttle above N sign-ups per second [default: 50]
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub quota: Option<f64>,
    /// Throttle above N lookups per second [default: 120]
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub lookup_quota: Option<f64>,
    /// Delay responses by this long [default: 20 to 40 ms]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub latency: Option<Duration>,
    /// Seed the random faults, to reproduce them
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Inject a fault; repeatable
    ///
    /// Examples: commit_then_drop=0.1 loses one response in ten, answer_late=0.1:2000 delays one
    /// in ten by 2,000 ms, throttle_burst=0.01:20 throttles 20 requests in a row with a
    /// probability of 1%. docs/rehearsal.md lists all faults.
    #[arg(long, value_name = "NAME=VALUE")]
    pub fault: Vec<String>,
}

/// An invalid flag or settings file of the simulated pool.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalArgsError {
    /// The settings file cannot be read.
    #[error("--pool-settings {path}: cannot be read: {cause}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The I/O error.
        cause: std::io::Error,
    },
    /// The settings file is invalid.
    #[error("--pool-settings {path}: {cause}")]
    Settings {
        /// The file.
        path: PathBuf,
        /// The problem.
        cause: serde_json::Error,
    },
    /// A fault is invalid.
    #[error("--fault {given}: {cause}")]
    Fault {
        /// The value of the flag.
        given: String,
        /// The problem.
        cause: String,
    },
    /// A quota is invalid.
    #[error("--{flag} {given}: not a valid rate")]
    Quota {
        /// The flag.
        flag: &'static str,
        /// The value of the flag.
        given: f64,
    },
}

impl Hint for RehearsalArgsError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. } => "name an existing file".to_owned(),
            Self::Settings { .. } => "correct the file at that position".to_owned(),
            Self::Fault { .. } => {
                "write a fault such as commit_then_drop=0.1, answer_late=0.1:2000 or lost_pool_after=100"
                    .to_owned()
            }
            Self::Quota { .. } => "give a number above 0".to_owned(),
        })
    }
}

impl Hint for RehearsalError {
    fn hint(&self) -> Option<String> {
        Some(RehearsalError::hint(self).to_owned())
    }
}

/// Resolved settings of the simulated pool, and the file with its initial users.
pub struct RehearsalSettings {
    pub pool: PoolSettings,
    pub existing: Option<PathBuf>,
}

impl RehearsalSettings {
    /// Resolves the flags.
    ///
    /// # Errors
    /// The settings file cannot be read, or a setting is invalid.
    pub fn of(args: &RehearsalArgs) -> Result<Self, RehearsalArgsError> {
        Ok(Self {
            pool: pool_settings(args)?,
            existing: args.existing.clone(),
        })
    }
}

/// Returns the settings of the simulated pool, without the users of `--existing`.
///
/// # Errors
/// The settings file cannot be read, or a setting is invalid.
pub fn pool_settings(args: &RehearsalArgs) -> Result<PoolSettings, RehearsalArgsError> {
    let mut settings = match &args.pool_settings {
        None => PoolSettings::default(),
        Some(path) => {
            let text =
                read_text(path, MAX_SETTINGS_BYTES).map_err(|cause| RehearsalArgsError::Read {
                    path: path.clone(),
                    cause,
                })?;
            serde_json::from_str(&text).map_err(|cause| RehearsalArgsError::Settings {
                path: path.clone(),
                cause,
            })?
        }
    };
    if let Some(rate) = args.quota {
        settings.quotas.user_creation = quota("quota", rate)?;
    }
    if let Some(rate) = args.lookup_quota {
        settings.quotas.user_read = quota("lookup-quota", rate)?;
    }
    if let Some(latency) = args.latency {
        settings.latency = SimulatedLatency {
            base_ms: u64::try_from(latency.as_millis()).unwrap_or(u64::MAX),
            jitter_ms: 0,
        };
    }
    settings.seed = args.seed.unwrap_or(settings.seed);
    for given in &args.fault {
        add_fault(&mut settings, given).map_err(|cause| RehearsalArgsError::Fault {
            given: given.clone(),
            cause,
        })?;
    }
    Ok(settings)
}

fn quota(flag: &'static str, rate: f64) -> Result<QuotaSetting, RehearsalArgsError> {
    if rate.is_finite() && rate > 0.0 {
        Ok(QuotaSetting::per_second(rate))
    } else {
        Err(RehearsalArgsError::Quota { flag, given: rate })
    }
}

/// Adds one fault to the settings. The known faults are the fields of the serialized settings.
fn add_fault(settings: &mut PoolSettings, given: &str) -> Result<(), String> {
    let (name, value) = given.split_once('=').ok_or("expected NAME=VALUE")?;
    let mut faults: Map<String, Value> = match serde_json::to_value(&settings.faults) {
        Ok(Value::Object(faults)) => faults,
        Ok(_) | Err(_) => Map::new(),
    };
    if !faults.contains_key(name) {
        let known: Vec<&str> = faults.keys().map(String::as_str).collect();
        return Err(format!("unknown fault; known faults: {}", known.join(", ")));
    }
    let (first, second) = match value.split_once(':') {
        Some((first, second)) => (first, Some(second)),
        None => (value, None),
    };
    let probability = |text: &str| match text.parse::<f64>() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        Ok(_) => Err(format!("{text} is not a probability (0 to 1)")),
        Err(_) => Err(format!("{text} is not a number")),
    };
    let integer = |text: &str| {
        text.parse::<u64>()
            .map_err(|_| format!("{text} is not a whole number"))
    };
    let value = match (name, second) {
        ("expired_credentials_after" | "lost_pool_after" | "firewall_after", None) => {
            json!(integer(first)?)
        }
        ("answer_late" | "commit_late", None) => {
            return Err("expected FRACTION:MILLISECONDS".to_owned());
        }
        ("throttle_burst", None) => return Err("expected FRACTION:REQUESTS".to_owned()),
        (_, None) => json!(probability(first)?),
        ("throttle_burst", Some(requests)) => {
            json!({ "probability": probability(first)?, "requests": integer(requests)? })
        }
        (name, Some(_)) if !["answer_late", "commit_late"].contains(&name) => {
            return Err("expected a single number".to_owned());
        }
        (_, Some(delay)) => {
            json!({ "probability": probability(first)?, "delay_ms": integer(delay)? })
        }
    };
    faults.insert(name.to_owned(), value);
    settings.faults =
        serde_json::from_value(Value::Object(faults)).map_err(|error| error.to_string())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::add_fault;
    use crate::rehearsal::PoolSettings;

    #[test]
    fn faults_accumulate() {
        let mut settings = PoolSettings::default();
        for given in [
            "commit_then_drop=0.1",
            "answer_late=0.2:1500",
            "throttle_burst=0.01:20",
            "lost_pool_after=1",
            "write_commit_then_drop=0.3",
            "list_throttle=0.4",
        ] {
            add_fault(&mut settings, given).unwrap();
        }
        assert_eq!(settings.faults.commit_then_drop, 0.1);
        assert_eq!(settings.faults.answer_late.delay_ms, 1_500);
        assert_eq!(settings.faults.throttle_burst.requests, 20);
        assert_eq!(settings.faults.lost_pool_after, Some(1));
        assert_eq!(settings.faults.write_commit_then_drop, 0.3);
        assert_eq!(settings.faults.list_throttle, 0.4);
    }

    #[test]
    fn rejects_invalid_faults() {
        let mut settings = PoolSettings::default();
        assert!(
            add_fault(&mut settings, "gremlins=0.1")
                .unwrap_err()
                .contains("commit_then_drop")
        );
        for given in [
            "commit_then_drop",
            "commit_then_drop=x",
            "answer_late=0.1:soon",
            "answer_late=0.1",
            "throttle=0.1:20",
        ] {
            assert!(add_fault(&mut settings, given).is_err(), "{given}");
        }
    }
}
