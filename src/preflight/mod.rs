//! Every question that is asked before the first write.
//!
//! [`ask`] puts them to the pool ([`calls`], repeated by [`attempts`]), [`survey`] to the list; [`problems`] says what stands against the run, and [`plan`] what it
//! would cost, [`rates`] how fast it may go, [`prescan`] whether the pool is read first. Nothing here sends anything that writes, but for
//! [`groups`], which makes those that are missing where that is asked for.

pub mod ask;
pub mod attempts;
pub mod calls;
pub mod groups;
pub mod iam_policy;
pub mod plan;
pub mod prescan;
pub mod problems;
pub mod rates;
pub mod survey;
