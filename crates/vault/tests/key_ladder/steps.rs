//! A rotation that ends at each single step that changes a file: right before the call, by strace's fault injection.

use std::fs;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus};

use remo_testkit::{skip, wait};
use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::instance::{Instance, Sealer};

/// The calls that change what a crash leaves.
const STEPS: [&str; 5] = ["fsync", "rename", "unlink", "fchmod", "write"];

/// More calls of one kind than a rotation makes.
const CALLS_MAX: u32 = 60;

/// Runs `inner` and kills it right before its `call` number `number`. `None` where strace cannot.
fn killed_at(inner: &Command, call: &str, number: u32) -> Option<ExitStatus> {
    let mut command = Command::new("strace");
    command
        .args(["-qq", "-o", "/dev/null", "-e", &format!("trace={call}")])
        .args(["-e", &format!("inject={call}:signal=KILL:when={number}")])
        .arg(inner.get_program())
        .args(inner.get_args())
        .env_clear()
        .envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = command.output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (!said.contains("ptrace") && !said.contains("Operation not permitted")).then_some(output.status)
}

/// Stops the process that `command` gives at the steps in `numbers`. After each stop everything must be there, and the
/// next rotation must end. How many stops there were is returned.
fn stopped_at(
    instance: &Instance,
    value: &str,
    numbers: &[u32],
    command: &dyn Fn() -> Command,
) -> Option<u32> {
    let mut stops = 0;
    for call in STEPS {
        for &number in numbers {
            let status = killed_at(&command(), call, number)?;
            // strace ends as the process did.
            let killed = status.signal() == Some(9) || status.code() == Some(137);
            if stops % 2 == 0 {
                instance.switch_off();
            }
            instance.key(&["unseal"]).expect(0);
            assert_eq!(instance.value("gh"), value, "{call} {number}");
            instance.expect_clean_disk(&[value]);
            instance.key(&["rotate"]).expect(0);
            assert_eq!(instance.value("gh"), value, "{call} {number}");
            if !killed {
                assert!(status.success(), "{call} {number}: {status}");
                break;
            }
            stops += 1;
            assert!(number < CALLS_MAX - 1, "{call}: more calls than were thought of");
        }
    }
    Some(stops)
}

/// The steps of the ladder are the same whatever the store: `first` and every second one after it are this one's. All
/// the steps in the store are.
fn at_every_step(name: &str, instance: &Instance, first: u32) {
    if Command::new("strace").arg("-V").output().is_err() {
        skip::skipped(name, "there is no strace");
        return;
    }
    let value = "tripwire-at-every-step";
    instance.ensure();
    instance.set("gh", "tripwire-the-version-before");
    instance.set("gh", value);
    let numbers: Vec<_> = (first..=CALLS_MAX).step_by(2).collect();
    let Some(stops) = stopped_at(instance, value, &numbers, &|| instance.key_command(&["rotate"])) else {
        skip::skipped(name, "strace may not trace here");
        return;
    };
    // The process of the store's owner: two keys are unsealed, and it begins.
    let in_store = stopped_at(instance, value, &(1..=CALLS_MAX).collect::<Vec<_>>(), &|| {
        begin(instance);
        instance.command(&["key", "reseal"])
    });
    let in_store = in_store.expect("it was traced before");
    eprintln!("stopped at {stops} steps of the rotation and {in_store} steps in the store");
    assert!(stops >= 10 && in_store >= 4, "{stops} and {in_store} steps are too few to be all");
    instance.key(&["status"]).expect(0);
}

/// Leaves a rotation that has begun: the store is out of the way when it comes to it.
pub(crate) fn begin(instance: &Instance) {
    // Without a kept key, which would want the store before the rotation begins.
    for name in instance.sealed_files().iter().filter(|name| name.contains(".kept")) {
        fs::remove_file(instance.sealed_dir().join(name)).unwrap();
    }
    let hold = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(instance.vault().join(lock_name(instance)))
        .unwrap();
    flock(&hold, FlockOperation::LockExclusive).unwrap();
    let mut child = instance.key_command(&["rotate"]).process_group(0).spawn().unwrap();
    wait::until_true(wait::PATIENCE, "two unsealed keys", || {
        fs::read_to_string(instance.unsealed())
            .is_ok_and(|text| text.matches("AGE-SECRET-KEY-1").count() == 2)
    });
    // With the process that waits for the lock: it would do the work otherwise.
    kill_process_group(Pid::from_raw(child.id().try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
    child.wait().unwrap();
}

fn lock_name(instance: &Instance) -> String {
    let store = instance.store();
    format!("{}.lock", store.file_name().unwrap().to_str().unwrap())
}

#[test]
fn a_rotation_of_the_embedded_store_stopped_at_every_step_loses_nothing() {
    let name = "steps::a_rotation_of_the_embedded_store_stopped_at_every_step_loses_nothing";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    at_every_step(name, &instance, 1);
}

#[test]
fn a_rotation_of_a_store_of_fnox_stopped_at_every_step_loses_nothing() {
    let name = "steps::a_rotation_of_a_store_of_fnox_stopped_at_every_step_loses_nothing";
    let Some(instance) = Instance::with_fnox(name, Sealer::HostKey) else { return };
    at_every_step(name, &instance, 2);
}
