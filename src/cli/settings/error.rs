use std::path::PathBuf;

use super::PartError;
use crate::cli::client_secret::SecretError;
use crate::cli::mapping_file::MappingFileError;
use crate::cli::rehearsal::RehearsalArgsError;
use crate::cli::trigger_data::TriggerDataError;
use crate::hints::Hint;
use crate::report::MetricsFileError;
use crate::s3::UnusableUrl;

/// Settings that cannot be used. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("--pool {path}: {cause}")]
    RulesFile { path: PathBuf, cause: String },
    #[error("LOG_SENSITIVE_BODIES is set: the SDK would log requests with their passwords")]
    SensitiveBodies,
    #[error("--prescan always: lists the pool's users, which --lookup none does not allow")]
    PrescanUnsigned,
    #[error(transparent)]
    Mapping(#[from] MappingFileError),
    #[error(transparent)]
    TriggerData(#[from] TriggerDataError),
    #[error(transparent)]
    Metrics(#[from] MetricsFileError),
    #[error(transparent)]
    Rehearsal(#[from] RehearsalArgsError),
    #[error("--metrics-format emf: writes the metrics to the log, but --metrics-file names a file")]
    MetricsInLog,
    #[error("{0} cannot be both the delimiter and the quote character")]
    QuoteSeparates(char),
    #[error("--escape {0}: already the quote character or the delimiter")]
    EscapeTaken(char),
    #[error("--escape {0}: no effect with --quote none")]
    EscapeUnquoted(char),
    #[error(transparent)]
    Url(#[from] UnusableUrl),
    #[error("--restart: a run in S3 cannot be started over ({0})")]
    RestartInS3(String),
    #[error("--run-dir {0}: a rehearsal needs a local directory")]
    RehearsalInS3(String),
    #[error(transparent)]
    Part(#[from] PartError),
    #[error("--restart: a part of a run cannot be started over")]
    RestartOfPart,
    #[error("no run is named")]
    NoRun,
    #[error("the command that began this run cannot be parsed by this version")]
    RunCommand,
}

impl Hint for SettingsError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Secret(error) => return error.hint(),
            Self::RulesFile { .. } => "`cognito-import describe` writes such a file".to_owned(),
            Self::SensitiveBodies => "unset it".to_owned(),
            Self::PrescanUnsigned => "drop one of the two".to_owned(),
            Self::Mapping(error) => return error.hint(),
            Self::TriggerData(error) => return error.hint(),
            Self::Metrics(error) => return error.hint(),
            Self::Rehearsal(error) => return error.hint(),
            Self::QuoteSeparates(..) => {
                "choose another --delimiter or --quote (`--quote none` if nothing is quoted)"
                    .to_owned()
            }
            Self::EscapeTaken(..) => {
                "choose another one, or leave --escape out (doubled quotes need no flag)".to_owned()
            }
            Self::MetricsInLog | Self::EscapeUnquoted(..) => "drop one of the two".to_owned(),
            Self::Url(error) => return error.hint(),
            Self::RestartInS3(_) => {
                "name another prefix with --run-dir, which keeps the earlier run".to_owned()
            }
            Self::Part(error) => return error.hint(),
            Self::RestartOfPart => {
                "name another directory with --run-dir for all parts, which keeps the earlier run"
                    .to_owned()
            }
            Self::RehearsalInS3(_) => "name one, or leave --run-dir out".to_owned(),
            Self::RunCommand => "use the version that began it, or leave the file out".to_owned(),
            Self::NoRun => "give its directory, or two with --compare".to_owned(),
        })
    }
}

impl Hint for toml::ser::Error {
    fn hint(&self) -> Option<String> {
        None
    }
}
