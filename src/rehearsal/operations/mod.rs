//! The operations of the service. Each reads or changes the state, independently of dispatch and
//! HTTP.

pub(super) mod admin;
pub(super) mod auth_events;
pub(super) mod creation;
pub(super) mod describe;
pub(super) mod group_members;
pub(super) mod groups;
pub(super) mod list;
pub(super) mod sign_in;
pub(super) mod sign_up;
mod sign_up_request;
