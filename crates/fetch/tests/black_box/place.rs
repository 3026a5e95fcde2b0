//! The directory for secrets: what is refused (R-7.4). There is no fallback.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;

use remo_testkit::skip;

use crate::stage::{BINDINGS, Ended, Stage, ended, everything_below};

const USER: u32 = 4242;

fn stage() -> Stage {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    stage
}

fn run_in(stage: &Stage, secrets: &Path) -> Ended {
    ended(&stage.command_in(secrets, &[]).output().unwrap())
}

fn refused(stage: &Stage, secrets: &Path, words: &[&str]) {
    run_in(stage, secrets).failed(69, words);
    assert!(everything_below(&stage.home).is_empty());
    let fetched = fs::read_to_string(stage.broker.audit_log()).unwrap().contains("\"fetch\"");
    assert!(!fetched, "no secret is asked for when there is no place for it");
}

#[test]
fn a_disk_is_refused() {
    let disk = tempfile::Builder::new().prefix("place-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let backed_by = rustix::fs::statfs(disk.path()).unwrap().f_type;
    if backed_by == 0x0102_1994 {
        skip::skipped("place::a_disk_is_refused", "the target directory is memory-backed");
        return;
    }
    fs::set_permissions(disk.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let stage = stage();
    let secrets = disk.path().join("secrets");
    refused(&stage, &secrets, &["is not memory-backed"]);
    assert!(everything_below(disk.path()).is_empty());
}

#[test]
fn a_link_at_any_level_is_refused() {
    let stage = stage();
    let memory = stage.directory.secrets_dir();
    fs::create_dir(memory.join("real")).unwrap();
    fs::set_permissions(memory.join("real"), fs::Permissions::from_mode(0o700)).unwrap();
    symlink(memory.join("real"), memory.join("link")).unwrap();
    refused(&stage, &memory.join("link"), &["is a link"]);
    refused(&stage, &memory.join("link/secrets"), &["is a link"]);
    assert!(everything_below(&memory.join("real")).is_empty());
}

#[test]
fn a_directory_of_somebody_else_is_refused() {
    if skip::without_root("place::a_directory_of_somebody_else_is_refused") {
        return;
    }
    let stage = stage();
    let memory = stage.directory.secrets_dir();
    let theirs = memory.join("theirs");
    fs::create_dir(&theirs).unwrap();
    fs::set_permissions(&theirs, fs::Permissions::from_mode(0o700)).unwrap();
    chown(&theirs, Some(USER), Some(USER)).unwrap();
    refused(&stage, &theirs, &["belongs to user 4242"]);
    refused(&stage, &theirs.join("secrets"), &["belongs to user 4242"]);
    assert!(everything_below(&theirs).is_empty());
}

#[test]
fn a_directory_that_others_may_read_or_replace_is_refused() {
    let stage = stage();
    let memory = stage.directory.secrets_dir();
    let open = memory.join("open");
    fs::create_dir(&open).unwrap();
    for mode in [0o755, 0o777, 0o770, 0o1777] {
        fs::set_permissions(&open, fs::Permissions::from_mode(mode)).unwrap();
        refused(&stage, &open, &["is open to others"]);
    }
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    refused(&stage, &open.join("secrets"), &["can be written by others"]);
}

#[test]
fn a_place_that_another_container_uses_is_refused() {
    let stage = stage();
    stage.run(&[]).succeeded();
    let marker = stage.secrets.join("owner.json");
    let own = fs::read_to_string(&marker).unwrap();
    let processes = fs::read_link("/proc/self/ns/pid").unwrap();
    let processes = processes.to_str().unwrap();
    assert!(own.contains(processes), "{own}");
    fs::write(&marker, own.replace(processes, "pid:[4026539999]")).unwrap();
    stage.run(&[]).failed(69, &["is shared with another container", "rm -r"]);
    stage.run(&["exec", "--", "true"]).failed(69, &["is shared with another container"]);
    // One of an earlier boot is certainly gone.
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    fs::write(&marker, own.replace(boot.trim(), "00000000-0000-0000-0000-000000000000")).unwrap();
    stage.run(&[]).succeeded();
    assert_eq!(fs::read_to_string(&marker).unwrap(), own);
}

#[test]
fn the_hosts_ipc_namespace_is_noticed_from_inside_a_container() {
    const TEST: &str = "place::the_hosts_ipc_namespace_is_noticed_from_inside_a_container";
    if skip::without_root(TEST) {
        return;
    }
    let initial = fs::read_link("/proc/self/ns/ipc").unwrap();
    if initial.to_str() != Some("ipc:[4026531839]") {
        skip::skipped(TEST, "this machine is itself in an IPC namespace of its own");
        return;
    }
    let stage = stage();
    // The namespaces of a container, with and without the host's IPC.
    let contained = |namespaces: &[&str]| {
        let helper = stage.command(&[]);
        let mut command = std::process::Command::new("unshare");
        command
            .env_clear()
            .envs(helper.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .args(["--fork", "--pid", "--mount-proc"])
            .args(namespaces)
            .arg(helper.get_program());
        ended(&command.output().unwrap())
    };
    contained(&[]).failed(69, &["is shared with the host", "--ipc=host"]);
    contained(&["--ipc"]).succeeded();
    // What that one left is another container's for this process.
    stage.run(&[]).failed(69, &["is shared with another container"]);
}

#[test]
fn a_part_of_the_hosts_memory_bound_into_a_container_is_refused() {
    const TEST: &str = "place::a_part_of_the_hosts_memory_bound_into_a_container_is_refused";
    if skip::without_root(TEST) {
        return;
    }
    let stage = stage();
    let (shared, inside) =
        (stage.directory.secrets_dir().join("shared"), stage.directory.path().join("inside"));
    for directory in [&shared, &inside] {
        fs::create_dir(directory).unwrap();
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700)).unwrap();
    }
    // The namespaces of a container, in which `mount` makes the place for secrets.
    let contained = |mount: &str| {
        let helper = stage.command_in(&inside.join("secrets"), &[]);
        let mut command = std::process::Command::new("unshare");
        command
            .env_clear()
            .envs(helper.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env("SHARED", &shared)
            .env("INSIDE", &inside)
            .args(["--fork", "--pid", "--mount-proc", "--ipc", "sh", "-c"])
            .arg(format!("{mount} && exec \"$0\""))
            .arg(helper.get_program());
        ended(&command.output().unwrap())
    };
    contained("mount --bind \"$SHARED\" \"$INSIDE\"").failed(69, &["it is shared, as the part /", "--tmpfs"]);
    assert!(everything_below(&shared).is_empty());
    contained("mount -t tmpfs -o mode=0700 remo-test \"$INSIDE\"").succeeded();
}

#[test]
fn planted_entries_inside_are_not_followed() {
    let stage = stage();
    let outside = stage.directory.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::create_dir(&stage.secrets).unwrap();
    fs::set_permissions(&stage.secrets, fs::Permissions::from_mode(0o700)).unwrap();
    // Where a directory of ours belongs, a link gives way; elsewhere it is refused.
    for (name, accepted) in [("lock", &[0][..]), ("owner.json", &[69, 73]), ("views", &[0]), ("exec", &[0])] {
        let planted = stage.secrets.join(name);
        match fs::symlink_metadata(&planted) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(&planted).unwrap(),
            Ok(_) => fs::remove_file(&planted).unwrap(),
            Err(_) => {}
        }
        symlink(outside.join(name), &planted).unwrap();
        let ended = stage.run(&[]);
        assert!(accepted.contains(&ended.code.unwrap()), "{name}: {ended:?}");
        assert!(everything_below(&outside).is_empty(), "{name}");
        if ended.code == Some(0) {
            assert!(!fs::symlink_metadata(&planted).is_ok_and(|found| found.is_symlink()), "{name}");
        } else {
            assert!(ended.stderr.contains("\nhint: "), "{name}: {ended:?}");
            fs::remove_file(&planted).unwrap();
        }
    }
    // A link in the place of a marker is removed, not followed.
    fs::write(outside.join("victim"), "mine").unwrap();
    let _ = fs::remove_file(stage.secrets.join("failed"));
    symlink(outside.join("victim"), stage.secrets.join("failed")).unwrap();
    stage.run(&[]).succeeded();
    assert_eq!(fs::read_to_string(outside.join("victim")).unwrap(), "mine");
    fs::remove_file(outside.join("victim")).unwrap();
    fs::remove_file(stage.secrets.join("current")).unwrap();
    // A link in the place of `current` is replaced, not written through.
    symlink(&outside, stage.secrets.join("current")).unwrap();
    stage.run(&[]).succeeded();
    assert!(everything_below(&outside).is_empty());
}

#[test]
fn full_memory_is_an_error_that_leaves_the_old_set_in_force() {
    const TEST: &str = "place::full_memory_is_an_error_that_leaves_the_old_set_in_force";
    if skip::without_root(TEST) {
        return;
    }
    let stage = stage();
    let small = tempfile::Builder::new().prefix("remo-").tempdir_in("/dev/shm").unwrap();
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=128k,mode=0700", "remo-test"])
        .arg(small.path())
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        skip::skipped(TEST, "a tmpfs cannot be mounted here");
        return;
    }
    let secrets = small.path().join("secrets");
    let first = run_in(&stage, &secrets);
    stage.broker.push(&[("gh", "a"), ("aws", &"x".repeat(200_000))]);
    let full = run_in(&stage, &secrets);
    let kept = fs::read_to_string(stage.credentials());
    let views = fs::read_dir(secrets.join("views")).unwrap().count();
    let waited = ended(&stage.command_in(&secrets, &["wait", "--timeout", "0"]).output().unwrap());
    // Once more, without room for the marker of the failure either.
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    let repaired = run_in(&stage, &secrets);
    stage.broker.push(&[("gh", "a"), ("aws", &"x".repeat(200_000))]);
    fill(&small.path().join("filler"));
    let without_room = run_in(&stage, &secrets);
    let not_ready = ended(&stage.command_in(&secrets, &["wait", "--timeout", "0"]).output().unwrap());
    std::process::Command::new("umount").arg(small.path()).status().unwrap();
    first.succeeded();
    full.failed(74, &["No space left", "--shm-size"]);
    waited.failed(69, &["No space left"]);
    repaired.succeeded();
    without_room.failed(74, &["No space left", "--shm-size"]);
    assert_eq!(not_ready.code, Some(69), "the set before is taken for this run's: {not_ready:?}");
    assert_eq!(kept.unwrap(), "b");
    assert_eq!(views, 1);
}

/// Writes a file until there is no room left.
fn fill(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    while file.write(&[0; 4096]).is_ok_and(|written| written > 0) {}
}
