//! Makes two SDK clients from the settings: an unsigned one for `SignUp` and a signed one for
//! everything else.
//!
//! Both have the SDK's retries turned off: a retry below our own would repeat a `SignUp` whose
//! answer was lost and show us only that the username exists. Both have an attempt timeout, because
//! the SDK sets none and a hung connection would hold a row forever.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_cognitoidentityprovider::Client;
use aws_sdk_cognitoidentityprovider::config::retry::RetryConfig;
use aws_sdk_cognitoidentityprovider::config::timeout::TimeoutConfig;
use aws_sdk_cognitoidentityprovider::config::{
    BehaviorVersion, Builder as ConfigBuilder, Config, Credentials, IdentityCache, Region,
    SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use secrecy::SecretString;

use super::date_probe::DateProbe;
use super::region::looks_like_a_region;
use super::service_clock::ServiceClock;
use super::{Cognito, TriggerData};
use crate::aws::endpoint::{Endpoint, EndpointError};
use crate::aws::{
    Answers, AwsContext, CONNECT_TIMEOUT, NoCertificates, NoCredentials, Trust, http_client,
    lean_client, need_certificates,
};
use crate::hints::Hint;

/// The service's name in AWS configuration files and variables.
const SERVICE: &str = "Cognito Identity Provider";

/// How requests are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// With the credentials of aws-config's default chain.
    Chain,
    /// With made-up credentials, for the rehearsal pool only.
    Rehearsal,
    /// Not at all, so nothing can be read.
    Off,
}

/// The endpoint of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointChoice {
    /// From the environment or the profile, with AWS as the default.
    Configured,
    /// AWS, whatever the environment and the profile say.
    Aws,
    Url(String),
}

/// The settings of a connection.
#[derive(Debug, Clone)]
pub struct ConnectSettings {
    /// The user pool, `REGION_ID`.
    pub user_pool_id: String,
    pub client_id: String,
    /// The app client's secret, if it has one.
    pub client_secret: Option<SecretString>,
    /// Sent to the pool's triggers with every `SignUp`.
    pub trigger_data: TriggerData,
    pub region: Option<String>,
    /// The profile in the AWS configuration files.
    pub profile: Option<String>,
    pub endpoint: EndpointChoice,
    pub signing: Signing,
    pub attempt_timeout: Duration,
}

/// Why no client can be made. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The Region and the pool's id contradict each other.
    #[error("--region {given} (or AWS_REGION): the user pool {pool} is in {of_pool}")]
    RegionMismatch {
        given: String,
        pool: String,
        of_pool: String,
    },
    /// The pool's id has no Region in it.
    #[error("--user-pool-id {0}: is not an id of a user pool")]
    NotAPoolId(String),
    /// The endpoint may not be used.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// No CA certificates can be used.
    #[error(transparent)]
    Certificates(#[from] NoCertificates),
    /// Nothing can be asked: what a pool says of itself and of its users is signed for.
    #[error("no AWS credentials: {0}")]
    NoCredentials(String),
    /// The SDK cannot get any, because the profile wants an MFA code.
    #[error("no AWS credentials: {why}")]
    MfaNeeded {
        /// What was wrong.
        why: String,
        /// What to do.
        mfa: String,
    },
}

impl Hint for ConnectError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::RegionMismatch { .. } => "leave the Region out or correct one of the two".to_owned(),
            Self::NotAPoolId(..) => "write one like us-east-1_AbCdEfGhI".to_owned(),
            Self::Endpoint(error) => return error.hint(),
            Self::Certificates(error) => return error.hint(),
            Self::NoCredentials(..) => "the pool is asked with signed requests: set up credentials (for example `aws sso login`, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or do without: `import --no-lookup`, `check --pool pool.toml`".to_owned(),
            Self::MfaNeeded { mfa, .. } => mfa.clone(),
        })
    }
}

impl From<NoCredentials> for ConnectError {
    fn from(missing: NoCredentials) -> Self {
        let NoCredentials { why, mfa } = missing;
        match mfa {
            Some(mfa) => Self::MfaNeeded { why, mfa },
            None => Self::NoCredentials(why),
        }
    }
}

