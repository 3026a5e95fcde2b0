//! The home of a tool while it logs in: memory-backed, this user's alone, wiped afterwards.
//!
//! It is made below a folder of mode 0700 whose lock is held meanwhile. So whoever has the lock knows that what
//! else lies there was left behind by a program that died, and wipes it before anything is done. Each home has a name
//! of its own that nobody can foresee: a tool that outlived its login writes to a place that is no longer there, not
//! into the home of the next one.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use remo_secret::Secret;
use rustix::fs::{
    CWD, FlockOperation, Mode, OFlags, ResolveFlags, flock, fstat, fstatfs, mkdirat, openat, openat2,
};
use rustix::io::Errno;
use rustix::process::geteuid;
use rustix::rand::{GetRandomFlags, getrandom};

use super::wipe;
use crate::failure::Failure;
use crate::private_file::{FILE_MODE, read_capped};

/// File systems that live in memory, by the number that `statfs` gives (statfs(2)).
const MEMORY_BACKED: [u64; 2] = [TMPFS, RAMFS];
const TMPFS: u64 = 0x0102_1994;
const RAMFS: u64 = 0x8584_58f6;

/// Where homes are made unless another folder is named: memory-backed in every container.
const SHARED_MEMORY: &str = "/dev/shm";

/// The folder and what is in it are for the owner alone.
const FOLDER_MODE: u32 = 0o700;

/// The largest file of a tool that is read, in bytes. A credential is a line, a login state a few kilobytes.
pub(super) const TOOL_FILE_MAX: u64 = 1024 * 1024;

const LOCK: &str = "lock";
/// What the name of a home begins with; the rest is random.
const HOME: &str = "home-";
/// Random bytes in the name of a home.
const HOME_RANDOM: usize = 16;

/// A tool's home. Wiped when it is dropped, if it was not before.
#[derive(Debug)]
pub(super) struct Home {
    /// `…/remo-login-UID`
    base: PathBuf,
    path: PathBuf,
    directory: OwnedFd,
    wiped: bool,
    _lock: File,
}

/// The folder in which homes are made when none is named.
pub(super) fn default_parent(runtime_directory: Option<PathBuf>) -> PathBuf {
    runtime_directory
        .filter(|folder| open_folder(folder).is_ok_and(|folder| is_memory_backed(&folder)))
        .unwrap_or_else(|| PathBuf::from(SHARED_MEMORY))
}

