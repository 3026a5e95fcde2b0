//! The vault's container: built, made with exactly the settings that it needs, replaced when they change, never
//! losing its volume.
//!
//! - [`settings`]: what the container is made with; [`world`] finds out what of that depends on the instance
//! - [`up`], [`down`], [`status`]: its life; [`image`] builds what it is made of
//! - [`adopt`]: a container that was made by somebody else
//!
//! It is known by the id that the engine gave it when it was made. Its names, all of which the launch gate keeps from
//! projects, are only how the engine tells it from others.

pub mod adopt;
pub mod down;
pub mod image;
pub mod resources;
pub mod settings;
pub mod status;
pub mod up;
pub mod world;

/// The name of the container, of its volume and of its network. Docker takes none that begins with `_`.
pub const NAME: &str = "remo-vault";

/// The name of a container that is being made, until it takes the place of the one before.
pub const NEXT: &str = "remo-vault-next";

/// The image that the container is made of.
pub const IMAGE: &str = "remo-vault:latest";
