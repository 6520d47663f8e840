//! The minimal IAM policy for a run. `SignUp` is public and needs no permission.

use serde_json::{Value, json};

use super::calls::Call;
use crate::pool::groups::{CREATE_GROUP_ACTION, LIST_GROUPS_ACTION};
use crate::pool::{action_of, partition_of};
use crate::user::StepKind;

/// The partition of Regions whose partition is unknown, as in the SDK.
pub const DEFAULT_PARTITION: &str = "aws";

/// The parts of a run that require permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs<'a> {
    /// The user pool, `REGION_ID`.
    pub user_pool_id: &'a str,
    /// The account of the pool; `None` means any.
    pub account_id: Option<&'a str>,
    /// Looks up users and describes the pool.
    pub looks_up: bool,
    /// May list the pool's users.
    pub lists: bool,
    /// Requests the account's quotas.
    pub requests_limits: bool,
    /// Describes the app client.
    pub describes_client: bool,
    /// The kinds of follow-up steps.
    pub steps: &'a [StepKind],
    /// Creates missing groups.
    pub creates_groups: bool,
    /// Deletes users that a run created.
    pub undoes: bool,
    /// Compares the users of a run with the pool.
    pub verifies: bool,
    /// Bucket and key, if the list is an object in S3.
    pub object: Option<(&'a str, &'a str)>,
    /// Bucket and prefix, if the run directory is in S3. The prefix ends with a slash.
    pub run_folder: Option<(&'a str, &'a str)>,
}

/// Returns the policy document, or `None` if no permission is needed.
#[must_use]
pub fn policy(needs: &Needs<'_>) -> Option<Value> {
    let region = region(needs.user_pool_id);
    let partition = partition_of(region).unwrap_or(DEFAULT_PARTITION);
    let mut statements = Vec::new();
    let (account, pool) = (needs.account_id.unwrap_or("*"), needs.user_pool_id);
    let pool = format!("arn:{partition}:cognito-idp:{region}:{account}:userpool/{pool}");
    if needs.looks_up {
        let mut actions = vec!["cognito-idp:AdminGetUser", "cognito-idp:DescribeUserPool"];
        if needs.describes_client {
            actions.push("cognito-idp:DescribeUserPoolClient");
        }
        if needs.lists {
            actions.push(Call::ListUsers.action());
        }
        for kind in needs.steps {
            if !actions.contains(&action_of(*kind)) {
                actions.push(action_of(*kind));
            }
        }
        if needs.steps.contains(&StepKind::AddToGroup) && needs.describes_client {
            actions.push(LIST_GROUPS_ACTION);
        }
        if needs.creates_groups {
            actions.push(CREATE_GROUP_ACTION);
        }
        statements.push(statement("CognitoImport", &actions, &pool));
    }
    if needs.undoes {
        let mut actions = vec![
            "cognito-idp:AdminDeleteUser",
            "cognito-idp:AdminGetUser",
            "cognito-idp:AdminListUserAuthEvents",
        ];
        if needs.steps.contains(&StepKind::Update) {
            actions.push(action_of(StepKind::Update));
        }
        statements.push(statement("CognitoImportUndo", &actions, &pool));
    }
    if needs.verifies {
        let actions = [
            "cognito-idp:AdminGetUser",
            "cognito-idp:AdminListGroupsForUser",
            Call::DescribeUserPool.action(),
            Call::ListUsers.action(),
            "cognito-idp:ListUsersInGroup",
        ];
        statements.push(statement("CognitoImportVerify", &actions, &pool));
    }
    if needs.looks_up && needs.requests_limits {
        // Quotas belong to the account, not to a pool.
        let actions = [Call::GetProvisionedLimit.action()];
        statements.push(statement("CognitoImportLimits", &actions, "*"));
    }
    statements.extend(s3_statements(needs, partition));
    (!statements.is_empty()).then(|| json!({ "Version": "2012-10-17", "Statement": statements }))
}

