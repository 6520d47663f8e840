//! The settings of a rehearsal pool and their consistency checks. Every field has a default, so
//! that a settings file names only what differs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::faults::Faults;
use super::password::PasswordRules;
use super::protocol::ErrorWireForm;
use super::quota::Quotas;
use super::schema_settings::SchemaAttribute;
use super::traffic::{self, LiveSignUps, QuotaChange};
use super::user::UserStatus;

/// Attributes allowed in `UsernameAttributes`.
const USERNAME_ATTRIBUTES: [&str; 2] = ["email", "phone_number"];
/// Attributes allowed in `AliasAttributes`.
const ALIAS_ATTRIBUTES: [&str; 3] = ["email", "phone_number", "preferred_username"];

/// The values of `AuthFactorType`.
const FIRST_AUTH_FACTORS: [&str; 4] = ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"];

/// A user pool, its app client, and the network in front of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoolSettings {
    /// The Region it claims to be in.
    pub region: String,
    /// The user pool's id.
    pub pool_id: String,
    /// The app client's id.
    pub client_id: String,
    /// The app client's secret. If set, SignUp and InitiateAuth require a `SecretHash`.
    pub client_secret: Option<String>,
    /// Whether the secret is kept in Secrets Manager: DescribeUserPoolClient then returns
    /// `ClientSecretArn` instead of `ClientSecret`.
    pub client_secret_managed: bool,
    /// Whether usernames and aliases are case-sensitive.
    pub case_sensitive: bool,
    /// `AdminCreateUserConfig.AllowAdminCreateUserOnly`: every SignUp is refused.
    pub admin_create_only: bool,
    /// The password policy.
    pub password_policy: PasswordRules,
    /// `SignInPolicy.AllowedFirstAuthFactors`: if it contains a factor other than `PASSWORD`,
    /// users can sign up without a password.
    pub allowed_first_auth_factors: Vec<String>,
    /// Custom attributes, and overrides of standard attributes. The standard attributes always
    /// exist, and `email` is required unless overridden here.
    pub schema: Vec<SchemaAttribute>,
    /// The attributes that the app client may write; by default, every attribute of the schema.
    /// `sub` and the two `*_verified` attributes are never writable.
    pub write_attributes: Option<Vec<String>>,
    /// `email`, `phone_number`: users sign in with these, and the stored username is the `sub`.
    pub username_attributes: Vec<String>,
    /// `email`, `phone_number`, `preferred_username`: if verified, it also identifies the user.
    pub alias_attributes: Vec<String>,
    /// `email`, `phone_number`: SignUp sends a code there.
    pub auto_verified_attributes: Vec<String>,
    /// The PreSignUp trigger.
    pub pre_sign_up: PreSignUp,
    /// The number of codes that can be sent while the pool runs (Cognito's default sender: 50 a
    /// day); unlimited by default. SignUps beyond it still create the user, but return
    /// LimitExceededException.
    pub daily_messages: Option<u32>,
    /// The groups that exist from the start.
    pub groups: Vec<String>,
    /// Whether threat protection (a feature of the Plus tier) is on: AdminListUserAuthEvents then
    /// works.
    pub threat_protection: bool,
    /// Requests per second, by category.
    pub quotas: Quotas,
    /// Quotas that change while the pool runs, counted from its first SignUp request.
    pub quota_changes: Vec<QuotaChange>,
    /// Sign-ups by other clients, which use the same quota, counted from the pool's first SignUp
    /// request.
    pub live_sign_ups: Vec<LiveSignUps>,
    /// The latency of responses.
    pub latency: SimulatedLatency,
    /// Milliseconds until ListUsers, which is only eventually consistent, shows a new user.
    /// Preexisting users are shown at once.
    pub list_lag_ms: u64,
    /// The injected faults.
    pub faults: Faults,
    /// The seed of everything random: faults, latency, `sub`s.
    pub seed: u64,
    /// Where and how a response names an error.
    pub error_wire_form: ErrorWireForm,
    /// Milliseconds by which the pool's clock (header `Date`, `UserCreateDate`) is ahead of the
    /// host's; negative if it is behind.
    pub date_offset_ms: i64,
    /// Whether signed requests are refused if their time differs from the pool's clock by more
    /// than 5 minutes, as AWS does.
    pub check_signing_time: bool,
    /// The precision of `UserCreateDate` and `UserLastModifiedDate`.
    pub create_date_precision: DatePrecision,
    /// Users that exist from the start.
    pub existing: Vec<ExistingUser>,
}

