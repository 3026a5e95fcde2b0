//! Which view each container of a project was given last: what the broker itself saw, and no container's word.

use jiff::Timestamp;

/// Containers of one project that are remembered; the one that was quiet longest gives way.
const HOLDERS_MAX: usize = 16;

/// What a container was given last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its id; `None` for processes whose container could not be told.
    pub container: Option<Box<str>>,
    /// The view of its last `fetch`.
    pub view: u64,
    /// When that was.
    pub at: Timestamp,
}

/// The containers of one project.
#[derive(Debug, Default)]
pub struct Holders {
    /// The latest last.
    entries: Vec<Holder>,
}

impl Holders {
    /// Takes note of a `fetch`.
    pub fn note(&mut self, container: Option<&str>, view: u64, at: Timestamp) {
        let known = self.entries.iter().position(|entry| entry.container.as_deref() == container);
        if let Some(mut entry) = known.map(|index| self.entries.remove(index)) {
            entry.view = view;
            entry.at = at;
            return self.entries.push(entry);
        }
        if self.entries.len() >= HOLDERS_MAX {
            self.entries.remove(0);
        }
        self.entries.push(Holder { container: container.map(Into::into), view, at });
    }

    /// What a container was given last.
    pub fn of(&self, container: Option<&str>) -> Option<&Holder> {
        self.entries.iter().find(|entry| entry.container.as_deref() == container)
    }

    /// All of them, the latest last.
    pub fn iter(&self) -> impl Iterator<Item = &Holder> {
        self.entries.iter()
    }
}

/// A connection that watches, and the view that its process was given last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watcher {
    /// The container of the process.
    pub container: Option<Box<str>>,
    /// What it was given.
    pub view: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_view_counts_and_the_number_of_containers_is_bounded() {
        let mut holders = Holders::default();
        let now = Timestamp::UNIX_EPOCH;
        for view in 0..100 {
            holders.note(Some("kept"), view, now);
            holders.note(Some(&format!("passing {view}")), view, now);
        }
        holders.note(None, 7, now);
        assert_eq!(holders.of(Some("kept")).map(|holder| holder.view), Some(99));
        assert_eq!(holders.of(None).map(|holder| holder.view), Some(7));
        assert_eq!(holders.of(Some("passing 0")), None);
        assert_eq!(holders.iter().count(), HOLDERS_MAX);
    }
}
