//! What the account is granted: `GetProvisionedLimit`, which names the rate that Cognito enforces now.

use aws_sdk_cognitoidentityprovider::types::{LimitClass, LimitDefinitionType};

use super::Cognito;
use super::failure::{Failure, Operation};
use crate::pace::Category;

impl Cognito {
    /// `GetProvisionedLimit`, once, signed: requests a second that all of the account's pools in this Region have together for a
    /// category. None: nobody can sign here, or the answer names no rate. The operation itself may be asked once a second.
    ///
    /// # Errors
    /// See [`super::failure`].
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
        Ok(answer
            .limit()
            .and_then(|limit| u32::try_from(limit.provisioned_limit_value()).ok())
            .filter(|limit| *limit > 0))
    }
}
