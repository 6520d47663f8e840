//! What the SDK does anew for every request, and need not do for one that is sent a million times.
//!
//! - **What it says of itself.** `user-agent`, `x-amz-user-agent` and, where nothing is sent twice, `amz-sdk-request` are the same for all
//!   requests of one operation of one client. Putting them together is an eighth of what the SDK does for a sign-up. It does so for the
//!   first request, and the others repeat its headers.
//! - **The labels of its metrics.** It makes seven maps of labels for each request, from the operation's name, whether anybody collects
//!   metrics or not. Nobody does here. The name is taken away once the request stands, which is all that it is needed for.
//!
//! Nothing else about a request changes: every header is there, with the value that it would have.

use std::sync::OnceLock;

use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::user_agent::UserAgentInterceptor;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
    BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{
    Intercept, SharedInterceptor, disable_interceptor, dyn_dispatch_hint,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::config_bag::ConfigBag;

/// What the SDK says of itself.
const OF_ITSELF: [&str; 2] = ["user-agent", "x-amz-user-agent"];

/// Which attempt it is, of how many.
const ATTEMPT: &str = "amz-sdk-request";

/// What stands there where there is only one.
const ONLY_ATTEMPT: &str = "attempt=1; max=1";

/// Why a part of the SDK is left out.
const KNOWN: &str = "what it adds is known from the first request";

/// See the module's words.
#[derive(Debug, Default)]
struct Frugal {
    known: OnceLock<FirstRequest>,
}

/// What the first request had.
#[derive(Debug)]
struct FirstRequest {
    of_itself: [String; OF_ITSELF.len()],
    only_attempt: bool,
}

impl FirstRequest {
    /// None: not all of it is there.
    fn of(headers: &Headers) -> Option<Self> {
        let [one, other] = OF_ITSELF.map(|name| headers.get(name).map(str::to_owned));
        Some(Self {
            of_itself: [one?, other?],
            only_attempt: headers.get(ATTEMPT) == Some(ONLY_ATTEMPT),
        })
    }

    fn say(&self, headers: &mut Headers) {
        for (name, value) in OF_ITSELF.into_iter().zip(&self.of_itself) {
            // A text that lives for ever would be cheaper to make and dearer to check: the check of those goes byte by byte.
            headers.insert(name, value.clone());
        }
        if self.only_attempt {
            headers.insert(ATTEMPT, ONLY_ATTEMPT);
        }
    }
}

/// For a client that sends one operation, unsigned: a signature would have to hold the headers.
#[must_use]
pub fn frugal() -> SharedInterceptor {
    SharedInterceptor::permanent(Frugal::default())
}

#[dyn_dispatch_hint]
impl Intercept for Frugal {
    fn name(&self) -> &'static str {
        "Frugal"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(known) = self.known.get() {
            let state = bag.interceptor_state();
            state.store_put(disable_interceptor::<UserAgentInterceptor>(KNOWN));
            if known.only_attempt {
                state.store_put(disable_interceptor::<RequestInfoInterceptor>(KNOWN));
            }
        }
        Ok(())
    }

    fn read_after_serialization(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().unset::<Metadata>();
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.request_mut().headers_mut();
        match self.known.get() {
            // A request that began before the first one was made has its own.
            Some(known) => known.say(headers),
            None => {
                if let Some(known) = FirstRequest::of(headers) {
                    // Another one may have been quicker, and says the same.
                    let _ = self.known.set(known);
                }
            }
        }
        Ok(())
    }
}
