//! A store under another key: the part of a rotation that is the store's owner's.
//!
//! Everything in the folder of the store that the old key opens is sealed for the new one: the store, the version
//! before its last change, the records of logins, and whatever copies lie beside them. An old key that leaked opens
//! none of them afterwards. Each file is written beside the present one, read back and compared in memory, and
//! renamed into place. Killed anywhere, the same run once more does what is left: what is under the new key already
//! is left alone.

mod age_file;
mod error;
mod files;
mod fnox_file;
mod running;

use std::fs;
use std::path::{Path, PathBuf};

use remo_secret::Secret;

pub use error::ResealError;
pub use running::fnox_writing_to;

use self::files::{Bases, Kind};
use crate::key::{KeyError, VaultKey};
use crate::private_file::{folder_of, sibling};
use crate::source::Reading;
use crate::store::SealedError;

/// How often a file may be found changed by somebody who takes no lock (fnox itself) before this gives up.
const CHANGED_MAX: u32 = 10;

/// The two keys, each by itself.
#[derive(Debug)]
pub(crate) struct Keys {
    new: VaultKey,
    old: VaultKey,
}

/// Reads a fnox configuration with the real fnox.
pub type ReadFnox<'r> = &'r dyn Fn(&Path) -> Result<Reading, ResealError>;

/// What is to be sealed anew.
#[derive(Clone, Copy)]
pub struct StoreFiles<'f> {
    /// The store; everything in its folder goes with it.
    pub store: &'f Path,
    /// The file with the new key and the old one.
    pub key_file: &'f Path,
    /// Reads the store with fnox, where it is one of fnox.
    pub read_fnox: Option<ReadFnox<'f>>,
}

/// How a line begins that says what was done.
pub const SEALED_ANEW: &str = "sealed anew: ";

/// How a line begins that says what was left as it is, unseen.
pub const NOT_LOOKED_AT: &str = "not looked at: ";

/// More files than this that were not looked at are counted, not named.
const NAMED_MAX: usize = 20;

/// Succeeds when the key in the file opens the store, and everything of its folder that goes with a store.
pub fn check(files: &StoreFiles<'_>, waiting: &mut dyn FnMut()) -> Result<(), ResealError> {
    let key = VaultKey::load(files.key_file).map_err(ResealError::Key)?;
    let folder = folder_of(files.store);
    let bases = Bases::lock(files.store, &folder, waiting)?;
    for path in files::candidates(&folder)?.paths {
        if !bases.contains(&path) && !bases.is_previous(&path) {
            continue;
        }
        match files::read(&path)? {
            Some((content, Kind::Age)) => crate::store::open(&key, content.expose())
                .map(drop)
                .map_err(|source| ResealError::Sealed { path: path.clone(), source })?,
            Some((content, Kind::Fnox)) => {
                let closed = fnox_file::Fnox::parse(content.expose())
                    .map(|parsed| parsed.closed_for(&key))
                    .unwrap_or_default();
                if !closed.is_empty() {
                    let problem = format!("the key does not open {}", closed.join(", "));
                    return Err(ResealError::Fnox { path, problem });
                }
            }
            None => {}
        }
    }
    Ok(())
}

/// Seals everything anew, and says in one line a file what was done, or that it was not looked at. `waiting` is called
/// when another writer takes its time.
pub fn reseal(files: &StoreFiles<'_>, waiting: &mut dyn FnMut()) -> Result<Vec<String>, ResealError> {
    let key = VaultKey::load(files.key_file).map_err(ResealError::Key)?;
    let (new, Some(old)) = key.apart() else {
        return Err(ResealError::Key(KeyError::NotAnIdentity { path: files.key_file.to_owned(), found: 1 }));
    };
    let keys = Keys { new, old };
    let folder = folder_of(files.store);
    let bases = Bases::lock(files.store, &folder, waiting)?;
    bases.remove_drafts(&folder)?;
    // Everything is looked at before anything is changed.
    for path in files::candidates(&folder)?.paths {
        prepare(files, &keys, &bases, &path)?;
    }
    let mut report = Vec::new();
    // A watcher that has read the store before writes its good copy afterwards: until there is nothing to do.
    for _ in 0..CHANGED_MAX {
        let before = report.len();
        for path in files::candidates(&folder)?.paths {
            report.extend(settle(files, &keys, &bases, &path)?);
        }
        if report.len() == before {
            break;
        }
    }
    let skipped = files::candidates(&folder)?.skipped;
    let more = skipped.len().saturating_sub(NAMED_MAX);
    report.extend(skipped.into_iter().take(NAMED_MAX).map(|line| format!("{NOT_LOOKED_AT}{line}")));
    if more > 0 {
        report.push(format!("{NOT_LOOKED_AT}{more} more in {}", folder.display()));
    }
    Ok(report)
}

