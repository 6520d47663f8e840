use super::{RecordedRun, SettingsError, refuse_sensitive_logs};
use crate::cli::args::UndoArgs;
use crate::pace::Ceilings;
use crate::preflight::queries::PoolAnswers;
use crate::preflight::rates::{RateOptions, Rates};
use crate::report::CsvEncoding;

/// The settings of `undo`.
pub struct UndoSettings {
    pub run: RecordedRun,
    /// The user pool whose users may be deleted without asking.
    pub confirmed_pool: Option<String>,
    pub dry_run: bool,
    /// Also delete users who have signed in.
    pub even_if_used: bool,
    /// Undo the users in the ledger even if it may lack rows.
    pub known_only: bool,
    /// Restore addresses even if the pool may send messages to them.
    pub allow_messages: bool,
    pub ceilings: Ceilings,
    pub csv: CsvEncoding,
}

impl UndoSettings {
    pub(super) fn of(args: &UndoArgs) -> Result<Self, SettingsError> {
        refuse_sensitive_logs()?;
        Ok(Self {
            run: RecordedRun::of(&args.run_dir, &args.recorded)?,
            confirmed_pool: args.yes_delete.clone(),
            dry_run: args.dry_run,
            even_if_used: args.even_if_used,
            known_only: args.known_only,
            allow_messages: args.allow_messages,
            ceilings: ceilings(args),
            csv: args.csv.encoding(),
        })
    }
}

/// The account's quotas are not read: UserUpdate cannot be raised, and lookups need no more
/// requests than deletions.
fn ceilings(args: &UndoArgs) -> Ceilings {
    let rates = RateOptions {
        read: args.lookup_rate.named(),
        update: args.delete_rate.named(),
        ..RateOptions::of_share(args.recorded.share)
    };
    Rates::new(&rates, &PoolAnswers::default()).ceilings()
}
