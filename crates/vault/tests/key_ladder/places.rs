//! Where keys may lie, and what other processes see of them.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::process::Command;

use remo_testkit::skip;

use crate::instance::{Instance, Sealer};

#[test]
fn the_unsealed_key_goes_to_memory_only() {
    let name = "places::the_unsealed_key_goes_to_memory_only";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    let on_disk = instance.path().join("on-disk");
    let at = |runtime_dir: &std::path::Path, command: &str| {
        let mut command = instance.command(&["key", command, "--no-tpm2"]);
        command.arg("--sealed-dir").arg(instance.sealed_dir()).arg("--runtime-dir").arg(runtime_dir);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(at(&on_disk, "ensure").contains("is not memory-backed"));
    assert!(!instance.sealed_dir().exists(), "nothing is made when there is no place for the key");
    instance.ensure();
    assert!(at(&on_disk, "unseal").contains("is not memory-backed"));
    let link = instance.runtime_dir().with_file_name("link");
    symlink(instance.runtime_dir(), &link).unwrap();
    assert!(at(&link, "unseal").contains("is no folder in which only its owner and root may write"));
    fs::set_permissions(instance.runtime_dir(), fs::Permissions::from_mode(0o777)).unwrap();
    assert!(at(&instance.runtime_dir(), "unseal").contains("only its owner and root may write"));
    assert_eq!(fs::read_dir(&on_disk).unwrap().count(), 0);
    instance.expect_clean_disk(&[]);
}

#[test]
fn no_key_is_in_an_argument_the_environment_or_a_file_while_it_is_sealed() {
    let name = "places::no_key_is_in_an_argument_the_environment_or_a_file_while_it_is_sealed";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    if Command::new("strace").arg("-V").output().is_err() {
        skip::skipped(name, "there is no strace");
        return;
    }
    let trace = |arguments: &[&str]| {
        let log = instance.path().join("trace");
        let inner = instance.key_command(arguments);
        let mut command = Command::new("strace");
        command.args([
            "-f",
            "-qq",
            "-v",
            "-s",
            "65535",
            "-e",
            "trace=execve,execveat,openat,open,creat",
            "-o",
        ]);
        command.arg(&log).arg(inner.get_program()).args(inner.get_args());
        command.env_clear().envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = command.output().unwrap();
        if !output.status.success() {
            return None;
        }
        let text = fs::read_to_string(&log).unwrap();
        fs::remove_file(log).unwrap();
        Some(text)
    };
    let Some(ensured) = trace(&["ensure"]) else {
        skip::skipped(name, "strace may not trace here");
        return;
    };
    instance.set("gh", "tripwire-stored-value");
    let rotated = trace(&["rotate"]).expect("it was traced before");
    for text in [&ensured, &rotated] {
        assert!(text.contains(r#""encrypt", "--with-key=host""#), "the right process: {text}");
        assert!(text.contains(r#""decrypt""#), "it is opened again, to see");
        assert!(!text.contains("AGE-SECRET-KEY") && !text.contains("tripwire"), "{text}");
        // Outside of memory and the folder of the sealed key nothing is written.
        let written = text.lines().filter(|line| line.contains("O_CREAT") && !line.contains("= -1"));
        for line in written {
            let places = [
                instance.sealed_dir(),
                instance.runtime_dir(),
                instance.vault(),
                instance.path().join("host"),
            ];
            let known = places.iter().any(|place| line.contains(place.to_str().unwrap()));
            assert!(known, "{line}");
        }
    }
    assert!(rotated.contains(r#""key", "reseal""#), "{rotated}");
}

#[test]
fn root_does_not_follow_what_the_vaults_user_plants() {
    let name = "places::root_does_not_follow_what_the_vaults_user_plants";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    if skip::without_root(name) {
        return;
    }
    instance.key(&["ensure", "--owner", "4242"]).expect(0);
    // The vault's user can reach its folder, and owns it.
    let open = fs::Permissions::from_mode(0o755);
    for folder in [instance.path(), instance.unsealed().parent().unwrap().parent().unwrap()] {
        fs::set_permissions(folder, open.clone()).unwrap();
    }
    fs::create_dir(instance.vault()).unwrap();
    chown(instance.vault(), Some(4242), Some(4242)).unwrap();
    let key = instance.unsealed();
    let store = instance.store();
    let as_user = |arguments: &[&str]| {
        use std::os::unix::process::CommandExt as _;
        let mut command = instance.command(arguments);
        command.uid(4242).gid(4242);
        command
    };
    let mut child = as_user(&["set", "gh"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"value").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    // Files of root's own, under names that a rotation writes or locks.
    let precious = instance.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    fs::set_permissions(&precious, fs::Permissions::from_mode(0o600)).unwrap();
    fs::remove_file(store.with_file_name("store.age.lock")).unwrap();
    for planted in ["store.age.resealed", "store.age.new", "store.age.previous", "logins.age", "zz.age"] {
        symlink(&precious, store.with_file_name(planted)).unwrap();
    }
    let rotated = instance.key(&["rotate"]).expect(0);
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious", "{}", rotated.stderr);
    let metadata = |path: &std::path::Path| std::os::unix::fs::MetadataExt::uid(&fs::metadata(path).unwrap());
    assert_eq!((metadata(&store), metadata(&key), metadata(&precious)), (4242, 4242, 0));
    let read = as_user(&["get", "gh", "--reveal"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&read.stdout), "value");

    // A link in the place of the lock is not followed either, and nothing is lost.
    fs::remove_file(store.with_file_name("store.age.lock")).unwrap();
    symlink(&precious, store.with_file_name("store.age.lock")).unwrap();
    instance.key(&["rotate"]).expect(1);
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    let read = as_user(&["get", "gh", "--reveal"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&read.stdout), "value");
}
