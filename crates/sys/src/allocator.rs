//! A global allocator that wipes every block when it is freed.
//!
//! A [`Secret`](https://docs.rs/zeroize) type wipes the buffer that it owns. Values also pass through buffers
//! that others own: a decoder's scratch space, a vector that moved while it grew, a formatting buffer inside
//! a library. Wiping at the allocator covers them all, whatever code freed them.

use std::alloc::{GlobalAlloc, Layout, System};

/// The system allocator, with every block wiped before it is given back.
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: remo_sys::WipingAllocator = remo_sys::WipingAllocator;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct WipingAllocator;

// SAFETY: every method hands its arguments to `System` unchanged, so `System`'s guarantees are ours. The one
// addition writes zeros over a block that the caller gives up and that is still valid for `layout.size()`
// bytes. `realloc` is not overridden: the provided method allocates, copies and calls our `dealloc`, so a
// block that moves is wiped too.
unsafe impl GlobalAlloc for WipingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract is the same as ours.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract is the same as ours.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: `block` is a live block of `layout.size()` bytes that nobody else uses any more.
        // `explicit_bzero` is the libc's memset that a compiler may not remove before a free.
        unsafe { libc::explicit_bzero(block.cast(), layout.size()) };
        // SAFETY: the caller's contract is the same as ours.
        unsafe { System.dealloc(block, layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_moves_keeps_its_content() {
        let layout = Layout::from_size_align(64, 8).unwrap();
        // SAFETY: the layout is not empty.
        let block = unsafe { WipingAllocator.alloc(layout) };
        assert!(!block.is_null());
        // SAFETY: the block is 64 bytes long.
        unsafe { block.write_bytes(0xA5, 64) };
        // SAFETY: the block is live and of this layout; the new size is not zero.
        let moved = unsafe { WipingAllocator.realloc(block, layout, 1024 * 1024) };
        // SAFETY: the first 64 bytes were copied.
        let kept = unsafe { std::slice::from_raw_parts(moved, 64) };
        assert!(kept.iter().all(|byte| *byte == 0xA5));
        // SAFETY: the block is live, and this is the layout it has now.
        unsafe { WipingAllocator.dealloc(moved, Layout::from_size_align(1024 * 1024, 8).unwrap()) };
    }
}
