//! A rotation beside the real fnox, which takes no lock and writes its whole file back.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use remo_testkit::{skip, wait};

use crate::instance::{Instance, Sealer, text};
use crate::room::Outcome;
use crate::rotation::{expect_closed_for, with_store};

const NEW_VALUE: &str = "tripwire-typed-late";

/// A plain fnox by the program `program`, with `arguments` before it, that is to store under `secret`.
fn plain(instance: &Instance, wrapper: &[&str], program: &Path, secret: &str) -> Command {
    let mut line: Vec<PathBuf> = wrapper.iter().map(PathBuf::from).collect();
    line.push(program.to_owned());
    let mut command = Command::new(&line[0]);
    command
        .args(&line[1..])
        .arg("--config")
        .arg(instance.store())
        .args(["set", secret, "--provider", "vault"])
        .env_clear()
        .env("FNOX_AGE_KEY_FILE", instance.unsealed())
        .env("FNOX_CONFIG_DIR", "/dev/null")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// A fnox that has read the store, and waits for the value.
fn at_its_prompt(instance: &Instance, program: &Path, secret: &str) -> Child {
    let child = plain(instance, &[], program, secret).spawn().expect("fnox runs");
    // It sleeps in the read of its standard input, which is the last thing before it writes.
    wait::until_true(wait::PATIENCE, "fnox at its prompt", || {
        let at = fs::read_to_string(format!("/proc/{}/syscall", child.id())).unwrap_or_default();
        at.starts_with("0 0x0 ")
    });
    child
}

fn answer(mut child: Child) {
    child.stdin.take().expect("a pipe").write_all(NEW_VALUE.as_bytes()).expect("fnox reads");
    assert!(child.wait().expect("fnox ends").success());
}

/// The same program under a name by which nobody knows it.
fn unknown_name(instance: &Instance) -> PathBuf {
    let program = instance.path().join("secrets-of-mine");
    fs::copy(instance.fnox.as_ref().expect("an instance with fnox"), &program).expect("a copy");
    program
}

/// Everything is there under the key in force, and nothing under `old`.
fn expect_whole(instance: &Instance, old: &str, late: &str) {
    assert_eq!(instance.value("gh"), if late == "gh" { NEW_VALUE } else { "tripwire-value-two" });
    assert_eq!(instance.value(late), NEW_VALUE);
    expect_closed_for(instance, old);
    assert_eq!(text(&instance.unsealed()).matches("AGE-SECRET-KEY-1").count(), 1);
    instance.key(&["status", "--source", "fnox"]).expect(0);
    instance.expect_clean_disk(&["tripwire-value-two", NEW_VALUE]);
}

#[test]
fn an_open_prompt_of_fnox_is_named_and_no_rotation_begins() {
    let name = "beside_fnox::an_open_prompt_of_fnox_is_named_and_no_rotation_begins";
    let Some(instance) = Instance::with_fnox(name, Sealer::HostKey) else { return };
    let recipient = with_store(&instance);
    let old = text(&instance.unsealed());
    let program = instance.fnox.clone().expect("an instance with fnox");
    let child = at_its_prompt(&instance, &program, "gh");
    let refused = instance.key(&["rotate"]).expect(1);
    assert!(
        refused.stderr.contains(&format!("fnox (process {}) works with", child.id())),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("waiting for a fnox that works with the store"), "{}", refused.stderr);
    assert_eq!(instance.key(&["ensure"]).expect(0).stdout.trim(), recipient, "the key is the same");
    answer(child);
    instance.key(&["rotate"]).expect(0);
    expect_whole(&instance, &old, "gh");
}

#[test]
fn a_rotation_waits_for_a_fnox_that_is_about_to_write() {
    let name = "beside_fnox::a_rotation_waits_for_a_fnox_that_is_about_to_write";
    let Some(instance) = Instance::with_fnox(name, Sealer::HostKey) else { return };
    with_store(&instance);
    let old = text(&instance.unsealed());
    let program = instance.fnox.clone().expect("an instance with fnox");
    let store = instance.store();
    let log = instance.path().join("trace");
    // The third time that it opens the store is for writing; it has read by then.
    let wrapper = [
        "strace",
        "-f",
        "-qq",
        "-o",
        log.to_str().unwrap(),
        "-e",
        "trace=openat",
        "-P",
        store.to_str().unwrap(),
        "-e",
        "inject=openat:delay_enter=3000000:when=3",
    ];
    let Ok(mut child) = plain(&instance, &wrapper, &program, "late")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .spawn()
    else {
        skip::skipped(name, "there is no strace");
        return;
    };
    child.stdin.take().unwrap().write_all(NEW_VALUE.as_bytes()).unwrap();
    wait::until_true(wait::PATIENCE, "fnox having read", || {
        fs::read_to_string(&log).is_ok_and(|log| log.lines().count() >= 2)
    });
    let rotated = Outcome::new(instance.key_command(&["rotate"]).output().unwrap());
    assert!(child.wait().unwrap().success());
    if !rotated.stderr.contains("the vault key is a new one") {
        // A machine on which fnox takes longer than a rotation waits.
        assert!(rotated.stderr.contains("works with"), "{}", rotated.stderr);
        instance.key(&["rotate"]).expect(0);
    }
    expect_whole(&instance, &old, "late");
}

#[test]
fn what_an_unseen_fnox_writes_back_is_sealed_anew_and_nothing_is_lost() {
    let name = "beside_fnox::what_an_unseen_fnox_writes_back_is_sealed_anew_and_nothing_is_lost";
    for again in ["ensure", "rotate"] {
        let Some(instance) = Instance::with_fnox(name, Sealer::HostKey) else { return };
        with_store(&instance);
        let old = text(&instance.unsealed());
        let program = unknown_name(&instance);
        let child = at_its_prompt(&instance, &program, "gh");
        instance.key(&["rotate"]).expect(0);
        answer(child);
        let lost = instance.command(&["get", "gh", "--reveal"]).output().unwrap();
        assert!(!lost.status.success(), "it is under the key before");
        let status = instance.key(&["status"]).expect(1);
        assert!(
            status.stderr.contains("the key before the last rotation, which is kept"),
            "{}",
            status.stderr
        );
        // Over a reboot, too.
        instance.switch_off();
        instance.key(&["unseal"]).expect(0);
        let mended = instance.key(&[again]).expect(0);
        assert!(mended.stderr.contains("sealed anew: "), "{}", mended.stderr);
        expect_whole(&instance, &old, "gh");
    }
}

#[test]
fn a_whole_old_file_that_fnox_put_back_is_sealed_anew() {
    let name = "beside_fnox::a_whole_old_file_that_fnox_put_back_is_sealed_anew";
    let Some(instance) = Instance::with_fnox(name, Sealer::HostKey) else { return };
    with_store(&instance);
    let old = text(&instance.unsealed());
    let program = unknown_name(&instance);
    let before = fs::read(instance.store()).unwrap();
    instance.key(&["rotate"]).expect(0);
    // What a fnox writes back that read before the rotation: the file of then, with its recipients and a new entry.
    let old_key = instance.runtime_dir().with_file_name("of-then.txt");
    fs::write(&old_key, &old).unwrap();
    fs::write(instance.store(), before).unwrap();
    let mut late =
        plain(&instance, &[], &program, "late").env("FNOX_AGE_KEY_FILE", &old_key).spawn().unwrap();
    late.stdin.take().unwrap().write_all(NEW_VALUE.as_bytes()).unwrap();
    assert!(late.wait().unwrap().success());
    fs::remove_file(old_key).unwrap();
    instance.key(&["status"]).expect(1);
    instance.key(&["ensure"]).expect(0);
    expect_whole(&instance, &old, "late");
}

#[test]
fn a_plaintext_key_at_a_place_of_its_own_is_kept_and_used_again() {
    let name = "beside_fnox::a_plaintext_key_at_a_place_of_its_own_is_kept_and_used_again";
    let Some(program) = remo_testkit::fnox::program(name) else { return };
    let room = crate::room::Room::of_fnox(program);
    let first = room.run(&["key", "ensure"]).expect(0).stdout;
    let begun =
        format!("[providers.vault]\ntype = \"age\"\nrecipients = [\"{}\"]\n\n[secrets]\n", first.trim());
    fs::write(room.store(), begun).unwrap();
    fs::set_permissions(room.store(), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    room.set("gh", "tripwire-value");
    let before = fs::read(room.store()).unwrap();
    room.run(&["key", "rotate"]).expect(0);
    fs::write(room.store(), before).unwrap();
    assert!(room.run(&["key", "status"]).expect(1).stderr.contains("which is kept"));
    room.run(&["key", "ensure"]).expect(0);
    assert_eq!(room.reveal("gh"), "tripwire-value");
    room.run(&["key", "status"]).expect(0);
    // What stopped while it looked again is no rotation that has begun: the next one makes a new key.
    let (key, kept) = (room.vault().join("key.txt"), room.vault().join("key.txt.kept"));
    let present = room.run(&["key", "ensure"]).expect(0).stdout;
    fs::write(&key, format!("{}{}", text(&key), text(&kept))).unwrap();
    assert_ne!(room.run(&["key", "rotate"]).expect(0).stdout, present);
    assert_eq!(room.reveal("gh"), "tripwire-value");
    // A week later nothing needs it.
    let kept = fs::OpenOptions::new().append(true).open(kept).unwrap();
    let week_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(8 * 24);
    kept.set_modified(week_ago).unwrap();
    room.run(&["key", "ensure"]).expect(0);
    assert!(!room.files().contains(&"key.txt.kept".to_owned()), "{:?}", room.files());
}
