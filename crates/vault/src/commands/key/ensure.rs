//! `remo-vault key ensure`: makes the vault key unless it is there.

use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::Path;

use remo_secret::Secret;

use super::plaintext;
use super::the_store::TheStore;
use super::unseal::note_closed_next;
use crate::cli::{EnsureArguments, Locations};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::key::ladder::{Ladder, Origin};
use crate::key::tier::Tier;
use crate::output;
use crate::private_file::read_capped;
use crate::store::previous;

/// A key file is short; what is longer on standard input is something else.
const IMPORT_MAX: u64 = 64 * 1024;

pub(super) fn run(locations: &Locations, arguments: &EnsureArguments) -> Result<ExitStatus, Failure> {
    match arguments.ladder.ladder(locations, arguments.owner) {
        Some(ladder) => seal(locations, arguments, &ladder),
        None if arguments.import => {
            Err(Failure::usage("--import needs a sealed key: give --sealed-dir DIR, too")
                .hint("a plaintext key can be put at --key-file as it is, with: install -m 600 FROM TO"))
        }
        None => plaintext::run(locations, arguments),
    }
}

fn seal(locations: &Locations, arguments: &EnsureArguments, ladder: &Ladder) -> Result<ExitStatus, Failure> {
    let import = if arguments.import { Some(from_standard_input()?) } else { None };
    let (origin, unsealed) = ladder.ensure::<Failure>(arguments.allow_plaintext, import.as_ref(), || {
        refuse_beside_a_store(locations, &ladder.sealed_dir.display().to_string())
    })?;
    let (tier, sealed) = (unsealed.record.tier, ladder.sealed_dir.display());
    output::note(&match origin {
        Origin::Present => format!("the vault key is there: {tier}, in {sealed}"),
        Origin::Found => {
            format!("sealed the key that was in {}: {tier}, in {sealed}", ladder.runtime_dir.display())
        }
        Origin::Imported => format!("sealed the key from standard input: {tier}, in {sealed}"),
        Origin::Made => format!("made the vault key and sealed it: {tier}, in {sealed}"),
    });
    output::note(&format!("unsealed: {}", ladder.runtime_dir.join("key.txt").display()));
    if origin != Origin::Present || tier == Tier::Plaintext {
        output::note(&format!("note: {}", unsealed.record.sentence));
    }
    if let Some(error) = &unsealed.closed_next {
        note_closed_next(error);
    } else if unsealed.record.rotating {
        output::note("note: a rotation has not ended; end it with: remo-vault key rotate");
    }
    settle(locations, |store| ladder.settle(store));
    output::line(&unsealed.record.recipient)?;
    Ok(ExitStatus::Success)
}

/// Seals anew what only the key before the last rotation opens. The key is there, whatever comes of this.
pub(super) fn settle(locations: &Locations, settle: impl FnOnce(&mut TheStore<'_>) -> Result<(), Failure>) {
    if !is_there(locations.store_path()) {
        return;
    }
    if let Err(failure) = settle(&mut TheStore::new(locations)) {
        let (problem, hint) = failure.into_parts();
        output::note(&format!(
            "warning: the key before the last rotation is kept, and may be needed: {problem}"
        ));
        output::note(&format!("hint: {}", hint.unwrap_or_else(|| "try again".to_owned())));
    }
}

/// A new key opens no store that is there already. The version before the last change alone is worth its key, too:
/// the store can be brought back from it.
pub(super) fn refuse_beside_a_store(locations: &Locations, no_key: &str) -> Result<(), Failure> {
    let files = [locations.store_path().to_owned(), previous(locations.store_path())];
    let Some(store) = files.iter().find(|file| is_there(file)) else { return Ok(()) };
    Err(Failure::new(format!(
        "there is no key {no_key}, but there is a store {}, which a new key would not open",
        store.display()
    ))
    .hint(format!("put the old key back, or move {} away first", store.display())))
}

fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn from_standard_input() -> Result<Secret, Failure> {
    let mut content = Secret::new(Vec::new());
    // Past the buffer of the standard library, which is never wiped.
    let stdin = std::io::stdin().as_fd().try_clone_to_owned().map(File::from);
    match stdin.and_then(|stdin| read_capped(stdin, IMPORT_MAX, &mut content)) {
        Ok(true) => Ok(content),
        Ok(false) => Err(Failure::new(format!(
            "standard input has more than {IMPORT_MAX} bytes, so it is no vault key"
        ))),
        Err(error) => Err(Failure::new(format!("cannot read standard input: {error}"))),
    }
}
