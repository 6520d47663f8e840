//! What the SDK does anew for every request, and need not do for one that is sent a million times.
//!
//! - **What it says of itself.** `user-agent` and `x-amz-user-agent` are the same for all requests of one operation of one client. Putting
//!   them together is a twelfth of what the SDK does for a sign-up. It does so for the first request, and the others repeat its headers.
//! - **The labels of its metrics.** It makes seven maps of labels for each request, from the operation's name, whether anybody collects
//!   metrics or not. Nobody does here. The name is taken away once the request stands, which is all that it is needed for.
//!
//! Nothing else about a request changes: every header is there, with the value that it would have.

use std::sync::OnceLock;

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
use aws_smithy_types::config_bag::ConfigBag;

const HEADERS: [&str; 2] = ["user-agent", "x-amz-user-agent"];

/// See the module's words.
#[derive(Debug, Default)]
struct Frugal {
    of_the_first: OnceLock<[String; HEADERS.len()]>,
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
        if self.of_the_first.get().is_some() {
            bag.interceptor_state()
                .store_put(disable_interceptor::<UserAgentInterceptor>(
                    "its headers are known from the first request",
                ));
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
        let said = HEADERS.map(|name| headers.get(name).map(str::to_owned));
        match (said, self.of_the_first.get()) {
            // The SDK has just put them together.
            ([Some(one), Some(other)], _) => drop(self.of_the_first.set([one, other])),
            (_, Some(known)) => {
                for (name, value) in HEADERS.into_iter().zip(known) {
                    headers.insert(name, value.clone());
                }
            }
            (_, None) => {}
        }
        Ok(())
    }
}
