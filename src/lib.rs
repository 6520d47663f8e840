//! Moves a list of users into an Amazon Cognito user pool, and tells the truth about every row.

pub mod ledger;
pub mod outcome;
pub mod pace;
pub mod pool;
pub mod rehearsal;
pub mod rows;
pub mod source;
pub mod user;
