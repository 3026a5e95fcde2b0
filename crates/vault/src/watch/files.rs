//! Changes of the files that matter, however they are written.
//!
//! The watch is on the folder, not on the file: editors and the store itself put a new file in place, which a
//! watch on the old inode would miss. While a folder is not there, the nearest folder above it is watched
//! instead. What inotify cannot tell (a folder further up that is renamed, a file system without events) is
//! found by a look at the files every [`CHECK_INTERVAL`].

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf, absolute};
use std::time::Duration;

use inotify::{Event, EventMask, Inotify, WatchDescriptor, WatchMask};
use log::warn;
use rustix::fs::OFlags;
use rustix::io::Errno;

/// How often to look at the files even though nothing was reported.
pub(super) const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// Room for the events of one read; more come with the next read.
const EVENTS_BUFFER: usize = 8 * 1024;

/// How often a watch is moved to a folder that appeared in the meantime, in one go; the regular check goes on.
const ARM_ATTEMPTS: usize = 8;

/// How long a file must have been left alone to count as whole where the system does not tell of writers.
const SETTLED: Duration = Duration::from_secs(2);

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Store,
    Broker,
}

/// Which files have changed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Changed {
    /// One that the source is read from.
    pub(super) store: bool,
    /// The broker's socket.
    pub(super) broker: bool,
}

impl Changed {
    fn note(&mut self, role: Role) {
        match role {
            Role::Store => self.store = true,
            Role::Broker => self.broker = true,
        }
    }

    fn all() -> Self {
        Self { store: true, broker: true }
    }
}

/// A name to look out for in a watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    role: Role,
    name: OsString,
    /// Whether the name is the file itself, not a folder on the way to it.
    is_file: bool,
}

/// What tells one state of a file from another.
type Fingerprint = Option<(u64, u64, u64, i64, i64, i64, i64)>;

/// What the store was like at one moment.
#[derive(Debug)]
pub(super) struct Calm {
    writer: bool,
    fingerprints: Vec<Fingerprint>,
}

/// Watches over the store's files and the broker's socket.
#[derive(Debug)]
pub(super) struct FileWatch {
    inotify: Inotify,
    store_files: Vec<PathBuf>,
    socket: PathBuf,
    places: HashMap<WatchDescriptor, Vec<Place>>,
    fingerprints: Vec<Fingerprint>,
    /// Whether it was said that a folder cannot be watched.
    warned: bool,
    /// Whether the store was written and the writer has it open still, as far as events tell. Counts only where
    /// the system does not tell of writers.
    being_written: bool,
}

impl FileWatch {
    pub(super) fn new(store_files: &[PathBuf], socket: &Path) -> io::Result<Self> {
        let mut watch = Self {
            inotify: Inotify::init()?,
            store_files: store_files.iter().map(absolute).collect::<io::Result<_>>()?,
            socket: absolute(socket)?,
            places: HashMap::new(),
            fingerprints: Vec::new(),
            warned: false,
            being_written: false,
        };
        watch.arm();
        watch.fingerprints = watch.look();
        Ok(watch)
    }

