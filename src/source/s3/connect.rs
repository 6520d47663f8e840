//! Creates S3 clients from the environment and the AWS configuration.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Builder, Region, ResponseChecksumValidation};
use aws_sdk_s3::error::SdkError;

use super::ObjectError;
use crate::aws::endpoint::Endpoint;
use crate::aws::{
    AwsContext, CONNECT_TIMEOUT, ResponseLimit, Trust, http_client, need_certificates,
};
use crate::source::object::S3Access;

/// The name of the service in AWS configuration files and variables.
const SERVICE: &str = "S3";

/// The Region if none is configured. S3 returns the right one if the bucket is in another one.
const FALLBACK_REGION: &str = "us-east-1";

/// The response header with the bucket's Region.
const BUCKET_REGION_HEADER: &str = "x-amz-bucket-region";

/// The timeout until a response starts. The SDK monitors its body.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// The configuration for clients in any Region.
pub(super) struct Setup {
    pub(super) shared: SdkConfig,
    pub(super) trust: Trust,
    pub(super) endpoint: Option<Endpoint>,
}

impl Setup {
    /// Reads the configuration and loads credentials.
    pub(super) async fn load(access: &S3Access) -> Result<Self, ObjectError> {
        let mut profile = ProfileFileRegionProvider::builder();
        if let Some(name) = &access.profile {
            profile = profile.profile_name(name);
        }
        // The SDK's default chain would query the instance metadata, but any Region is good enough
        // for the first request.
        let region = RegionProviderChain::first_try(access.region.clone().map(Region::new))
            .or_else(EnvironmentVariableRegionProvider::new())
            .or_else(profile.build())
            .or_else(Region::new(FALLBACK_REGION));
        let context = AwsContext::load(access.profile.as_deref(), region).await?;
        let endpoint = context.endpoint(SERVICE)?;
        need_certificates(endpoint.as_ref(), &context.trust)?;
        context.credentials().await?;
        Ok(Self {
            shared: context.sdk,
            trust: context.trust,
            endpoint,
        })
    }

    /// Creates a client that uses the SDK's retries, which are safe for reads.
    pub(super) fn client(&self, region: Option<String>) -> Client {
        let mut config = Builder::from(&self.shared)
            .http_client(http_client(
                self.endpoint.as_ref(),
                &self.trust,
                ResponseLimit::ErrorsOnly,
            ))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(RESPONSE_TIMEOUT)
                    .build(),
            )
            // Checksums cover the whole object, but only ranges are read.
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        if let Some(region) = region {
            config = config.region(Region::new(region));
        }
        if let Some(endpoint) = &self.endpoint {
            // A custom endpoint may not support a host name for each bucket.
            config = config.endpoint_url(endpoint.url()).force_path_style(true);
        }
        Client::from_conf(config.build())
    }

    /// Returns the bucket's Region if the request failed because it was sent to another one.
    pub(super) fn other_region<E>(&self, error: &SdkError<E, HttpResponse>) -> Option<String> {
        let region = error.raw_response()?.headers().get(BUCKET_REGION_HEADER)?;
        let requested = self.shared.region().map(Region::as_ref);
        (requested != Some(region)).then(|| region.to_owned())
    }
}
