//! Reads the `Date` header of every response for [`ServiceClock`].

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use aws_sdk_cognitoidentityprovider::config::interceptors::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_cognitoidentityprovider::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_cognitoidentityprovider::error::BoxError;
use aws_sdk_cognitoidentityprovider::primitives::{DateTime, DateTimeFormat};
use aws_smithy_runtime_api::client::interceptors::{SharedInterceptor, dyn_dispatch_hint};
use aws_smithy_types::config_bag::{Storable, StoreReplace};

use super::service_clock::ServiceClock;

#[derive(Debug)]
pub(super) struct DateProbe {
    clock: Arc<Mutex<ServiceClock>>,
    last: Mutex<LastDate>,
}

/// The last header. All responses within a second have the same one, so it is parsed once.
#[derive(Debug, Default)]
struct LastDate {
    text: String,
    ms: Option<i64>,
}

impl LastDate {
    /// Parses a header into milliseconds since the Unix epoch. `None` if it is malformed.
    fn parse(&mut self, text: &str) -> Option<i64> {
        if self.text != text {
            text.clone_into(&mut self.text);
            let date = DateTime::from_str(text, DateTimeFormat::HttpDate).ok();
            self.ms = date.map(|date| date.secs() * 1_000);
        }
        self.ms
    }
}

impl DateProbe {
    /// Creates a permanent interceptor, so that the SDK does not check at every step whether it is
    /// disabled.
    pub(super) fn shared(clock: Arc<Mutex<ServiceClock>>) -> SharedInterceptor {
        let last = Mutex::default();
        SharedInterceptor::permanent(Self { clock, last })
    }
}

/// When the request was sent, by [`monotonic_ms`].
#[derive(Debug)]
struct SentAt(i64);

impl Storable for SentAt {
    type Storer = StoreReplace<Self>;
}

/// Returns the time on a monotonic clock: milliseconds since its first use.
#[must_use]
pub fn monotonic_ms() -> i64 {
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    i64::try_from(FIRST.elapsed().as_millis()).unwrap_or(i64::MAX)
}

/// Returns the local clock in milliseconds since the Unix epoch. It may be adjusted at any time.
#[must_use]
pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}

#[dyn_dispatch_hint]
impl Intercept for DateProbe {
    fn name(&self) -> &'static str {
        "DateProbe"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().store_put(SentAt(monotonic_ms()));
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").and_then(|date| {
            self.last
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .parse(date)
        });
        // A malformed header does not make the response invalid.
        if let (Some(date), Some(sent_at)) = (date, bag.load::<SentAt>()) {
            self.clock
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .observe(sent_at.0, date, monotonic_ms());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::LastDate;

    #[test]
    fn caches_only_identical_headers() {
        let mut last = LastDate::default();
        assert_eq!(last.parse(""), None);
        for _ in 0..2 {
            assert_eq!(
                last.parse("Thu, 26 Nov 2026 02:00:00 GMT"),
                Some(1_795_658_400_000)
            );
        }
        assert_eq!(last.parse("yesterday"), None);
        assert_eq!(
            last.parse("Thu, 26 Nov 2026 02:00:01 GMT"),
            Some(1_795_658_401_000)
        );
    }
}
