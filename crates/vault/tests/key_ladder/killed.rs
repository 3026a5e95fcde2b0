//! `kill -9` at random moments of a rotation.

use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::time::Instant;

use remo_testkit::chance;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::instance::{Instance, Sealer};

/// How often a rotation is killed unless `REMO_ROTATION_ROUNDS` says otherwise.
const ROUNDS: u32 = 30;

fn nothing_is_ever_lost(instance: &Instance) {
    let rounds =
        std::env::var("REMO_ROTATION_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    instance.ensure();
    let values = ["tripwire-constant-one", "tripwire-constant-two"];
    instance.set("gh", values[0]);
    instance.set("npm", values[1]);
    let begin = Instant::now();
    instance.key(&["rotate"]).expect(0);
    // Somewhat longer than an undisturbed rotation, so that the moments cover all of it.
    let mut span = begin.elapsed() * 11 / 10;
    let (mut killed, mut pending, mut finished) = (0, 0, 0);
    for round in 1..=rounds {
        let begin = Instant::now();
        let mut child = instance.key_command(&["rotate"]).process_group(0).spawn().unwrap();
        chance::pass_below(span);
        // Alternately the whole group, and the one process alone: the one that works on the store ends by itself then.
        if round % 2 == 0 {
            let group = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
            let _ = kill_process_group(group, Signal::KILL);
        } else {
            child.kill().unwrap();
        }
        let status = child.wait().unwrap();
        if status.signal() == Some(9) {
            killed += 1;
        } else {
            assert!(status.success(), "round {round}: {status}");
            finished += 1;
            span = begin.elapsed() * 11 / 10;
        }
        if chance::random_below(2) == 0 {
            instance.switch_off();
            instance.key(&["unseal"]).expect(0);
        } else if instance.key(&["ensure"]).expect(0).stderr.contains("a rotation has not ended") {
            pending += 1;
        }
        for (name, value) in ["gh", "npm"].iter().zip(values) {
            assert_eq!(instance.value(name), value, "round {round}");
        }
        instance.expect_clean_disk(&values);
        if chance::random_below(3) == 0 {
            instance.key(&["rotate"]).expect(0);
            instance.key(&["status"]).expect(0);
        }
    }
    eprintln!("{rounds} rounds: {killed} killed, {finished} finished, {pending} seen half-way");
    assert!(killed > 0, "the moments missed");
    instance.key(&["rotate"]).expect(0);
    instance.key(&["status"]).expect(0);
    assert_eq!(
        instance.sealed_files(),
        ["lock", "vault-key.cred", "vault-key.cred.kept", "vault-key.json"],
        "nothing piles up"
    );
    let draft = |name: &String| [".resealed", ".new", ".draft"].iter().any(|mark| name.contains(mark));
    assert!(!instance.files().iter().any(draft), "{:?}", instance.files());
    for (name, value) in ["gh", "npm"].iter().zip(values) {
        assert_eq!(instance.value(name), value);
    }
}

#[test]
fn a_killed_rotation_of_the_embedded_store_loses_nothing() {
    let name = "killed::a_killed_rotation_of_the_embedded_store_loses_nothing";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    nothing_is_ever_lost(&instance);
}

#[test]
fn a_killed_rotation_of_a_store_of_fnox_loses_nothing() {
    let name = "killed::a_killed_rotation_of_a_store_of_fnox_loses_nothing";
    let Some(instance) = Instance::with_fnox(name, Sealer::HostKey) else { return };
    nothing_is_ever_lost(&instance);
}
