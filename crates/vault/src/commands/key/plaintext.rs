//! `remo-vault key ensure --key-file FILE`: the lowest tier, at a place of one's own.

use super::ensure::{refuse_beside_a_store, settle};
use super::rotate::note_rotating;
use crate::cli::{EnsureArguments, Locations};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::key::rotation::settle_plaintext;
use crate::key::tier::Tier;
use crate::key::{KeyError, VaultKey};
use crate::output;

pub(super) fn run(locations: &Locations, arguments: &EnsureArguments) -> Result<ExitStatus, Failure> {
    let path = &locations.key_file;
    match VaultKey::load(path) {
        Ok(key) => {
            settle(locations, |store| settle_plaintext(path, store, &mut note_rotating));
            return report("the vault key is there", locations, &key);
        }
        Err(KeyError::File(error)) if error.is_missing() => {}
        Err(error) => return Err(error.into()),
    }
    refuse_beside_a_store(locations, &path.display().to_string())?;
    let sentence = Tier::Plaintext.sentence();
    if !arguments.allow_plaintext {
        return Err(Failure::new(format!(
            "there is no key {}, and this command can only make a plaintext one: {sentence}",
            path.display()
        ))
        .hint(format!(
            "if that will do: remo-vault key ensure --allow-plaintext --key-file {}",
            path.display()
        )));
    }
    if let Some(key) = VaultKey::create(path)? {
        output::note(&format!("note: {sentence}"));
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
