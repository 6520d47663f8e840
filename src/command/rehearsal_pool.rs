//! `rehearsal-pool`: runs the simulated pool for other clients.

use std::net::SocketAddr;

use super::document::Serving;
use super::rehearse::pool_with_users;
use super::{CommandError, CommandOutput, OutputWriter, block_on};
use crate::cli::exit::Exit;
use crate::cli::rehearsal::RehearsalSettings;
use crate::rehearsal::RehearsalPool;
use crate::run::Signals;

pub(super) fn serve(
    listen: SocketAddr,
    rehearsal: RehearsalSettings,
    output: OutputWriter,
) -> Result<CommandOutput, CommandError> {
    let printer = output.printer;
    let settings = pool_with_users(rehearsal)?;
    let (pool_id, client_id) = (settings.pool_id.clone(), settings.client_id.clone());
    let signal = block_on(async {
        let mut signals = Signals::listen().map_err(CommandError::refused)?;
        let pool = RehearsalPool::start(listen, settings).map_err(CommandError::refused)?;
        let url = pool.endpoint_url();
        printer.info(format_args!(
            "simulated pool at {url} (user pool {pool_id}, app client {client_id})"
        ));
        printer.info(format_args!(
            "statistics: {url}/stats and {url}/stats/users; Ctrl-C stops the pool"
        ));
        output.print_early(&Serving {
            endpoint_url: &url,
            user_pool_id: &pool_id,
            client_id: &client_id,
        })?;
        let signal = signals.next().await;
        pool.stop();
        Ok(signal)
    })?;
    Ok(CommandOutput::printed(Exit::Signal(signal)))
}
