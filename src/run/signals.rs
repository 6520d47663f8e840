//! SIGINT and SIGTERM, and the grace period that the first one starts.
//!
//! A separate thread receives them, so that neither slow computation nor a hanging disk keeps
//! the process from ending in time.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// How long a stopping session without [`Grace`] waits for requests in flight.
const DRAIN_TIME: Duration = Duration::from_secs(30);

/// Signals after the second one are ignored.
const SIGNALS_WAITING: usize = 2;

/// The process is ended this long after the grace period, if it is still running.
const OVERDUE: Duration = Duration::from_millis(500);

/// The same after a second signal. It leaves time to close the ledger.
const OVERDUE_AT_ONCE: Duration = Duration::from_secs(3);

/// A request to stop. A second one stops at once, without waiting for requests in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT (Ctrl-C).
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Signal {
    /// Returns the exit code that shells use for a process that this signal ended: 128 plus its
    /// number.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// The time from the first signal to the end of the process.
///
/// The first half is for requests in flight and for recording unsent rows. The rest is for closing
/// the ledger and writing the reports.
#[derive(Debug, Clone)]
pub struct Grace {
    /// `None`: unlimited.
    limit: Option<Duration>,
    /// The first signal and its time.
    first: watch::Receiver<Option<(Signal, Instant)>>,
}

impl Grace {
    /// Completes when the grace period is over, and returns the signal that began it. Pending until
    /// a signal arrives.
    pub async fn over(&self) -> Signal {
        let mut first = self.first.clone();
        let first = match first.wait_for(Option::is_some).await {
            Ok(first) => *first,
            Err(_) => None,
        };
        match (first, self.limit) {
            (Some((signal, at)), Some(limit)) => {
                sleep_until(at + limit).await;
                signal
            }
            (None, _) | (_, None) => std::future::pending().await,
        }
    }

    /// Returns until when a session that stopped at `stopped` waits for requests in flight.
    #[must_use]
    pub fn draining_until(&self, stopped: Instant) -> Instant {
        match (*self.first.borrow(), self.limit) {
            (Some((_, at)), Some(limit)) => at + limit / 2,
            (None, _) | (_, None) => stopped + DRAIN_TIME,
        }
    }
}

/// A listener for signals sent to this process.
#[derive(Debug)]
pub struct Signals {
    received: mpsc::Receiver<Signal>,
    grace: Grace,
}

impl Signals {
    /// Starts listening. From now on, the signals no longer end the process.
    ///
    /// # Errors
    /// Fails if the handlers cannot be installed.
    pub fn listen() -> std::io::Result<Self> {
        Self::start(None, |_| {})
    }

    /// Starts listening. The first signal starts the grace period. `end` must end the process: it
    /// is called if the process is still running after the grace period or a second signal.
    ///
    /// # Errors
    /// Fails if the handlers cannot be installed.
    pub fn listen_within(
        grace: Duration,
        end: impl FnOnce(Signal) + Send + 'static,
    ) -> std::io::Result<Self> {
        Self::start(Some(grace), end)
    }

    fn start(
        limit: Option<Duration>,
        end: impl FnOnce(Signal) + Send + 'static,
    ) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let system = {
            let _guard = runtime.enter();
            SystemSignals::listen()?
        };
        let (send, received) = mpsc::channel(SIGNALS_WAITING);
        let (arrived, first) = watch::channel(None);
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                let signal = runtime.block_on(forward(system, limit, &send, &arrived));
                end(signal);
            })?;
        let grace = Grace { limit, first };
        Ok(Self { received, grace })
    }

    /// Returns the next signal.
    pub async fn next(&mut self) -> Signal {
        match self.received.recv().await {
            Some(signal) => signal,
            None => std::future::pending().await,
        }
    }

    /// Waits for `work`, unless a signal arrives first or an earlier grace period ends.
    ///
    /// # Errors
    /// Returns the signal.
    pub async fn unless_stopped<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Signal> {
        let grace = self.grace();
        tokio::select! {
            done = work => Ok(done),
            signal = self.next() => Err(signal),
            signal = grace.over() => Err(signal),
        }
    }

    #[must_use]
    pub fn grace(&self) -> Grace {
        self.grace.clone()
    }
}

/// Forwards signals until the process is overdue. Returns the first one.
async fn forward(
    mut system: SystemSignals,
    limit: Option<Duration>,
    send: &mpsc::Sender<Signal>,
    arrived: &watch::Sender<Option<(Signal, Instant)>>,
) -> Signal {
    let first = system.next().await;
    let now = Instant::now();
    arrived.send_replace(Some((first, now)));
    // Nothing receives it if the command is about to end.
    let _ = send.try_send(first);
    let mut overdue = limit.map(|limit| now + limit + OVERDUE);
    loop {
        tokio::select! {
            () = until(overdue) => return first,
            signal = system.next() => {
                let _ = send.try_send(signal);
                if let Some(at) = &mut overdue {
                    *at = (*at).min(Instant::now() + OVERDUE_AT_ONCE);
                }
            }
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// The handlers of the operating system.
struct SystemSignals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl SystemSignals {
    #[cfg(unix)]
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Grace, Signal};
    use std::time::Duration;
    use tokio::sync::watch;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn grace_begins_with_the_first_signal() {
        let (arrived, first) = watch::channel(None);
        let limit = Duration::from_secs(20);
        let grace = Grace {
            limit: Some(limit),
            first,
        };
        let began = Instant::now();
        assert_eq!(
            grace.draining_until(began),
            began + Duration::from_secs(30),
            "no signal"
        );
        arrived.send_replace(Some((Signal::Terminate, began)));
        let later = began + Duration::from_secs(3);
        assert_eq!(grace.draining_until(later), began + limit / 2);
        assert_eq!(grace.over().await, Signal::Terminate);
        assert_eq!(began.elapsed(), limit);
    }

    #[tokio::test(start_paused = true)]
    async fn unlimited_grace_is_never_over() {
        let (_arrived, first) = watch::channel(Some((Signal::Interrupt, Instant::now())));
        let grace = Grace { limit: None, first };
        let over = tokio::time::timeout(Duration::from_secs(1_000_000), grace.over());
        assert!(over.await.is_err());
    }
}
