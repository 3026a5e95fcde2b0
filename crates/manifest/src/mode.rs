//! `file_mode`: four octal digits that keep the file its owner's.

use std::fmt;

/// The mode when none is given: readable and writable by the owner only.
pub const DEFAULT: &str = "0600";

const OWNER_READ: u32 = 0o400;
const OTHERS_WRITE: u32 = 0o022;
const SPECIAL: u32 = 0o7000;

/// Why a mode cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModeFault {
    /// It is not four digits from 0 to 7.
    NotOctal,
    /// It has a set-user, set-group or sticky bit.
    Special,
    /// Group or others could write.
    OthersWrite,
    /// The owner could not read.
    OwnerCannotRead,
}

impl ModeFault {
    /// What to write instead.
    pub fn remedy(self) -> String {
        format!("write for example: file_mode = \"{DEFAULT}\"")
    }
}

impl fmt::Display for ModeFault {
    /// Continues a sentence that begins with the mode.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotOctal => "is no mode: a mode is four octal digits",
            Self::Special => "is refused: the first digit must be 0, no set-user, set-group or sticky bit",
            Self::OthersWrite => "is refused: group and others may not write to a secret",
            Self::OwnerCannotRead => "is refused: the owner could not read the file",
        })
    }
}

/// The permission bits of a `file_mode`.
pub fn check(mode: &str) -> Result<u32, ModeFault> {
    let octal = mode.len() == 4 && mode.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    // `from_str_radix` alone would take a sign, and any number of digits.
    let bits = if octal { u32::from_str_radix(mode, 8).ok() } else { None };
    match bits {
        None => Err(ModeFault::NotOctal),
        Some(bits) if bits & SPECIAL != 0 => Err(ModeFault::Special),
        Some(bits) if bits & OTHERS_WRITE != 0 => Err(ModeFault::OthersWrite),
        Some(bits) if bits & OWNER_READ == 0 => Err(ModeFault::OwnerCannotRead),
        Some(bits) => Ok(bits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_keeps_the_file_its_owners() {
        assert_eq!(check(DEFAULT), Ok(0o600));
        assert_eq!(check("0755"), Ok(0o755));
        for mode in ["", "600", "+600", "0o600", "0698", "00600", "rw--"] {
            assert_eq!(check(mode), Err(ModeFault::NotOctal), "{mode}");
        }
        for mode in ["4600", "2600", "1600", "7777"] {
            assert_eq!(check(mode), Err(ModeFault::Special), "{mode}");
        }
        assert_eq!(check("0620"), Err(ModeFault::OthersWrite));
        assert_eq!(check("0602"), Err(ModeFault::OthersWrite));
        assert_eq!(check("0200"), Err(ModeFault::OwnerCannotRead));
        assert_eq!(check("0000"), Err(ModeFault::OwnerCannotRead));
    }
}
