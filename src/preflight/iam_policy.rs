//! The least IAM policy that a run needs. `SignUp` is public and needs none.

use serde_json::{Value, json};

use super::calls::Call;
use crate::pool::groups::{CREATE_GROUP_ACTION, LIST_GROUPS_ACTION};
use crate::pool::{action_of, partition_of};
use crate::user::StepKind;

/// The partition that is named for a Region without a known one: it is also the SDK's default.
pub const DEFAULT_PARTITION: &str = "aws";

/// What a run does that needs a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs<'a> {
    /// The user pool, `REGION_ID`.
    pub user_pool_id: &'a str,
    /// The account that it is in; none: any.
    pub account_id: Option<&'a str>,
    /// Users are looked up, and the pool is asked what time it is.
    pub looks_up: bool,
    /// The pool's users may be listed.
    pub lists: bool,
    /// The account's limits are asked for.
    pub asks_limits: bool,
    /// The app client is asked as well.
    pub asks_client: bool,
    /// The kinds of steps that follow the sign-ups.
    pub steps: &'a [StepKind],
    /// Groups that are missing are made.
    pub makes_groups: bool,
    /// Users that a run made are deleted again.
    pub undoes: bool,
    /// The list is an object in S3: bucket and key.
    pub object: Option<(&'a str, &'a str)>,
}

/// The policy, as IAM takes it. None: no permission is needed.
#[must_use]
pub fn policy(needs: &Needs<'_>) -> Option<Value> {
    let region = region(needs.user_pool_id);
    let partition = partition_of(region).unwrap_or(DEFAULT_PARTITION);
    let mut statements = Vec::new();
    let (account, pool) = (needs.account_id.unwrap_or("*"), needs.user_pool_id);
    let pool = format!("arn:{partition}:cognito-idp:{region}:{account}:userpool/{pool}");
    if needs.looks_up {
        let mut actions = vec!["cognito-idp:AdminGetUser", "cognito-idp:DescribeUserPool"];
        if needs.asks_client {
            actions.push("cognito-idp:DescribeUserPoolClient");
        }
        if needs.lists {
            actions.push(Call::ListUsers.action());
        }
        actions.extend(needs.steps.iter().map(|kind| action_of(*kind)));
        if needs.steps.contains(&StepKind::AddToGroup) && needs.asks_client {
            actions.push(LIST_GROUPS_ACTION);
        }
        if needs.makes_groups {
            actions.push(CREATE_GROUP_ACTION);
        }
        statements.push(json!({
            "Sid": "CognitoImport",
            "Effect": "Allow",
            "Action": actions,
            "Resource": pool,
        }));
    }
    if needs.undoes {
        statements.push(json!({
            "Sid": "CognitoImportUndo",
            "Effect": "Allow",
            "Action": [
                "cognito-idp:AdminDeleteUser",
                "cognito-idp:AdminGetUser",
                "cognito-idp:AdminListUserAuthEvents",
            ],
            "Resource": pool,
        }));
    }
    if needs.looks_up && needs.asks_limits {
        statements.push(json!({
            "Sid": "CognitoImportLimits",
            "Effect": "Allow",
            "Action": [Call::GetProvisionedLimit.action()],
            // A limit is the account's, not a pool's.
            "Resource": "*",
        }));
    }
    if let Some((bucket, key)) = needs.object {
        statements.push(json!({
            "Sid": "CognitoImportList",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": format!("arn:{partition}:s3:::{bucket}/{key}"),
        }));
    }
    (!statements.is_empty()).then(|| json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// The Region in this pool's id, if the partition that its policy names is a guess.
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
        asks_limits: true,
        asks_client: true,
        steps: &[],
        makes_groups: false,
        undoes: false,
        object: None,
    };

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
    fn partition_account_and_list_are_named() {
        let gov = Needs {
            user_pool_id: "us-gov-west-1_Ab1",
            account_id: Some("123456789012"),
            looks_up: true,
            lists: false,
            asks_limits: false,
            asks_client: false,
            steps: &[],
            makes_groups: false,
            undoes: false,
            object: Some(("lists", "2026/users.csv.gz")),
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
    fn every_partition_is_named_in_each_resource() {
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
    fn steps_need_permissions_of_their_own() {
        let actions = |steps: &[StepKind], makes_groups| {
            let policy = policy(&Needs {
                steps,
                makes_groups,
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
    fn an_undo_needs_three_permissions_on_the_pool_whatever_the_run_needs() {
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
    fn without_look_ups_nothing_is_needed() {
        let none = Needs {
            looks_up: false,
            ..RUN
        };
        assert_eq!(policy(&none), None);
    }
}
