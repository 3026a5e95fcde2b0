//! Generations and views, which rise over restarts too.
//!
//! Writing a number to the disk with every push would make a push as slow as the disk. Instead a block of
//! numbers is reserved: the file holds a ceiling that is never reached without being raised first, and a
//! start after a crash continues at the ceiling. (The scheme is known as hi/lo.)

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use super::StateDirectory;

/// How many numbers one write reserves.
const BLOCK: u64 = 1024;

/// The file's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct SavedCounters {
    /// Every generation handed out is at most this.
    pub generation_ceiling: u64,
    /// Every view handed out is at most this.
    pub view_ceiling: u64,
    /// Whether the store was emptied on purpose.
    pub cleared: bool,
}

/// The two rising numbers.
#[derive(Debug)]
pub struct Counters {
    generation: u64,
    view: u64,
    /// As it is now; `saved` follows as soon as the disk takes it.
    cleared: bool,
    saved: SavedCounters,
}

impl Counters {
    /// Continues after what is saved. A file that cannot be read is an error: to begin at zero would hand out
    /// numbers a second time.
    pub fn load(directory: &StateDirectory) -> io::Result<Self> {
        let path = directory.path.join("counters.json");
        let saved = match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|_| {
                io::Error::new(io::ErrorKind::InvalidData, format!("{} is damaged", path.display()))
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => SavedCounters::default(),
            Err(error) => return Err(error),
        };
        Ok(Self {
            generation: saved.generation_ceiling,
            view: saved.view_ceiling,
            cleared: saved.cleared,
            saved,
        })
    }

    /// The latest generation.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the store was emptied on purpose.
    pub fn is_cleared(&self) -> bool {
        self.cleared
    }

    /// The next generation and a view for everything that a push changes. Nothing changes when they cannot be saved.
    pub fn next_push(&mut self, directory: &StateDirectory) -> io::Result<(u64, u64)> {
        let next = (self.generation + 1, self.view + 1);
        let reserved = next.0 <= self.saved.generation_ceiling && next.1 <= self.saved.view_ceiling;
        if !reserved || self.saved.cleared {
            self.save(directory, false)?;
        }
        self.cleared = false;
        (self.generation, self.view) = next;
        Ok(next)
    }

    /// The next numbers for a clear, which happens whether or not it can be saved; it is saved later then.
    pub fn next_clear(&mut self, directory: &StateDirectory) -> ((u64, u64), io::Result<()>) {
        self.generation += 1;
        self.view += 1;
        self.cleared = true;
        let saved =
            if self.is_reserved() && self.saved.cleared { Ok(()) } else { self.save(directory, true) };
        ((self.generation, self.view), saved)
    }

    /// Whether the numbers handed out are below what is saved.
    fn is_reserved(&self) -> bool {
        self.generation <= self.saved.generation_ceiling && self.view <= self.saved.view_ceiling
    }

    /// The next view.
    pub fn next_view(&mut self, directory: &StateDirectory) -> io::Result<u64> {
        if self.view + 1 > self.saved.view_ceiling {
            self.save(directory, self.cleared)?;
        }
        self.view += 1;
        Ok(self.view)
    }

    /// Whether a write in an idle moment spares a later push its own, or catches up on what could not be saved.
    pub fn wants_reservation(&self) -> bool {
        let low = |next: u64, ceiling: u64| next + BLOCK / 2 > ceiling;
        low(self.generation, self.saved.generation_ceiling)
            || low(self.view, self.saved.view_ceiling)
            || self.cleared != self.saved.cleared
    }

    /// Reserves the next block.
    pub fn reserve(&mut self, directory: &StateDirectory) -> io::Result<()> {
        self.save(directory, self.cleared)
    }

    /// Saves the exact numbers, so that a clean restart continues without a gap.
    pub fn release(&mut self, directory: &StateDirectory) -> io::Result<()> {
        self.write(
            directory,
            SavedCounters {
                generation_ceiling: self.generation,
                view_ceiling: self.view,
                cleared: self.cleared,
            },
        )
    }

    fn save(&mut self, directory: &StateDirectory, cleared: bool) -> io::Result<()> {
        self.write(
            directory,
            SavedCounters {
                generation_ceiling: self.generation + BLOCK,
                view_ceiling: self.view + BLOCK,
                cleared,
            },
        )
    }

    fn write(&mut self, directory: &StateDirectory, saved: SavedCounters) -> io::Result<()> {
        let text = serde_json::to_vec(&saved)?;
        directory.write_atomically(&directory.path.join("counters.json"), &text)?;
        self.saved = saved;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_over_a_crash_and_without_a_gap_over_a_clean_restart() {
        let folder = tempfile::tempdir().unwrap();
        let directory = StateDirectory::open(folder.path()).unwrap();
        let mut counters = Counters::load(&directory).unwrap();
        assert_eq!(counters.next_push(&directory).unwrap(), (1, 1));
        assert_eq!(counters.next_view(&directory).unwrap(), 2);

        let mut after_crash = Counters::load(&directory).unwrap();
        let ((generation, view), saved) = after_crash.next_clear(&directory);
        saved.unwrap();
        assert!(generation > 1 && view > 2);
        after_crash.release(&directory).unwrap();

        let mut after_restart = Counters::load(&directory).unwrap();
        assert!(after_restart.is_cleared());
        assert_eq!(after_restart.next_push(&directory).unwrap(), (generation + 1, view + 1));
    }

    #[test]
    fn a_ceiling_is_raised_before_it_is_reached() {
        let folder = tempfile::tempdir().unwrap();
        let directory = StateDirectory::open(folder.path()).unwrap();
        let mut counters = Counters::load(&directory).unwrap();
        for _ in 0..3 * BLOCK {
            let (generation, view) = counters.next_push(&directory).unwrap();
            assert!(generation <= counters.saved.generation_ceiling && view <= counters.saved.view_ceiling);
        }
        let continued = Counters::load(&directory).unwrap();
        assert!(continued.generation() >= 3 * BLOCK);
    }

    #[test]
    fn a_clear_that_could_not_be_saved_is_saved_later() {
        let folder = tempfile::tempdir().unwrap();
        let directory = StateDirectory::open(folder.path()).unwrap();
        let mut counters = Counters::load(&directory).unwrap();
        counters.next_push(&directory).unwrap();
        // A directory in the way of the file that is written first.
        let in_the_way = folder.path().join("counters.new");
        fs::create_dir(&in_the_way).unwrap();
        assert!(counters.next_clear(&directory).1.is_err());
        assert!(counters.is_cleared() && counters.wants_reservation());
        fs::remove_dir(&in_the_way).unwrap();
        counters.reserve(&directory).unwrap();
        assert!(Counters::load(&directory).unwrap().is_cleared());
    }

    #[test]
    fn a_damaged_file_is_not_a_fresh_start() {
        let folder = tempfile::tempdir().unwrap();
        let directory = StateDirectory::open(folder.path()).unwrap();
        fs::write(folder.path().join("counters.json"), "{").unwrap();
        assert!(Counters::load(&directory).is_err());
    }
}
