//! What can be asked of Docker, in the words of the gate, wherever it was asked: on a command line, in a
//! Compose file, or by a container that exists already.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// A namespace that a container can share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    /// Processes.
    Process,
    /// Shared memory and queues.
    Ipc,
    /// Host name.
    Uts,
    /// Users.
    User,
    /// Control groups.
    Cgroup,
}

impl Namespace {
    /// The option's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Process => "pid",
            Self::Ipc => "ipc",
            Self::Uts => "uts",
            Self::User => "userns",
            Self::Cgroup => "cgroupns",
        }
    }
}

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountKind {
    /// A path of the host. As written until it is judged, resolved from then on.
    Bind(PathBuf),
    /// A volume; without a name, a new one of the container's own.
    Volume {
        /// Its name.
        name: Option<String>,
        /// Its driver, when one is asked for.
        driver: Option<String>,
        /// Options of the driver.
        options: BTreeMap<String, String>,
    },
    /// Memory.
    Tmpfs,
    /// The files of an image, for reading.
    Image(String),
}

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// What.
    pub kind: MountKind,
    /// Where in the container.
    pub target: String,
    /// Whether it cannot be written.
    pub read_only: bool,
    /// Everything else that was asked of it, as `key` or `key=value`.
    pub options: Vec<String>,
}

/// A place that is read on the host while an image is built or a container is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The directory that is sent to the builder.
    Context,
    /// The file with the steps of a build.
    Dockerfile,
    /// A secret for the builder, a key socket, or a file with variables.
    Private,
    /// A Compose file.
    Compose,
}

/// One thing that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A mount.
    Mount(Mount),
    /// All privileges.
    Privileged,
    /// A capability, as written.
    Capability(String),
    /// A device, `host:container:permissions`.
    Device(String),
    /// A namespace of the host or of another container; the value as written.
    Namespace(Namespace, String),
    /// A security option, as written.
    Security(String),
    /// A published port, `[address:]host:container/protocol`.
    Publish(String),
    /// A network, with the options that are given to its driver for this container.
    Network {
        /// Its name, identifier or mode.
        name: String,
        /// Options for the driver.
        options: Vec<String>,
    },
    /// All mounts of another container.
    VolumesFrom(String),
    /// A legacy link to another container.
    Link(String),
    /// A label of a container.
    Label {
        /// Its name.
        key: String,
        /// Its value.
        value: String,
    },
    /// A label of an image that is built.
    ImageLabel(String),
    /// An environment variable whose value is taken from the host.
    HostVariable(String),
    /// A place that is read.
    Read(Reading, PathBuf),
    /// A name for an image.
    Tag(String),
    /// The name of a container.
    ContainerName(String),
    /// The name of a Compose project.
    ComposeProject(String),
    /// A volume by itself, not mounted by anything yet.
    Volume {
        /// Its name.
        name: String,
        /// Its driver.
        driver: Option<String>,
        /// Options of the driver.
        options: BTreeMap<String, String>,
    },
    /// A driver of a network that is made, with its options.
    NetworkDriver {
        /// Its name.
        driver: String,
        /// Options of the driver.
        options: Vec<String>,
    },
    /// An existing container that is named for some purpose; only the project's own may be.
    OwnContainer(String),
    /// The engine starts the container again by itself, opening every mount anew; the policy as written.
    Restarts(String),
    /// Further containers are made with the mounts of this one while it may run already.
    Repeats,
    /// Addresses of a network that is made: `subnet`, `gateway`, `ip_range` or `aux_addresses`, and the address.
    Addresses(&'static str, String),
    /// Something that can be approved as it is written: the kind of the grant, the value, what it means.
    Approvable(&'static str, String, &'static str),
    /// Something that is never done, with the reason.
    Forbidden(String),
}

/// A wish and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What is asked for.
    pub wish: Wish,
    /// The option or key, for messages.
    pub origin: String,
    /// Which option of the command line it belongs to, so that a resolved path can be put in its place.
    pub slot: Option<usize>,
    /// Which of the things that one command makes it belongs to: `services.NAME`, `volumes.NAME`, `secrets.NAME`,
    /// `container NAME`. None where it makes one container only.
    pub part: Option<String>,
}

impl Asked {
    /// A wish out of `origin`.
    pub fn new(wish: Wish, origin: impl Into<String>) -> Self {
        Self { wish, origin: origin.into(), slot: None, part: None }
    }

    /// A wish of the option with this number.
    pub fn at(wish: Wish, origin: impl Into<String>, slot: usize) -> Self {
        Self { wish, origin: origin.into(), slot: Some(slot), part: None }
    }
}
