//! The vault key and the ladder it stands on.
//!
//! The key is one age X25519 identity. What uses it finds it unsealed, in a file of mode 0600 in memory-backed
//! storage, and knows nothing of how it got there. While the instance is off it is sealed:
//!
//! - [`tier`]: the steps of the ladder, and the public record of the one in force
//! - [`creds`]: sealing and opening with systemd credentials
//! - [`sealed_dir`]: the sealed key on the disk
//! - [`runtime_dir`]: the unsealed key in memory-backed storage
//! - [`ladder`]: making, sealing and unsealing the key
//! - [`rotation`]: another key in its place
//!
//! [`VaultKey`] itself is the same on every step.

mod atomic;
pub mod creds;
mod error;
pub mod ladder;
mod ladder_error;
pub mod rotation;
pub mod runtime_dir;
pub mod sealed_dir;
pub mod tier;
mod vault_key;

pub use error::{KeyError, USUAL_KEY_FILE};
pub use ladder_error::LadderError;
pub use vault_key::VaultKey;
