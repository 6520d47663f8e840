//! The configuration of S3 clients, from the environment and the AWS configuration files.

use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::region::Region;
use http::header::{HeaderMap, HeaderValue, USER_AGENT};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};

use super::credentials::Credentials;
use super::endpoint::{bucket_url, encode};
use super::error::S3Error;
use super::http::Connector;
use crate::aws::endpoint::Endpoint;
use crate::aws::{AwsContext, ResponseLimit, Trust, http_connector, need_certificates};

/// The name of the service in AWS configuration files and variables.
const SERVICE: &str = "S3";

/// The Region if none is configured. S3 returns the right one if the bucket is in another one.
const FALLBACK_REGION: &str = "us-east-1";

/// The suffix of directory buckets, whose requests are signed differently.
const DIRECTORY_BUCKET: &str = "--x-s3";

const USER_AGENT_VALUE: &str = concat!("cognito-import/", env!("CARGO_PKG_VERSION"));

/// Retries after network errors, throttling and server errors.
const RETRIES: RetryConfig = RetryConfig {
    backoff: BackoffConfig {
        init_backoff: Duration::from_millis(500),
        max_backoff: Duration::from_secs(10),
        base: 2.0,
    },
    max_retries: 2,
    retry_timeout: Duration::from_secs(120),
};

/// The profile and Region for S3.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3Access {
    /// The profile in the AWS configuration files, if one is given.
    pub profile: Option<String>,
    /// The Region of the first request. S3 returns the right one if the bucket is in another one.
    /// `None` means the Region of the environment or profile.
    pub region: Option<String>,
}

/// The configuration for clients of any bucket in any Region.
#[derive(Debug, Clone)]
pub struct S3Config {
    /// The Region of the first request.
    pub(super) region: String,
    endpoint: Option<Endpoint>,
    is_fips: bool,
    is_dual_stack: bool,
    credentials: Arc<Credentials>,
    connector: Connector,
    retries: RetryConfig,
}

impl S3Config {
    /// Reads the configuration and loads credentials.
    ///
    /// # Errors
    /// There are no credentials or certificates, or the endpoint is not allowed.
    pub async fn load(access: &S3Access) -> Result<Self, S3Error> {
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
        let connector =
            http_connector(endpoint.as_ref(), &context.trust, ResponseLimit::ErrorsOnly);
        let region = context.sdk.region().map(ToString::to_string);
        Ok(Self {
            region: region.unwrap_or_else(|| FALLBACK_REGION.to_owned()),
            endpoint,
            is_fips: context.sdk.use_fips().unwrap_or_default(),
            is_dual_stack: context.sdk.use_dual_stack().unwrap_or_default(),
            credentials: Arc::new(Credentials::new(context.credentials().await?)),
            connector: Connector::new(connector),
            retries: RETRIES,
        })
    }

    /// Creates a client for the keys with this prefix, which ends with a slash or is empty.
    ///
    /// The prefix is a part of the base URL, because the paths of `object_store` cannot have empty
    /// parts, as in `a//b`.
    pub(super) fn store(
        &self,
        bucket: &str,
        prefix: &str,
        region: &str,
    ) -> Result<AmazonS3, S3Error> {
        let bucket_url = match &self.endpoint {
            // A custom endpoint may not support a host name for each bucket.
            Some(endpoint) => {
                let url = endpoint.url().trim_end_matches('/');
                format!("{url}/{}", encode(bucket))
            }
            None if bucket.ends_with(DIRECTORY_BUCKET) => return Err(S3Error::DirectoryBucket),
            None => bucket_url(bucket, region, self.is_fips, self.is_dual_stack),
        };
        let base = match prefix.strip_suffix('/') {
            Some(folders) => format!("{bucket_url}/{}", encode(folders)),
            None => bucket_url,
        };
        let headers =
            HeaderMap::from_iter([(USER_AGENT, HeaderValue::from_static(USER_AGENT_VALUE))]);
        AmazonS3Builder::new()
            .with_endpoint(base)
            // The base URL is used as it is.
            .with_virtual_hosted_style_request(true)
            .with_bucket_name(bucket)
            .with_region(region)
            .with_credentials(self.credentials.clone())
            .with_http_connector(self.connector.clone())
            .with_client_options(ClientOptions::new().with_default_headers(headers))
            .with_retry(self.retries.clone())
            .build()
            .map_err(|error| S3Error::of(&error))
    }

    /// A configuration without the environment and the AWS configuration files.
    #[must_use]
    pub fn of_endpoint(endpoint: Endpoint, credentials: SharedCredentialsProvider) -> Self {
        let connector = http_connector(Some(&endpoint), &Trust::System, ResponseLimit::ErrorsOnly);
        Self {
            region: FALLBACK_REGION.to_owned(),
            endpoint: Some(endpoint),
            is_fips: false,
            is_dual_stack: false,
            credentials: Arc::new(Credentials::new(credentials)),
            connector: Connector::new(connector),
            retries: RETRIES,
        }
    }

    /// A configuration for a server of a test, with short delays.
    #[cfg(test)]
    pub(crate) fn of_test_server(url: &str) -> Self {
        let credentials =
            aws_credential_types::Credentials::new("key", "secret", None, None, "test");
        let credentials = SharedCredentialsProvider::new(credentials);
        let mut config = Self::of_endpoint(Endpoint::parse(url).unwrap(), credentials);
        config.retries.backoff.init_backoff = Duration::from_millis(1);
        config.retries.backoff.max_backoff = Duration::from_millis(2);
        config
    }

    /// Like [`S3Config::of_test_server`], for a server that stalls.
    #[cfg(test)]
    pub(crate) fn of_stalling_server(url: &str) -> Self {
        let mut config = Self::of_test_server(url);
        config
            .connector
            .set_stall_timeout(Duration::from_millis(100));
        config
    }
}
