//! What an administrator does with a user that is there: the steps that follow a sign-up, and deleting. Signed; each can be repeated.

use aws_sdk_cognitoidentityprovider::types::AttributeType;

use super::Cognito;
use super::failure::{Failure, Operation};
use crate::pace::Category;
use crate::user::Step;

/// The words of the error that `AdminConfirmSignUp` answers for a user that is confirmed.
const ALREADY_CONFIRMED: &str = "Current status is CONFIRMED";

/// The quota that a step draws on (Cognito's developer guide, "Quotas in Amazon Cognito").
#[must_use]
pub fn category_of(step: &Step) -> Category {
    match step {
        Step::Confirm => Category::UserCreation,
        Step::Verify { .. } | Step::AddToGroup(_) | Step::Disable => Category::UserUpdate,
    }
}

impl Cognito {
    /// Takes one step with a user, once. A user that is confirmed already counts as confirmed.
    ///
    /// # Errors
    /// See [`super::failure`]. Asking without being able to sign is answered by a `GiveUp`.
    pub async fn follow_up(&self, username: &str, step: &Step) -> Result<(), Failure> {
        match step {
            Step::Confirm => self.confirm(username).await,
            Step::Verify {
                email,
                phone_number,
            } => self.verify(username, *email, *phone_number).await,
            Step::AddToGroup(group) => self.add_to_group(username, group).await,
            Step::Disable => self.disable(username).await,
        }
    }

    async fn confirm(&self, username: &str) -> Result<(), Failure> {
        let answer = self
            .signing()?
            .admin_confirm_sign_up()
            .user_pool_id(&self.user_pool_id)
            .username(username)
            .send()
            .await;
        match answer.map_err(|error| Failure::of(Operation::Write, &error)) {
            Err(failure)
                if failure.code == "NotAuthorizedException"
                    && failure.message.contains(ALREADY_CONFIRMED) =>
            {
                Ok(())
            }
            answer => answer.map(drop),
        }
    }

    async fn verify(&self, username: &str, email: bool, phone_number: bool) -> Result<(), Failure> {
        let flags = [
            ("email_verified", email),
            ("phone_number_verified", phone_number),
        ];
        let mut request = self
            .signing()?
            .admin_update_user_attributes()
            .user_pool_id(&self.user_pool_id)
            .username(username);
        for (name, _) in flags.into_iter().filter(|(_, wanted)| *wanted) {
            let flag = AttributeType::builder().name(name).value("true");
            request = request.user_attributes(flag.build().map_err(Failure::not_built)?);
        }
        let answer = request.send().await;
        answer
            .map(drop)
            .map_err(|error| Failure::of(Operation::Write, &error))
    }

    async fn add_to_group(&self, username: &str, group: &str) -> Result<(), Failure> {
        let answer = self
            .signing()?
            .admin_add_user_to_group()
            .user_pool_id(&self.user_pool_id)
            .username(username)
            .group_name(group)
            .send()
            .await;
        answer
            .map(drop)
            .map_err(|error| Failure::of(Operation::WriteToGroup, &error))
    }

    async fn disable(&self, username: &str) -> Result<(), Failure> {
        let answer = self
            .signing()?
            .admin_disable_user()
            .user_pool_id(&self.user_pool_id)
            .username(username)
            .send()
            .await;
        answer
            .map(drop)
            .map_err(|error| Failure::of(Operation::Write, &error))
    }
}
