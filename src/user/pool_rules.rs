//! The rules of a user pool and its app client for users that sign up, from `DescribeUserPool` and
//! `DescribeUserPoolClient` or from a file written by `cognito-import describe`. The names are
//! Cognito's.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::STANDARD_ATTRIBUTES;

/// The rules of a user pool. A field that a file omits has the value of a pool with default
/// settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PoolRules {
    /// The ID of the pool, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_pool_id: Option<String>,
    /// `AdminCreateUserConfig.AllowAdminCreateUserOnly`: users cannot sign up.
    pub admin_create_user_only: bool,
    /// `UsernameConfiguration.CaseSensitive`.
    pub case_sensitive: bool,
    /// `UsernameAttributes`: the username has to be one of these attributes.
    pub username_attributes: Vec<Contact>,
    /// `AliasAttributes`: users can also sign in with these attributes.
    pub alias_attributes: Vec<String>,
    /// `AutoVerifiedAttributes`: a sign-up sends a code to these attributes.
    pub auto_verified_attributes: Vec<Contact>,
    /// The names of the triggers in `LambdaConfig`: `PreSignUp`, `PostConfirmation`, ...
    pub triggers: Vec<String>,
    /// Whether `UserPoolAddOns.AdvancedSecurityMode` is not `OFF`: the pool records who signed in.
    pub threat_protection: bool,
    /// `EmailConfiguration.EmailSendingAccount`.
    pub email_sending_account: EmailSendingAccount,
    /// `SignInPolicy.AllowedFirstAuthFactors`: `PASSWORD`, `EMAIL_OTP`, ...
    pub allowed_first_auth_factors: Vec<String>,
    /// `EstimatedNumberOfUsers`.
    pub estimated_number_of_users: u64,
    /// `Policies.PasswordPolicy`.
    pub password_policy: PasswordPolicy,
    /// The app client, if it could be described.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientRules>,
    /// `SchemaAttributes`.
    pub schema: Vec<AttributeRule>,
}

/// An attribute to which a pool can send messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Contact {
    /// The email address
    Email,
    /// The phone number
    PhoneNumber,
}

/// The sender of a pool's emails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EmailSendingAccount {
    /// Cognito: 50 emails per day for all pools of an account.
    #[default]
    CognitoDefault,
    /// The account's own Amazon SES.
    Developer,
}

/// `PasswordPolicyType`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PasswordPolicy {
    /// The minimum number of characters.
    pub minimum_length: usize,
    /// Whether A-Z is required.
    pub require_uppercase: bool,
    /// Whether a-z is required.
    pub require_lowercase: bool,
    /// Whether 0-9 is required.
    pub require_numbers: bool,
    /// Whether one of Cognito's symbols is required.
    pub require_symbols: bool,
}

impl Default for PasswordPolicy {
    /// Returns the default policy of new pools.
    fn default() -> Self {
        Self {
            minimum_length: 8,
            require_uppercase: true,
            require_lowercase: true,
            require_numbers: true,
            require_symbols: true,
        }
    }
}

/// The rules of the app client.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ClientRules {
    /// The ID of the app client, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Whether it has a secret. If false or omitted, this is unknown, because a description does
    /// not show a secret in Secrets Manager.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_secret: bool,
    /// `WriteAttributes`; if omitted, the standard attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_attributes: Option<Vec<String>>,
}

/// `SchemaAttributeType`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AttributeRule {
    /// The name, with the prefix `custom:` if the pool defines it.
    pub name: String,
    /// The type of the values.
    pub data_type: ValueType,
    /// Whether every user must have it.
    pub required: bool,
    /// Whether it can be changed later.
    pub mutable: bool,
    /// The minimum number of characters of a string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<usize>,
    /// The maximum number of characters of a string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// The minimum of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_value: Option<i64>,
    /// The maximum of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_value: Option<i64>,
}

/// `ValueType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum ValueType {
    /// Text.
    #[default]
    String,
    /// A whole number.
    Number,
    /// A time.
    DateTime,
    /// `true` or `false`.
    Boolean,
}

impl Default for PoolRules {
    fn default() -> Self {
        Self {
            user_pool_id: None,
            admin_create_user_only: false,
            case_sensitive: false,
            username_attributes: Vec::new(),
            alias_attributes: Vec::new(),
            auto_verified_attributes: Vec::new(),
            triggers: Vec::new(),
            threat_protection: false,
            email_sending_account: EmailSendingAccount::default(),
            allowed_first_auth_factors: vec!["PASSWORD".to_owned()],
            estimated_number_of_users: 0,
            password_policy: PasswordPolicy::default(),
            client: None,
            schema: Vec::new(),
        }
    }
}

impl Contact {
    /// Returns the attribute's name.
    #[must_use]
    pub fn attribute(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::PhoneNumber => "phone_number",
        }
    }

    /// Returns the name of the attribute that says whether it is verified.
    #[must_use]
    pub fn verified_attribute(self) -> &'static str {
        match self {
            Self::Email => "email_verified",
            Self::PhoneNumber => "phone_number_verified",
        }
    }

    /// Returns the contact with this attribute name.
    #[must_use]
    pub fn from_attribute(name: &str) -> Option<Self> {
        [Self::Email, Self::PhoneNumber]
            .into_iter()
            .find(|contact| contact.attribute() == name)
    }
}

