//! R-4.4 and R-4.5: only the pin governs, and how a manifest is read.

use std::fs;
use std::os::unix::fs::symlink;

use remo_testkit::{Project, audit, registration, skip};
use remo_wire::admin::ManifestState;
use remo_wire::error::ErrorCode;
use serde_json::json;

use crate::support::{Instance, SetOnDrop, ask, get_value, refused};

fn state(instance: &Instance) -> ManifestState {
    instance.broker.status().projects[0].manifest
}

#[test]
fn a_first_registration_gives_nothing_until_it_is_approved() {
    let instance = Instance::start();
    instance.broker.push(&[("gh", "x")]);
    let project = instance.unapproved("project-a", &["gh"]);
    for request in [r#"{"op":"get","name":"gh"}"#, r#"{"op":"fetch"}"#] {
        let message = refused(&ask(&instance.broker, "project-a", request), "denied");
        assert!(message.contains("remo-reload project-a"), "the message names the command: {message}");
    }
    assert_eq!(state(&instance), ManifestState::Unapproved);
    assert!(!instance.directory.run_directory("project-a").join("manifest.toml").exists());
    // Registering again is no approval, and neither is a restart.
    assert!(!instance.broker.register(&project).unwrap().approved);
    refused(&ask(&instance.broker, "project-a", r#"{"op":"get","name":"gh"}"#), "denied");
    instance.broker.reload(&project, None).unwrap();
    assert_eq!(get_value(&mut instance.broker.raw("project-a"), "gh"), "x");
    assert_eq!(state(&instance), ManifestState::Pinned);
}

#[test]
fn a_project_cannot_approve_itself() {
    let instance = Instance::start();
    instance.broker.push(&[("gh", "x")]);
    instance.unapproved("project-a", &["gh"]);
    for request in [
        r#"{"op":"reload","name":"project-a"}"#,
        r#"{"op":"register","name":"project-a","project_path":"/p","approve":true}"#,
        r#"{"op":"fetch","approve":true}"#,
    ] {
        let answer = ask(&instance.broker, "project-a", request);
        assert_eq!(answer["ok"], false, "{answer}");
    }
    assert_eq!(state(&instance), ManifestState::Unapproved);
}

#[test]
fn a_changed_file_changes_nothing_over_a_restart_too() {
    let mut instance = Instance::start();
    let project = instance.project("project-a", &["gh"]);
    project.write_secrets(&["gh", "npm"]);
    for round in 0..3 {
        instance.broker.push(&[("gh", "x"), ("npm", "y")]);
        assert_eq!(state(&instance), ManifestState::Changed, "round {round}");
        refused(&ask(&instance.broker, "project-a", r#"{"op":"get","name":"npm"}"#), "denied");
        let fetched = ask(&instance.broker, "project-a", r#"{"op":"fetch"}"#);
        assert_eq!(fetched["secrets"], json!({"gh": {"value": "x", "kind": "scalar"}}), "round {round}");
        assert_eq!(fetched["bindings"].as_object().unwrap().len(), 1);
        let copy = instance.directory.run_directory("project-a").join("manifest.toml");
        assert_eq!(fs::read_to_string(copy).unwrap(), project.manifest_for(&["gh"]));
        // Registering again with the changed file does not approve it either.
        assert!(instance.broker.register(&project).unwrap().approved);
        instance.broker.kill();
        instance.broker.restart();
    }
    instance.broker.push(&[("gh", "x"), ("npm", "y")]);
    instance.broker.reload(&project, None).unwrap();
    assert_eq!(get_value(&mut instance.broker.raw("project-a"), "npm"), "y");
}

#[test]
fn a_pin_stays_in_force_when_its_file_is_gone_or_broken() {
    let mut instance = Instance::start();
    let project = instance.project("project-a", &["gh"]);
    for (break_it, expected) in [
        (&(|| project.write_manifest("broken")) as &dyn Fn(), ManifestState::Invalid),
        (&|| fs::remove_file(project.manifest_path()).unwrap(), ManifestState::Missing),
        (&|| fs::remove_dir_all(project.path()).unwrap(), ManifestState::Missing),
    ] {
        break_it();
        for _ in 0..2 {
            instance.broker.push(&[("gh", "x")]);
            assert_eq!(state(&instance), expected);
            assert_eq!(get_value(&mut instance.broker.raw("project-a"), "gh"), "x");
            instance.broker.kill();
            instance.broker.restart();
        }
    }
}

#[test]
fn a_manifest_swapped_between_showing_and_approving_is_refused() {
    let instance = Instance::start();
    let project = instance.unapproved("project-a", &["gh"]);
    instance.broker.push(&[("gh", "x"), ("npm", "y")]);
    let shown = instance.broker.manifest(&project).unwrap().sha256;
    project.write_secrets(&["gh", "npm"]);
    let error = instance.broker.reload(&project, Some(&shown)).unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::ManifestChanged));
    assert_eq!(state(&instance), ManifestState::Unapproved);
    for digest in ["", "0", &"0".repeat(64), "tripwire"] {
        let error = instance.broker.reload(&project, Some(digest)).unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::ManifestChanged), "{digest}");
        assert!(!error.to_string().contains("tripwire"));
    }
    // Also when the swapped file cannot be used at all, or is gone.
    project.write_manifest("broken");
    let error = instance.broker.reload(&project, Some(&shown)).unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::ManifestChanged));
    fs::remove_file(project.manifest_path()).unwrap();
    let error = instance.broker.reload(&project, Some(&shown)).unwrap_err();
    assert!(
        matches!(error.code(), Some(ErrorCode::ManifestChanged | ErrorCode::ManifestNotFound)),
        "{error}"
    );

    project.write_secrets(&["gh"]);
    assert_eq!(instance.broker.reload(&project, Some(&shown)).unwrap().added.len(), 1);
    refused(&ask(&instance.broker, "project-a", r#"{"op":"get","name":"npm"}"#), "denied");
}

/// While a container rewrites its manifest all the time, what is approved is always one of the whole files
/// that it wrote, and with a digest exactly the one that was shown.
#[test]
fn a_racing_manifest_never_approves_what_was_not_shown() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let instance = Instance::start();
    let project = instance.unapproved("project-a", &["gh"]);
    let stop = AtomicBool::new(false);
    let shown = instance.broker.manifest(&project).unwrap().sha256;
    let harmless = project.manifest_for(&["gh"]);
    let greedy = project.manifest_for(&["gh", "npm", "aws"]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let other = project.path().join(".remo/other");
            while !stop.load(Ordering::Relaxed) {
                for text in [&greedy, &harmless] {
                    fs::write(&other, text).unwrap();
                    fs::rename(&other, project.manifest_path()).unwrap();
                }
            }
        });
        let (mut approved, mut refused) = (0, 0);
        for _ in 0..500 {
            match instance.broker.reload(&project, Some(&shown)) {
                Ok(answer) => {
                    approved += 1;
                    assert_eq!(answer.allowlist.len(), 1, "only what was shown");
                }
                Err(error) => {
                    refused += 1;
                    assert_eq!(error.code(), Some(ErrorCode::ManifestChanged));
                }
            }
        }
        stop.store(true, Ordering::Relaxed);
        assert!(approved > 0 && refused > 0, "the race took place: {approved} and {refused}");
    });
    let info = ask(&instance.broker, "project-a", r#"{"op":"info"}"#);
    assert_eq!(info["allowlist"], json!(["gh"]));
}

