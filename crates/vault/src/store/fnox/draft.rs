//! The private copy that fnox works on: made, changed, read back and compared.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use remo_secret::Secret;

use super::edits::Edits;
use crate::private_file::{self, FILE_MODE, folder_of, sibling};
use crate::source::fnox::child::Task;
use crate::source::fnox::configuration::Configuration;
use crate::source::fnox::{CONFIGURATION_MAX, value};
use crate::source::{Fnox, FnoxError};
use crate::store::StoreError;

/// What the name of a draft has behind the store's, before the number of the writer's process.
const SUFFIX: &str = ".draft.";

/// A copy of the store beside it; gone when this is dropped. One that a dead writer left is removed by the next.
pub(super) struct Draft {
    path: PathBuf,
    store: PathBuf,
    before: Configuration,
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl Draft {
    /// Copies `text`, the content of `store`. The caller holds the writer's lock.
    pub(super) fn new(store: &Path, text: &Secret) -> io::Result<Self> {
        // A fnox whose writer was killed may still be at work on the draft of that writer.
        let path = sibling(&std::path::absolute(store)?, &format!("{SUFFIX}{}", std::process::id()));
        remove_abandoned(store)?;
        let before = Configuration::parse(text, store).map_err(io::Error::other)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&path)?;
        let draft = Self { path, store: store.to_owned(), before };
        file.write_all(text.expose())?;
        Ok(draft)
    }

    /// Lets fnox make `edits`, and returns the new text when it holds exactly those.
    pub(super) fn apply(
        &self,
        fnox: &Fnox,
        program: &Path,
        provider: &str,
        edits: &Edits,
    ) -> Result<Secret, StoreError> {
        let configuration = [std::ffi::OsStr::new("--config"), self.path.as_os_str()];
        for name in edits.iter().filter_map(|(name, edit)| edit.is_none().then_some(name)) {
            let task = Task::new(program, &fnox.key_file).arguments(configuration);
            let removed = task.arguments(["remove", "--", name]).run();
            match removed {
                // Somebody else has removed it meanwhile.
                Err(FnoxError::Failed { .. }) if !self.before.has(name) => {}
                Err(error) => return Err(self.refused(error)),
                Ok(_) => {}
            }
        }
        let values = encoded(edits).map_err(|source| self.unwritable(source))?;
        if let Some(values) = values {
            Task::new(program, &fnox.key_file)
                .arguments(configuration)
                .arguments(["import", "--provider", provider, "--force", "json"])
                .feed(values)
                .run()
                .map_err(|error| self.refused(error))?;
        }
        let text = private_file::read(&self.path, CONFIGURATION_MAX).map_err(StoreError::File)?;
        self.compare(fnox, &text, edits)?;
        Ok(text)
    }

    /// Nothing but the edits may have changed, and those must read as they were meant.
    fn compare(&self, fnox: &Fnox, text: &Secret, edits: &Edits) -> Result<(), StoreError> {
        let unlike = || StoreError::Fnox(FnoxError::Unlike { store: self.store.clone() });
        let after = Configuration::parse(text, &self.store).map_err(StoreError::Fnox)?;
        if !after.differs_only_in(&self.before, |name| edits.contains_key(name)) {
            return Err(unlike());
        }
        let edited = after.only(|name| edits.contains_key(name.as_str()));
        let expected: Vec<_> = edits.iter().filter_map(|(name, edit)| Some((name, edit.as_ref()?))).collect();
        if edited.count() != expected.len() {
            return Err(unlike());
        }
        let found = fnox.read(edited).map_err(StoreError::Fnox)?;
        let as_meant = expected.iter().all(|(name, value)| {
            found.secrets.get(name.as_str()).is_some_and(|entry| entry.value == **value)
        });
        if as_meant { Ok(()) } else { Err(unlike()) }
    }

    fn refused(&self, error: FnoxError) -> StoreError {
        StoreError::FnoxWrite { path: self.store.clone(), source: error }
    }

    fn unwritable(&self, source: io::Error) -> StoreError {
        StoreError::Write { path: self.store.clone(), source }
    }
}

/// Removes the drafts of dead writers; the living one holds the lock and has none yet.
fn remove_abandoned(store: &Path) -> io::Result<()> {
    let mut beginning = store.file_name().unwrap_or_default().to_owned();
    beginning.push(SUFFIX);
    for entry in fs::read_dir(folder_of(store))? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(beginning.as_encoded_bytes()) {
            let _ = fs::remove_file(entry.path());
        }
    }
    Ok(())
}

/// The values among `edits` as the JSON object that fnox imports; `None` without any.
fn encoded(edits: &Edits) -> io::Result<Option<Secret>> {
    let mut values = BTreeMap::new();
    for (name, edit) in edits {
        if let Some(edit) = edit {
            values.insert(name, value::encode(edit)?);
        }
    }
    if values.is_empty() {
        return Ok(None);
    }
    Ok(Some(Secret::new(serde_json::to_vec(&values)?)))
}
