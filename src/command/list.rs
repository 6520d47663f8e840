//! The list that a command reads: where it comes from, and what its columns mean.

use super::{Failed, beside};
use crate::cli::args::ListArgs;
use crate::cli::settings;
use crate::rows::Rows;
use crate::source::Source;
use crate::user::mapping::Mapping;

/// A list whose header has been read.
pub(super) struct List {
    pub(super) source: Source,
    /// SHA-256 of its bytes; none for what can be read only once.
    pub(super) fingerprint: Option<String>,
    /// Its length, where it is known.
    pub(super) bytes: Option<u64>,
    pub(super) rows: Rows,
    pub(super) mapping: Mapping,
}

impl List {
    /// Opens it. Standard input may be long in coming, and signals are to be heard meanwhile.
    pub(super) async fn open(args: &ListArgs) -> Result<Self, Failed> {
        let source = Source::named(&args.list).map_err(Failed::refused)?;
        let fingerprint = source.fingerprint().map_err(Failed::refused)?;
        let opened = source.open().map_err(Failed::refused)?;
        let bytes = opened.length;
        let name = source.name();
        let rows = beside("header", move || Rows::open(name, opened))
            .await?
            .map_err(Failed::refused)?;
        let mapping = Mapping::from_header(&source.name(), rows.header(), &settings::mapping(args))
            .map_err(Failed::refused)?;
        Ok(Self {
            source,
            fingerprint,
            bytes,
            rows,
            mapping,
        })
    }

    /// Its rows once more, from the first one; none where it can be read only once.
    pub(super) fn rows_again(&self) -> Result<Option<Rows>, Failed> {
        match self.source {
            Source::File(_) => {
                let opened = self.source.open().map_err(Failed::refused)?;
                Rows::open(self.source.name(), opened)
                    .map(Some)
                    .map_err(Failed::refused)
            }
            Source::Pipe(_) | Source::StandardInput => Ok(None),
        }
    }
}