#[test]
fn a_manifest_that_is_no_plain_file_is_not_read() {
    let instance = Instance::start();
    let project = instance.project("project-a", &["gh"]);
    let outside = instance.directory.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("manifest.toml"), project.manifest_for(&["gh", "npm"])).unwrap();
    let manifest = project.manifest_path();
    let remo = project.path().join(".remo");
    let oversized = format!("{}#{}", project.manifest_for(&["npm"]), "x".repeat(64 * 1024));
    let cases: [(&str, &dyn Fn()); 7] = [
        ("a link to a file", &|| symlink(outside.join("manifest.toml"), &manifest).unwrap()),
        ("a dangling link", &|| symlink("/nonexistent", &manifest).unwrap()),
        ("a link to a device", &|| symlink("/dev/zero", &manifest).unwrap()),
        ("a directory", &|| fs::create_dir(&manifest).unwrap()),
        ("a FIFO", &|| {
            let mode = rustix::fs::Mode::from_raw_mode(0o644);
            rustix::fs::mknodat(rustix::fs::CWD, &manifest, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        }),
        ("a socket", &|| drop(std::os::unix::net::UnixListener::bind(&manifest).unwrap())),
        ("over 64 KiB", &|| fs::write(&manifest, &oversized).unwrap()),
    ];
    for (what, plant) in cases {
        fs::remove_dir_all(&remo).unwrap();
        fs::create_dir(&remo).unwrap();
        plant();
        let error = instance.broker.reload(&project, None).unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::ManifestInvalid), "{what}: {error}");
        let compared = instance.broker.manifest(&project).unwrap();
        assert_eq!((compared.state, compared.file), (ManifestState::Invalid, None), "{what}");
        assert!(!compared.problems.is_empty(), "{what}");
        assert_eq!(state(&instance), ManifestState::Invalid, "{what}");
    }
    for (what, plant) in [
        ("a link in place of .remo", &(|| symlink(&outside, &remo).unwrap()) as &dyn Fn()),
        ("a relative link in place of .remo", &|| symlink("../../outside", &remo).unwrap()),
        ("a file in place of .remo", &|| fs::write(&remo, "").unwrap()),
    ] {
        if fs::remove_file(&remo).is_err() {
            fs::remove_dir_all(&remo).unwrap();
        }
        plant();
        let error = instance.broker.reload(&project, None).unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::ManifestInvalid), "{what}: {error}");
    }
    assert_eq!(ask(&instance.broker, "project-a", r#"{"op":"info"}"#)["allowlist"], json!(["gh"]));
}

/// 64 KiB are allowed, and one byte more is not.
#[test]
fn the_size_limit_of_a_manifest_is_exact() {
    let instance = Instance::start();
    let project = instance.unapproved("project-a", &["gh"]);
    let base = format!("{}#", project.manifest_for(&["gh"]));
    let sized = |length: usize| format!("{base}{}", "x".repeat(length - base.len()));
    project.write_manifest(&sized(64 * 1024 + 1));
    assert_eq!(instance.broker.reload(&project, None).unwrap_err().code(), Some(ErrorCode::ManifestInvalid));
    project.write_manifest(&sized(64 * 1024));
    instance.broker.reload(&project, None).unwrap();
}

/// A hard link cannot be told from a file; its content is judged like any other and never repeated.
#[test]
fn a_hard_link_to_a_file_elsewhere_shows_nothing_of_it() {
    let instance = Instance::start();
    let project = instance.unapproved("project-a", &["gh"]);
    let private = instance.directory.path().join("private");
    fs::write(&private, "tripwire = \"tripwire-value\"\nmore of tripwire-value\n").unwrap();
    fs::remove_file(project.manifest_path()).unwrap();
    fs::hard_link(&private, project.manifest_path()).unwrap();
    let error = instance.broker.reload(&project, None).unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::ManifestInvalid));
    let compared = instance.broker.manifest(&project).unwrap();
    assert!(!error.to_string().contains("tripwire-value"), "{error}");
    assert!(!format!("{compared:?}").contains("tripwire-value"), "{compared:?}");
}

