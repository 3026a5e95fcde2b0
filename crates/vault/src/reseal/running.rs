//! Which fnox may still write what it read before a rotation.
//!
//! fnox takes no lock, and writes its whole file back some time after it has read it: after a value was typed, for
//! instance. What can be seen of such a process in `/proc` is waited for; what cannot (another machine, another user
//! than this one) is what the kept key is for.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::private_file::folder_of;

const PROGRAM: &[u8] = b"fnox";

/// Commands that write no configuration. What is not known here may write.
const READERS: [&[u8]; 12] = [
    b"export",
    b"exec",
    // Short names of the two.
    b"ex",
    b"x",
    b"run",
    b"get",
    b"list",
    b"check",
    b"doctor",
    b"hook-env",
    b"completion",
    b"ci-redact",
];

/// Options before the command that have a value of their own.
const WITH_VALUE: [&[u8]; 6] = [b"-c", b"--config", b"-P", b"--profile", b"--age-key-file", b"--if-missing"];

/// The process number of a fnox that works with `store` and may write to it, where one can be seen.
pub fn fnox_writing_to(store: &Path) -> Option<u32> {
    let place = Place::of(store)?;
    let processes = fs::read_dir("/proc").ok()?;
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .find(|process| may_write(&PathBuf::from(format!("/proc/{process}")), &place))
}

/// A store, by what is the same whatever a process calls it.
struct Place<'s> {
    folder: (u64, u64),
    name: &'s OsStr,
    file: Option<(u64, u64)>,
}

impl<'s> Place<'s> {
    fn of(store: &'s Path) -> Option<Self> {
        Some(Self { folder: inode(&folder_of(store))?, name: store.file_name()?, file: inode(store) })
    }
}

fn inode(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

fn may_write(process: &Path, place: &Place<'_>) -> bool {
    let Ok(line) = fs::read(process.join("cmdline")) else { return false };
    let mut arguments = line.split(|byte| *byte == 0);
    let named =
        arguments.next().is_some_and(|name| name.rsplit(|byte| *byte == b'/').next() == Some(PROGRAM));
    let comm = fs::read(process.join("comm")).unwrap_or_default();
    if !named && comm.trim_ascii_end() != PROGRAM {
        return false;
    }
    let (mut configuration, mut command) = (None, None);
    while let Some(argument) = arguments.next() {
        if WITH_VALUE.contains(&argument) {
            let value = arguments.next();
            if [b"-c".as_slice(), b"--config"].contains(&argument) {
                configuration = value;
            }
        } else if let Some(value) = argument.strip_prefix(b"--config=") {
            configuration = Some(value);
        } else if command.is_none() && !argument.starts_with(b"-") && !argument.is_empty() {
            command = Some(argument);
        }
    }
    if command.is_none_or(|command| READERS.contains(&command)) {
        return false;
    }
    let works_here = match configuration {
        Some(path) => names(process, Path::new(OsStr::from_bytes(path)), place),
        // It looks for its configuration upwards.
        None => works_below(process, place),
    };
    works_here || has_open(process, place)
}

/// Whether `path`, as the process sees it, is the store.
fn names(process: &Path, path: &Path, place: &Place<'_>) -> bool {
    let seen = match path.strip_prefix("/") {
        Ok(below_root) => process.join("root").join(below_root),
        Err(_) => process.join("cwd").join(path),
    };
    seen.file_name() == Some(place.name)
        && seen.parent().and_then(inode) == Some(place.folder)
        // A link elsewhere is another name of the same file.
        || place.file.is_some() && inode(&seen) == place.file
}

fn works_below(process: &Path, place: &Place<'_>) -> bool {
    let Ok(folder) = fs::read_link(process.join("cwd")) else { return false };
    let mut seen = process.join("cwd");
    folder.ancestors().any(|_| {
        let here = inode(&seen) == Some(place.folder);
        seen.push("..");
        here
    })
}

fn has_open(process: &Path, place: &Place<'_>) -> bool {
    place.file.is_some()
        && fs::read_dir(process.join("fd"))
            .is_ok_and(|entries| entries.flatten().any(|entry| inode(&entry.path()) == place.file))
}
