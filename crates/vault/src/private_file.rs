//! Files and folders that only their owner may touch: opened without following links, checked after opening,
//! read with a cap.

use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use remo_secret::Secret;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::geteuid;
use zeroize::Zeroizing;

/// Mode of every file that this program makes.
pub const FILE_MODE: u32 = 0o600;

/// Mode of every folder that this program makes.
const FOLDER_MODE: u32 = 0o700;

/// Permission bits that let anybody but the owner in.
const OTHERS: u32 = 0o077;

/// Permission bits that let anybody but the owner write.
const OTHERS_WRITE: u32 = 0o022;

/// With this bit on a folder, nobody removes or renames another user's file in it.
const STICKY: u32 = 0o1000;

/// Why a private file cannot be used.
#[derive(Debug)]
pub struct PrivateFileError {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    Missing,
    Link,
    NotAFile,
    Owner(u32),
    Mode(u32),
    TooLarge(u64),
    FolderOwner(u32),
    FolderMode(u32),
    System(&'static str, io::Error),
}

impl PrivateFileError {
    /// Whether there is nothing at the path.
    pub fn is_missing(&self) -> bool {
        matches!(self.problem, Problem::Missing)
    }

    /// Whether the file is larger than what is read.
    pub fn is_too_large(&self) -> bool {
        matches!(self.problem, Problem::TooLarge(_))
    }

    /// The path that the error is about.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let path = self.path.display();
        match &self.problem {
            Problem::Link => {
                Some(format!("name the file itself; see where the link leads with: ls -l {path}"))
            }
            Problem::Owner(_) => Some("run remo-vault as the user that owns the file".to_owned()),
            Problem::Mode(_) => Some(format!("if nobody else has read it: chmod 600 {path}")),
            Problem::FolderOwner(_) | Problem::FolderMode(_) => {
                Some(format!("use a folder of your own, or: chmod 700 {path}"))
            }
            Problem::System(_, error) => storage_hint(error, &self.path),
            Problem::Missing | Problem::NotAFile | Problem::TooLarge(_) => None,
        }
    }
}

/// What to do when the disk, not the file, is the problem.
pub fn storage_hint(error: &io::Error, path: &Path) -> Option<String> {
    let folder = path.parent().unwrap_or(path).display();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some(format!("make room, then try again; see: df -h {folder}"))
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            Some(format!("the file system is mounted read-only; see: findmnt --target {folder}"))
        }
        io::ErrorKind::PermissionDenied => Some(format!("see who may write there: ls -ld {folder}")),
        _ => None,
    }
}

impl fmt::Display for PrivateFileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.problem {
            Problem::Missing => write!(formatter, "there is no file {path}"),
            Problem::Link => write!(formatter, "{path} is a symbolic link, which is not followed"),
            Problem::NotAFile => write!(formatter, "{path} is not a regular file"),
            Problem::Owner(uid) => {
                write!(formatter, "{path} belongs to user {uid}, not to user {}", geteuid().as_raw())
            }
            Problem::Mode(mode) => write!(
                formatter,
                "{path} is open to other users (mode {:04o}); it must be 0600 or stricter",
                mode & 0o7777
            ),
            Problem::TooLarge(limit) => write!(formatter, "{path} is larger than {limit} bytes"),
            Problem::FolderOwner(uid) => write!(
                formatter,
                "the folder {path} belongs to user {uid}, neither to user {} nor to root",
                geteuid().as_raw()
            ),
            Problem::FolderMode(mode) => {
                write!(formatter, "other users may write to the folder {path} (mode {:04o})", mode & 0o7777)
            }
            Problem::System(attempt, _) => write!(formatter, "cannot {attempt} {path}"),
        }
    }
}

impl std::error::Error for PrivateFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.problem {
            Problem::System(_, error) => Some(error),
            _ => None,
        }
    }
}

fn fault(path: &Path) -> impl Fn(Problem) -> PrivateFileError + '_ {
    move |problem| PrivateFileError { path: path.to_owned(), problem }
}

/// Opens the file at `path` for reading, if only its owner, who is this user, may touch it.
pub fn open(path: &Path) -> Result<File, PrivateFileError> {
    let fault = fault(path);
    // NONBLOCK: opening a pipe that somebody put there must not hang.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(descriptor) => File::from(descriptor),
        Err(Errno::NOENT) => return Err(fault(Problem::Missing)),
        Err(Errno::LOOP) => return Err(fault(Problem::Link)),
        Err(error) => return Err(fault(Problem::System("open", error.into()))),
    };
    check(&file, path)?;
    Ok(file)
}

/// Refuses an open file that is not regular, not this user's, or open to others.
pub fn check(file: &File, path: &Path) -> Result<(), PrivateFileError> {
    let fault = fault(path);
    let metadata = file.metadata().map_err(|error| fault(Problem::System("examine", error)))?;
    if !metadata.is_file() {
        return Err(fault(Problem::NotAFile));
    }
    if metadata.uid() != geteuid().as_raw() {
        return Err(fault(Problem::Owner(metadata.uid())));
    }
    if metadata.permissions().mode() & OTHERS != 0 {
        return Err(fault(Problem::Mode(metadata.permissions().mode())));
    }
    Ok(())
}

/// Reads the whole private file at `path`, at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Secret, PrivateFileError> {
    let fault = fault(path);
    let mut content = Secret::new(Vec::new());
    let read = read_capped(open(path)?, limit, &mut content);
    match read {
        Err(error) => Err(fault(Problem::System("read", error))),
        Ok(false) => Err(fault(Problem::TooLarge(limit))),
        Ok(true) => Ok(content),
    }
}

/// Appends what `input` holds to `content`, at most `limit` bytes; `false` when there is more.
pub fn read_capped(input: impl io::Read, limit: u64, content: &mut Secret) -> io::Result<bool> {
    const CHUNK: usize = 64 * 1024;
    let mut input = input.take(limit.saturating_add(1));
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    loop {
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => content.append(&chunk[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(u64::try_from(content.len()).is_ok_and(|length| length <= limit))
}

/// Makes the folder of `file` (mode 0700, with the folders above it) unless it is there, and refuses one in
/// which another user could replace the file.
pub fn prepare_folder(file: &Path) -> Result<PathBuf, PrivateFileError> {
    let folder = folder_of(file);
    make_folder(&folder)?;
    Ok(folder)
}

fn make_folder(folder: &Path) -> Result<(), PrivateFileError> {
    let fault = fault(folder);
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(folder)
        .map_err(|error| fault(Problem::System("make the folder", error)))?;
    let metadata =
        fs::metadata(folder).map_err(|error| fault(Problem::System("examine the folder", error)))?;
    let mode = metadata.permissions().mode();
    if metadata.uid() != geteuid().as_raw() && metadata.uid() != 0 {
        return Err(fault(Problem::FolderOwner(metadata.uid())));
    }
    if mode & OTHERS_WRITE != 0 && mode & STICKY == 0 {
        return Err(fault(Problem::FolderMode(mode)));
    }
    Ok(())
}

/// The folder that holds `file`; the current one when the path names none.
pub fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// `path` with `suffix` behind its file name.
pub fn sibling(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