/// Makes the clients, and resolves credentials first if requests are signed.
///
/// # Errors
/// Region and pool contradict each other, the endpoint may not be used, or there are no
/// credentials. Nothing was sent.
pub async fn connect(settings: &ConnectSettings) -> Result<Cognito, ConnectError> {
    let region = region(settings)?;
    let named = match &settings.endpoint {
        EndpointChoice::Url(url) => Some(Endpoint::parse(url)?),
        EndpointChoice::Configured | EndpointChoice::Aws => None,
    };
    let context = match settings.signing {
        Signing::Rehearsal => None,
        Signing::Chain | Signing::Off => {
            let region = Region::new(region.clone());
            Some(AwsContext::load(settings.profile.as_deref(), region).await?)
        }
    };
    let endpoint = match (&settings.endpoint, &context) {
        (EndpointChoice::Configured, Some(context)) => context.endpoint(SERVICE)?,
        (EndpointChoice::Configured | EndpointChoice::Aws | EndpointChoice::Url(_), _) => named,
    };
    let trust = context
        .as_ref()
        .map_or(Trust::System, |context| context.trust.clone());
    need_certificates(endpoint.as_ref(), &trust)?;
    let credentials = match (settings.signing, &context) {
        (Signing::Rehearsal, _) => Some(SharedCredentialsProvider::new(Credentials::new(
            "REHEARSAL",
            "rehearsal",
            None,
            None,
            "rehearsal",
        ))),
        (Signing::Chain, Some(context)) => Some(context.credentials().await?),
        (Signing::Chain | Signing::Off, _) => None,
    };
    let clock = Arc::new(Mutex::new(ServiceClock::default()));
    let config = || {
        common(
            settings,
            &region,
            endpoint.as_ref(),
            context.as_ref().map(|context| &context.sdk),
            &clock,
        )
        .http_client(http_client(endpoint.as_ref(), &trust, Answers::Short))
    };
    Ok(Cognito {
        unsigned: Client::from_conf(unsigned(config()).build()),
        signed: credentials
            .map(|provider| Client::from_conf(config().credentials_provider(provider).build())),
        user_pool_id: settings.user_pool_id.clone(),
        client_id: settings.client_id.clone(),
        client_secret: settings.client_secret.clone(),
        trigger_data: settings.trigger_data.clone(),
        clock,
        endpoint: endpoint.map_or_else(String::new, |endpoint| endpoint.url().to_owned()),
    })
}

/// The configured Region, or the one in the pool's id. Emulators may have something else in the id;
/// then only the configured Region counts.
fn region(settings: &ConnectSettings) -> Result<String, ConnectError> {
    let pool = &settings.user_pool_id;
    let of_pool = pool
        .split_once('_')
        .filter(|(region, id)| !region.is_empty() && !id.is_empty())
        .map(|(region, _)| region)
        .ok_or_else(|| ConnectError::NotAPoolId(pool.clone()))?;
    match &settings.region {
        Some(given) if given != of_pool && looks_like_a_region(of_pool) => {
            Err(ConnectError::RegionMismatch {
                given: given.clone(),
                pool: pool.clone(),
                of_pool: of_pool.to_owned(),
            })
        }
        Some(given) => Ok(given.clone()),
        None => Ok(of_pool.to_owned()),
    }
}

fn common(
    settings: &ConnectSettings,
    region: &str,
    endpoint: Option<&Endpoint>,
    shared: Option<&SdkConfig>,
    clock: &Arc<Mutex<ServiceClock>>,
) -> ConfigBuilder {
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT.min(settings.attempt_timeout))
                .operation_attempt_timeout(settings.attempt_timeout)
                .build(),
        )
        // The attempt timeout bounds a stalled body too, at a tenth of the cost.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    config.push_interceptor(DateProbe::shared(Arc::clone(clock)));
    if let Some(shared) = shared {
        config.set_use_fips(shared.use_fips());
        config.set_use_dual_stack(shared.use_dual_stack());
    }
    if let Some(endpoint) = endpoint {
        config = config.endpoint_url(endpoint.url());
    }
    config
}

/// Turns off what `SignUp` does not need: signing clocks and identity caching, because its requests
/// are unsigned, and a new user agent for each request.
fn unsigned(mut config: ConfigBuilder) -> ConfigBuilder {
    config.push_interceptor(lean_client());
    config
        .allow_no_auth()
        .identity_cache(IdentityCache::no_cache())
        .disable_clock_skew_correction(true)
}

#[cfg(test)]
mod tests {
    use super::{ConnectError, ConnectSettings, EndpointChoice, Signing, TriggerData, region};
    use std::time::Duration;

    fn settings(pool: &str, named: Option<&str>) -> ConnectSettings {
        ConnectSettings {
            user_pool_id: pool.to_owned(),
            client_id: "client".to_owned(),
            client_secret: None,
            trigger_data: TriggerData::default(),
            region: named.map(str::to_owned),
            profile: None,
            endpoint: EndpointChoice::Configured,
            signing: Signing::Off,
            attempt_timeout: Duration::from_secs(30),
        }
    }

    #[test]
    fn the_region_is_the_pool_s_and_a_mismatch_is_an_error() {
        assert_eq!(
            region(&settings("eu-west-1_Ab1", None)).unwrap(),
            "eu-west-1"
        );
        assert_eq!(
            region(&settings("eu-west-1_Ab1", Some("eu-west-1"))).unwrap(),
            "eu-west-1"
        );
        assert_eq!(
            region(&settings("local_Ab1", Some("us-east-1"))).unwrap(),
            "us-east-1"
        );
        for pool in ["us-gov-west-1_Ab1", "eusc-de-east-1_Ab1"] {
            let mismatch = region(&settings(pool, Some("us-east-1")));
            assert!(
                matches!(mismatch, Err(ConnectError::RegionMismatch { .. })),
                "{pool}"
            );
        }
        for bad in ["Ab1", "_Ab1", "us-east-1_", ""] {
            assert!(
                matches!(
                    region(&settings(bad, None)),
                    Err(ConnectError::NotAPoolId(_))
                ),
                "{bad}"
            );
        }
    }
}
