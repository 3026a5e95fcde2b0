//! What the vault's container is made with: a pure function of what the instance is like.

use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use super::NAME;

/// The host's folders, users and image that the container depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// The id of the image.
    pub image: String,
    /// Whom the vault key belongs to: the vault's user, never root.
    pub user: u32,
    /// Its group.
    pub group: u32,
    /// The group of the admin socket.
    pub admin_group: u32,
    /// The folder of the admin socket on the host, and nothing else in it.
    pub admin_folder: PathBuf,
    /// The folder of the unsealed key on the host.
    pub key_folder: PathBuf,
    /// The name of the instance, for the message on entry.
    pub instance: String,
}

/// Where the container has the store; the volume.
pub const STORE: &str = "/var/lib/remo-vault";

/// Where the container has the admin socket.
const ADMIN: &str = "/run/remo-broker";

/// Where the container has the key.
const KEY: &str = "/run/remo-vault-key";

/// The home of the vault's user.
pub const HOME: &str = "/home/vault";

/// Processes and threads at once: shells, tools and the watcher; a fork bomb stays in the container.
const PROCESSES: &str = "1024";

/// Memory, with what lies in memory-backed folders. claude takes half a GB.
const MEMORY: &str = "2g";

/// How long the watcher may take to end: ten seconds for wiping a login that it renews, and some.
const STOP_SECONDS: &str = "20";

impl World {
    /// The arguments behind `docker container create`, but for the name.
    pub fn arguments(&self) -> Vec<String> {
        let Self { user, group, .. } = self;
        let bind = |from: &PathBuf, to: &str| {
            // The engine neither makes a source that is missing nor takes a comma for more than one.
            format!("type=bind,source={},target={to},readonly", from.display())
        };
        // `noexec`: nothing that a tool downloads is run. The home belongs to the vault's user alone.
        let memory = |path: &str, mode: &str, size: &str| {
            format!("{path}:rw,nosuid,nodev,noexec,mode={mode},size={size},uid={user},gid={group}")
        };
        let pairs: Vec<(&str, String)> = vec![
            ("--hostname", NAME.to_owned()),
            ("--label", "remo.vault=container".to_owned()),
            ("--user", format!("{user}:{group}")),
            ("--group-add", self.admin_group.to_string()),
            ("--cap-drop", "ALL".to_owned()),
            ("--security-opt", "no-new-privileges".to_owned()),
            ("--pids-limit", PROCESSES.to_owned()),
            ("--memory", MEMORY.to_owned()),
            // As much as the memory: none of it in swap.
            ("--memory-swap", MEMORY.to_owned()),
            ("--ulimit", "core=0:0".to_owned()),
            ("--shm-size", "64m".to_owned()),
            ("--network", NAME.to_owned()),
            ("--restart", "unless-stopped".to_owned()),
            ("--stop-timeout", STOP_SECONDS.to_owned()),
            // What the watcher says: names and times, never a value. Bounded.
            ("--log-driver", "local".to_owned()),
            ("--log-opt", "max-size=1m".to_owned()),
            ("--log-opt", "max-file=3".to_owned()),
            ("--mount", format!("type=volume,source={NAME},target={STORE}")),
            ("--mount", bind(&self.admin_folder, ADMIN)),
            ("--mount", bind(&self.key_folder, KEY)),
            ("--tmpfs", memory(HOME, "0700", "256m")),
            ("--tmpfs", memory("/tmp", "0700", "64m")),
            ("--tmpfs", memory("/run", "0755", "4m")),
            ("--env", format!("REMO_INSTANCE={}", self.instance)),
        ];
        let mut words = vec!["--read-only".to_owned()];
        words.extend(pairs.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]));
        words.push(self.image.clone());
        words
    }

    /// What tells these settings from others.
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for word in self.arguments() {
            digest.update(word.len().to_le_bytes());
            digest.update(word);
        }
        format!("{:x}", digest.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> World {
        World {
            image: "sha256:0".to_owned(),
            user: 1000,
            group: 1001,
            admin_group: 64,
            admin_folder: "/run/remo-broker/admin".into(),
            key_folder: "/run/remo-vault-key".into(),
            instance: "box".to_owned(),
        }
    }

    #[test]
    fn the_container_gets_what_it_needs_and_no_more() {
        let words = world().arguments().join(" ");
        for needed in [
            "--read-only",
            "--cap-drop ALL",
            "--security-opt no-new-privileges",
            "--user 1000:1001 --group-add 64",
            "--ulimit core=0:0",
            "--memory 2g --memory-swap 2g",
            "source=/run/remo-broker/admin,target=/run/remo-broker,readonly",
            "source=/run/remo-vault-key,target=/run/remo-vault-key,readonly",
            "/home/vault:rw,nosuid,nodev,noexec,mode=0700",
            "--network remo-vault",
        ] {
            assert!(words.contains(needed), "{needed}: {words}");
        }
        for not in
            ["docker.sock", "privileged", "cap-add", "--device", "--publish", "source=/run/remo-broker,"]
        {
            assert!(!words.contains(not), "{not}: {words}");
        }
    }

    #[test]
    fn every_setting_counts() {
        let one = world();
        assert_eq!(one.digest(), world().digest());
        for other in [
            World { image: "sha256:1".to_owned(), ..world() },
            World { user: 1001, ..world() },
            World { admin_group: 65, ..world() },
            World { key_folder: "/k".into(), ..world() },
            World { instance: "other".to_owned(), ..world() },
        ] {
            assert_ne!(one.digest(), other.digest(), "{other:?}");
        }
    }
}
