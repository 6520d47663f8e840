//! Steps after a sign-up, as administrator requests. Signed; each is idempotent.

use aws_sdk_cognitoidentityprovider::types::AttributeType;

use super::Cognito;
use super::failure::{Failure, FailureKind, Operation};
use crate::pace::Category;
use crate::user::{Addresses, FollowUpStep, Password, StepKind};

/// The error message of `AdminConfirmSignUp` for a confirmed user.
const ALREADY_CONFIRMED: &str = "Current status is CONFIRMED";

/// Returns the quota that a kind of step uses (Cognito's developer guide, "Quotas in Amazon
/// Cognito").
#[must_use]
pub fn category_of(kind: StepKind) -> Category {
    match kind {
        StepKind::Confirm => Category::UserCreation,
        StepKind::Update | StepKind::Verify | StepKind::AddToGroup | StepKind::Disable => {
            Category::UserUpdate
        }
    }
}

/// Returns the operation of a kind of step.
#[must_use]
pub fn operation_of(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Confirm => "AdminConfirmSignUp",
        StepKind::Update | StepKind::Verify => "AdminUpdateUserAttributes",
        StepKind::AddToGroup => "AdminAddUserToGroup",
        StepKind::Disable => "AdminDisableUser",
    }
}

/// Returns the IAM action of a kind of step.
#[must_use]
pub fn action_of(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Confirm => "cognito-idp:AdminConfirmSignUp",
        StepKind::Update | StepKind::Verify => "cognito-idp:AdminUpdateUserAttributes",
        StepKind::AddToGroup => "cognito-idp:AdminAddUserToGroup",
        StepKind::Disable => "cognito-idp:AdminDisableUser",
    }
}

impl Cognito {
    /// Sends one step once. Confirming a confirmed user succeeds.
    ///
    /// # Errors
    /// See [`super::failure`]. The advice is `GiveUp` if this run signs no requests.
    pub async fn follow_up(&self, username: &str, step: &FollowUpStep) -> Result<(), Failure> {
        self.follow_up_for_row(username, step, None).await
    }

    /// Like [`Self::follow_up`], but removes the row's password from the response.
    ///
    /// # Errors
    /// See [`Self::follow_up`].
    pub async fn follow_up_for_row(
        &self,
        username: &str,
        step: &FollowUpStep,
        password: Option<&Password>,
    ) -> Result<(), Failure> {
        match step {
            // Its attributes are not part of the step.
            FollowUpStep::Update => self.update_attributes(username, &[], password).await,
            FollowUpStep::Confirm => self.confirm(username, password).await,
            FollowUpStep::Verify(addresses) => self.verify(username, *addresses, password).await,
            FollowUpStep::AddToGroup(group) => self.add_to_group(username, group, password).await,
            FollowUpStep::Disable => self.disable(username, password).await,
        }
    }

    async fn confirm(&self, username: &str, password: Option<&Password>) -> Result<(), Failure> {
        let answer = self
            .signing()?
            .admin_confirm_sign_up()
            .user_pool_id(&self.user_pool_id)
            .username(username)
            .send()
            .await;
        match answer.map_err(|error| Failure::for_row(Operation::Write, &error, password)) {
            Err(failure)
                if failure.kind() == FailureKind::NotAuthorized
                    && failure.message.contains(ALREADY_CONFIRMED) =>
            {
                Ok(())
            }
            answer => answer.map(drop),
        }
    }

    async fn verify(
        &self,
        username: &str,
        addresses: Addresses,
        password: Option<&Password>,
    ) -> Result<(), Failure> {
        let contacts = addresses.contacts().iter();
        let flags: Vec<(&str, &str)> = contacts
            .map(|contact| (contact.verified_attribute(), "true"))
            .collect();
        self.update_attributes(username, &flags, password).await
    }

    /// Sends `AdminUpdateUserAttributes` once, signed, with these names and values.
    ///
    /// # Errors
    /// See [`super::failure`].
    pub async fn update_attributes(
        &self,
        username: &str,
        attributes: &[(&str, &str)],
        password: Option<&Password>,
    ) -> Result<(), Failure> {
        let mut request = self
            .signing()?
            .admin_update_user_attributes()
            .user_pool_id(&self.user_pool_id)
            .username(username);
        for (name, value) in attributes {
            let attribute = AttributeType::builder().name(*name).value(*value);
            request = request.user_attributes(attribute.build().map_err(Failure::not_built)?);
        }
        let answer = request.send().await;
        answer
            .map(drop)
            .map_err(|error| Failure::for_row(Operation::Write, &error, password))
    }

    async fn add_to_group(
        &self,
        username: &str,
        group: &str,
        password: Option<&Password>,
    ) -> Result<(), Failure> {
        let answer = self
            .signing()?
            .admin_add_user_to_group()
            .user_pool_id(&self.user_pool_id)
            .username(username)
            .group_name(group)
            .send()
            .await;
        answer.map(drop).map_err(|error| {
            Failure::for_row(Operation::WriteToGroup, &error, password)
                .tell_pool_from_group(&self.user_pool_id)
        })
    }

    async fn disable(&self, username: &str, password: Option<&Password>) -> Result<(), Failure> {
        let answer = self
            .signing()?
            .admin_disable_user()
            .user_pool_id(&self.user_pool_id)
            .username(username)
            .send()
            .await;
        answer
            .map(drop)
            .map_err(|error| Failure::for_row(Operation::Write, &error, password))
    }
}
