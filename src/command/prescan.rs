//! Between the preparation and the run: the pool is read, where that was found to pay or is asked for.

use super::CommandError;
use super::prepare::Prepared;
use crate::import::prescan::{Prescan as Scan, Scanned};
use crate::import::{StopReason, Watch};
use crate::ledger::listing::Listing;
use crate::pace::Pacer;
use crate::preflight::prescan::PrescanMode;
use crate::run::Signals;

/// What the run begins with.
pub(super) enum Read {
    /// With what is known of the pool's users.
    On(Option<Listing>),
    /// It stops before its first row.
    Stopped(StopReason),
}

/// Reads the pool. One that cannot be read stops a run that was told to read it, and no other.
pub(super) async fn prescan(
    prepared: &mut Prepared,
    pacer: &Pacer,
    asked: PrescanMode,
    signals: &mut Signals,
    watch: &mut dyn Watch,
) -> Result<Read, CommandError> {
    let Some(reading) = &prepared.reading else {
        return Ok(Read::On(None));
    };
    let scan = Scan {
        pool: &prepared.pool,
        pacer,
        ledger: &mut prepared.ledger,
        named_by: prepared.plan.named_by,
        case_insensitive: prepared.list.listing_folds,
        retry: prepared.plan.rules.retry,
        deadline: prepared.plan.deadline,
        about: reading.users,
    };
    let scanned = scan
        .read(signals, watch)
        .await
        .map_err(CommandError::stopped)?;
    Ok(match scanned {
        Scanned::Whole(listing) => Read::On(Some(listing)),
        Scanned::Stopped(reason) => Read::Stopped(reason),
        Scanned::Failed(why) => match asked {
            PrescanMode::Always => Read::Stopped(StopReason::Unlisted(why)),
            PrescanMode::Auto | PrescanMode::Never => {
                watch.notice(&format!(
                    "note: the pool's users cannot be read first, so every name is tried: {why}"
                ));
                Read::On(None)
            }
        },
    })
}
