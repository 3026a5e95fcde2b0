//! What the judgement has to know about the host and the engine; asked for by name, answered by the edge.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::wish::Mount;

/// What tells one file from another, whatever its name: device and inode number.
pub type Identity = (u64, u64);

/// A path with every link in it followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Without links and dots. What does not exist yet keeps its last components.
    pub path: PathBuf,
    /// Of the place itself; none when it does not exist.
    pub identity: Option<Identity>,
    /// Of the place and of each directory above it.
    pub chain: Vec<Identity>,
    /// Whether it is a socket.
    pub socket: bool,
}

/// A volume that the engine has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExistingVolume {
    /// Its driver.
    pub driver: String,
    /// The options it was made with.
    pub options: BTreeMap<String, String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// A network that the engine has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExistingNetwork {
    /// Its full name, whatever abbreviation it was asked for by.
    pub name: String,
    /// Its driver.
    pub driver: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// A container that the engine has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExistingContainer {
    /// Its full name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its binds and volumes, as another container gets them with `--volumes-from`.
    pub mounts: Vec<Mount>,
}

/// The host and the engine. An error is a sentence; the judgement then refuses.
pub trait World {
    /// Follows every link of an absolute path.
    fn resolve(&self, path: &Path) -> Result<Place, String>;
    /// The volume of this name.
    fn volume(&self, name: &str) -> Result<Option<ExistingVolume>, String>;
    /// The network of this name, identifier or abbreviated identifier.
    fn network(&self, name: &str) -> Result<Option<ExistingNetwork>, String>;
    /// The container of this name, identifier or abbreviated identifier.
    fn container(&self, name: &str) -> Result<Option<ExistingContainer>, String>;
    /// The directories of the host that running containers can write, each with the container's name.
    fn writable_by_running(&self) -> Result<Vec<(String, PathBuf)>, String>;
    /// The labels of a local image.
    fn image_labels(&self, image: &str) -> Result<Option<BTreeMap<String, String>>, String>;
}
