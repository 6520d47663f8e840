//! Skips work that the SDK repeats for every request.
//!
//! - **User agent.** `user-agent`, `x-amz-user-agent` and, without retries, `amz-sdk-request` are
//!   the same for all requests of one operation of one client. Assembling them is an eighth of the
//!   SDK's work for a sign-up. The first request assembles them, the others copy its headers.
//! - **Metrics labels.** The SDK builds seven maps of labels from the operation's name for each
//!   request, even if no metrics are collected. The name is removed once the request is built,
//!   because nothing else needs it.
//!
//! The headers that are sent do not change.

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
const USER_AGENT_HEADERS: [&str; 2] = ["user-agent", "x-amz-user-agent"];

/// The header with the number of the attempt.
const ATTEMPT_HEADER: &str = "amz-sdk-request";

/// Its value without retries.
const SINGLE_ATTEMPT: &str = "attempt=1; max=1";

/// The reason for disabling an interceptor.
const DISABLE_REASON: &str = "its headers are copied from the first request";

#[derive(Debug, Default)]
struct LeanClient {
    first: OnceLock<FirstRequest>,
}

/// The headers of the first request.
#[derive(Debug)]
struct FirstRequest {
    user_agent: [String; USER_AGENT_HEADERS.len()],
    is_single_attempt: bool,
}

impl FirstRequest {
    /// Copies the headers. `None` if one is missing.
    fn from_headers(headers: &Headers) -> Option<Self> {
        let [one, other] = USER_AGENT_HEADERS.map(|name| headers.get(name).map(str::to_owned));
        Some(Self {
            user_agent: [one?, other?],
            is_single_attempt: headers.get(ATTEMPT_HEADER) == Some(SINGLE_ATTEMPT),
        })
    }

    fn add_to(&self, headers: &mut Headers) {
        for (name, value) in USER_AGENT_HEADERS.into_iter().zip(&self.user_agent) {
            // A static string would be cheaper to create, but is validated byte by byte.
            headers.insert(name, value.clone());
        }
        if self.is_single_attempt {
            headers.insert(ATTEMPT_HEADER, SINGLE_ATTEMPT);
        }
    }
}

/// Creates the interceptor. Only for clients of a single unsigned operation, because a signature
/// would cover the headers.
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
        if let Some(first) = self.first.get() {
            let state = bag.interceptor_state();
            state.store_put(disable_interceptor::<UserAgentInterceptor>(DISABLE_REASON));
            if first.is_single_attempt {
                state.store_put(disable_interceptor::<RequestInfoInterceptor>(
                    DISABLE_REASON,
                ));
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
        match self.first.get() {
            // A request that started before the first one was built has its own headers.
            Some(first) => first.add_to(headers),
            None => {
                if let Some(first) = FirstRequest::from_headers(headers) {
                    // Fails if another request has set the same value in the meantime.
                    let _ = self.first.set(first);
                }
            }
        }
        Ok(())
    }
}
