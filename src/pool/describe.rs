//! Reads the settings of the pool and its app client, and the account's quotas.

use aws_sdk_cognitoidentityprovider::types::{
    AdvancedSecurityModeType, AttributeDataType, EmailSendingAccountType, LambdaConfigType,
    LimitClass, LimitDefinitionType, PasswordPolicyType, SchemaAttributeType, UserPoolType,
};

use super::Cognito;
use super::bounds::{MAX_ATTRIBUTE_NAME, fits};
use super::failure::{Failure, Operation};
use crate::pace::Category;
use crate::user::pool_rules::{
    AttributeRule, ClientRules, Contact, EmailSendingAccount, PasswordPolicy, PoolRules, ValueType,
};

impl Cognito {
    /// Sends `DescribeUserPool` once, signed. `None` if this run signs no requests.
    ///
    /// # Errors
    /// See [`super::failure`]. A response that does not describe this pool is unreadable.
    pub async fn describe(&self) -> Result<Option<PoolRules>, Failure> {
        let Some(client) = &self.signed else {
            return Ok(None);
        };
        let answer = client
            .describe_user_pool()
            .user_pool_id(&self.user_pool_id)
            .send()
            .await
            .map_err(|error| Failure::of(Operation::Read, &error))?;
        let pool = answer
            .user_pool()
            .filter(|pool| pool.id() == Some(&self.user_pool_id))
            .ok_or_else(|| Failure::unreadable("the answer does not describe this pool"))?;
        let mut names = pool.schema_attributes().iter();
        if !names.all(|rule| fits(rule.name().unwrap_or_default(), MAX_ATTRIBUTE_NAME)) {
            return Err(Failure::unreadable(
                "the answer has an attribute whose name is longer than 32 characters",
            ));
        }
        Ok(Some(PoolRules {
            user_pool_id: Some(self.user_pool_id.clone()),
            ..pool_rules(pool)
        }))
    }

    /// Sends `DescribeUserPoolClient` once, signed. `None` if this run signs no requests. The
    /// secret in the response is not kept.
    ///
    /// # Errors
    /// See [`super::failure`]. A response that does not describe this client is unreadable.
    pub async fn describe_client(&self) -> Result<Option<ClientRules>, Failure> {
        let Some(client) = &self.signed else {
            return Ok(None);
        };
        let answer = client
            .describe_user_pool_client()
            .user_pool_id(&self.user_pool_id)
            .client_id(&self.client_id)
            .send()
            .await
            .map_err(|error| Failure::of(Operation::Read, &error))?;
        let client = answer
            .user_pool_client()
            .filter(|client| client.client_id() == Some(&self.client_id))
            .ok_or_else(|| Failure::unreadable("the answer does not describe this app client"))?;
        Ok(Some(ClientRules {
            client_id: Some(self.client_id.clone()),
            // Also absent if AWS keeps the secret in Secrets Manager and returns ClientSecretArn.
            has_secret: client.client_secret().is_some(),
            // Cognito omits them if they were never set; emulators send an empty list.
            write_attributes: client
                .write_attributes
                .clone()
                .filter(|listed| !listed.is_empty()),
        }))
    }

    /// Sends `GetProvisionedLimit` once, signed. Returns the quota of a category in requests per
    /// second, shared by all of the account's pools in this Region. `None` if this run signs no
    /// requests. The operation itself is limited to one request per second.
    ///
    /// # Errors
    /// See [`super::failure`]. A response without a rate is unreadable.
    pub async fn provisioned_limit(&self, category: Category) -> Result<Option<u32>, Failure> {
        let Some(client) = &self.signed else {
            return Ok(None);
        };
        let definition = LimitDefinitionType::builder()
            .limit_class(LimitClass::ApiCategory)
            .attributes("Category", category.name())
            .build()
            .map_err(Failure::not_built)?;
        let answer = client
            .get_provisioned_limit()
            .limit_definition(definition)
            .send()
            .await
            .map_err(|error| Failure::of(Operation::Read, &error))?;
        answer
            .limit()
            .and_then(|limit| u32::try_from(limit.provisioned_limit_value()).ok())
            .filter(|limit| *limit > 0)
            .map(Some)
            .ok_or_else(|| Failure::unreadable("the answer does not name a limit"))
    }
}