fn statement(sid: &str, actions: &[&str], resource: &str) -> Value {
    json!({
        "Sid": sid,
        "Effect": "Allow",
        "Action": actions,
        "Resource": resource,
    })
}

/// Returns the statements for objects in S3.
fn s3_statements(needs: &Needs<'_>, partition: &str) -> Vec<Value> {
    let mut statements = Vec::new();
    if let Some((bucket, key)) = needs.object {
        let object = format!("arn:{partition}:s3:::{bucket}/{key}");
        statements.push(statement("CognitoImportList", &["s3:GetObject"], &object));
    }
    if let Some((bucket, prefix)) = needs.run_folder {
        let bucket = format!("arn:{partition}:s3:::{bucket}");
        let actions = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"];
        let objects = format!("{bucket}/{prefix}*");
        statements.push(statement("CognitoImportRun", &actions, &objects));
        // Without it, S3 denies access to an object that does not exist. A condition on the prefix
        // would never match, because these requests name objects.
        statements.push(statement(
            "CognitoImportNewRun",
            &["s3:ListBucket"],
            &bucket,
        ));
    }
    statements
}

/// Returns the Region of this pool if its partition is unknown and the policy has to guess.
#[must_use]
pub fn region_without_partition(user_pool_id: &str) -> Option<&str> {
    let region = region(user_pool_id);
    partition_of(region).is_none().then_some(region)
}

fn region(user_pool_id: &str) -> &str {
    user_pool_id
        .split_once('_')
        .map_or("*", |(region, _)| region)
}

#[cfg(test)]
mod tests {
    use super::{Needs, StepKind, policy, region_without_partition};