impl Default for PoolSettings {
    fn default() -> PoolSettings {
        PoolSettings {
            region: "us-east-1".to_owned(),
            pool_id: "us-east-1_Rehearsal".to_owned(),
            client_id: "rehearsalclient0000000000".to_owned(),
            client_secret: None,
            client_secret_managed: false,
            case_sensitive: false,
            admin_create_only: false,
            password_policy: PasswordRules::default(),
            allowed_first_auth_factors: vec!["PASSWORD".to_owned()],
            schema: vec![
                SchemaAttribute::string("custom:legacy_id", 256),
                SchemaAttribute::string("custom:department", 256),
            ],
            write_attributes: None,
            username_attributes: Vec::new(),
            alias_attributes: Vec::new(),
            auto_verified_attributes: Vec::new(),
            pre_sign_up: PreSignUp::default(),
            daily_messages: None,
            groups: Vec::new(),
            threat_protection: false,
            quotas: Quotas::default(),
            quota_changes: Vec::new(),
            live_sign_ups: Vec::new(),
            latency: SimulatedLatency::default(),
            list_lag_ms: 0,
            faults: Faults::default(),
            seed: 0,
            error_wire_form: ErrorWireForm::default(),
            date_offset_ms: 0,
            check_signing_time: false,
            create_date_precision: DatePrecision::default(),
            existing: Vec::new(),
        }
    }
}

/// The behavior of the simulated PreSignUp trigger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PreSignUp {
    /// The pool has no trigger.
    #[default]
    Absent,
    /// It confirms each user.
    AutoConfirm,
    /// It confirms each user and verifies email address and phone number; no code is sent.
    AutoConfirmAndVerify,
    /// It refuses each user with UserLambdaValidationException.
    Refuse {
        /// The trigger's error message.
        message: String,
    },
    /// It confirms and verifies users whose SignUp has this pair in its `ValidationData`, and
    /// ignores the others.
    OnValidationData(TriggerPair),
    /// Like `OnValidationData`, but for `ClientMetadata`.
    OnClientMetadata(TriggerPair),
}

/// A key and value that a trigger looks for in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriggerPair {
    /// The key.
    pub key: String,
    /// The exact value.
    pub value: String,
}

/// The latency of a response: `base_ms` plus a uniformly distributed jitter up to `jitter_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimulatedLatency {
    /// The minimum latency in milliseconds.
    pub base_ms: u64,
    /// The maximum jitter in milliseconds.
    pub jitter_ms: u64,
}

impl Default for SimulatedLatency {
    /// Short enough for tests, long enough for requests to overlap as they do over a network.
    fn default() -> SimulatedLatency {
        SimulatedLatency {
            base_ms: 20,
            jitter_ms: 20,
        }
    }
}

/// The precision of a user's dates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatePrecision {
    /// Milliseconds.
    #[default]
    Milliseconds,
    /// Whole seconds, rounded down.
    Seconds,
}

/// A user that exists from the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExistingUser {
    /// The username; if `username_attributes` are set, the email address or phone number.
    pub username: String,
    /// Its attributes, without `sub`. An alias takes effect if `email_verified` or
    /// `phone_number_verified` is `true`.
    pub attributes: BTreeMap<String, String>,
    /// Its status.
    pub status: UserStatus,
    /// Whether it may sign in.
    pub enabled: bool,
    /// Its creation time in Unix seconds; by default, a year before the pool's start.
    pub created: Option<i64>,
}

impl Default for ExistingUser {
    fn default() -> ExistingUser {
        ExistingUser {
            username: String::new(),
            attributes: BTreeMap::new(),
            status: UserStatus::Confirmed,
            enabled: true,
            created: None,
        }
    }
}

