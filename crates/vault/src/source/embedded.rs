//! The embedded store as a source.

use std::path::PathBuf;

use super::{Reading, Source, SourceError};
use crate::store::Store;

/// The embedded store as a source.
#[derive(Debug)]
pub struct Embedded {
    store: Store,
}

impl Embedded {
    /// Reads out of `store`.
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Source for Embedded {
    fn read_all(&self) -> Result<Reading, SourceError> {
        let (document, sealed) = self.store.read_with_file().map_err(SourceError::Embedded)?;
        Ok(Reading { sealed, ..document.reading() })
    }

    fn watched_files(&self) -> Vec<PathBuf> {
        vec![self.store.path().to_owned(), self.store.key_file().to_owned()]
    }
}
