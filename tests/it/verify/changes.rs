//! Changes to a pool behind the back of a run.

use aws_sdk_cognitoidentityprovider::types::AttributeType;

use crate::harness::Pool;

pub(crate) fn delete(pool: &Pool, username: &str) {
    let sdk = pool.sdk();
    let call = sdk.client.admin_delete_user();
    let call = call.user_pool_id(&pool.settings().pool_id);
    sdk.wait(call.username(username).send()).unwrap();
}

/// A user signs up independently.
pub(crate) fn sign_up(pool: &Pool, username: &str) {
    let sdk = pool.sdk();
    let email = AttributeType::builder().name("email");
    let email = email.value("other@example.com").build().unwrap();
    let call = sdk.client.sign_up().client_id(&pool.settings().client_id);
    let call = call.username(username).password("Passw0rd!else");
    sdk.wait(call.user_attributes(email).send()).unwrap();
}

pub(crate) fn disable(pool: &Pool, username: &str) {
    let sdk = pool.sdk();
    let call = sdk.client.admin_disable_user();
    let call = call.user_pool_id(&pool.settings().pool_id);
    sdk.wait(call.username(username).send()).unwrap();
}

pub(crate) fn enable(pool: &Pool, username: &str) {
    let sdk = pool.sdk();
    let call = sdk.client.admin_enable_user();
    let call = call.user_pool_id(&pool.settings().pool_id);
    sdk.wait(call.username(username).send()).unwrap();
}

pub(crate) fn set(pool: &Pool, username: &str, attributes: &[(&str, &str)]) {
    let sdk = pool.sdk();
    let attributes = attributes.iter().map(|(name, value)| {
        let attribute = AttributeType::builder().name(*name).value(*value);
        attribute.build().unwrap()
    });
    let call = sdk.client.admin_update_user_attributes();
    let call = call.user_pool_id(&pool.settings().pool_id);
    let call = call.set_user_attributes(Some(attributes.collect()));
    sdk.wait(call.username(username).send()).unwrap();
}

pub(crate) fn remove_from_group(pool: &Pool, username: &str, group: &str) {
    let sdk = pool.sdk();
    let call = sdk.client.admin_remove_user_from_group();
    let call = call.user_pool_id(&pool.settings().pool_id);
    sdk.wait(call.username(username).group_name(group).send())
        .unwrap();
}

/// A user signs up with its address as the username.
pub(crate) fn sign_up_with_address(pool: &Pool, address: &str) {
    let sdk = pool.sdk();
    let call = sdk.client.sign_up().client_id(&pool.settings().client_id);
    sdk.wait(call.username(address).password("Passw0rd!else").send())
        .unwrap();
}
