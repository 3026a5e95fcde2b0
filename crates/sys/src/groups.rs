//! Group names, as the system's own lookup knows them.

use std::ffi::CString;

/// Room for the members of one group; larger groups are reported as unknown.
const BUFFER: usize = 64 * 1024;

/// The number of a group, or `None` when there is no such group.
pub fn group_id(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    let mut buffer = vec![0; BUFFER];
    let mut found = std::ptr::null_mut();
    let mut entry = std::mem::MaybeUninit::<libc::group>::uninit();
    // SAFETY: every pointer is valid for the call; the buffer's true length is passed; `entry` is read only
    // through `found`, which the call sets to it on success and to null otherwise.
    let status = unsafe {
        libc::getgrnam_r(
            name.as_ptr(),
            entry.as_mut_ptr(),
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            &raw mut found,
        )
    };
    if status != 0 || found.is_null() {
        return None;
    }
    // SAFETY: `found` points to `entry`, which the successful call filled; the buffer it refers to lives.
    Some(unsafe { (*found).gr_gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_known_and_an_invented_group_is_not() {
        assert_eq!(group_id("root"), Some(0));
        assert_eq!(group_id("no-such-group-here"), None);
        assert_eq!(group_id("with\0nul"), None);
    }
}
