//! What a rehearsal pool is asked to be. Every field has a default, so that a settings file names
//! only what differs.
//!
//! It owns the settings and their consistency; what they do is said where they are used.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::faults::Faults;
use super::password::PasswordRules;
use super::protocol::ErrorWireForm;
use super::quota::Quotas;
use super::schema_settings::SchemaAttribute;
use super::traffic::{self, LiveSignUps, QuotaChange};
use super::user::UserStatus;

/// Attributes that can stand for a username, by `UsernameAttributes`.
const USERNAME_ATTRIBUTES: [&str; 2] = ["email", "phone_number"];
/// Attributes that can be an alias, by `AliasAttributes`.
const ALIAS_ATTRIBUTES: [&str; 3] = ["email", "phone_number", "preferred_username"];

/// What a sign-in can begin with (`AuthFactorType`).
const FIRST_AUTH_FACTORS: [&str; 4] = ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"];

/// A user pool, its app client, and the network in front of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoolSettings {
    /// The Region it says it is in.
    pub region: String,
    /// The user pool's id.
    pub pool_id: String,
    /// The app client's id.
    pub client_id: String,
    /// The app client's secret; with one, SignUp and InitiateAuth need a `SecretHash`.
    pub client_secret: Option<String>,
    /// Whether the secret is kept in Secrets Manager: DescribeUserPoolClient then answers
    /// `ClientSecretArn` in place of `ClientSecret`.
    pub client_secret_managed: bool,
    /// Whether usernames and aliases that differ in case are different.
    pub case_sensitive: bool,
    /// `AdminCreateUserConfig.AllowAdminCreateUserOnly`: every SignUp is refused.
    pub admin_create_only: bool,
    /// What a password must be.
    pub password_policy: PasswordRules,
    /// `SignInPolicy.AllowedFirstAuthFactors`: with another one than `PASSWORD`, users sign up
    /// without a password, too.
    pub allowed_first_auth_factors: Vec<String>,
    /// Custom attributes, and standard ones that differ from the usual. The standard ones always
    /// exist, and `email` is required unless an entry here says otherwise.
    pub schema: Vec<SchemaAttribute>,
    /// What the app client may write; unset, every attribute of the schema. `sub` and the two
    /// `*_verified` never.
    pub write_attributes: Option<Vec<String>>,
    /// `email`, `phone_number`: these are the usernames, and the stored username is the `sub`.
    pub username_attributes: Vec<String>,
    /// `email`, `phone_number`, `preferred_username`: a verified one finds the user, too.
    pub alias_attributes: Vec<String>,
    /// `email`, `phone_number`: SignUp sends a code there.
    pub auto_verified_attributes: Vec<String>,
    /// The PreSignUp trigger.
    pub pre_sign_up: PreSignUp,
    /// Codes that can be sent while the pool runs (Cognito's own sender: 50 a day). SignUps beyond
    /// it make the user all the same and answer LimitExceededException. Unset, there is no
    /// limit.
    pub daily_messages: Option<u32>,
    /// The groups there are from the start.
    pub groups: Vec<String>,
    /// Whether threat protection is on, as it can be in the Plus tier: AdminListUserAuthEvents
    /// answers.
    pub threat_protection: bool,
    /// Requests a second, by category.
    pub quotas: Quotas,
    /// Quotas that change while the pool runs, counted from its first SignUp request.
    pub quota_changes: Vec<QuotaChange>,
    /// Other people's sign-ups, which draw on the same quota, counted from the pool's first SignUp
    /// request.
    pub live_sign_ups: Vec<LiveSignUps>,
    /// How long an answer takes.
    pub latency: SimulatedLatency,
    /// Milliseconds after which ListUsers shows a user that was made, as it is eventually
    /// consistent only. Existing users are shown at once.
    pub list_lag_ms: u64,
    /// What goes wrong.
    pub faults: Faults,
    /// All chance (faults, latency, `sub`s) follows from it.
    pub seed: u64,
    /// How errors name themselves.
    pub error_wire_form: ErrorWireForm,
    /// Milliseconds that the pool's clock (header `Date`, `UserCreateDate`) is ahead of the
    /// host's; negative: behind.
    pub date_offset_ms: i64,
    /// Whether a signed request is refused whose time is more than 5 minutes off the pool's clock,
    /// as by AWS.
    pub check_signing_time: bool,
    /// How precise `UserCreateDate` and `UserLastModifiedDate` are.
    pub create_date_precision: DatePrecision,
    /// Users that are there from the start.
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

