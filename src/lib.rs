//! Moves a list of users into an Amazon Cognito user pool, and tells the truth about every row.

pub mod rehearsal;
