//! `SecretHash`, which an app client with a secret requires with every request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// base64(HMAC-SHA256(key: client secret, message: username as it is sent + client id)), as
/// Cognito's developer guide ("Computing secret hash values") has it. HMAC accepts every key, so
/// this is never `None`.
pub(super) fn secret_hash(
    secret: &SecretString,
    username: &str,
    client_id: &str,
) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(username.as_bytes());
    mac.update(client_id.as_bytes());
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::secret_hash;
    use secrecy::SecretString;

    /// Computed with `printf '%s' annclient | openssl dgst -sha256 -hmac secret -binary | base64`.
    #[test]
    fn it_is_the_hmac_of_username_and_client_id() {
        let hash = secret_hash(&SecretString::from("secret"), "ann", "client");
        assert_eq!(
            hash.as_deref(),
            Some("1KBhTmaloN8gn8mYFOpcHRnT/Jn7qaddEv2E6vNUy30=")
        );
    }
}
