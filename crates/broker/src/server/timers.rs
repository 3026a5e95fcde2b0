//! Time limits of connections: a heap with at most one entry for each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// Entries are looked at when they are due; a connection that has moved its deadline is entered again then.
#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, usize, u64)>>,
}

impl Timers {
    /// Looks at the connection `index` with this `id` again at `at`.
    pub(super) fn set(&mut self, at: Instant, index: usize, id: u64) {
        self.heap.push(Reverse((at, index, id)));
    }

    /// The next moment at which something is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, ..))| *at)
    }

    /// Takes one entry that is due.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<(usize, u64)> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, index, id))| (index, id))
    }
}
