//! A run undone: exactly the users that it made are deleted, and nobody else.
//!
//! [`removal`] is one user's way, as a state machine, pure: is it still the one that the run made, has it been used, may it be
//! deleted, and what came of that. `remove` takes a user along it: permits, requests, waits. [`run`] is the loop: it owns the truth,
//! and it alone writes the ledger. A deletion is in the ledger as begun before its request leaves.
//!
//! A user is told from another one of the same name by its `sub`, which Cognito never gives twice. So the deletion itself names the
//! `sub`, wherever the pool finds users by it (the API reference of `AdminDeleteUser` allows it): then nobody who takes the name between the
//! look-up and the deletion can be met by it. Where a pool does not, the username is all there is, and the look-up just before it.
//!
//! A ledger can be changed by others. So a user is deleted only if the pool says that it was created while the run was at work.

pub mod removal;
mod remove;
pub mod run;

pub use removal::RemovalRules;
pub use run::{Mode, Undo, UndoEnd, UndoTally, Why};
