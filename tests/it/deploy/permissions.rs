//! The role of the container has the permissions that `iam-policy` prints.

use serde_json::{Value, json};

use super::commands::USER_POOL_ID;
use super::resource;
use crate::harness::TestDir;

const ACCOUNT: &str = "123456789012";

/// Replaces the template's references.
fn resolved(statement: &Value) -> Value {
    let mut statement = statement.clone();
    if let Some(text) = statement["Resource"]["!Sub"].as_str() {
        let text = text
            .replace("${AWS::Partition}", "aws")
            .replace("${AWS::Region}", "us-east-1")
            .replace("${AWS::AccountId}", ACCOUNT)
            .replace("${UserPoolId}", USER_POOL_ID);
        statement["Resource"] = json!(text);
    }
    statement
}

#[test]
fn the_task_has_no_more_permissions_than_an_import_needs() {
    let Some(role) = resource("TaskRole") else {
        return;
    };
    let dir = TestDir::new();
    let policy = dir
        .cli("iam-policy")
        .args(["--user-pool-id", USER_POOL_ID, "--account-id", ACCOUNT])
        .run()
        .exits(0)
        .document();
    let policies = role["Policies"].as_array().unwrap();
    let import = policies
        .iter()
        .find(|policy| policy["PolicyName"] == "import");
    let statements = &import.unwrap()["PolicyDocument"]["Statement"];
    let statements = statements.as_array().unwrap().iter().map(resolved);
    let statements: Vec<Value> = statements.collect();
    assert_eq!(json!(statements), policy["Statement"]);
    let file_system = policies
        .iter()
        .find(|policy| policy["PolicyName"] == "run-directory");
    assert!(file_system.is_some());
    assert_eq!(policies.len(), 2);
}
