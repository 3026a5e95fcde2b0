//! What of a value is on a disk: nothing.

use remo_testkit::{Needle, Project, Scan, file_scan};

use crate::instance::with_vault;

#[test]
fn no_value_is_on_the_disk_of_the_engine() {
    with_vault("at_rest::no_value_is_on_the_disk_of_the_engine", |vault| {
        let value = format!("at-rest-{}-{}", std::process::id(), "tripwire-of-the-vault");
        let project = Project::new(&vault.directory, "resting", &["resting"]);
        vault.broker.approve(&project);
        // Typed into a shell, so in its history, and left by a tool in its home.
        let script = format!(
            "printf %s {value} | fnox set resting; mkdir -p ~/.config/gh; echo {value} > ~/.config/gh/hosts.yml; \
             echo {value} > ~/.bash_history; echo {value} > /tmp/x; echo {value} > /dev/shm/x"
        );
        let _ = vault.inside(&script).succeeded();
        vault.is_served("resting", "resting", &value);
        let id = vault.up();
        let _ = vault.remo(&["vault", "down"]).succeeded();
        let needles = [Needle::new("value", value.as_bytes())];
        // Images, the container's own layer, the volume, logs, the engine's records: everything.
        let scan = file_scan(&[vault.engine.data()], &needles);
        assert!(matches!(&scan, Scan::Clean { bytes } if *bytes > 1_000_000), "{scan:?}");
        let key = std::fs::read_to_string(vault.key_folder().join("key.txt")).unwrap();
        let key = key.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
        let scan = file_scan(&[vault.engine.data()], &[Needle::new("key", key.as_bytes())]);
        assert!(matches!(&scan, Scan::Clean { .. }), "{scan:?}");
        // The volume holds ciphertext, so the search has looked at the right place.
        let volume = vault.engine.data().join("volumes/remo-vault/_data");
        assert!(std::fs::read_to_string(volume.join("fnox.toml")).unwrap().contains("[secrets"));
        assert_eq!(vault.up(), id);
        let left = vault.inside("ls -A ~ /tmp; test ! -e /dev/shm/x").succeeded();
        assert!(!left.stdout.contains(".bash_history") && !left.stdout.contains(".config"), "{left:?}");
    });
}
