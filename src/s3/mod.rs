//! Objects in S3: addresses, connections, requests and their errors.
//!
//! `object_store` makes and signs the requests. They go through the HTTP client of all AWS clients,
//! with credentials, endpoints and certificates of the AWS configuration (`crate::aws`). `source`
//! reads lists, and `command` copies run directories.

mod config;
mod credentials;
mod endpoint;
mod error;
mod folder;
mod http;
mod replace;
mod transfer;
mod url;

pub use config::{S3Access, S3Config};
pub use error::S3Error;
pub use folder::{Folder, ObjectHead};
pub use replace::{KnownObject, ReplaceOutcome};
pub use transfer::PutOutcome;
pub use url::{S3FolderUrl, S3Url, UnusableUrl};

#[cfg(test)]
mod tests;