impl Home {
    /// Makes an empty home below `parent`, after wiping what a program that died left there. `notice` is told when
    /// there was something.
    pub(super) fn prepare(parent: &Path, notice: &mut dyn FnMut(&str)) -> Result<Self, Failure> {
        let base = parent.join(format!("remo-login-{}", geteuid().as_raw()));
        let folder = own_folder(parent, &base)?;
        let lock = take_lock(&folder, &base)?;
        if leftovers(&base).map_err(|error| unusable(&base, &error))? {
            notice("wiped what a login that was cut off had left in memory");
        }
        let name = home_name().map_err(|error| unusable(&base, &error))?;
        let path = base.join(&name);
        DirBuilder::new().mode(FOLDER_MODE).create(&path).map_err(|error| unusable(&path, &error))?;
        let directory = openat(&folder, &name, folder_flags(), Mode::empty())
            .map_err(|error| unusable(&path, &error.into()))?;
        Ok(Self { base, path, directory, wiped: false, _lock: lock })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder `relative` and those above it.
    pub(super) fn make_folder(&self, relative: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(self.path.join(relative))
    }

    /// Makes the file `relative`, with the folders above it. For a home in which no tool has run yet.
    pub(super) fn write(&self, relative: &Path, content: &[u8]) -> io::Result<()> {
        if let Some(folder) = relative.parent() {
            self.make_folder(folder)?;
        }
        let path = self.path.join(relative);
        OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?.write_all(content)
    }

    /// Reads what a tool left as `relative`: a regular file of this user's with one name, reached through no link.
    pub(super) fn read(&self, relative: &Path) -> Result<Secret, String> {
        // NONBLOCK: a pipe in its place must not hang.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let inside = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let file = match openat2(&self.directory, relative, flags, Mode::empty(), inside) {
            Ok(descriptor) => File::from(descriptor),
            Err(Errno::NOENT) => return Err("it is not there".to_owned()),
            Err(Errno::LOOP) => return Err("there is a symbolic link on the way to it".to_owned()),
            Err(error) => return Err(io::Error::from(error).to_string()),
        };
        let metadata = file.metadata().map_err(|error| error.to_string())?;
        if !metadata.is_file() {
            return Err("it is not a regular file".to_owned());
        }
        if metadata.uid() != geteuid().as_raw() {
            return Err(format!("it belongs to user {}", metadata.uid()));
        }
        if metadata.nlink() != 1 {
            return Err("it has a second name elsewhere".to_owned());
        }
        let mut content = Secret::new(Vec::new());
        match read_capped(file, TOOL_FILE_MAX, &mut content) {
            Ok(true) => Ok(content),
            Ok(false) => Err(format!("it is larger than {TOOL_FILE_MAX} bytes")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Overwrites and removes everything in it.
    pub(super) fn wipe(mut self) -> Result<(), Failure> {
        self.wiped = true;
        wipe::tree(&self.path).map_err(|error| {
            Failure::new(format!("the tool's home {} cannot be wiped: {error}", self.path.display()))
                .hint(format!("remove it: rm -r {}", self.base.display()))
        })
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if !self.wiped {
            // On the way out of a failure, which is what is reported.
            let _ = wipe::tree(&self.path);
        }
    }
}

fn home_name() -> io::Result<String> {
    let mut random = [0; HOME_RANDOM];
    let mut filled = 0;
    while filled < HOME_RANDOM {
        filled += getrandom(&mut random[filled..], GetRandomFlags::empty())?;
    }
    let mut name = HOME.to_owned();
    for byte in random {
        // Writing to a string does not fail.
        let _ = write!(name, "{byte:02x}");
    }
    Ok(name)
}

/// Wipes everything but the lock; says whether there was anything.
fn leftovers(base: &Path) -> io::Result<bool> {
    let mut found = false;
    for entry in fs::read_dir(base)? {
        let entry = entry?;
        if entry.file_name() != LOCK {
            found = true;
            wipe::tree(&entry.path())?;
        }
    }
    Ok(found)
}

/// Opens `base` below `parent`, and makes it unless it is there. Both are checked on what was opened.
fn own_folder(parent: &Path, base: &Path) -> Result<OwnedFd, Failure> {
    if !parent.is_absolute() {
        return Err(refused(parent, "its path does not begin with /"));
    }
    let above = open_folder(parent).map_err(|error| match error {
        Errno::LOOP | Errno::NOTDIR => {
            refused(parent, "there is a symbolic link in its path, or it is no folder")
        }
        error => unusable(parent, &error.into()),
    })?;
    let status = fstat(&above).map_err(|error| unusable(parent, &error.into()))?;
    let user = geteuid().as_raw();
    if status.st_uid != 0 && status.st_uid != user {
        return Err(refused(parent, &format!("it belongs to user {}", status.st_uid)));
    }
    if status.st_mode & 0o022 != 0 && status.st_mode & 0o1000 == 0 {
        return Err(refused(parent, "others can rename what is in it"));
    }
    let name = base.file_name().unwrap_or_default();
    match mkdirat(&above, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(unusable(base, &error.into())),
    }
    let folder = openat(&above, name, folder_flags(), Mode::empty()).map_err(|error| match error {
        Errno::LOOP | Errno::NOTDIR => refused(base, "it is a link or no folder"),
        error => unusable(base, &error.into()),
    })?;
    let status = fstat(&folder).map_err(|error| unusable(base, &error.into()))?;
    if status.st_uid != user {
        return Err(refused(base, &format!("it belongs to user {}", status.st_uid)));
    }
    if status.st_mode & 0o077 != 0 {
        return Err(refused(base, &format!("it is open to others (mode {:04o})", status.st_mode & 0o7777)));
    }
    if !is_memory_backed(&folder) {
        return Err(refused(base, "it is on a disk"));
    }
    Ok(folder)
}

fn open_folder(path: &Path) -> Result<OwnedFd, Errno> {
    openat2(CWD, path, folder_flags(), Mode::empty(), ResolveFlags::NO_SYMLINKS)
}

fn folder_flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

fn is_memory_backed(folder: impl AsFd) -> bool {
    #[expect(clippy::cast_sign_loss, reason = "a magic number, which some platforms type as signed")]
    fstatfs(folder).is_ok_and(|system| MEMORY_BACKED.contains(&(system.f_type as u64)))
}

/// The lock ends with this process, however it ends: the tool does not inherit it.
fn take_lock(folder: &OwnedFd, base: &Path) -> Result<File, Failure> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let lock = openat(folder, LOCK, flags, Mode::RUSR | Mode::WUSR)
        .map(File::from)
        .map_err(|error| unusable(base, &error.into()))?;
    match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(lock),
        Err(Errno::WOULDBLOCK) => Err(Failure::new("another remo-login is at work")
            .hint("wait until it has ended; see: pgrep -a remo-login")),
        Err(error) => Err(unusable(base, &error.into())),
    }
}

fn refused(path: &Path, why: &str) -> Failure {
    Failure::new(format!("{} cannot hold a tool's home: {why}", path.display()))
        .hint("credentials touch no disk: name a folder on a tmpfs, like --home /dev/shm")
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{} cannot hold a tool's home: {error}", path.display()))
        .hint("name another memory-backed folder with --home DIR")
}
