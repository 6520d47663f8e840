//! `GetProvisionedLimit`: the rate that Cognito currently enforces for the account.

use aws_sdk_cognitoidentityprovider::types::{LimitClass, LimitDefinitionType};

use super::Cognito;
use super::failure::{Failure, Operation};
use crate::pace::Category;

impl Cognito {
    /// `GetProvisionedLimit`, once, signed: requests a second in a category, shared by all of the
    /// account's pools in this Region. `None` if this run signs no requests. The operation
    /// itself is limited to one request a second.
    ///
    /// # Errors
    /// See [`super::failure`]. An answer without a rate is unreadable.
    pub async fn provisioned_limit(&self, category: Category) -> Result<Option<u32>, Failure> {
        let Some(client) = &self.signed else {
            return Ok(None);
        };
        let definition = LimitDefinitionType::builder()
            .limit_class(LimitClass::ApiCategory)
            .attributes("Category", category.name())
            .build()
            .map_err(Failure::not_built)?;
        let answer = client
            .get_provisioned_limit()
            .limit_definition(definition)
            .send()
            .await
            .map_err(|error| Failure::of(Operation::Read, &error))?;
        answer
            .limit()
            .and_then(|limit| u32::try_from(limit.provisioned_limit_value()).ok())
            .filter(|limit| *limit > 0)
            .map(Some)
            .ok_or_else(|| Failure::unreadable("the answer does not name a limit"))
    }
}
