//! The operations the pool knows: their names, their quota categories, and which must be signed.

use super::quota::Category;

/// What the header `x-amz-target` begins with.
const TARGET_PREFIX: &str = "AWSCognitoIdentityProviderService.";

/// An operation of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    SignUp,
    InitiateAuth,
    AdminInitiateAuth,
    AdminGetUser,
    AdminConfirmSignUp,
    AdminUpdateUserAttributes,
    AdminAddUserToGroup,
    AdminDisableUser,
    AdminEnableUser,
    AdminDeleteUser,
    AdminListUserAuthEvents,
    ListUsers,
    CreateGroup,
    GetGroup,
    ListGroups,
    DescribeUserPool,
    DescribeUserPoolClient,
    GetProvisionedLimit,
}

impl Operation {
    const ALL: [Operation; 18] = [
        Operation::SignUp,
        Operation::InitiateAuth,
        Operation::AdminInitiateAuth,
        Operation::AdminGetUser,
        Operation::AdminConfirmSignUp,
        Operation::AdminUpdateUserAttributes,
        Operation::AdminAddUserToGroup,
        Operation::AdminDisableUser,
        Operation::AdminEnableUser,
        Operation::AdminDeleteUser,
        Operation::AdminListUserAuthEvents,
        Operation::ListUsers,
        Operation::CreateGroup,
        Operation::GetGroup,
        Operation::ListGroups,
        Operation::DescribeUserPool,
        Operation::DescribeUserPoolClient,
        Operation::GetProvisionedLimit,
    ];

    /// The operation a header `x-amz-target` asks for, if the pool knows it.
    pub(super) fn from_target(target: &str) -> Option<Operation> {
        let name = target.strip_prefix(TARGET_PREFIX)?;
        Operation::ALL
            .into_iter()
            .find(|operation| operation.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Operation::SignUp => "SignUp",
            Operation::InitiateAuth => "InitiateAuth",
            Operation::AdminInitiateAuth => "AdminInitiateAuth",
            Operation::AdminGetUser => "AdminGetUser",
            Operation::AdminConfirmSignUp => "AdminConfirmSignUp",
            Operation::AdminUpdateUserAttributes => "AdminUpdateUserAttributes",
            Operation::AdminAddUserToGroup => "AdminAddUserToGroup",
            Operation::AdminDisableUser => "AdminDisableUser",
            Operation::AdminEnableUser => "AdminEnableUser",
            Operation::AdminDeleteUser => "AdminDeleteUser",
            Operation::AdminListUserAuthEvents => "AdminListUserAuthEvents",
            Operation::ListUsers => "ListUsers",
            Operation::CreateGroup => "CreateGroup",
            Operation::GetGroup => "GetGroup",
            Operation::ListGroups => "ListGroups",
            Operation::DescribeUserPool => "DescribeUserPool",
            Operation::DescribeUserPoolClient => "DescribeUserPoolClient",
            Operation::GetProvisionedLimit => "GetProvisionedLimit",
        }
    }

    /// The quota it draws on (AWS: "Quotas in Amazon Cognito").
    pub(super) fn category(self) -> Category {
        match self {
            Operation::SignUp | Operation::AdminConfirmSignUp => Category::UserCreation,
            Operation::InitiateAuth | Operation::AdminInitiateAuth => Category::UserAuthentication,
            Operation::AdminGetUser => Category::UserRead,
            Operation::AdminUpdateUserAttributes
            | Operation::AdminAddUserToGroup
            | Operation::AdminDisableUser
            | Operation::AdminEnableUser
            | Operation::AdminDeleteUser => Category::UserUpdate,
            Operation::AdminListUserAuthEvents => Category::UserResourceRead,
            Operation::ListUsers => Category::UserList,
            Operation::CreateGroup => Category::UserPoolResourceUpdate,
            Operation::GetGroup | Operation::ListGroups => Category::UserPoolResourceRead,
            Operation::DescribeUserPool => Category::UserPoolRead,
            Operation::DescribeUserPoolClient => Category::UserPoolClientRead,
            Operation::GetProvisionedLimit => Category::LimitManagement,
        }
    }

    /// Whether the call needs IAM credentials. SignUp and InitiateAuth are for the public.
    pub(super) fn is_signed(self) -> bool {
        !matches!(self, Operation::SignUp | Operation::InitiateAuth)
    }
}

/// Whether an `Authorization` header looks like a signature of AWS's version 4. The signature is not verified.
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
    fn targets_are_read_by_name() {
        assert_eq!(
            Operation::from_target("AWSCognitoIdentityProviderService.SignUp"),
            Some(Operation::SignUp)
        );
        assert_eq!(
            Operation::from_target("AWSCognitoIdentityProviderService.Signup"),
            None
        );
        assert_eq!(Operation::from_target("SignUp"), None);
    }

    #[test]
    fn a_signature_has_its_three_parts() {
        let header = "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=00";
        assert!(looks_signed(Some(header)));
        assert!(!looks_signed(Some("Bearer token")));
        assert!(!looks_signed(None));
    }
}