impl PoolRules {
    /// Returns the rule of an attribute, if the schema has it.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&AttributeRule> {
        self.schema.iter().find(|rule| rule.name == name)
    }

    /// Returns whether the schema is known. A file may omit it.
    #[must_use]
    pub fn knows_schema(&self) -> bool {
        !self.schema.is_empty()
    }

    /// Returns whether the app client may write an attribute. An unknown client may.
    #[must_use]
    pub fn is_writable(&self, name: &str) -> bool {
        match self
            .client
            .as_ref()
            .map(|client| client.write_attributes.as_deref())
        {
            None => true,
            // Unset means the standard attributes. Custom ones must be listed (developer guide,
            // "Attribute permissions and scopes").
            Some(None) => STANDARD_ATTRIBUTES.contains(&name),
            Some(Some(listed)) => listed.iter().any(|writable| writable == name),
        }
    }

    /// Returns whether the pool calls this trigger.
    #[must_use]
    pub fn has_trigger(&self, name: &str) -> bool {
        self.triggers.iter().any(|trigger| trigger == name)
    }

    /// Returns whether users can sign in without a password.
    #[must_use]
    pub fn is_passwordless(&self) -> bool {
        self.allowed_first_auth_factors
            .iter()
            .any(|factor| factor != "PASSWORD")
    }

    /// Returns whether the attribute is an alias that only confirmed users can have. If
    /// `preferred_username` is an alias, AWS does not accept it at sign-up (developer guide,
    /// "Customizing sign-in attributes").
    #[must_use]
    pub fn is_confirmed_only_alias(&self, name: &str) -> bool {
        name == "preferred_username" && self.alias_attributes.iter().any(|alias| alias == name)
    }

    /// Returns the columns of a list for this pool: first the required attributes, then the others
    /// that the app client may write.
    #[must_use]
    pub fn columns(&self, with_password: bool) -> Vec<String> {
        let settable = |rule: &&AttributeRule| {
            let name = rule.name.as_str();
            let is_known = STANDARD_ATTRIBUTES.contains(&name) || name.starts_with("custom:");
            // Excludes attributes that only Cognito or an administrator sets: sub, identities,
            // email_verified, dev:custom:...
            is_known && self.is_writable(name) && !self.is_confirmed_only_alias(name)
        };
        let (required, others): (Vec<_>, Vec<_>) = self
            .schema
            .iter()
            .filter(settable)
            .partition(|rule| rule.required && !self.is_username_attribute(&rule.name));
        let names = required.into_iter().chain(others);
        std::iter::once("username")
            .chain(with_password.then_some("password"))
            .chain(names.map(|rule| rule.name.as_str()))
            .map(str::to_owned)
            .collect()
    }

    /// Returns whether the username can serve as this attribute, so that the list does not need to
    /// set it.
    #[must_use]
    pub fn is_username_attribute(&self, attribute: &str) -> bool {
        self.username_attributes
            .iter()
            .any(|contact| contact.attribute() == attribute)
    }
}

#[cfg(test)]
mod tests {
    use super::{AttributeRule, ClientRules, PoolRules};

    #[test]
    fn rules_round_trip_through_a_file() {
        let rules = PoolRules {
            user_pool_id: Some("us-east-1_Ab1".into()),
            client: Some(ClientRules {
                write_attributes: Some(vec!["email".into(), "custom:id".into()]),
                ..ClientRules::default()
            }),
            schema: vec![AttributeRule {
                name: "custom:id".into(),
                max_length: Some(32),
                min_value: Some(-1),
                ..AttributeRule::default()
            }],
            ..PoolRules::default()
        };
        let text = toml::to_string(&rules).unwrap();
        assert_eq!(toml::from_str::<PoolRules>(&text).unwrap(), rules, "{text}");
        assert_eq!(
            toml::from_str::<PoolRules>("").unwrap(),
            PoolRules::default()
        );
        assert!(toml::from_str::<PoolRules>("case_sensitif = true").is_err());
    }

    #[test]
    fn columns_start_with_required_attributes() {
        let attribute = |name: &str, required| AttributeRule {
            name: name.into(),
            required,
            ..AttributeRule::default()
        };
        let rules = PoolRules {
            schema: vec![
                attribute("sub", true),
                attribute("name", false),
                attribute("email", true),
                attribute("email_verified", false),
                attribute("identities", false),
                attribute("dev:custom:note", false),
                attribute("custom:id", false),
            ],
            ..PoolRules::default()
        };
        assert_eq!(
            rules.columns(true),
            ["username", "password", "email", "name", "custom:id"]
        );
        let email_pool = PoolRules {
            username_attributes: vec![super::Contact::Email],
            client: Some(ClientRules::default()),
            ..rules
        };
        assert_eq!(email_pool.columns(false), ["username", "name", "email"]);
    }

    #[test]
    fn clients_without_a_list_may_write_standard_attributes() {
        let with = |write_attributes| PoolRules {
            client: Some(ClientRules {
                write_attributes,
                ..ClientRules::default()
            }),
            ..PoolRules::default()
        };
        assert!(with(None).is_writable("email") && !with(None).is_writable("custom:id"));
        let listed = with(Some(vec!["custom:id".to_owned()]));
        assert!(listed.is_writable("custom:id") && !listed.is_writable("email"));
        assert!(PoolRules::default().is_writable("custom:id"));
    }
}