fn pool_rules(pool: &UserPoolType) -> PoolRules {
    let factors = pool
        .policies()
        .and_then(|policies| policies.sign_in_policy())
        .map(|policy| policy.allowed_first_auth_factors())
        .unwrap_or_default();
    PoolRules {
        user_pool_id: None,
        admin_create_user_only: pool
            .admin_create_user_config()
            .is_some_and(|config| config.allow_admin_create_user_only()),
        // A pool without this setting is older than the setting, and is case-sensitive.
        case_sensitive: pool
            .username_configuration()
            .is_none_or(|configuration| configuration.case_sensitive()),
        username_attributes: contacts(pool.username_attributes().iter().map(|name| name.as_str())),
        alias_attributes: pool
            .alias_attributes()
            .iter()
            .map(|name| name.as_str().to_owned())
            .collect(),
        auto_verified_attributes: contacts(
            pool.auto_verified_attributes()
                .iter()
                .map(|name| name.as_str()),
        ),
        threat_protection: pool.user_pool_add_ons().is_some_and(|add_ons| {
            *add_ons.advanced_security_mode() != AdvancedSecurityModeType::Off
        }),
        triggers: pool.lambda_config().map(triggers).unwrap_or_default(),
        email_sending_account: match pool
            .email_configuration()
            .and_then(|configuration| configuration.email_sending_account())
        {
            Some(EmailSendingAccountType::Developer) => EmailSendingAccount::Developer,
            Some(_) | None => EmailSendingAccount::CognitoDefault,
        },
        allowed_first_auth_factors: if factors.is_empty() {
            PoolRules::default().allowed_first_auth_factors
        } else {
            factors
                .iter()
                .map(|factor| factor.as_str().to_owned())
                .collect()
        },
        estimated_number_of_users: u64::try_from(pool.estimated_number_of_users()).unwrap_or(0),
        password_policy: pool
            .policies()
            .and_then(|policies| policies.password_policy())
            .map(password_policy)
            .unwrap_or_default(),
        client: None,
        schema: pool.schema_attributes().iter().map(attribute).collect(),
    }
}

fn contacts<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Contact> {
    names.filter_map(Contact::from_attribute).collect()
}

/// Returns the triggers of a sign-up.
fn triggers(config: &LambdaConfigType) -> Vec<String> {
    [
        ("PreSignUp", config.pre_sign_up().is_some()),
        ("CustomMessage", config.custom_message().is_some()),
        ("PostConfirmation", config.post_confirmation().is_some()),
        ("CustomEmailSender", config.custom_email_sender().is_some()),
        ("CustomSMSSender", config.custom_sms_sender().is_some()),
    ]
    .into_iter()
    .filter(|(_, is_set)| *is_set)
    .map(|(name, _)| name.to_owned())
    .collect()
}

fn password_policy(policy: &PasswordPolicyType) -> PasswordPolicy {
    PasswordPolicy {
        minimum_length: policy
            .minimum_length()
            .and_then(|length| usize::try_from(length).ok())
            .unwrap_or(PasswordPolicy::default().minimum_length),
        require_uppercase: policy.require_uppercase(),
        require_lowercase: policy.require_lowercase(),
        require_numbers: policy.require_numbers(),
        require_symbols: policy.require_symbols(),
    }
}

/// Converts an attribute definition. The service sends bounds as text.
fn attribute(rule: &SchemaAttributeType) -> AttributeRule {
    fn bound<N: std::str::FromStr>(text: Option<&str>) -> Option<N> {
        text.and_then(|text| text.parse().ok())
    }
    let lengths = rule.string_attribute_constraints();
    let values = rule.number_attribute_constraints();
    AttributeRule {
        name: rule.name().unwrap_or_default().to_owned(),
        data_type: match rule.attribute_data_type() {
            Some(AttributeDataType::Number) => ValueType::Number,
            Some(AttributeDataType::Datetime) => ValueType::DateTime,
            Some(AttributeDataType::Boolean) => ValueType::Boolean,
            Some(_) | None => ValueType::String,
        },
        required: rule.required().unwrap_or(false),
        mutable: rule.mutable().unwrap_or(true),
        min_length: bound(lengths.and_then(|lengths| lengths.min_length())),
        max_length: bound(lengths.and_then(|lengths| lengths.max_length())),
        min_value: bound(values.and_then(|values| values.min_value())),
        max_value: bound(values.and_then(|values| values.max_value())),
    }
}