    /// Takes all events that have arrived.
    pub(super) fn take_events(&mut self) -> io::Result<Changed> {
        let mut changed = Changed::default();
        let mut moved = false;
        let mut buffer = [0; EVENTS_BUFFER];
        loop {
            match self.inotify.read_events(&mut buffer) {
                Ok(events) => {
                    for event in events {
                        moved |= judge(&event, &self.places, &mut changed);
                        self.note_writing(&event);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if moved {
            self.arm();
        }
        if changed.store {
            self.fingerprints = self.look();
        }
        Ok(changed)
    }

    /// What the store is like before it is read.
    pub(super) fn before_reading(&self) -> Calm {
        Calm { writer: self.has_writer(), fingerprints: self.look() }
    }

    /// Whether what was read since `before` may be a piece of what somebody is writing in place.
    pub(super) fn may_be_partial(&self, before: &Calm) -> bool {
        before.writer || self.has_writer() || self.look() != before.fingerprints
    }

    /// Whether somebody has the store open for writing. Where the system does not say so (another owner, a file
    /// system without leases), whether events tell of it, or the last change is too fresh to be sure.
    fn has_writer(&self) -> bool {
        let Some(store) = self.store_files.first() else { return false };
        let no_block = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
        let opened = fs::OpenOptions::new().read(true).custom_flags(no_block).open(store);
        match opened.as_ref().ok().map(remo_sys::has_writer) {
            Some(Ok(writer)) => writer,
            _ => self.being_written || opened.is_ok_and(|file| is_fresh(&file)),
        }
    }

    fn note_writing(&mut self, event: &Event<&std::ffi::OsStr>) {
        let Some(store) = self.store_files.first() else { return };
        if event.name.is_some() && event.name == store.file_name() {
            // Everything else (a mode, an owner, somebody who reads) says nothing about the writer.
            if event.mask.contains(EventMask::MODIFY) {
                self.being_written = true;
            } else if event.mask.intersects(WRITING_ENDED) {
                self.being_written = false;
            }
        } else if event.mask.intersects(FOLDER_GONE) || event.mask.contains(EventMask::Q_OVERFLOW) {
            self.being_written = false;
        }
    }

    /// Looks at the files themselves.
    pub(super) fn check(&mut self) -> Changed {
        let moved = self.arm();
        let fingerprints = self.look();
        let store = fingerprints != self.fingerprints;
        self.fingerprints = fingerprints;
        Changed { store: store || moved, broker: moved }
    }

    /// Puts the watches where the files are now; whether that is elsewhere than before.
    fn arm(&mut self) -> bool {
        let mut moved = false;
        for _ in 0..ARM_ATTEMPTS {
            let mut places = HashMap::new();
            for (folder, wanted) in self.wanted() {
                let mask = if wanted.iter().any(|place| place.is_file) { FILE_EVENTS } else { FOLDER_EVENTS };
                match self.inotify.watches().add(&folder, mask) {
                    Ok(descriptor) => {
                        places.insert(descriptor, wanted);
                    }
                    // It has gone since: the next look finds what is there then.
                    Err(error)
                        if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                    }
                    // Not to be read, or no watch to be had: the regular look has to do.
                    Err(error) => self.warn_once(&folder, &error),
                }
            }
            if places == self.places {
                break;
            }
            moved = true;
            let before = std::mem::replace(&mut self.places, places);
            for descriptor in before.into_keys().filter(|descriptor| !self.places.contains_key(descriptor)) {
                // Fails for a folder that was removed: its watch has gone with it.
                let _ = self.inotify.watches().remove(descriptor);
            }
        }
        moved
    }

    fn warn_once(&mut self, folder: &Path, error: &io::Error) {
        if self.warned {
            return;
        }
        self.warned = true;
        let seconds = CHECK_INTERVAL.as_secs();
        warn!("cannot watch {}: {error}; looking every {seconds} s instead", folder.display());
        if error.raw_os_error() == Some(Errno::NOSPC.raw_os_error()) {
            warn!("hint: raise the limit: sysctl fs.inotify.max_user_watches=524288");
        }
    }

    /// The folders to watch, and the names to look out for in each.
    fn wanted(&self) -> BTreeMap<PathBuf, Vec<Place>> {
        let mut wanted = BTreeMap::<_, Vec<_>>::new();
        let socket_target = fs::read_link(&self.socket)
            .ok()
            .map(|target| self.socket.parent().map_or_else(|| target.clone(), |folder| folder.join(&target)));
        let files = self.store_files.iter().map(|file| (Role::Store, file));
        let sockets = std::iter::once(&self.socket).chain(&socket_target).map(|path| (Role::Broker, path));
        for (role, path) in files.chain(sockets) {
            // Of two paths to one folder the canonical one is the same, and so is the inotify watch.
            let nearest = path.ancestors().skip(1).find_map(|folder| {
                fs::canonicalize(folder).ok().filter(|real| real.is_dir()).map(|real| (folder, real))
            });
            let Some((folder, real)) = nearest else { continue };
            let Some(name) = path.strip_prefix(folder).ok().and_then(|rest| rest.components().next()) else {
                continue;
            };
            let is_file = path.parent() == Some(folder);
            wanted.entry(real).or_default().push(Place { role, name: name.as_os_str().to_owned(), is_file });
        }
        wanted
    }

    fn look(&self) -> Vec<Fingerprint> {
        let fingerprint = |file: &PathBuf| {
            let metadata = fs::symlink_metadata(file).ok()?;
            Some((
                metadata.dev(),
                metadata.ino(),
                metadata.size(),
                metadata.mtime(),
                metadata.mtime_nsec(),
                metadata.ctime(),
                metadata.ctime_nsec(),
            ))
        };
        self.store_files.iter().map(fingerprint).collect()
    }
}

impl AsFd for FileWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}

/// Events of the folder itself: after these the watch belongs elsewhere.
const FOLDER_GONE: EventMask =
    EventMask::DELETE_SELF.union(EventMask::MOVE_SELF).union(EventMask::UNMOUNT).union(EventMask::IGNORED);

/// After these nobody writes what is in the file's place.
const WRITING_ENDED: EventMask =
    EventMask::CLOSE_WRITE.union(EventMask::MOVED_TO).union(EventMask::MOVED_FROM).union(EventMask::DELETE);

/// What is asked for in a folder on the way to a file.
const FOLDER_EVENTS: WatchMask = WatchMask::CREATE
    .union(WatchMask::MOVED_TO)
    .union(WatchMask::DELETE_SELF)
    .union(WatchMask::MOVE_SELF)
    .union(WatchMask::ONLYDIR);

/// What is asked for in the folder of a file. ATTRIB: a file that was refused for its mode may be right now.
const FILE_EVENTS: WatchMask = FOLDER_EVENTS
    .union(WatchMask::MODIFY)
    .union(WatchMask::CLOSE_WRITE)
    .union(WatchMask::ATTRIB)
    .union(WatchMask::MOVED_FROM)
    .union(WatchMask::DELETE);

/// Whether `file` was changed within [`SETTLED`]. A time that lies ahead (a clock that was set) counts as old.
fn is_fresh(file: &fs::File) -> bool {
    let changed = file.metadata().and_then(|metadata| metadata.modified());
    changed.is_ok_and(|at| at.elapsed().is_ok_and(|age| age < SETTLED))
}

/// Notes what `event` says; whether watches have to move.
fn judge(
    event: &Event<&std::ffi::OsStr>,
    places: &HashMap<WatchDescriptor, Vec<Place>>,
    changed: &mut Changed,
) -> bool {
    if event.mask.contains(EventMask::Q_OVERFLOW) {
        *changed = Changed::all();
        return true;
    }
    let Some(places) = places.get(&event.wd) else { return false };
    if event.mask.intersects(FOLDER_GONE) {
        for place in places {
            changed.note(place.role);
        }
        return true;
    }
    let mut moved = false;
    for place in places.iter().filter(|place| event.name == Some(place.name.as_os_str())) {
        changed.note(place.role);
        moved |= !place.is_file || place.role == Role::Broker;
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_regular_look_finds_what_no_event_told() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        fs::write(&store, "one").unwrap();
        let mut watch = FileWatch::new(std::slice::from_ref(&store), &folder.path().join("socket")).unwrap();
        assert_eq!(watch.check(), Changed::default());
        // The events are there, but nobody takes them.
        fs::write(&store, "another").unwrap();
        assert_eq!(watch.check(), Changed { store: true, broker: false });
        assert_eq!(watch.check(), Changed::default());
        fs::remove_file(&store).unwrap();
        assert_eq!(watch.check(), Changed { store: true, broker: false });
    }
}
