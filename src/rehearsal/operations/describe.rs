//! DescribeUserPool, DescribeUserPoolClient and GetProvisionedLimit.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::rehearsal::protocol::ServiceError;
use crate::rehearsal::quota::{QuotaCategory, Quotas};
use crate::rehearsal::request::{parse, required};
use crate::rehearsal::schema_settings::{AttributeType, SchemaAttribute};
use crate::rehearsal::settings::PreSignUp;
use crate::rehearsal::state::PoolState;

/// AWS's example account ID.
const ACCOUNT: &str = "123456789012";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeRequest {
    user_pool_id: Option<String>,
    client_id: Option<String>,
}

/// Handles DescribeUserPool.
pub(in crate::rehearsal) fn user_pool(
    pool: &PoolState,
    body: &[u8],
) -> Result<Value, ServiceError> {
    let request: DescribeRequest = parse(body)?;
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    let settings = &pool.settings;
    let policy = &settings.password_policy;
    let arn = |service: &str, rest: &str| {
        format!("arn:aws:{service}:{}:{ACCOUNT}:{rest}", settings.region)
    };
    let started = pool.date(pool.clock.wall_ms(Duration::ZERO));
    // Only Cognito's default sender has a daily limit worth simulating.
    let email = match settings.daily_messages {
        Some(_) => json!({ "EmailSendingAccount": "COGNITO_DEFAULT" }),
        None => json!({
            "EmailSendingAccount": "DEVELOPER",
            "SourceArn": arn("ses", "identity/rehearsal@example.com"),
        }),
    };
    let triggers = match settings.pre_sign_up {
        PreSignUp::Absent => json!({}),
        PreSignUp::AutoConfirm
        | PreSignUp::AutoConfirmAndVerify
        | PreSignUp::Refuse { .. }
        | PreSignUp::OnValidationData(_)
        | PreSignUp::OnClientMetadata(_) => {
            json!({ "PreSignUp": arn("lambda", "function:rehearsal-pre-sign-up") })
        }
    };
    let mut description = json!({
        "Id": settings.pool_id,
        "Name": "rehearsal",
        "Arn": arn("cognito-idp", &format!("userpool/{}", settings.pool_id)),
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": policy.minimum_length,
                "RequireUppercase": policy.require_uppercase,
                "RequireLowercase": policy.require_lowercase,
                "RequireNumbers": policy.require_numbers,
                "RequireSymbols": policy.require_symbols,
                "TemporaryPasswordValidityDays": 7,
            },
            "SignInPolicy": {
                "AllowedFirstAuthFactors": settings.allowed_first_auth_factors,
            },
        },
        "LambdaConfig": triggers,
        "CreationDate": started,
        "LastModifiedDate": started,
        "SchemaAttributes": pool.schema.rules().map(attribute).collect::<Vec<_>>(),
        "UsernameConfiguration": { "CaseSensitive": settings.case_sensitive },
        "AdminCreateUserConfig": { "AllowAdminCreateUserOnly": settings.admin_create_only },
        "EmailConfiguration": email,
        "MfaConfiguration": "OFF",
        "UserPoolTier": if settings.threat_protection { "PLUS" } else { "ESSENTIALS" },
        "EstimatedNumberOfUsers": pool.users.len(),
    });
    let lists = [
        ("AutoVerifiedAttributes", &settings.auto_verified_attributes),
        ("AliasAttributes", &settings.alias_attributes),
        ("UsernameAttributes", &settings.username_attributes),
    ];
    for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        description[name] = json!(list);
    }
    if settings.threat_protection {
        description["UserPoolAddOns"] = json!({ "AdvancedSecurityMode": "AUDIT" });
    }
    Ok(json!({ "UserPool": description }))
}

fn attribute(rule: &SchemaAttribute) -> Value {
    let mut described = json!({
        "Name": rule.name,
        "AttributeDataType": rule.data_type.name(),
        "DeveloperOnlyAttribute": false,
        "Mutable": rule.mutable,
        "Required": rule.required,
    });
    // The service formats these numbers as strings and omits bounds that are not set.
    let bounds = |bounds: [(&str, Option<String>); 2]| {
        let set = bounds
            .into_iter()
            .filter_map(|(name, bound)| Some((name.to_owned(), Value::String(bound?))));
        Value::Object(set.collect())
    };
    let constraint = match rule.data_type {
        AttributeType::String => Some((
            "StringAttributeConstraints",
            bounds([
                ("MinLength", rule.min_length.map(|bound| bound.to_string())),
                ("MaxLength", rule.max_length.map(|bound| bound.to_string())),
            ]),
        )),
        AttributeType::Number => Some((
            "NumberAttributeConstraints",
            bounds([
                ("MinValue", rule.min_value.map(|bound| bound.to_string())),
                ("MaxValue", rule.max_value.map(|bound| bound.to_string())),
            ]),
        )),
        AttributeType::DateTime | AttributeType::Boolean => None,
    };
    if let Some((name, constraint)) = constraint {
        described[name] = constraint;
    }
    described
}

/// Handles DescribeUserPoolClient.
pub(in crate::rehearsal) fn client(pool: &PoolState, body: &[u8]) -> Result<Value, ServiceError> {
    let request: DescribeRequest = parse(body)?;
    pool.check_pool_id(request.user_pool_id.as_deref())?;
    pool.check_client_id(request.client_id.as_deref())?;
    let started = pool.date(pool.clock.wall_ms(Duration::ZERO));
    let mut description = json!({
        "UserPoolId": pool.settings.pool_id,
        "ClientId": pool.settings.client_id,
        "ClientName": "rehearsal",
        "CreationDate": started,
        "LastModifiedDate": started,
        "WriteAttributes": pool.schema.writable().collect::<Vec<_>>(),
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"],
        "PreventUserExistenceErrors": "ENABLED",
    });
    if let Some(secret) = &pool.settings.client_secret {
        if pool.settings.client_secret_managed {
            let (region, client) = (&pool.settings.region, &pool.settings.client_id);
            let arn =
                format!("arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:cognito/{client}-AbCdEf");
            description["ClientSecretArn"] = json!(arn);
        } else {
            description["ClientSecret"] = json!(secret);
        }
    }
    Ok(json!({ "UserPoolClient": description }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LimitRequest {
    limit_definition: Option<LimitDefinition>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LimitDefinition {
    limit_class: Option<String>,
    attributes: Option<BTreeMap<String, String>>,
}

/// Handles GetProvisionedLimit.
pub(in crate::rehearsal) fn provisioned_limit(
    pool: &PoolState,
    body: &[u8],
) -> Result<Value, ServiceError> {
    let request: LimitRequest = parse(body)?;
    let definition = request.limit_definition;
    let class = required(
        "limitDefinition",
        definition.as_ref().and_then(|d| d.limit_class.as_deref()),
    )?;
    let attributes = definition
        .as_ref()
        .and_then(|definition| definition.attributes.as_ref());
    let category_name = attributes
        .and_then(|attributes| attributes.get("Category"))
        .map(String::as_str);
    let category = QuotaCategory::ALL
        .into_iter()
        .find(|category| Some(category.name()) == category_name);
    let Some(category) = category.filter(|_| class == "API_CATEGORY") else {
        return Err(ServiceError::invalid_parameter("Invalid limit definition."));
    };
    let rate = |quotas: &Quotas| quotas.of(category).rate.floor() as i64;
    Ok(json!({ "Limit": {
        "LimitDefinition": { "LimitClass": class, "Attributes": attributes },
        "ProvisionedLimitValue": rate(&pool.settings.quotas),
        "FreeLimitValue": rate(&Quotas::default()),
    } }))
}
