//! The supported operations: their names, their quota categories, and which must be signed.

use super::quota::QuotaCategory;

/// The prefix of the header `x-amz-target`.
const TARGET_PREFIX: &str = "AWSCognitoIdentityProviderService.";

/// An operation of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServiceOperation {
    SignUp,
    InitiateAuth,
    AdminInitiateAuth,
    AdminGetUser,
    AdminConfirmSignUp,
    AdminUpdateUserAttributes,
    AdminAddUserToGroup,
    AdminRemoveUserFromGroup,
    AdminDisableUser,
    AdminEnableUser,
    AdminDeleteUser,
    AdminListUserAuthEvents,
    AdminListGroupsForUser,
    ListUsers,
    ListUsersInGroup,
    CreateGroup,
    GetGroup,
    ListGroups,
    DescribeUserPool,
    DescribeUserPoolClient,
    GetProvisionedLimit,
}

impl ServiceOperation {
    const ALL: [ServiceOperation; 21] = [
        ServiceOperation::SignUp,
        ServiceOperation::InitiateAuth,
        ServiceOperation::AdminInitiateAuth,
        ServiceOperation::AdminGetUser,
        ServiceOperation::AdminConfirmSignUp,
        ServiceOperation::AdminUpdateUserAttributes,
        ServiceOperation::AdminAddUserToGroup,
        ServiceOperation::AdminRemoveUserFromGroup,
        ServiceOperation::AdminDisableUser,
        ServiceOperation::AdminEnableUser,
        ServiceOperation::AdminDeleteUser,
        ServiceOperation::AdminListUserAuthEvents,
        ServiceOperation::AdminListGroupsForUser,
        ServiceOperation::ListUsers,
        ServiceOperation::ListUsersInGroup,
        ServiceOperation::CreateGroup,
        ServiceOperation::GetGroup,
        ServiceOperation::ListGroups,
        ServiceOperation::DescribeUserPool,
        ServiceOperation::DescribeUserPoolClient,
        ServiceOperation::GetProvisionedLimit,
    ];

    /// Parses the header `x-amz-target`; `None` for an unsupported operation.
    pub(super) fn from_target(target: &str) -> Option<ServiceOperation> {
        let name = target.strip_prefix(TARGET_PREFIX)?;
        ServiceOperation::ALL
            .into_iter()
            .find(|operation| operation.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            ServiceOperation::SignUp => "SignUp",
            ServiceOperation::InitiateAuth => "InitiateAuth",
            ServiceOperation::AdminInitiateAuth => "AdminInitiateAuth",
            ServiceOperation::AdminGetUser => "AdminGetUser",
            ServiceOperation::AdminConfirmSignUp => "AdminConfirmSignUp",
            ServiceOperation::AdminUpdateUserAttributes => "AdminUpdateUserAttributes",
            ServiceOperation::AdminAddUserToGroup => "AdminAddUserToGroup",
            ServiceOperation::AdminRemoveUserFromGroup => "AdminRemoveUserFromGroup",
            ServiceOperation::AdminDisableUser => "AdminDisableUser",
            ServiceOperation::AdminEnableUser => "AdminEnableUser",
            ServiceOperation::AdminDeleteUser => "AdminDeleteUser",
            ServiceOperation::AdminListUserAuthEvents => "AdminListUserAuthEvents",
            ServiceOperation::AdminListGroupsForUser => "AdminListGroupsForUser",
            ServiceOperation::ListUsers => "ListUsers",
            ServiceOperation::ListUsersInGroup => "ListUsersInGroup",
            ServiceOperation::CreateGroup => "CreateGroup",
            ServiceOperation::GetGroup => "GetGroup",
            ServiceOperation::ListGroups => "ListGroups",
            ServiceOperation::DescribeUserPool => "DescribeUserPool",
            ServiceOperation::DescribeUserPoolClient => "DescribeUserPoolClient",
            ServiceOperation::GetProvisionedLimit => "GetProvisionedLimit",
        }
    }

    /// Returns the quota category (AWS: "Quotas in Amazon Cognito").
    pub(super) fn category(self) -> QuotaCategory {
        match self {
            ServiceOperation::SignUp | ServiceOperation::AdminConfirmSignUp => {
                QuotaCategory::UserCreation
            }
            ServiceOperation::InitiateAuth | ServiceOperation::AdminInitiateAuth => {
                QuotaCategory::UserAuthentication
            }
            ServiceOperation::AdminGetUser => QuotaCategory::UserRead,
            ServiceOperation::AdminUpdateUserAttributes
            | ServiceOperation::AdminAddUserToGroup
            | ServiceOperation::AdminRemoveUserFromGroup
            | ServiceOperation::AdminDisableUser
            | ServiceOperation::AdminEnableUser
            | ServiceOperation::AdminDeleteUser => QuotaCategory::UserUpdate,
            ServiceOperation::AdminListUserAuthEvents
            | ServiceOperation::AdminListGroupsForUser => QuotaCategory::UserResourceRead,
            ServiceOperation::ListUsers | ServiceOperation::ListUsersInGroup => {
                QuotaCategory::UserList
            }
            ServiceOperation::CreateGroup => QuotaCategory::UserPoolResourceUpdate,
            ServiceOperation::GetGroup | ServiceOperation::ListGroups => {
                QuotaCategory::UserPoolResourceRead
            }
            ServiceOperation::DescribeUserPool => QuotaCategory::UserPoolRead,
            ServiceOperation::DescribeUserPoolClient => QuotaCategory::UserPoolClientRead,
            ServiceOperation::GetProvisionedLimit => QuotaCategory::LimitManagement,
        }
    }

    /// Returns whether the call needs IAM credentials. SignUp and InitiateAuth are public.
    pub(super) fn is_signed(self) -> bool {
        !matches!(
            self,
            ServiceOperation::SignUp | ServiceOperation::InitiateAuth
        )
    }
}

/// Returns whether an `Authorization` header looks like an AWS Signature Version 4. The signature
/// is not verified.
pub(super) fn looks_signed(authorization: Option<&str>) -> bool {
    authorization.is_some_and(|header| {
        header.starts_with("AWS4-HMAC-SHA256 ")
            && ["Credential=", "SignedHeaders=", "Signature="]
                .iter()
                .all(|part| header.contains(part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_targets() {
        assert_eq!(
            ServiceOperation::from_target("AWSCognitoIdentityProviderService.SignUp"),
            Some(ServiceOperation::SignUp)
        );
        assert_eq!(
            ServiceOperation::from_target("AWSCognitoIdentityProviderService.Signup"),
            None
        );
        assert_eq!(ServiceOperation::from_target("SignUp"), None);
    }

    #[test]
    fn recognizes_signatures() {
        let header = "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=00";
        assert!(looks_signed(Some(header)));
        assert!(!looks_signed(Some("Bearer token")));
        assert!(!looks_signed(None));
    }
}
