//! What an attack is, and what came of it.

use crate::world::World;

/// From where an attack is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    /// The remote user of a project's container.
    User,
    /// Root in a project's container, without further capabilities.
    Root,
    /// First the one, then the other.
    Both,
    /// Root in a further service of a project's Compose file, which has the whole folder of the project.
    Service,
    /// What stands in the repository: written by a container, or cloned.
    Repository,
    /// Another program that a person uses beside the product.
    Tooling,
}

impl Whom {
    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::User => "remote user",
            Self::Root => "root in the container",
            Self::Both => "remote user, root",
            Self::Service => "root in a further service",
            Self::Repository => "the repository",
            Self::Tooling => "an editor's tooling",
        }
    }
}

/// One attack. It panics when it succeeds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attack {
    /// Theme and name.
    pub(crate) name: &'static str,
    /// As whom.
    pub(crate) whom: Whom,
    /// What is tried, in words.
    pub(crate) what: &'static str,
    /// Tries it.
    pub(crate) run: fn(&World) -> Outcome,
}

/// What came of an attack that failed, in words that are the same in each run.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What happened.
    pub(crate) happened: String,
    /// The line of the audit log, or the message that somebody saw; empty where the kernel alone refuses.
    pub(crate) record: String,
}

/// A line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    /// The attack.
    pub(crate) attack: Attack,
    /// What came of it.
    pub(crate) outcome: Outcome,
}

/// What happened, and what is on record of it.
pub(crate) fn outcome(happened: &str, record: impl Into<String>) -> Outcome {
    Outcome { happened: happened.to_owned(), record: record.into() }
}

/// Makes the list of a theme's attacks: name of the function, as whom, and what it tries.
macro_rules! attacks {
    ($($name:ident, $whom:ident, $what:literal;)+) => {
        /// The attacks of this theme.
        pub(crate) const ALL: &[$crate::attack::Attack] = &[$($crate::attack::Attack {
            name: {
                const NAME: &str = concat!(module_path!(), "::", stringify!($name));
                // Without the name of the program in front.
                NAME.split_at("hostile::".len()).1
            },
            whom: $crate::attack::Whom::$whom,
            what: $what,
            run: $name,
        }),+];
    };
}

pub(crate) use attacks;
