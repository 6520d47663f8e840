//! Users that change in a third-party emulator.

use aws_sdk_cognitoidentityprovider::types::AttributeType;

use super::problems;
use crate::harness::{Emulator, TestDir};

#[test]
fn changes_in_the_emulator_are_found() {
    let Some(emulator) = Emulator::without_auth() else {
        return;
    };
    let pool = emulator.pool(None);
    let dir = TestDir::new();
    let mut list = String::from("username,password,email,given_name,groups\n");
    for n in 1..=130 {
        list += &format!("user{n:03},Passw0rd!{n},user{n:03}@example.com,Given{n},staff\n");
    }
    let list = dir.file("users.csv", list);
    pool.import(&dir, list)
        .args(["--confirm", "--verify", "email", "--create-groups"])
        .run()
        .exits(0);
    pool.verify(&dir).args([list, "--extra"]).run().exits(0);
    assert_eq!(problems(&dir), [""; 0]);

    let client = &pool.sdk.client;
    let delete = |username: &str| {
        let call = client.admin_delete_user().user_pool_id(&pool.id);
        pool.sdk.wait(call.username(username).send()).unwrap();
    };
    let make = |username: &str| {
        let call = client.admin_create_user().user_pool_id(&pool.id);
        pool.sdk.wait(call.username(username).send()).unwrap();
    };
    delete("user001");
    delete("user002");
    make("user002");
    make("zoe");
    let disable = client.admin_disable_user().user_pool_id(&pool.id);
    pool.sdk.wait(disable.username("user100").send()).unwrap();
    let leave = client
        .admin_remove_user_from_group()
        .user_pool_id(&pool.id)
        .group_name("staff")
        .username("user101");
    pool.sdk.wait(leave.send()).unwrap();
    let attribute = |name: &str, value: &str| {
        let attribute = AttributeType::builder().name(name).value(value);
        attribute.build().unwrap()
    };
    let change = client
        .admin_update_user_attributes()
        .user_pool_id(&pool.id)
        .username("user102")
        .user_attributes(attribute("given_name", "Other"))
        .user_attributes(attribute("email_verified", "false"));
    pool.sdk.wait(change.send()).unwrap();
    pool.verify(&dir).args([list, "--extra"]).run().exits(1);
    assert_eq!(
        problems(&dir),
        [
            "user001 missing",
            "user002 other_sub",
            "user100 disabled",
            "user101 missing_group staff",
            "user102 not_verified email",
            "user102 attribute_differs given_name",
            "zoe extra",
        ]
    );
}
