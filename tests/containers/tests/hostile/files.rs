//! Moving, linking and racing `.remo` and `.devcontainer`.

use std::fs;
use std::thread;

use crate::attack::{Outcome, attacks, outcome};
use crate::world::{World, compose};

attacks! {
    moves_removes_or_covers_the_manifest, Both, "mv, rm, ln -s, mount and write on .remo and on the folder above";
    links_files_of_others_into_the_project, Root, "hard links from its mounts and from /etc into the project, and from /proc";
    makes_the_manifest_s_folder_a_link, Service, "makes .remo a link to the victim's run directory, for the next start";
    makes_the_configuration_a_link, Service, "makes .devcontainer a link to the victim's";
    swaps_the_configuration_during_a_start, Service,
        "swaps Compose file and configuration during `remo up`: privileged, the host's root, a command for the host";
}

fn moves_removes_or_covers_the_manifest(world: &World) -> Outcome {
    let before = fs::read_to_string(world.attacker.manifest_path()).unwrap();
    let command = "cd /workspaces/attacker
        mv .remo away 2>&1 && echo DONE mv
        rm -rf .remo 2>&1; [ -e .remo ] || echo DONE rm
        rmdir .remo 2>&1 && echo DONE rmdir
        ln -sfn /run .remo 2>&1; [ -L .remo ] && echo DONE ln
        echo x >.remo/manifest.toml && echo DONE write
        touch .remo/more 2>&1 && echo DONE touch
        mount --bind /tmp .remo 2>&1 && echo DONE mount
        umount .remo 2>&1 && echo DONE umount
        mv /workspaces/attacker /workspaces/away 2>&1 && echo DONE parent
        true";
    let mut said = String::new();
    for ended in [world.user("attacker", command), world.root(&world.container("attacker"), command)] {
        assert!(!ended.stdout.contains("DONE"), "{ended:?}");
        said = ended.said();
    }
    assert_eq!(fs::read_to_string(world.attacker.manifest_path()).unwrap(), before);
    outcome("nothing moves: it is a mount, and read-only", world.line(&said, "mv: "))
}

fn links_files_of_others_into_the_project(world: &World) -> Outcome {
    let command = "cd /workspaces/attacker
        for it in /run/remo-broker/attacker.sock .remo/manifest.toml /etc/hostname /etc/resolv.conf /proc/1/root/etc/shadow \
            /proc/self/exe /dev/shm/remo-secrets; do
            ln $it hard-link 2>&1 && echo LINKED $it
        done; rm -f hard-link";
    let ended = world.root(&world.container("attacker"), command);
    assert!(!ended.stdout.contains("LINKED"), "{ended:?}");
    outcome("each is on another mount", world.line(&ended.said(), "cross-device"))
}

fn makes_the_manifest_s_folder_a_link(world: &World) -> Outcome {
    let side = world.service("side");
    let link = "cd /w && mv .remo .remo.kept && ln -s /run/remo-broker/projects/victim .remo && echo LINKED";
    assert!(world.root(&side, link).stdout.contains("LINKED"));
    let ended = world.instance.remo(&["up", "composed", "--rebuild", "--yes"]);
    let said = ended.said();
    let seen = if ended.status.success() {
        let app = world.container("composed");
        let command =
            "cat /workspaces/composed/.remo/* /run/remo-broker/manifest.toml; find / -name '*.sock' -type s";
        let seen = world.root(&app, command).stdout;
        assert!(!seen.contains("GH_TOKEN") && !seen.contains("victim.sock"), "the victim's: {seen}");
        "starts with its own pin; nothing of the victim is there"
    } else {
        "is not started"
    };
    let _ = fs::remove_file(world.composed.path().join(".remo"));
    fs::rename(world.composed.path().join(".remo.kept"), world.composed.path().join(".remo")).unwrap();
    world.composed_again();
    let record = said.lines().find(|line| line.contains(".remo") && line.contains("link"));
    outcome(seen, world.plain(record.unwrap_or_else(|| panic!("nobody said that it is a link: {said}"))))
}

fn makes_the_configuration_a_link(world: &World) -> Outcome {
    let side = world.service("side");
    let link =
        "cd /w && mv .devcontainer .kept && ln -s ../victim/.devcontainer .devcontainer && echo LINKED";
    assert!(world.root(&side, link).stdout.contains("LINKED"));
    let ended = world.instance.remo(&["up", "composed"]);
    assert_eq!(ended.code(), Some(1), "{ended:?}");
    let record = world.line(&ended.stderr, "devcontainer.json");
    let _ = world.root(&side, "cd /w && rm .devcontainer && mv .kept .devcontainer");
    assert!(ended.stderr.contains("reached through no link"), "{ended:?}");
    outcome("is not read", record)
}

fn swaps_the_configuration_during_a_start(world: &World) -> Outcome {
    let canary = world.instance.file("raced");
    let folder = world.composed.path().join(".devcontainer");
    let harmless = fs::read_to_string(folder.join("devcontainer.json")).unwrap();
    let hostile =
        harmless.replacen('{', &format!("{{ \"initializeCommand\": \"touch {}\",", canary.display()), 1);
    let privileged = compose("").replace("    command:", "    privileged: true\n    command:");
    let root = compose("").replace("volumes: ['..:", "volumes: ['/:/host', '..:");
    for (name, text) in
        [("a.json", &harmless), ("b.json", &hostile), ("a", &compose("")), ("b", &privileged), ("c", &root)]
    {
        fs::write(folder.join(name), text).unwrap();
    }
    let swap = "cd /w/.devcontainer; while [ -e c ]; do for it in a b c; do cp $it x && mv x compose.yml; \
                [ $it = a ] || cp b.json y && mv y devcontainer.json; [ $it != a ] || cp a.json y && mv y devcontainer.json; done; done";
    let side = world.service("side");
    thread::scope(|scope| {
        scope.spawn(|| world.root(&side, swap));
        for _ in 0..2 {
            // Refused or started: what there is then is what counts.
            let _ = world.instance.remo(&["up", "composed", "--yes"]);

            let ids = world.docker(&["ps", "--all", "--quiet"]);
            for id in ids.split_whitespace() {
                let format = "{{.HostConfig.Privileged}} {{range .Mounts}}{{.Source}} {{end}}";
                let found = world.docker(&["inspect", "--format", format, id]);
                let mut words = found.split_whitespace();
                assert_eq!(words.next(), Some("false"), "a privileged container");
                assert!(words.all(|source| source != "/"), "the host's root: {found}");
            }
        }
        let _ = fs::remove_file(folder.join("c"));
    });
    assert!(!canary.exists(), "a command ran on the host");
    for name in ["a", "b", "a.json", "b.json", "x", "y"] {
        let _ = fs::remove_file(folder.join(name));
    }
    fs::write(folder.join("devcontainer.json"), harmless).unwrap();
    world.composed_again();
    outcome("what was judged is what starts, or nothing", "")
}

impl World {
    /// Brings the project of several services back to what it was.
    fn composed_again(&self) {
        self.write_compose("");
        let _ = self.instance.remo(&["trust", "composed", "--revoke"]).succeeded();
        let container = self.instance.up("composed");
        self.equip(&container);
        self.equip(&self.service("side"));
    }
}
