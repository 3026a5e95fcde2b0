//! Variables that a manifest may not set, and why.
//!
//! A value comes from the vault, but the *name* of the variable comes from a file that untrusted code writes.
//! A token in `BASH_ENV` or `LD_PRELOAD` is not a credential any more but an instruction to some program.

use std::fmt;

pub use reserved::{RESERVED, Reserved};

mod reserved;

/// The longest name of a variable, in bytes; as long as the longest secret name.
pub const NAME_MAX: usize = remo_wire::names::SECRET_NAME_MAX;

/// Why a name cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameFault {
    /// It is no POSIX identifier, or longer than [`NAME_MAX`].
    NotAnIdentifier,
    /// It makes programs do something.
    Reserved(&'static Reserved),
}

impl fmt::Display for NameFault {
    /// Continues a sentence that begins with the name.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnIdentifier => write!(
                formatter,
                "is no name of a variable: it has 1 to {NAME_MAX} characters out of A-Z, a-z, 0-9 and _, and does not begin with a digit"
            ),
            Self::Reserved(reserved) => write!(formatter, "is a reserved variable: {}", reserved.reason),
        }
    }
}

/// Checks the name of a variable.
pub fn check(name: &str) -> Result<(), NameFault> {
    let identifier = name.len() <= NAME_MAX
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !identifier {
        return Err(NameFault::NotAnIdentifier);
    }
    reserved(name).map_or(Ok(()), |entry| Err(NameFault::Reserved(entry)))
}

/// The entry that reserves `name`, if one does. Upper and lower case are alike: programs such as curl and npm
/// read both, and no credential needs the difference.
pub fn reserved(name: &str) -> Option<&'static Reserved> {
    let upper = name.to_ascii_uppercase();
    RESERVED.iter().find(|entry| entry.covers(&upper))
}

#[cfg(test)]
mod tests;
