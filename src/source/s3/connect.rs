//! From the environment to a client for S3.

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
use crate::aws::{Answers, AwsContext, CONNECT_TIMEOUT, Trust, http_client, need_certificates};
use crate::source::object::S3Access;

/// The service's name in AWS configuration files and variables.
const SERVICE: &str = "S3";

/// The Region where nobody names one: asked there for a bucket that is elsewhere, S3 says where.
const FIRST_REGION: &str = "us-east-1";

/// The header by which S3 says in which Region a bucket is.
const BUCKET_REGION: &str = "x-amz-bucket-region";

/// How long the beginning of an answer may take. That its body comes is the SDK's to watch.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// All that a client is made from, for whichever Region.
pub(super) struct Setup {
    pub(super) shared: SdkConfig,
    pub(super) trust: Trust,
    pub(super) endpoint: Option<Endpoint>,
}

impl Setup {
    /// Reads the configuration, and sees that there are credentials.
    pub(super) async fn load(access: &S3Access) -> Result<Self, ObjectError> {
        let mut profile = ProfileFileRegionProvider::builder();
        if let Some(name) = &access.profile {
            profile = profile.profile_name(name);
        }
        // Not the SDK's own chain, which goes on to ask for the Region of the machine: any will do to begin with.
        let region = RegionProviderChain::first_try(access.region.clone().map(Region::new))
            .or_else(EnvironmentVariableRegionProvider::new())
            .or_else(profile.build())
            .or_else(Region::new(FIRST_REGION));
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

    /// A client. Its retries are the SDK's: it only reads.
    pub(super) fn client(&self, region: Option<String>) -> Client {
        let mut config = Builder::from(&self.shared)
            .http_client(http_client(
                self.endpoint.as_ref(),
                &self.trust,
                Answers::Streamed,
            ))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ANSWER_TIMEOUT)
                    .build(),
            )
            // A checksum is of the whole object; what is read here are parts of it.
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        if let Some(region) = region {
            config = config.region(Region::new(region));
        }
        if let Some(endpoint) = &self.endpoint {
            // An address that is named is not one of names below it, one for each bucket.
            config = config.endpoint_url(endpoint.url()).force_path_style(true);
        }
        Client::from_conf(config.build())
    }

    /// The Region to ask in, where S3 refused because the bucket is not in the one that was asked.
    pub(super) fn elsewhere<E>(&self, refused: &SdkError<E, HttpResponse>) -> Option<String> {
        let region = refused.raw_response()?.headers().get(BUCKET_REGION)?;
        let asked = self.shared.region().map(Region::as_ref);
        (asked != Some(region)).then(|| region.to_owned())
    }
}