    const RUN: Needs<'_> = Needs {
        user_pool_id: "eu-west-1_Ab1",
        account_id: None,
        looks_up: true,
        lists: true,
        requests_limits: true,
        describes_client: true,
        steps: &[],
        creates_groups: false,
        undoes: false,
        verifies: false,
        object: None,
        run_folder: None,
    };

    #[test]
    fn a_run_directory_in_s3_may_be_read_and_written() {
        let policy = policy(&Needs {
            run_folder: Some(("runs", "nightly/")),
            ..RUN
        })
        .unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        let of = |sid: &str| {
            let found = statements.iter().find(|statement| statement["Sid"] == sid);
            found.unwrap().clone()
        };
        let run = of("CognitoImportRun");
        assert_eq!(run["Resource"], "arn:aws:s3:::runs/nightly/*");
        assert_eq!(run["Action"][1], "s3:PutObject");
        let bucket = of("CognitoImportNewRun");
        assert_eq!(bucket["Resource"], "arn:aws:s3:::runs");
        assert_eq!(bucket["Action"][0], "s3:ListBucket");
    }

    #[test]
    fn a_run_needs_four_permissions_on_one_pool_and_one_on_the_account() {
        let policy = policy(&RUN).unwrap();
        let statement = &policy["Statement"][0];
        let actions: Vec<_> = statement["Action"].as_array().unwrap().iter().collect();
        assert_eq!(
            actions,
            [
                "cognito-idp:AdminGetUser",
                "cognito-idp:DescribeUserPool",
                "cognito-idp:DescribeUserPoolClient",
                "cognito-idp:ListUsers"
            ]
        );
        assert_eq!(
            statement["Resource"],
            "arn:aws:cognito-idp:eu-west-1:*:userpool/eu-west-1_Ab1"
        );
        let limits = &policy["Statement"][1];
        assert_eq!(limits["Action"][0], "cognito-idp:GetProvisionedLimit");
        assert_eq!(limits["Resource"], "*");
    }

    #[test]
    fn resources_contain_partition_account_and_list() {
        let gov = Needs {
            user_pool_id: "us-gov-west-1_Ab1",
            account_id: Some("123456789012"),
            looks_up: true,
            lists: false,
            requests_limits: false,
            describes_client: false,
            steps: &[],
            creates_groups: false,
            undoes: false,
            verifies: false,
            object: Some(("lists", "2026/users.csv.gz")),
            run_folder: None,
        };
        let text = policy(&gov).unwrap().to_string();
        assert!(
            text.contains("arn:aws-us-gov:cognito-idp:us-gov-west-1:123456789012:"),
            "{text}"
        );
        assert!(
            text.contains("arn:aws-us-gov:s3:::lists/2026/users.csv.gz"),
            "{text}"
        );
        assert!(!text.contains("DescribeUserPoolClient"), "{text}");
        assert!(!text.contains("GetProvisionedLimit"), "{text}");
        assert!(!text.contains("ListUsers"), "{text}");
    }

    #[test]
    fn every_resource_contains_the_partition() {
        for (user_pool_id, partition) in [
            ("ap-south-1_Ab1", "aws"),
            ("cn-north-1_Ab1", "aws-cn"),
            ("us-gov-east-1_Ab1", "aws-us-gov"),
            ("eusc-de-east-1_Ab1", "aws-eusc"),
            ("us-iso-east-1_Ab1", "aws-iso"),
            ("us-isob-east-1_Ab1", "aws-iso-b"),
            ("eu-isoe-west-1_Ab1", "aws-iso-e"),
            ("us-isof-south-1_Ab1", "aws-iso-f"),
        ] {
            let policy = policy(&Needs {
                user_pool_id,
                undoes: true,
                object: Some(("lists", "users.csv")),
                ..RUN
            });
            let resources: Vec<String> = policy.unwrap()["Statement"]
                .as_array()
                .unwrap()
                .iter()
                .map(|statement| statement["Resource"].as_str().unwrap().to_owned())
                .filter(|resource| resource != "*")
                .collect();
            assert_eq!(resources.len(), 3);
            for resource in resources {
                assert!(
                    resource.starts_with(&format!("arn:{partition}:")),
                    "{resource}"
                );
            }
            assert_eq!(region_without_partition(user_pool_id), None);
        }
        assert_eq!(
            region_without_partition("zz-north-1_Ab1"),
            Some("zz-north-1")
        );
    }

    #[test]
    fn steps_need_separate_permissions() {
        let actions = |steps: &[StepKind], creates_groups| {
            let policy = policy(&Needs {
                steps,
                creates_groups,
                lists: false,
                ..RUN
            });
            let actions = policy.unwrap()["Statement"][0]["Action"].clone();
            let actions: Vec<String> = serde_json::from_value(actions).unwrap();
            actions.into_iter().skip(3).collect::<Vec<_>>()
        };
        assert_eq!(
            actions(&[StepKind::Confirm, StepKind::Verify], false),
            [
                "cognito-idp:AdminConfirmSignUp",
                "cognito-idp:AdminUpdateUserAttributes"
            ]
        );
        assert_eq!(
            actions(&[StepKind::AddToGroup, StepKind::Disable], true),
            [
                "cognito-idp:AdminAddUserToGroup",
                "cognito-idp:AdminDisableUser",
                "cognito-idp:ListGroups",
                "cognito-idp:CreateGroup"
            ]
        );
    }

    #[test]
    fn undo_needs_three_permissions_on_the_pool() {
        let undo = Needs {
            looks_up: false,
            undoes: true,
            ..RUN
        };
        let policy = policy(&undo).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        assert_eq!(statements.len(), 1);
        assert_eq!(
            statements[0]["Action"],
            serde_json::json!([
                "cognito-idp:AdminDeleteUser",
                "cognito-idp:AdminGetUser",
                "cognito-idp:AdminListUserAuthEvents"
            ])
        );
        assert_eq!(
            statements[0]["Resource"],
            "arn:aws:cognito-idp:eu-west-1:*:userpool/eu-west-1_Ab1"
        );
    }

    #[test]
    fn a_run_without_lookups_needs_no_permission() {
        let none = Needs {
            looks_up: false,
            ..RUN
        };
        assert_eq!(policy(&none), None);
    }
}