/// A file, as it was and as it is to be.
struct Prepared {
    before: Secret,
    after: Secret,
    kind: Kind,
    /// What the real fnox makes of it.
    reading: Option<Reading>,
}

/// What `path` is to become; `None` when it is to stay.
fn prepare(
    files: &StoreFiles<'_>,
    keys: &Keys,
    bases: &Bases,
    path: &Path,
) -> Result<Option<Prepared>, ResealError> {
    let Some((before, kind)) = files::read(path)? else {
        if path == files.store {
            return Err(ResealError::Sealed { path: path.to_owned(), source: SealedError::NotAge });
        }
        return Ok(None);
    };
    let strict = bases.contains(path);
    let after = match kind {
        Kind::Age => match age_file::reseal(keys, before.expose()) {
            Ok(after) => after,
            // A copy that neither key opens is none of the old key's.
            Err(_) if !strict => None,
            Err(source) => return Err(ResealError::Sealed { path: path.to_owned(), source }),
        },
        Kind::Fnox => {
            let fault = |problem| ResealError::Fnox { path: path.to_owned(), problem };
            let Some(parsed) = fnox_file::Fnox::parse(before.expose()) else { return Ok(None) };
            let (after, closed) = parsed.reseal(keys).map_err(fault)?;
            if strict && !closed.is_empty() {
                return Err(fault(format!("neither key opens {}", closed.join(", "))));
            }
            (after != before).then_some(after)
        }
    };
    let Some(after) = after else { return Ok(None) };
    let reading = match files.read_fnox {
        Some(read) if path == files.store => Some(read(path)?),
        _ => None,
    };
    Ok(Some(Prepared { before, after, kind, reading }))
}

/// Puts the new form of `path` in place.
fn settle(
    files: &StoreFiles<'_>,
    keys: &Keys,
    bases: &Bases,
    path: &Path,
) -> Result<Option<String>, ResealError> {
    for _ in 0..CHANGED_MAX {
        let Some(prepared) = prepare(files, keys, bases, path)? else { return Ok(None) };
        let draft = sibling(path, files::DRAFT_SUFFIX);
        files::write_draft(path, &draft, &prepared.after)?;
        let faithful = verify(files, keys, &prepared, &draft);
        if !matches!(faithful, Ok(true)) {
            let _ = fs::remove_file(&draft);
            faithful?;
            return Err(ResealError::Unfaithful { path: path.to_owned() });
        }
        if files::put_in_place(&draft, path, &prepared.before)? {
            return Ok(Some(format!("{SEALED_ANEW}{}", path.display())));
        }
    }
    Err(ResealError::Restless { path: path.to_owned() })
}

/// Whether the draft, as it is on the disk, holds under the new key what was there before.
fn verify(
    files: &StoreFiles<'_>,
    keys: &Keys,
    prepared: &Prepared,
    draft: &Path,
) -> Result<bool, ResealError> {
    let Some((written, _)) = files::read(draft)? else { return Ok(false) };
    let same = match prepared.kind {
        Kind::Age => age_file::is_faithful(keys, prepared.before.expose(), written.expose()),
        Kind::Fnox => {
            let parse = |content: &Secret| fnox_file::Fnox::parse(content.expose());
            match (parse(&prepared.before), parse(&written)) {
                (Some(before), Some(after)) => before.is_faithful(keys, &after),
                _ => false,
            }
        }
    };
    let Some((read, before)) = files.read_fnox.zip(prepared.reading.as_ref()) else { return Ok(same) };
    Ok(same && says_the_same(before, &read(draft)?))
}

/// Whether two readings hold the same values and the same faults.
fn says_the_same(before: &Reading, after: &Reading) -> bool {
    before.secrets.len() == after.secrets.len()
        && before
            .secrets
            .iter()
            .zip(&after.secrets)
            .all(|((name, one), (other, two))| name == other && one.value == two.value)
        && before.faults.keys().eq(after.faults.keys())
        && before.unpushable == after.unpushable
}

/// A path in words for an error.
fn system(attempt: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> ResealError {
    let path: PathBuf = path.to_owned();
    move |source| ResealError::System { attempt, path, source }
}
