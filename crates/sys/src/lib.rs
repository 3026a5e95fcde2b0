//! System calls that safe crates do not carry. This is the only crate with unsafe code; each block says why
//! it is sound.
//!
//! - [`WipingAllocator`]: wipes every heap block when it is freed
//! - [`ProtectedRegion`]: memory that stays out of swap and core dumps where the kernel allows
//! - [`wipe`]: zeros over a buffer
//! - [`peer_credentials`]: who is at the other end of a socket
//! - [`dumps`]: keeps the whole process out of core dumps
//! - [`group_id`]: the number of a group by its name
//! - [`inherited`]: descriptors that whoever started this process passed
//! - [`has_writer`]: whether somebody has a file open for writing
//! - [`end_with_parent`]: programs that end with the one that started them
//! - [`in_own_session`]: programs that have nothing to do with it any more

mod allocator;
pub mod dumps;
mod groups;
pub mod inherited;
mod lease;
mod parent;
mod peer;
mod region;

pub use allocator::WipingAllocator;
pub use groups::group_id;
pub use lease::has_writer;
pub use parent::{end_with_parent, in_own_session};
pub use peer::{PeerCredentials, peer_credentials};
pub use region::{ProtectedRegion, Protection};

/// Writes zeros over `bytes`; a compiler may not leave it out.
pub fn wipe(bytes: &mut [u8]) {
    // SAFETY: the range is exactly the exclusive slice.
    unsafe { libc::explicit_bzero(bytes.as_mut_ptr().cast(), bytes.len()) };
}
