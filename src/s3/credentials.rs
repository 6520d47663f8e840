//! Passes credentials of the AWS configuration to `object_store`.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use tokio::sync::Mutex;

/// Credentials are loaded again this long before they expire, so that they are valid for all
/// attempts of a request.
const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);

/// Credentials, kept until shortly before they expire: loading them may call a service or start a
/// process.
#[derive(Debug)]
pub(super) struct Credentials {
    provider: SharedCredentialsProvider,
    loaded: Mutex<Option<Loaded>>,
}

#[derive(Debug)]
struct Loaded {
    credential: Arc<AwsCredential>,
    renew_at: Option<SystemTime>,
}

impl Credentials {
    pub(super) fn new(provider: SharedCredentialsProvider) -> Self {
        Self {
            provider,
            loaded: Mutex::default(),
        }
    }
}

#[async_trait]
impl CredentialProvider for Credentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let mut loaded = self.loaded.lock().await;
        if let Some(Loaded {
            credential,
            renew_at,
        }) = &*loaded
            && renew_at.is_none_or(|time| SystemTime::now() < time)
        {
            return Ok(credential.clone());
        }
        let new = self.provider.provide_credentials().await;
        let new = new.map_err(|error| object_store::Error::Generic {
            store: "S3",
            source: Box::new(error),
        })?;
        let credential = Arc::new(AwsCredential {
            key_id: new.access_key_id().to_owned(),
            secret_key: new.secret_access_key().to_owned(),
            token: new.session_token().map(str::to_owned),
        });
        *loaded = Some(Loaded {
            credential: credential.clone(),
            renew_at: new.expiry().and_then(|time| time.checked_sub(RENEW_BEFORE)),
        });
        Ok(credential)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Duration, SystemTime};

    use aws_credential_types::Credentials as AwsCredentials;
    use aws_credential_types::provider::future::ProvideCredentials as Future;
    use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
    use object_store::CredentialProvider as _;

    use super::Credentials;

    /// Credentials with this lifetime, numbered.
    #[derive(Debug)]
    struct Numbered {
        loads: Arc<AtomicU64>,
        lifetime: Option<Duration>,
    }

    impl ProvideCredentials for Numbered {
        fn provide_credentials<'a>(&'a self) -> Future<'a>
        where
            Self: 'a,
        {
            let number = self.loads.fetch_add(1, Ordering::Relaxed).to_string();
            let expiry = self.lifetime.map(|lifetime| SystemTime::now() + lifetime);
            let token = Some("token".to_owned());
            Future::ready(Ok(AwsCredentials::new(
                number, "secret", token, expiry, "test",
            )))
        }
    }

    /// The keys of two consecutive requests.
    fn keys(lifetime: Option<Duration>) -> [String; 2] {
        let provider = Numbered {
            loads: Arc::default(),
            lifetime,
        };
        let credentials = Credentials::new(SharedCredentialsProvider::new(provider));
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.build().unwrap();
        [(), ()].map(|()| {
            let credential = runtime.block_on(credentials.get_credential()).unwrap();
            assert_eq!(credential.secret_key, "secret");
            assert_eq!(credential.token.as_deref(), Some("token"));
            credential.key_id.clone()
        })
    }

    #[test]
    fn credentials_are_kept_until_shortly_before_they_expire() {
        assert_eq!(keys(None), ["0", "0"]);
        assert_eq!(keys(Some(Duration::from_secs(3600))), ["0", "0"]);
        assert_eq!(keys(Some(Duration::from_secs(240))), ["0", "1"]);
    }
}
