//! Widening what was approved.

use std::fs;
use std::thread;

use crate::attack::{Outcome, attacks, outcome};
use crate::world::{World, manifest, tool_command};

attacks! {
    widens_its_manifest_and_waits, Service, "puts a manifest that asks for everything under the mount of .remo, and waits";
    swaps_the_manifest_while_a_person_approves, Service, "changes the manifest all the time while `remo trust --yes` runs";
    approves_itself_by_its_own_run_directory, Service, "writes another copy of the pin into the run directory";
}

const NARROW: &str = "[secrets.side]\n";
const WIDE: &str = "[secrets.side]\n[secrets.gh]\n[secrets.aws]\n[secrets.npm]\n[secrets.spare]\n";

/// Shell code for a service that has the project at `/w`: another folder takes the place of `.remo`.
fn exchange(text: &str) -> String {
    format!(
        "cd /w && mkdir .remo.new && printf '%s' '{}' >.remo.new/manifest.toml && mv .remo .remo.old && \
         mv .remo.new .remo && rm -rf .remo.old && echo EXCHANGED",
        manifest("composed", text)
    )
}

/// What the container of the project gets, from one request.
fn fetched(world: &World) -> String {
    let requests = ["/run/remo-broker/composed.sock", r#"{"op":"fetch"}"#, r#"{"op":"get","name":"gh"}"#];
    world.root(&world.container("composed"), &tool_command("ask.pl", &requests)).stdout
}

fn widens_its_manifest_and_waits(world: &World) -> Outcome {
    let ended = world.root(&world.service("side"), &exchange(WIDE));
    assert!(ended.stdout.contains("EXCHANGED"), "the service can do that: {ended:?}");
    let on_host = fs::read_to_string(world.composed.manifest_path()).unwrap();
    assert!(on_host.contains("secrets.gh"), "the host sees the new file");
    let mark = world.mark();
    let got = fetched(world);
    assert!(got.contains(world.value("side")) && !got.contains(world.value("gh")), "{got}");
    let record = world.record(mark, |line| line["secret_name"] == "gh");
    let status = world.instance.remo(&["status"]).succeeded().stdout;
    assert!(status.contains("changed"), "{status}");
    let ended = world.instance.remo(&["up", "composed"]);
    let said = ended.said();
    assert!(ended.status.success(), "{said}");
    for name in ["gh", "aws", "npm", "spare"] {
        assert!(ended.said().contains(name), "the launcher shows {name}: {ended:?}");
    }
    assert!(ended.said().contains("starts with what was approved before"), "{ended:?}");
    let got = fetched(world);
    assert!(got.contains(world.value("side")) && !got.contains(world.value("gh")), "{got}");
    let _ = world.root(&world.service("side"), &exchange(NARROW));
    outcome(
        "nothing changes; status and up show what the file asks for, and what was approved starts",
        record,
    )
}

fn swaps_the_manifest_while_a_person_approves(world: &World) -> Outcome {
    let (narrow, wide) = (manifest("composed", NARROW), manifest("composed", WIDE));
    let swap = format!(
        "cd /w/.remo && printf '%s' '{narrow}' >n && printf '%s' '{wide}' >w && \
         while [ -e n ]; do cp w x; mv x manifest.toml; cp n x; mv x manifest.toml; done"
    );
    let side = world.service("side");
    let approved = thread::scope(|scope| {
        scope.spawn(|| world.root(&side, &swap));
        let mut approved = 0;
        for _ in 0..12 {
            let ended = world.instance.remo(&["trust", "composed", "--yes"]);
            if ended.status.success() {
                approved += 1;
            }
            let found = world.instance.stage.broker.manifest(&world.composed).unwrap();
            let pinned = serde_json::to_string(&found.pinned).unwrap();
            // Were it approved without having been shown, it would be in force now.
            if pinned.contains("spare") {
                assert!(ended.said().contains("spare"), "approved what was not shown: {ended:?}");
                world.write_back();
            }
        }
        let _ = world.root(&side, "rm -f /w/.remo/n; sleep 0.2; rm -f /w/.remo/n /w/.remo/w /w/.remo/x");
        approved
    });
    let _ = world.root(&side, &exchange(NARROW));
    let _ = world.instance.remo(&["trust", "composed", "--yes"]).succeeded();
    assert!(approved > 0, "nothing was approved at all");
    outcome("what is in force was shown, each time", "manifest_changed, or the difference that was shown")
}

fn approves_itself_by_its_own_run_directory(world: &World) -> Outcome {
    let app = world.container("composed");
    let text = manifest("composed", WIDE);
    let write = format!(
        "cd /run/remo-broker && rm -f manifest.toml; printf '%s' '{text}' >manifest.toml && echo WRITTEN"
    );
    assert!(world.root(&app, &write).stdout.contains("WRITTEN"), "Compose drops readonly");
    let mark = world.mark();
    let got = fetched(world);
    assert!(got.contains(world.value("side")) && !got.contains(world.value("gh")), "{got}");
    let ended = world.instance.remo(&["status"]).succeeded();
    assert!(ended.stdout.contains("composed"), "{ended:?}");
    let record = world.record(mark, |line| line["secret_name"] == "gh");
    outcome("the copy is for reading only: nobody reads it back", record)
}

impl World {
    /// Approves no more than at the start, past everything that a container does meanwhile.
    fn write_back(&self) {
        let broker = &self.instance.stage.broker;
        for _ in 0..1000 {
            let Ok(found) = broker.manifest(&self.composed) else { continue };
            let Some(file) = &found.file else { continue };
            if !serde_json::to_string(file).unwrap().contains("spare")
                && broker.reload(&self.composed, Some(&found.sha256)).is_ok()
            {
                return;
            }
        }
        panic!("the narrow manifest was never there long enough");
    }
}
