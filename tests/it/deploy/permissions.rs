//! The role of the container has the permissions that `iam-policy` prints.

use serde_json::{Value, json};

use super::commands::USER_POOL_ID;
use super::resource;
use crate::harness::TestDir;

const ACCOUNT: &str = "123456789012";
const BUCKET: &str = "bucket";

/// Replaces the template's references.
fn resolved(statement: &Value) -> Value {
    let mut statement = statement.clone();
    if let Some(text) = statement["Resource"]["!Sub"].as_str() {
        let text = text
            .replace("${AWS::Partition}", "aws")
            .replace("${AWS::Region}", "us-east-1")
            .replace("${AWS::AccountId}", ACCOUNT)
            .replace("${UserPoolId}", USER_POOL_ID)
            .replace("${RunBucket}", BUCKET);
        statement["Resource"] = json!(text);
    }
    statement
}

/// The policies of a role.
fn policies(role: &str) -> Option<Vec<Value>> {
    let role = resource(role)?;
    Some(role["Policies"].as_array().unwrap().clone())
}

/// Checks that a policy has the statements that `iam-policy` prints with these flags.
fn assert_least(policy: &Value, flags: &[&str]) {
    let dir = TestDir::new();
    let least = dir
        .cli("iam-policy")
        .args(["--user-pool-id", USER_POOL_ID, "--account-id", ACCOUNT])
        .args(flags)
        .run()
        .exits(0)
        .document();
    let statements = &policy["PolicyDocument"]["Statement"];
    let statements = statements.as_array().unwrap().iter().map(resolved);
    let statements: Vec<Value> = statements.collect();
    assert_eq!(json!(statements), least["Statement"]);
}

#[test]
fn the_task_has_no_more_permissions_than_an_import_needs() {
    let Some(policies) = policies("TaskRole") else {
        return;
    };
    let named = |name: &str| policies.iter().find(|policy| policy["PolicyName"] == name);
    assert_least(named("import").unwrap(), &[]);
    assert!(named("run-directory").is_some());
    assert_eq!(policies.len(), 2);
}

#[test]
fn the_job_has_no_more_permissions_than_an_import_with_its_run_in_s3_needs() {
    let Some(policies) = policies("JobRole") else {
        return;
    };
    let list = format!("s3://{BUCKET}/lists/*");
    let run = format!("s3://{BUCKET}/runs/");
    assert_least(&policies[0], &["--list", &list, "--run-dir", &run]);
    assert_eq!(policies.len(), 1);
    // The job's default list and run are there.
    let job = resource("JobDefinition").unwrap();
    for (name, start) in [("list", "lists/"), ("run", "runs/")] {
        let address = job["Parameters"][name]["!Sub"].as_str().unwrap();
        assert!(address.starts_with(&format!("s3://${{RunBucket}}/{start}")));
    }
}
