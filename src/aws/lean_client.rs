//! Skips work that the SDK repeats for every request.
//!
//! - **User agent.** `user-agent`, `x-amz-user-agent` and, without retries, `amz-sdk-request` are
//!   the same for all requests of one operation of one client. Assembling them is an eighth of the
//!   SDK's work for a sign-up. The first request does it, the others copy its headers.
//! - **Metrics labels.** The SDK makes seven maps of labels from the operation's name for each
//!   request, even if no metrics are collected. The name is removed once the request is built,
//!   which is all that needs it.
//!
//! Every header keeps its name and value.

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

/// The user agent headers.
const OF_ITSELF: [&str; 2] = ["user-agent", "x-amz-user-agent"];

/// The header with the number of the attempt.
const ATTEMPT: &str = "amz-sdk-request";

/// Its value without retries.
const ONLY_ATTEMPT: &str = "attempt=1; max=1";

/// The reason for disabling an interceptor.
const KNOWN: &str = "what it adds is known from the first request";

#[derive(Debug, Default)]
struct LeanClient {
    known: OnceLock<FirstRequest>,
}

/// The headers of the first request.
#[derive(Debug)]
struct FirstRequest {
    of_itself: [String; OF_ITSELF.len()],
    only_attempt: bool,
}

impl FirstRequest {
    /// `None` if a header is missing.
    fn of(headers: &Headers) -> Option<Self> {
        let [one, other] = OF_ITSELF.map(|name| headers.get(name).map(str::to_owned));
        Some(Self {
            of_itself: [one?, other?],
            only_attempt: headers.get(ATTEMPT) == Some(ONLY_ATTEMPT),
        })
    }

    fn say(&self, headers: &mut Headers) {
        for (name, value) in OF_ITSELF.into_iter().zip(&self.of_itself) {
            // A static string would be cheaper to make, but is validated byte by byte.
            headers.insert(name, value.clone());
        }
        if self.only_attempt {
            headers.insert(ATTEMPT, ONLY_ATTEMPT);
        }
    }
}

/// For a client that sends one unsigned operation: a signature would cover the headers.
#[must_use]
pub fn lean_client() -> SharedInterceptor {
    SharedInterceptor::permanent(LeanClient::default())
}

#[dyn_dispatch_hint]
impl Intercept for LeanClient {
    fn name(&self) -> &'static str {
        "LeanClient"
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
            // A request that started before the first one was built has its own headers.
            Some(known) => known.say(headers),
            None => {
                if let Some(known) = FirstRequest::of(headers) {
                    // Another request may have set the same value first.
                    let _ = self.known.set(known);
                }
            }
        }
        Ok(())
    }
}