/// The project directory itself turns into a link after it was registered.
#[test]
fn a_project_directory_that_becomes_a_link_is_not_followed() {
    let instance = Instance::start();
    let project = instance.project("project-a", &["gh"]);
    let other = Project::new(&instance.directory, "project-b", &["npm"]);
    other.write_manifest(&project.manifest_for(&["gh", "npm"]));
    fs::remove_dir_all(project.path()).unwrap();
    symlink(other.path(), project.path()).unwrap();
    assert_eq!(instance.broker.reload(&project, None).unwrap_err().code(), Some(ErrorCode::ManifestInvalid));
    let again = instance.broker.register_as(registration(&project, true)).unwrap_err();
    assert_eq!(again.code(), Some(ErrorCode::InvalidPayload));
    assert_eq!(ask(&instance.broker, "project-a", r#"{"op":"info"}"#)["allowlist"], json!(["gh"]));
}

#[test]
fn approvals_and_refused_manifests_are_on_record() {
    let instance = Instance::start();
    let project = instance.project("project-a", &["gh"]);
    project.write_secrets(&["npm"]);
    instance.broker.reload(&project, None).unwrap();
    project.write_manifest("broken");
    instance.broker.reload(&project, None).unwrap_err();
    let approved = audit::events(&instance.directory.audit_log(), "manifest.approved");
    assert_eq!(approved.len(), 2);
    let words = |line: &serde_json::Value, key: &str| line[key].to_string();
    assert!(
        words(&approved[0], "added").contains("gh") && approved[0]["removed"] == json!([]),
        "{}",
        approved[0]
    );
    assert!(words(&approved[1], "added").contains("npm") && words(&approved[1], "removed").contains("gh"));
    assert!(approved.iter().all(|line| line["project"] == "project-a"));
    let invalid = audit::events(&instance.directory.audit_log(), "manifest.invalid");
    assert_eq!((invalid.len(), &invalid[0]["project"]), (1, &json!("project-a")));
}

/// A pin belongs to a place: the same name somewhere else begins anew. Here the directory is made again.
#[test]
fn a_directory_made_again_at_the_same_place_keeps_its_pin() {
    let instance = Instance::start();
    let project = instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "x"), ("npm", "y")]);
    fs::remove_dir_all(project.path()).unwrap();
    fs::create_dir(project.path()).unwrap();
    project.write_secrets(&["npm"]);
    assert!(instance.broker.register(&project).unwrap().approved);
    assert_eq!(state(&instance), ManifestState::Changed);
    refused(&ask(&instance.broker, "project-a", r#"{"op":"get","name":"npm"}"#), "denied");
}

#[test]
fn a_manifest_that_is_a_device_is_refused() {
    use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
    let test = "a_manifest_that_is_a_device_is_refused";
    if skip::without_root(test) {
        return;
    }
    let instance = Instance::start();
    let project = instance.project("project-a", &["gh"]);
    let manifest = project.manifest_path();
    fs::remove_file(&manifest).unwrap();
    // The null device.
    let device =
        mknodat(CWD, &manifest, FileType::CharacterDevice, Mode::from_raw_mode(0o666), makedev(1, 3));
    if let Err(error) = device {
        return skip::skipped(test, &format!("no device can be made: {error}"));
    }
    let compared = instance.broker.manifest(&project).unwrap();
    assert_eq!((compared.state, compared.file), (ManifestState::Invalid, None));
    assert!(
        compared.problems.iter().any(|problem| problem.contains("not a regular file")),
        "{:?}",
        compared.problems
    );
    assert_eq!(state(&instance), ManifestState::Invalid);
    let error = instance.broker.reload(&project, None).unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::ManifestInvalid), "{error}");
    assert_eq!(ask(&instance.broker, "project-a", r#"{"op":"info"}"#)["allowlist"], json!(["gh"]));
}

/// Opening has effects on a device, so a manifest is looked at first. A FIFO tells: a writer that does not wait can
/// open it only while somebody has it open for reading.
#[test]
fn a_manifest_that_is_no_plain_file_is_not_even_opened() {
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
    let instance = Instance::start();
    let project = instance.project("project-a", &["gh"]);
    let manifest = project.manifest_path();
    fs::remove_file(&manifest).unwrap();
    mknodat(CWD, &manifest, FileType::Fifo, Mode::from_raw_mode(0o644), 0).unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let (mut tries, mut opened) = (0_u64, 0_u64);
            while !stop.load(Ordering::Relaxed) {
                tries += 1;
                match open(&manifest, flags, Mode::empty()) {
                    Ok(_) => opened += 1,
                    Err(error) => assert_eq!(error, rustix::io::Errno::NXIO),
                }
            }
            (tries, opened)
        });
        let end = SetOnDrop(&stop);
        for _ in 0..1000 {
            assert_eq!(state(&instance), ManifestState::Invalid);
        }
        drop(end);
        let (tries, opened) = writer.join().unwrap();
        assert!(tries > 1000, "only {tries} looks");
        assert_eq!(opened, 0, "the broker had it open, seen {opened} times of {tries}");
    });
}