/// What the simulated PreSignUp trigger does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PreSignUp {
    /// There is none.
    #[default]
    Absent,
    /// It confirms each user.
    AutoConfirm,
    /// It confirms each user and verifies e-mail address and phone number; no code is sent.
    AutoConfirmAndVerify,
    /// It refuses each user: UserLambdaValidationException.
    Refuse {
        /// What the trigger says.
        message: String,
    },
    /// It confirms and verifies the users whose SignUp has this pair in its `ValidationData`, and
    /// leaves the others as they are.
    OnValidationData(TriggerPair),
    /// The same, for `ClientMetadata`.
    OnClientMetadata(TriggerPair),
}

/// What a trigger looks for in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriggerPair {
    /// The name.
    pub key: String,
    /// The value, exactly.
    pub value: String,
}

/// How long an answer takes: `base_ms`, and up to `jitter_ms` more, evenly spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimulatedLatency {
    /// Milliseconds that every answer takes.
    pub base_ms: u64,
    /// The most milliseconds on top of that.
    pub jitter_ms: u64,
}

impl Default for SimulatedLatency {
    /// Short enough for tests, long enough that requests overlap as they do over a network.
    fn default() -> SimulatedLatency {
        SimulatedLatency {
            base_ms: 20,
            jitter_ms: 20,
        }
    }
}

/// How precisely the pool writes a user's dates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatePrecision {
    /// To the millisecond.
    #[default]
    Milliseconds,
    /// To the second below.
    Seconds,
}

/// A user that is there before anybody signs up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExistingUser {
    /// The username; where `username_attributes` are set, the e-mail address or phone number.
    pub username: String,
    /// Its attributes, without `sub`. An alias counts where `email_verified` or its like is
    /// `true`.
    pub attributes: BTreeMap<String, String>,
    /// How it stands.
    pub status: UserStatus,
    /// Whether it may sign in.
    pub enabled: bool,
    /// When it was made, in seconds since 1970; unset, a year before the pool's start.
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
    /// What is wrong with the settings, if something is. `Schema::new` checks the schema.
    pub(super) fn check(&self) -> Result<(), String> {
        let known = |setting: &str, names: &[String], allowed: &[&str]| match names
            .iter()
            .find(|name| !allowed.contains(&name.as_str()))
        {
            Some(name) => Err(format!(
                "{setting}: {name:?} is none of {}",
                allowed.join(", ")
            )),
            None => Ok(()),
        };
        known(
            "username_attributes",
            &self.username_attributes,
            &USERNAME_ATTRIBUTES,
        )?;
        known(
            "alias_attributes",
            &self.alias_attributes,
            &ALIAS_ATTRIBUTES,
        )?;
        known(
            "auto_verified_attributes",
            &self.auto_verified_attributes,
            &USERNAME_ATTRIBUTES,
        )?;
        known(
            "allowed_first_auth_factors",
            &self.allowed_first_auth_factors,
            &FIRST_AUTH_FACTORS,
        )?;
        if !self.username_attributes.is_empty() && !self.alias_attributes.is_empty() {
            return Err("username_attributes and alias_attributes exclude each other".to_owned());
        }
        if self.client_secret_managed && self.client_secret.is_none() {
            return Err("client_secret_managed: needs a client_secret".to_owned());
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
    fn settings_come_back_from_json_as_they_went() {
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
    fn a_trigger_can_look_for_a_pair() {
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
    fn a_settings_file_names_only_what_differs() {
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
    fn settings_that_no_pool_can_have_are_refused() {
        let of = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let unknown = PoolSettings {
            alias_attributes: of(&["nickname"]),
            ..PoolSettings::default()
        };
        assert!(unknown.check().unwrap_err().contains("nickname"));
        let nothing_to_manage = PoolSettings {
            client_secret_managed: true,
            ..PoolSettings::default()
        };
        assert!(nothing_to_manage.check().is_err());
        let both = PoolSettings {
            alias_attributes: of(&["email"]),
            username_attributes: of(&["email"]),
            ..PoolSettings::default()
        };
        assert!(both.check().is_err());
    }
}
