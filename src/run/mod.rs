//! Rules shared by everything that sends requests: preflight calls, runs and undos.

pub mod retry;
