//! What engines of test programs that were killed have left on the disk. Their processes, mounts and networks are
//! gone with their namespaces.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// Where engines keep everything: a file system that overlays can lie on, and a short path, because that of a
/// socket has at most 107 bytes.
const FOLDERS: &str = "/var/lib/remo-testbed";

/// Held by the test program of an engine, in its folder.
const ALIVE: &str = "alive";

/// A new folder for an engine, and the lock that says that it is in use.
pub(crate) fn new_folder() -> (PathBuf, File) {
    fs::create_dir_all(FOLDERS).expect("a folder for engines");
    // One at a time: a folder without a lock yet must not look left over.
    let door = File::create(Path::new(FOLDERS).join(".lock")).expect("a lock");
    flock(&door, FlockOperation::LockExclusive).expect("the lock");
    let left: Vec<PathBuf> = fs::read_dir(FOLDERS)
        .expect("the folders of engines")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let free = File::open(path.join(ALIVE))
                .is_ok_and(|alive| flock(&alive, FlockOperation::NonBlockingLockExclusive).is_ok());
            path.is_dir() && (free || !path.join(ALIVE).exists())
        })
        .collect();
    let folder =
        tempfile::Builder::new().prefix("").rand_bytes(6).tempdir_in(FOLDERS).expect("a folder").keep();
    // Users other than root run tooling from below; what the engine keeps is closed to them by itself.
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("the mode of a folder");
    let alive = File::create(folder.join(ALIVE)).expect("a lock");
    flock(&alive, FlockOperation::NonBlockingLockExclusive).expect("the lock of a new folder");
    // Removing images takes a while, and nobody need wait for it. What is still there when this program ends, the next
    // one removes.
    std::thread::spawn(move || left.iter().for_each(|path| remove(path)));
    (folder, alive)
}

/// Removes the folder of an engine that has ended, and its control groups.
pub(crate) fn remove(folder: &Path) {
    if let Some(name) = folder.file_name().and_then(|name| name.to_str()) {
        control_groups(name);
    }
    // Removed by somebody else in the meantime is as good.
    let _ = fs::remove_dir_all(folder);
}

/// The parent of an engine's control groups.
pub(crate) fn control_group(folder: &Path) -> String {
    let name = folder.file_name().and_then(|name| name.to_str()).expect("the name of an engine's folder");
    format!("/remo-testbed-{name}")
}

fn control_groups(name: &str) {
    let group = format!("remo-testbed-{name}");
    let mut roots = vec![PathBuf::from("/sys/fs/cgroup")];
    roots.extend(fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten().map(|entry| entry.path()));
    for root in roots {
        remove_group(&root.join(&group));
    }
}

/// Removes a control group with those in it: a container that boots systemd has a tree of them.
fn remove_group(group: &Path) {
    for below in fs::read_dir(group).into_iter().flatten().flatten() {
        // Files of the kernel are no directories and go with theirs.
        if below.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_group(&below.path());
        }
    }
    let _ = fs::remove_dir(group);
}
