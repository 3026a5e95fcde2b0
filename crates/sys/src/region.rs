//! Memory for secrets: its own mapping, locked and left out of core dumps.

use std::io;
use std::ptr::NonNull;
use std::slice;

/// What the kernel granted for a [`ProtectedRegion`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    /// The pages cannot be swapped out (`mlock`).
    pub locked: bool,
    /// The pages are left out of core dumps (`MADV_DONTDUMP`).
    pub undumped: bool,
}

/// Zeroed memory in a mapping of its own, wiped before it is unmapped.
///
/// The pages are also `MADV_WIPEONFORK`, so that a forked child never holds them.
#[derive(Debug)]
pub struct ProtectedRegion {
    start: NonNull<u8>,
    length: usize,
    protection: Protection,
}

// SAFETY: the region owns its mapping exclusively; nothing about it is tied to a thread.
unsafe impl Send for ProtectedRegion {}
// SAFETY: shared access only reads, and writing needs `&mut`.
unsafe impl Sync for ProtectedRegion {}

impl ProtectedRegion {
    /// Maps at least `length` bytes, all zero. Protection that the kernel refuses is reported, not fatal.
    pub fn new(length: usize) -> io::Result<Self> {
        let length = length.max(1);
        // SAFETY: a new private anonymous mapping; no existing memory is touched.
        let address = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if address == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start =
            NonNull::new(address.cast()).ok_or_else(|| io::Error::other("mapping at address zero"))?;
        // SAFETY: the range is the mapping just made.
        let locked = unsafe { libc::mlock(address, length) } == 0;
        // SAFETY: the range is the mapping just made; the advice changes what a dump or a fork copies only.
        let undumped = unsafe { libc::madvise(address, length, libc::MADV_DONTDUMP) } == 0;
        // SAFETY: as above. A kernel before 4.14 refuses it, which loses nothing: the broker does not fork.
        unsafe { libc::madvise(address, length, libc::MADV_WIPEONFORK) };
        Ok(Self { start, length, protection: Protection { locked, undumped } })
    }

    /// What the kernel granted.
    pub fn protection(&self) -> Protection {
        self.protection
    }

    /// The bytes.
    pub fn expose(&self) -> &[u8] {
        // SAFETY: the mapping is readable, initialised (zeroed by the kernel), `length` long, and lives as
        // long as `self`; `&self` excludes writers.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    /// The bytes, to write.
    pub fn expose_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `expose`, and `&mut self` excludes every other access.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }

    /// Writes zeros over the first `length` bytes.
    pub fn wipe_prefix(&mut self, length: usize) {
        let length = length.min(self.length);
        // SAFETY: the range lies inside the mapping, which `&mut self` owns.
        unsafe { libc::explicit_bzero(self.start.as_ptr().cast(), length) };
    }
}

impl Drop for ProtectedRegion {
    fn drop(&mut self) {
        self.wipe_prefix(self.length);
        // SAFETY: the mapping was made by `new` with this length, and nothing refers to it after `drop`.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_zeroed_writable_and_wiped_on_demand() {
        let mut region = ProtectedRegion::new(10_000).unwrap();
        assert!(region.expose().iter().all(|byte| *byte == 0));
        region.expose_mut()[..4].copy_from_slice(b"trip");
        region.wipe_prefix(2);
        assert_eq!(&region.expose()[..4], b"\0\0ip");
        assert!(region.protection().undumped);
    }
}
