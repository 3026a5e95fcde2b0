//! The files beside a store: which there are, whose turn it is, and how one takes another's place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use remo_secret::Secret;
use rustix::fs::{Mode, OFlags, open};
use rustix::process::geteuid;

use super::{ResealError, fnox_file, system};
use crate::login::LOGINS_FILE;
use crate::private_file::{FILE_MODE, folder_of, read_capped, sibling};
use crate::store::{AGE_MAGIC, WriterLock, previous};

/// Behind the name of a file that is being written; not that of another writer's drafts.
pub(super) const DRAFT_SUFFIX: &str = ".resealed";

/// What is larger is no store; the largest is 16 MiB.
const FILE_MAX: u64 = 16 * 1024 * 1024;

/// The stores that are looked for beside the named one, by their usual names.
const USUAL_NAMES: [&str; 3] = ["store.age", "fnox.toml", LOGINS_FILE];

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One age file.
    Age,
    /// A fnox configuration.
    Fnox,
}

/// The stores in a folder, none of which another writer of ours changes while this lives.
pub(super) struct Bases {
    paths: Vec<PathBuf>,
    _locks: Vec<WriterLock>,
}

impl Bases {
    /// Takes the locks of `store` and of the others in `folder`, always in the same order.
    pub(super) fn lock(store: &Path, folder: &Path, waiting: &mut dyn FnMut()) -> Result<Self, ResealError> {
        let mut paths: Vec<_> = USUAL_NAMES.iter().map(|name| folder.join(name)).collect();
        paths.push(folder.join(store.file_name().unwrap_or_default()));
        paths.sort();
        paths.dedup();
        // Whether they exist or not: one that is begun while this works would be under the key that retires.
        let locks = paths.iter().map(|path| {
            WriterLock::acquire(&sibling(path, ".lock"), waiting).map_err(|source| match source.kind() {
                io::ErrorKind::TimedOut => ResealError::Busy { path: path.clone() },
                _ => system("lock", path)(source),
            })
        });
        let locks = locks.collect::<Result<_, _>>()?;
        Ok(Self { paths, _locks: locks })
    }

    /// Whether `path` is a store, not a copy of one.
    pub(super) fn contains(&self, path: &Path) -> bool {
        self.paths.iter().any(|base| base == path)
    }

    /// Whether `path` is the version of a store before its last change.
    pub(super) fn is_previous(&self, path: &Path) -> bool {
        self.paths.iter().any(|base| previous(base) == path)
    }

    /// Removes the drafts of writers that died: nobody else writes now, and they are under the old key.
    pub(super) fn remove_drafts(&self, folder: &Path) -> Result<(), ResealError> {
        let remove = || -> io::Result<()> {
            for entry in fs::read_dir(folder)? {
                let name = entry?.file_name();
                let name = name.to_string_lossy();
                let is_draft = self.paths.iter().filter_map(|base| base.file_name()).any(|base| {
                    name.strip_prefix(&*base.to_string_lossy()).is_some_and(|suffix| {
                        suffix == ".new" || suffix == ".previous.new" || suffix.starts_with(".draft.")
                    })
                });
                if is_draft {
                    remove_if_there(&folder.join(&*name))?;
                }
            }
            Ok(())
        };
        remove().map_err(system("remove drafts in", folder))
    }
}

/// What is in a folder.
pub(super) struct Candidates {
    /// Every regular file of this user, in the order of their names.
    pub(super) paths: Vec<PathBuf>,
    /// What is not opened, each with the reason.
    pub(super) skipped: Vec<String>,
}

/// Looks through `folder`. Drafts of a reseal that died are removed.
pub(super) fn candidates(folder: &Path) -> Result<Candidates, ResealError> {
    let list = || -> io::Result<Candidates> {
        let (mut found, mut skipped) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let metadata = match path.symlink_metadata() {
                Ok(metadata) => metadata,
                // A draft of fnox that took another name.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            if let Some(reason) = not_ours(&metadata) {
                skipped.push(format!("{} ({reason})", path.display()));
                continue;
            }
            if path.as_os_str().to_string_lossy().ends_with(DRAFT_SUFFIX) {
                remove_if_there(&path)?;
                continue;
            }
            found.push(path);
        }
        found.sort();
        skipped.sort();
        Ok(Candidates { paths: found, skipped })
    };
    list().map_err(system("look through", folder))
}

/// Why a file is not opened.
fn not_ours(metadata: &fs::Metadata) -> Option<String> {
    if metadata.is_dir() {
        Some("a folder".to_owned())
    } else if metadata.is_symlink() {
        Some("a link".to_owned())
    } else if !metadata.is_file() {
        Some("no regular file".to_owned())
    } else if metadata.uid() != geteuid().as_raw() {
        Some(format!("of another user: {}", metadata.uid()))
    } else if metadata.len() > FILE_MAX {
        Some("larger than any store".to_owned())
    } else {
        None
    }
}

/// What is in the file and what kind of file it is; `None` when it is neither kind, or gone.
pub(super) fn read(path: &Path) -> Result<Option<(Secret, Kind)>, ResealError> {
    let read = || -> io::Result<Option<Secret>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match open(path, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut content = Secret::new(Vec::new());
        Ok(read_capped(file, FILE_MAX, &mut content)?.then_some(content))
    };
    let Some(content) = read().map_err(system("read", path))? else { return Ok(None) };
    if content.expose().starts_with(AGE_MAGIC) {
        return Ok(Some((content, Kind::Age)));
    }
    let fnox = fnox_file::Fnox::parse(content.expose()).is_some();
    Ok(fnox.then_some((content, Kind::Fnox)))
}

/// Writes `content` at `draft`, durably, with the mode that `path` has.
pub(super) fn write_draft(path: &Path, draft: &Path, content: &Secret) -> Result<(), ResealError> {
    let write = || -> io::Result<()> {
        remove_if_there(draft)?;
        let mode = path.symlink_metadata()?.permissions().mode() & 0o7777;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(draft)?;
        file.write_all(content.expose())?;
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.sync_all()
    };
    write().map_err(|error| {
        let _ = fs::remove_file(draft);
        system("write", draft)(error)
    })
}

/// Puts the draft in the place of `path`, unless that is no longer what `before` is; `false` then.
pub(super) fn put_in_place(draft: &Path, path: &Path, before: &Secret) -> Result<bool, ResealError> {
    if read(path)?.is_none_or(|(present, _)| present != *before) {
        let _ = fs::remove_file(draft);
        return Ok(false);
    }
    let put = || -> io::Result<()> {
        fs::rename(draft, path)?;
        File::open(folder_of(path))?.sync_all()
    };
    put().map_err(system("put in place", path))?;
    Ok(true)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
