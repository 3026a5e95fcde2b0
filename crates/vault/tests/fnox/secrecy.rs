//! Neither an argument nor the environment of any process on the way holds a value.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use remo_testkit::skip;

use crate::ours::FnoxRoom;

/// What every process was started with, while the binary ran with `arguments` and `input` under strace.
fn started_with(room: &FnoxRoom, test: &str, arguments: &[&str], input: &[u8]) -> Option<(String, Vec<u8>)> {
    let trace = room.path().join("trace");
    let ours = room.command(arguments);
    let mut command = Command::new("strace");
    command.args(["-f", "-v", "-s", "65536", "-e", "trace=execve", "-o"]).arg(&trace).arg(ours.get_program());
    command.args(ours.get_args()).env_clear().env("AWS_SECRET_ACCESS_KEY", "tripwire-not-for-fnox");
    for (name, value) in ours.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        command.env(name, value);
    }
    let Ok(mut child) = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    else {
        skip::skipped(test, "there is no strace");
        return None;
    };
    // A command that does not read closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some((fs::read_to_string(trace).unwrap(), output.stdout))
}

/// The names of the variables in the environment of a traced start.
fn environment(line: &str) -> Vec<&str> {
    let environment = line.split("], [").nth(1).expect("an environment");
    environment.split('"').skip(1).step_by(2).filter_map(|set| set.split('=').next()).collect()
}

#[test]
fn the_environment_of_fnox_is_built_from_nothing() {
    const TEST: &str = "the_environment_of_fnox_is_built_from_nothing";
    let Some(room) = FnoxRoom::new(TEST) else { return };
    room.fnox_set("gh", "tripwire-environment");
    let Some((trace, shown)) = started_with(&room, TEST, &["get", "gh", "--reveal"], b"") else { return };
    assert_eq!(shown, b"tripwire-environment");
    let of_fnox: Vec<_> = trace.lines().filter(|line| line.contains("--no-daemon")).collect();
    assert_eq!(of_fnox.len(), 1, "one call reads everything: {trace}");
    assert!(!of_fnox[0].contains("tripwire"), "{trace}");
    assert_eq!(environment(of_fnox[0]), ["FNOX_AGE_KEY_FILE", "FNOX_CONFIG_DIR", "FNOX_NON_INTERACTIVE"]);
}

#[test]
fn a_value_that_is_stored_is_in_no_argument_and_no_environment() {
    const TEST: &str = "a_value_that_is_stored_is_in_no_argument_and_no_environment";
    let Some(room) = FnoxRoom::new(TEST) else { return };
    room.fnox_set("npm", "tripwire-stored");
    for (arguments, input) in [
        (&["set", "gh"][..], &b"tripwire-new"[..]),
        (&["import", "-"], b"A=tripwire-imported"),
        (&["remove", "npm"], b""),
    ] {
        let Some((trace, _)) = started_with(&room, TEST, arguments, input) else { return };
        let of_fnox: Vec<_> = trace.lines().filter(|line| line.contains("--no-daemon")).collect();
        // Read, written to a copy, and mostly read back.
        assert!(of_fnox.len() >= 2, "{trace}");
        assert!(of_fnox.iter().all(|line| !line.contains("tripwire")), "{trace}");
        assert!(of_fnox.iter().all(|line| environment(line).len() == 3), "{trace}");
    }
    assert_eq!(room.names(), ["A", "gh"]);
}
