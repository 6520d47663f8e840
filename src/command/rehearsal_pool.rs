//! `rehearsal-pool`: the simulated pool alone.

use super::rehearse::settings_with_users;
use super::{Failed, runtime};
use crate::cli::Say;
use crate::cli::args::RehearsalPoolArgs;
use crate::cli::exit::Exit;
use crate::import::Signals;
use crate::rehearsal::RehearsalPool;

pub(super) fn serve(args: &RehearsalPoolArgs, say: Say) -> Result<Exit, Failed> {
    let settings = settings_with_users(&args.rehearsal)?;
    let (pool_id, client_id) = (settings.pool_id.clone(), settings.client_id.clone());
    let signal = runtime()?.block_on(async {
        let mut signals = Signals::listen().map_err(Failed::refused)?;
        let pool = RehearsalPool::start(args.listen, settings).map_err(Failed::refused)?;
        let url = pool.endpoint_url();
        say.line(format_args!(
            "simulated pool at {url} (user pool {pool_id}, app client {client_id})"
        ));
        say.line(format_args!(
            "what really happened: {url}/stats and {url}/stats/users; Ctrl-C ends it"
        ));
        let signal = signals.next().await;
        pool.stop();
        Ok(signal)
    })?;
    Ok(Exit::Signal(signal))
}
