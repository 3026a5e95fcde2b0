//! Reading what is another project's.

use std::collections::BTreeSet;

use crate::attack::{Outcome, attacks, outcome};
use crate::world::World;

attacks! {
    hunts_through_everything_that_can_be_read, Both,
        "reads every file, environment, open file and memory for values";
    asks_every_socket_that_is_there, Both,
        "finds every socket, abstract ones too, and asks each for the victim's secrets";
    reads_the_disk_of_the_host_by_a_device_node, Root, "makes device nodes of the host's disks and reads them";
    mounts_what_the_host_has, Root, "mounts /proc, the host's disks and the socket directory of the victim";
    looks_for_credential_files, Both, "find / for *.env, credentials*, .netrc, .aws, .config/gh";
}

/// What `hunt.pl` found: word and place.
fn findings(text: &str) -> BTreeSet<(&str, &str)> {
    text.lines().filter_map(|line| line.split_once(' ')).collect()
}

fn hunts_through_everything_that_can_be_read(world: &World) -> Outcome {
    for ended in world.both("attacker", "hunt.pl", &[]) {
        let found = findings(&ended.stdout);
        // It looks where values are: its own are found.
        assert!(found.iter().any(|(word, _)| *word == "attacker"), "{found:?}");
        for (word, place) in &found {
            assert_eq!(*word, "attacker", "the value of another project at {place}");
        }
    }
    for ended in world.both("victim", "hunt.pl", &[]) {
        for (word, place) in findings(&ended.stdout) {
            assert!(word.starts_with("victim"), "{word} at {place}");
            let in_memory = place.starts_with("/proc/N/") || place.starts_with("/dev/shm/");
            assert!(in_memory, "a value at rest: {place}");
        }
    }
    outcome("finds its own values in processes and /dev/shm, and no others; none on a disk", "")
}

fn asks_every_socket_that_is_there(world: &World) -> Outcome {
    let mark = world.mark();
    let requests = [r#"{"op":"ping"}"#, r#"{"op":"get","name":"gh"}"#, r#"{"op":"fetch"}"#];
    for ended in world.both("attacker", "sockets.pl", &requests) {
        let answers: Vec<(&str, &str)> =
            ended.stdout.lines().filter_map(|line| line.split_once(' ')).collect();
        let sockets: BTreeSet<&str> = answers.iter().map(|(socket, _)| *socket).collect();
        let own = ["/run/remo-broker/attacker.sock", "/workspaces/attacker/.remo/attacker.sock"];
        assert_eq!(sockets, BTreeSet::from(own), "{ended:?}");
        assert!(answers[0].1.contains(r#""project":"attacker""#), "{answers:?}");
        assert!(answers[1].1.contains(r#""code":"denied""#), "{answers:?}");
        assert!(!ended.stdout.contains(world.value("gh")), "{answers:?}");
        assert!(answers[2].1.contains(world.value("npm")), "its own is served: {answers:?}");
    }
    let record = world.record(mark, |line| line["secret_name"] == "gh");
    outcome("its own socket is the only one, and denies", record)
}

fn reads_the_disk_of_the_host_by_a_device_node(world: &World) -> Outcome {
    // Every block device that the kernel names, and the memory of the machine.
    let command = "mkdir -p /tmp/nodes; n=0
        while read -r major minor size name; do
            case $major in ''|*[!0-9]*) continue ;; esac
            mknod /tmp/nodes/$name b $major $minor && n=$((n+1))
        done </proc/partitions
        mknod /tmp/nodes/mem c 1 1; mknod /tmp/nodes/port c 1 4
        for node in /tmp/nodes/*; do dd if=$node of=/dev/null bs=512 count=1 2>&1 && echo READ $node; done
        rm -r /tmp/nodes; echo made $n";
    let ended = world.root(&world.container("attacker"), command);
    assert!(!ended.stdout.contains("READ"), "{ended:?}");
    assert!(!ended.stdout.contains("made 0"), "no device is known to the container: {ended:?}");
    outcome(
        "the nodes are made and cannot be opened",
        world
            .line(&ended.stdout, "Operation not permitted")
            .replace(ended.stdout.split('\'').nth(1).unwrap_or_default(), "/tmp/nodes/DISK"),
    )
}

fn mounts_what_the_host_has(world: &World) -> Outcome {
    let command = "mkdir -p /tmp/m
        for what in '-t proc proc' '-t sysfs sysfs' '--bind /proc/1/root' '--bind /run/remo-broker/..' \
            '-t overlay -o lowerdir=/:/etc overlay' '-t tmpfs tmpfs'; do
            mount $what /tmp/m && echo MOUNTED $what
        done 2>&1
        unshare --mount true 2>&1 && echo MOUNTED unshare
        nsenter --target 1 --mount true 2>&1 && echo MOUNTED nsenter
        rmdir /tmp/m";
    let ended = world.root(&world.container("attacker"), command);
    assert!(!ended.stdout.contains("MOUNTED"), "{ended:?}");
    outcome("nothing is mounted, and no namespace is entered", world.line(&ended.stdout, "unshare:"))
}

/// The search that a scanner of tokens makes.
const SEARCH: &str = "find / -type f \\( -name '*.env' -o -name 'credentials*' -o -name '.netrc' -o -path '*/.aws/*' \
                      -o -path '*/.config/gh/*' \\) 2>/dev/null";

fn looks_for_credential_files(world: &World) -> Outcome {
    let container = world.container("victim");
    let mut found = BTreeSet::new();
    for ended in [world.user("victim", SEARCH), world.root(&container, SEARCH)] {
        found.extend(ended.stdout.lines().map(str::to_owned));
    }
    for file in &found {
        let content = world.root(&container, &format!("cat '{file}'")).stdout;
        let useful = world.needles().iter().any(|needle| needle.found_in(content.as_bytes()).is_some());
        assert!(!useful || file.starts_with("/dev/shm/remo-secrets/"), "a value in {file}");
    }
    let shown: Vec<&str> = found.iter().map(String::as_str).collect();
    let happened = if shown.is_empty() {
        "finds nothing".to_owned()
    } else {
        format!("finds no value, but {}", shown.join(" "))
    };
    outcome(&happened, "")
}