impl PoolSettings {
    /// Checks the settings, except for the schema, which `Schema::new` checks.
    pub(super) fn check(&self) -> Result<(), String> {
        let check_names = |setting: &str, names: &[String], allowed: &[&str]| match names
            .iter()
            .find(|name| !allowed.contains(&name.as_str()))
        {
            Some(name) => Err(format!(
                "{setting}: {name:?} must be one of {}",
                allowed.join(", ")
            )),
            None => Ok(()),
        };
        check_names(
            "username_attributes",
            &self.username_attributes,
            &USERNAME_ATTRIBUTES,
        )?;
        check_names(
            "alias_attributes",
            &self.alias_attributes,
            &ALIAS_ATTRIBUTES,
        )?;
        check_names(
            "auto_verified_attributes",
            &self.auto_verified_attributes,
            &USERNAME_ATTRIBUTES,
        )?;
        check_names(
            "allowed_first_auth_factors",
            &self.allowed_first_auth_factors,
            &FIRST_AUTH_FACTORS,
        )?;
        if !self.username_attributes.is_empty() && !self.alias_attributes.is_empty() {
            return Err(
                "username_attributes and alias_attributes are mutually exclusive".to_owned(),
            );
        }
        if self.client_secret_managed && self.client_secret.is_none() {
            return Err("client_secret_managed requires a client_secret".to_owned());
        }
        if self.existing.iter().any(|user| user.username.is_empty()) {
            return Err("existing: a user without a username".to_owned());
        }
        self.quotas.check()?;
        traffic::check(&self.quota_changes, &self.live_sign_ups)?;
        self.faults.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_round_trip_through_json() {
        let settings = PoolSettings {
            pre_sign_up: PreSignUp::Refuse {
                message: "no".to_owned(),
            },
            existing: vec![ExistingUser {
                username: "jane".to_owned(),
                ..ExistingUser::default()
            }],
            ..PoolSettings::default()
        };
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(
            serde_json::from_str::<PoolSettings>(&text).unwrap(),
            settings
        );
    }

    #[test]
    fn reads_triggers_that_look_for_a_pair() {
        let pair = |key: &str, value: &str| TriggerPair {
            key: key.to_owned(),
            value: value.to_owned(),
        };
        for (text, expected) in [
            (
                r#"{"on_validation_data": {"key": "import", "value": "yes"}}"#,
                PreSignUp::OnValidationData(pair("import", "yes")),
            ),
            (
                r#"{"on_client_metadata": {"key": "run", "value": "7"}}"#,
                PreSignUp::OnClientMetadata(pair("run", "7")),
            ),
        ] {
            assert_eq!(serde_json::from_str::<PreSignUp>(text).unwrap(), expected);
        }
        assert!(
            serde_json::from_str::<PreSignUp>(r#"{"on_client_metadata": {"key": "a"}}"#).is_err()
        );
    }

    #[test]
    fn omitted_settings_have_defaults() {
        let text = r#"{"pre_sign_up": "auto_confirm", "quotas": {"user_creation": {"rate": 5}}, "faults": {"throttle": 0.1},
            "quota_changes": [{"after_ms": 20000, "category": "user_creation", "rate": 30, "burst": 40}, {"after_ms": 9, "category": "user_read", "rate": 1}],
            "live_sign_ups": [{"after_ms": 20000, "until_ms": 40000, "per_second": 20}, {"after_ms": 0, "per_second": 1}]}"#;
        let settings: PoolSettings = serde_json::from_str(text).unwrap();
        assert_eq!(settings.check(), Ok(()));
        assert_eq!(settings.quota_changes[0].burst, Some(40.0));
        assert_eq!(settings.live_sign_ups[1].until_ms, None);
        assert_eq!(settings.pre_sign_up, PreSignUp::AutoConfirm);
        assert_eq!(settings.quotas.user_read, Quotas::default().user_read);
        assert!(serde_json::from_str::<PoolSettings>(r#"{"pool": 1}"#).is_err());
    }

    #[test]
    fn rejects_inconsistent_settings() {
        let strings = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let unknown = PoolSettings {
            alias_attributes: strings(&["nickname"]),
            ..PoolSettings::default()
        };
        assert!(unknown.check().unwrap_err().contains("nickname"));
        let without_secret = PoolSettings {
            client_secret_managed: true,
            ..PoolSettings::default()
        };
        assert!(without_secret.check().is_err());
        let both = PoolSettings {
            alias_attributes: strings(&["email"]),
            username_attributes: strings(&["email"]),
            ..PoolSettings::default()
        };
        assert!(both.check().is_err());
    }
}
