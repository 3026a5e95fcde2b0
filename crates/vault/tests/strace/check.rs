//! The check can fail: commands that leak are found out.

use std::process::Command;

use remo_testkit::{Needle, PrivateDirectory};

use crate::trace::{Leak, Traced, strace};

const VALUE: &str = "tripwire-that-is-meant-to-leak";

/// The leaks of a shell command that has the value on its standard input.
fn leaks(script: &str, name: &str) -> Option<Vec<Leak>> {
    let strace = strace(name)?;
    let directory = PrivateDirectory::new();
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(script).env("PATH", "/usr/bin:/bin").current_dir(directory.path());
    let traced = Traced::start(strace, &command, directory.secrets_dir().join("leak.strace"));
    let (output, trace) = traced.finish(VALUE);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!trace.programs().is_empty());
    Some(trace.leaks(&[Needle::new("the value", VALUE.as_bytes())], &[], &[]))
}

#[track_caller]
fn leak_is_seen(script: &str, place: &str, name: &str) {
    let Some(leaks) = leaks(script, name) else { return };
    assert!(!leaks.is_empty(), "`{script}` leaks, and that was not seen");
    for leak in leaks {
        assert!(leak.0.contains(place), "{leak:?}");
        assert!(!leak.0.contains("tripwire"), "a report holds no value");
    }
}

#[test]
fn a_value_in_an_argument_is_seen() {
    leak_is_seen("/bin/echo \"$(cat)\"", "execve of /bin/echo", "a_value_in_an_argument_is_seen");
}

#[test]
fn a_value_in_an_environment_is_seen_however_deep() {
    let script = "value=$(cat); (sh -c 'sleep 0; exec env VALUE=\"$0\" /bin/true' \"$value\")";
    leak_is_seen(script, "execve of ", "a_value_in_an_environment_is_seen_however_deep");
    let script = "VALUE=$(cat); export VALUE; /bin/true";
    leak_is_seen(script, "execve of /bin/true", "a_value_in_an_environment_is_seen_however_deep");
}

#[test]
fn a_value_that_was_on_a_disk_for_a_moment_is_seen() {
    let name = "a_value_that_was_on_a_disk_for_a_moment_is_seen";
    leak_is_seen("cat > file; rm file", "write into /tmp/", name);
    leak_is_seen("base64 > file; rm file", "write into /tmp/", name);
}

#[test]
fn a_value_in_a_pipe_is_no_leak() {
    let Some(leaks) = leaks("cat | cat", "a_value_in_a_pipe_is_no_leak") else { return };
    assert!(leaks.is_empty(), "{leaks:?}");
}
