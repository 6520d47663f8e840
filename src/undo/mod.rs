//! Undoes a run: deletes the users it created, restores those it updated, and touches no others.
//!
//! [`removal`] is the state machine of one user, which decides whether to delete it. `remove`
//! drives it with permits, requests and delays. [`run`] is the loop, which owns all state and is
//! the only writer of the ledger. A deletion is begun in the ledger before its request is sent.
//!
//! A user is identified by its `sub`, which Cognito never reuses. If the pool finds users by
//! `sub`, the deletion names it (the API reference of `AdminDeleteUser` allows this), so a user
//! that takes the username in the meantime cannot be deleted. Otherwise the username is looked up
//! immediately before the deletion.
//!
//! A ledger can be edited. Therefore a user is deleted only if the pool says that it was created
//! while the run was active.

pub mod removal;
mod remove;
pub mod run;

pub use removal::RemovalRules;
pub use run::{Mode, Undo, UndoEnd, UndoStopReason, UndoTally};
