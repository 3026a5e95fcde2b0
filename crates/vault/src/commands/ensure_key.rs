//! `remo-vault key ensure`: makes the vault key unless it is there.

use crate::cli::{EnsureArguments, Locations};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::key::{KeyError, VaultKey};
use crate::output;
use crate::store::previous;

/// What the lowest tier of the key ladder protects against, and what not.
const PLAINTEXT_TIER: &str = "a key in a plaintext file (mode 0600) keeps other users and the project containers \
out; it does not protect against root, nor against anybody who gets hold of the disk or of a backup with both files";

pub(super) fn run(locations: &Locations, arguments: &EnsureArguments) -> Result<ExitStatus, Failure> {
    let path = &locations.key_file;
    match VaultKey::load(path) {
        Ok(key) => return report("the vault key is there", locations, &key),
        Err(KeyError::File(error)) if error.is_missing() => {}
        Err(error) => return Err(error.into()),
    }
    // The version before the last change alone is worth its key too: the store can be brought back from it.
    let sealed = [locations.store_path().to_owned(), previous(locations.store_path())];
    if let Some(store) = sealed.iter().find(|file| file.symlink_metadata().is_ok()) {
        return Err(Failure::new(format!(
            "there is no key {}, but there is a store {}, which a new key would not open",
            path.display(),
            store.display()
        ))
        .hint(format!("put the old key back, or move {} away first", store.display())));
    }
    if !arguments.allow_plaintext {
        return Err(Failure::new(format!(
            "there is no key {}, and this command can only make a plaintext one: {PLAINTEXT_TIER}",
            path.display()
        ))
        .hint(format!(
            "if that will do: remo-vault key ensure --allow-plaintext --key-file {}",
            path.display()
        )));
    }
    if let Some(key) = VaultKey::create(path)? {
        output::note(&format!("note: {PLAINTEXT_TIER}"));
        return report("made the vault key", locations, &key);
    }
    // Somebody else was faster; theirs is the key.
    report("the vault key is there", locations, &VaultKey::load(path)?)
}

fn report(what: &str, locations: &Locations, key: &VaultKey) -> Result<ExitStatus, Failure> {
    output::note(&format!("{what}: {}", locations.key_file.display()));
    output::line(&key.recipient())?;
    Ok(ExitStatus::Success)
}
