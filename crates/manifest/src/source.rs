//! From byte offsets to lines and columns.

/// The line starts of a text.
pub(crate) struct Lines<'s> {
    source: &'s str,
    starts: Vec<usize>,
}

impl<'s> Lines<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        let starts = std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { source, starts }
    }

    /// Line of the byte at `offset`, from 1. An offset beyond the end is on the last line.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    /// Column of the byte at `offset`, in characters from 1.
    pub(crate) fn column(&self, offset: usize) -> u32 {
        let start = self.starts.iter().rev().find(|start| **start <= offset).copied().unwrap_or(0);
        let characters =
            self.source.char_indices().skip_while(|(at, _)| *at < start).take_while(|(at, _)| *at < offset);
        u32::try_from(characters.count() + 1).unwrap_or(u32::MAX)
    }
}
