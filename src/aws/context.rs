//! Loads settings from the environment and the AWS configuration files.

use std::borrow::Cow;

use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::section::EnvConfigSections;
use aws_types::os_shim_internal::{Env, Fs};
use aws_types::service_config::ServiceConfigKey;

use super::certificates::{NoCertificates, Trust};
use super::endpoint::{Endpoint, EndpointError};
use super::{causes, http};

/// The SDK's configuration and the trusted CAs, shared by all AWS clients.
#[derive(Debug)]
pub struct AwsContext {
    pub sdk: SdkConfig,
    pub trust: Trust,
    /// `None` if the files cannot be parsed, which the credentials provider reports.
    profiles: Option<EnvConfigSections>,
}

/// No credentials could be loaded.
#[derive(Debug)]
pub struct NoCredentials {
    pub message: String,
    /// The hint if the profile requires an MFA code.
    pub mfa_hint: Option<String>,
}

impl AwsContext {
    /// Reads the environment and the files, with this profile or the environment's.
    ///
    /// # Errors
    /// Fails if the configured bundle of CA certificates is unusable.
    pub async fn load(
        profile: Option<&str>,
        region: impl ProvideRegion + 'static,
    ) -> Result<Self, NoCertificates> {
        let files = EnvConfigFiles::default();
        let selected = profile.map(|name| Cow::Owned(name.to_owned()));
        let profiles = aws_config::profile::load(&Fs::real(), &Env::real(), &files, selected)
            .await
            .ok();
        let trust = Trust::configured(profiles.as_ref())?;
        let http_client = http::credentials_http_client(&trust);
        let region = region.region().await;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(region.clone())
            .http_client(http_client.clone());
        if let Some(profile) = profile {
            // As in the AWS CLI, a given profile takes precedence over the environment.
            // It may have to call STS or SSO.
            let services = ProviderConfig::default()
                .with_region(region)
                .with_http_client(http_client);
            let credentials = ProfileFileCredentialsProvider::builder()
                .configure(&services)
                .profile_name(profile)
                .build();
            loader = loader
                .profile_name(profile)
                .credentials_provider(credentials);
        }
        Ok(Self {
            sdk: loader.load().await,
            trust,
            profiles,
        })
    }

    /// Returns the endpoint from the environment or the profile. The service's own endpoint takes
    /// precedence over the one for all services.
    ///
    /// AWS documents the key of a service in a `[services]` section as its ID in lowercase with
    /// underscores (`cognito_identity_provider`), but the SDK looks for hyphens, so both spellings
    /// are tried. `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` and `ignore_configured_endpoint_urls`
    /// disable all of this.
    ///
    /// # Errors
    /// Fails if the endpoint is not allowed.
    pub fn endpoint(&self, service_id: &str) -> Result<Option<Endpoint>, EndpointError> {
        let load = |service_id: &str| {
            let key = ServiceConfigKey::builder()
                .service_id(service_id)
                .env("AWS_ENDPOINT_URL")
                .profile("endpoint_url")
                .build();
            self.sdk.service_config()?.load_config(key.ok()?)
        };
        // The SDK falls back to the endpoint for all services. No service has this ID, so this
        // returns that endpoint.
        let for_all = load("-");
        let underscored = load(&service_id.replace(' ', "_"));
        let hyphenated = load(service_id);
        underscored
            .filter(|url| Some(url) != for_all.as_ref())
            .or(hyphenated)
            .as_deref()
            .map(Endpoint::parse)
            .transpose()
    }

    /// Returns the credentials provider after it has loaded credentials.
    ///
    /// # Errors
    /// Fails if there are none.
    pub async fn credentials(&self) -> Result<SharedCredentialsProvider, NoCredentials> {
        let Some(provider) = self.sdk.credentials_provider() else {
            return Err(NoCredentials {
                message: "none are configured".to_owned(),
                mfa_hint: None,
            });
        };
        match provider.provide_credentials().await {
            Ok(_) => Ok(provider),
            Err(error) => Err(NoCredentials {
                // The SDK puts each provider that it tried on its own line.
                message: causes(&error)
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" "),
                mfa_hint: self.profiles.as_ref().and_then(mfa_hint),
            }),
        }
    }
}

/// Returns a hint if the profile requires an MFA code, which the SDK never asks for.
fn mfa_hint(profiles: &EnvConfigSections) -> Option<String> {
    let selected = profiles.selected_profile();
    let (profile, serial) = profile_with_mfa(profiles)?;
    Some(format!(
        "profile {profile} has mfa_serial ({serial}), but this program cannot ask for an MFA code: \
         put temporary credentials into the environment with `eval \"$(aws configure \
         export-credentials --profile {selected} --format env)\"`, then run the same command \
         without --profile"
    ))
}

/// Returns the first profile with an MFA device in the chain of source profiles, and the device.
/// Only profiles with a role use one.
fn profile_with_mfa(profiles: &EnvConfigSections) -> Option<(&str, &str)> {
    let mut name = profiles.selected_profile();
    let mut visited = Vec::new();
    loop {
        let profile = profiles.get_profile(name)?;
        profile.get("role_arn")?;
        if let Some(serial) = profile.get("mfa_serial") {
            return Some((profile.name(), serial));
        }
        visited.push(name);
        name = profile.get("source_profile")?;
        if visited.contains(&name) {
            return None;
        }
    }
}
