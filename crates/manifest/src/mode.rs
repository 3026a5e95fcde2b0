//! `file_mode`: four octal digits that keep the file its owner's.

/// The mode when none is given: readable and writable by the owner only.
pub(crate) const DEFAULT: &str = "0600";

const OWNER_READ: u32 = 0o400;
const OTHERS_WRITE: u32 = 0o022;
const SPECIAL: u32 = 0o7000;

/// What is wrong with a mode, or nothing.
pub(crate) fn fault(mode: &str) -> Option<&'static str> {
    let octal = mode.len() == 4 && mode.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    let bits = if octal { u32::from_str_radix(mode, 8).ok() } else { None };
    match bits {
        None => Some("a mode is four octal digits"),
        Some(bits) if bits & SPECIAL != 0 => {
            Some("the first digit must be 0: no set-user, set-group or sticky bit")
        }
        Some(bits) if bits & OTHERS_WRITE != 0 => Some("group and others may not write to a secret"),
        Some(bits) if bits & OWNER_READ == 0 => Some("the owner could not read the file"),
        Some(_) => None,
    }
}
