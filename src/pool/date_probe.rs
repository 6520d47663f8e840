//! Reads the `Date` header of every answer, for [`ServiceClock`].

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

/// The last header. All answers within a second have the same one, so it is parsed once.
#[derive(Debug, Default)]
struct LastDate {
    text: String,
    ms: Option<i64>,
}

impl LastDate {
    /// Milliseconds since the Unix epoch, or `None` for a header that cannot be parsed.
    fn read(&mut self, text: &str) -> Option<i64> {
        if self.text != text {
            text.clone_into(&mut self.text);
            let date = DateTime::from_str(text, DateTimeFormat::HttpDate).ok();
            self.ms = date.map(|date| date.secs() * 1_000);
        }
        self.ms
    }
}

impl DateProbe {
    /// Permanent, so that the SDK does not check at every step whether it is disabled.
    pub(super) fn shared(clock: Arc<Mutex<ServiceClock>>) -> SharedInterceptor {
        let last = Mutex::default();
        SharedInterceptor::permanent(Self { clock, last })
    }
}

/// When the request was sent, by [`steady_ms`].
#[derive(Debug)]
struct Left(i64);

impl Storable for Left {
    type Storer = StoreReplace<Self>;
}

/// A monotonic clock: milliseconds since its first use.
#[must_use]
pub fn steady_ms() -> i64 {
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    i64::try_from(FIRST.elapsed().as_millis()).unwrap_or(i64::MAX)
}

/// The local clock in milliseconds since the Unix epoch. It may be adjusted at any time.
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
        bag.interceptor_state().store_put(Left(steady_ms()));
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
                .read(date)
        });
        // A malformed header does not make the answer invalid.
        if let (Some(date), Some(left)) = (date, bag.load::<Left>()) {
            self.clock
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .heard(left.0, date, steady_ms());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::LastDate;

    #[test]
    fn a_header_is_read_by_what_it_says_and_not_by_what_the_last_one_said() {
        let mut last = LastDate::default();
        assert_eq!(last.read(""), None);
        for _ in 0..2 {
            assert_eq!(
                last.read("Thu, 26 Nov 2026 02:00:00 GMT"),
                Some(1_795_658_400_000)
            );
        }
        assert_eq!(last.read("yesterday"), None);
        assert_eq!(
            last.read("Thu, 26 Nov 2026 02:00:01 GMT"),
            Some(1_795_658_401_000)
        );
    }
}
