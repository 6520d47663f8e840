//! Creates two SDK clients: an unsigned one for `SignUp` and a signed one for everything else.
//!
//! The SDK's retries are disabled, because it would repeat a `SignUp` whose response was lost and
//! report only that the username exists. Both clients have an attempt timeout, because the SDK has
//! no default and a hung connection would block a row forever.

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
    AwsContext, CONNECT_TIMEOUT, NoCertificates, NoCredentials, ResponseLimit, Trust, http_client,
    lean_client, need_certificates,
};
use crate::hints::Hint;

/// The service's name in AWS configuration files and variables.
const SERVICE: &str = "Cognito Identity Provider";

/// How requests are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// With credentials from aws-config's default chain.
    Chain,
    /// With placeholder credentials, for the rehearsal pool only.
    Rehearsal,
    /// Not signed, so nothing can be read.
    Off,
}

/// The endpoint of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointChoice {
    /// From the environment or the profile, with AWS as the default.
    Configured,
    /// AWS, regardless of the environment and the profile.
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

/// A client cannot be created. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The Region differs from the one in the pool's ID.
    #[error("--region {given} (or AWS_REGION): the user pool {pool} is in {of_pool}")]
    RegionMismatch {
        given: String,
        pool: String,
        of_pool: String,
    },
    /// The pool's ID contains no Region.
    #[error("--user-pool-id {0}: not a user pool ID")]
    NotAPoolId(String),
    /// The endpoint is not allowed.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// No CA certificates are available.
    #[error(transparent)]
    Certificates(#[from] NoCertificates),
    /// There are no credentials, which requests that read the pool or its users need.
    #[error("no AWS credentials: {0}")]
    NoCredentials(String),
    /// The SDK cannot get credentials, because the profile requires an MFA code.
    #[error("no AWS credentials: {message}")]
    MfaNeeded { message: String, hint: String },
}

impl Hint for ConnectError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::RegionMismatch { .. } => "omit the Region, or correct one of the two".to_owned(),
            Self::NotAPoolId(..) => "use an ID like us-east-1_AbCdEfGhI".to_owned(),
            Self::Endpoint(error) => return error.hint(),
            Self::Certificates(error) => return error.hint(),
            Self::NoCredentials(..) => {
                "reading the pool requires signed requests: set up credentials (for example `aws \
                 sso login`, AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or use \
                 `import --no-lookup` or `check --pool pool.toml`, which need none"
                    .to_owned()
            }
            Self::MfaNeeded { hint, .. } => hint.clone(),
        })
    }
}

impl From<NoCredentials> for ConnectError {
    fn from(error: NoCredentials) -> Self {
        let NoCredentials { message, mfa_hint } = error;
        match mfa_hint {
            Some(hint) => Self::MfaNeeded { message, hint },
            None => Self::NoCredentials(message),
        }
    }
}

/// Creates the clients. Resolves credentials first if requests are signed.
///
/// # Errors
/// Region and pool contradict each other, the endpoint may not be used, or there are no
/// credentials. Nothing was sent.
pub async fn connect(settings: &ConnectSettings) -> Result<Cognito, ConnectError> {
    let region = region(settings)?;
    let from_flag = match &settings.endpoint {
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
        (EndpointChoice::Configured | EndpointChoice::Aws | EndpointChoice::Url(_), _) => from_flag,
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
        .http_client(http_client(endpoint.as_ref(), &trust, ResponseLimit::All))
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

/// Returns the configured Region, or the one in the pool's ID. The IDs of emulators may contain
/// something else; then only the configured Region counts.
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
        // The attempt timeout also bounds a stalled body, at a tenth of the cost.
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

/// Disables what unsigned `SignUp` requests do not need: clock skew correction, identity caching,
/// and a new user agent for each request.
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

    fn settings(pool: &str, region: Option<&str>) -> ConnectSettings {
        ConnectSettings {
            user_pool_id: pool.to_owned(),
            client_id: "client".to_owned(),
            client_secret: None,
            trigger_data: TriggerData::default(),
            region: region.map(str::to_owned),
            profile: None,
            endpoint: EndpointChoice::Configured,
            signing: Signing::Off,
            attempt_timeout: Duration::from_secs(30),
        }
    }

    #[test]
    fn region_comes_from_the_pool_id_and_must_not_contradict_it() {
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
