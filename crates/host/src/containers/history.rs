//! One project's history.

use serde::{Deserialize, Serialize};

/// What is remembered of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct History {
    /// The container that was made last.
    pub container: Option<Container>,
    /// Whether a start in a container was ever begun. Never taken back but by deleting the project.
    pub was_in_container: bool,
    /// Whether a person approved that it runs on the host.
    pub host_is_approved: bool,
    /// Digests of `initializeCommand`s that a person approved.
    pub host_commands: Vec<String>,
    /// What the broker has pinned for this name was approved for something that is gone, or was taken back.
    pub pin_is_stale: bool,
    /// Users of containers, beside the owner of the directory, that may fetch.
    pub users: Vec<u32>,
    /// Of the vault only: the digest of the settings that its container was made with; `None` for one that somebody
    /// else made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault_settings: Option<String>,
}

/// A container as it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Its whole id.
    pub id: String,
    /// The user that shells run as.
    pub user: String,
    /// Where the project is in it.
    pub folder: String,
    /// When the engine started it, in the engine's words.
    pub started_at: String,
    /// The project's view right before the start: the environment holds it or a later one.
    pub view: Option<u64>,
    /// The digest of the configuration that it was made with; unknown for those that older versions made.
    #[serde(default)]
    pub configuration: Option<String>,
}

/// Whether `text` is a whole id of a container, and so cannot be a name that another container could take.
pub fn is_container_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_or_a_short_id_is_no_id() {
        assert!(is_container_id(&"0123456789abcdef".repeat(4)));
        for bad in ["", "abc", "web", &"A".repeat(64), &"g".repeat(64), &"a".repeat(65)] {
            assert!(!is_container_id(bad), "{bad}");
        }
    }
}
