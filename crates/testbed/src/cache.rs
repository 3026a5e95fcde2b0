//! What is fetched or made once and kept: below `.cache` of the repository, which git ignores.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// A folder below `.cache`.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.cache").join(name);
    fs::create_dir_all(&folder).expect("a folder of the cache");
    folder.canonicalize().expect("the path of a folder of the cache")
}

/// Keeps other test programs from making the same thing at the same time, until it is dropped.
pub(crate) fn lock(name: &str) -> File {
    let lock = File::create(folder("locks").join(name)).expect("a lock of the cache");
    flock(&lock, FlockOperation::LockExclusive).expect("the lock of the cache");
    lock
}

/// Makes `target` unless it is there: `make` gets another name to write to, which is renamed when it succeeds.
pub(crate) fn once(target: &Path, make: impl FnOnce(&Path)) {
    let name = target.file_name().and_then(|name| name.to_str()).expect("a name");
    let _lock = lock(name);
    if target.exists() {
        return;
    }
    let new = target.with_file_name(format!("{name}.new"));
    let _ = fs::remove_dir_all(&new).or_else(|_| fs::remove_file(&new));
    make(&new);
    fs::rename(&new, target).expect("what was made is put into the cache");
}
