//! What survives a restart, and who may take over which socket.

use std::fs;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use remo_testkit::{
    Broker, BrokerOptions, PrivateDirectory, Project, RawConnection, audit, registration, wait,
};
use remo_wire::admin::ManifestState;
use remo_wire::error::ErrorCode;

use crate::support::{Instance, ask, get_value, options, refused};

/// The bar of section 10: broker killed, all projects served again.
const BACK_WITHIN: Duration = Duration::from_secs(2);

#[test]
fn projects_come_back_from_their_pins_with_an_empty_store() {
    let mut instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.unapproved("project-b", &["gh"]);
    let gone = instance.project("project-c", &["gh"]);
    instance.broker.unregister(&gone).unwrap();
    let mut registered = registration(&Project::new(&instance.directory, "project-d", &["gh"]), true);
    registered.allowed_uids = Some(vec![1234, rustix::process::geteuid().as_raw()]);
    instance.broker.register_as(registered).unwrap();
    instance.broker.push(&[("gh", "x")]);
    let before = instance.broker.status();
    for kill in [true, false] {
        if kill {
            instance.broker.kill();
        } else {
            assert_eq!(instance.broker.terminate(wait::PATIENCE).code(), Some(0));
        }
        let since = Instant::now();
        instance.broker.restart();
        let after = instance.broker.status();
        assert!(since.elapsed() < BACK_WITHIN, "back after {:?}", since.elapsed());
        assert_ne!(after.instance_id, before.instance_id);
        assert_eq!((after.secret_count, after.secrets_loaded_at.as_deref(), after.cleared), (0, None, false));
        let states: Vec<_> =
            after.projects.iter().map(|project| (project.name.as_str(), project.manifest)).collect();
        let (pinned, unapproved) = (ManifestState::Pinned, ManifestState::Unapproved);
        assert_eq!(states, [("project-a", pinned), ("project-b", unapproved), ("project-d", pinned)]);
        refused(&ask(&instance.broker, "project-a", r#"{"op":"get","name":"gh"}"#), "not_found");
        refused(&ask(&instance.broker, "project-b", r#"{"op":"get","name":"gh"}"#), "denied");
        instance.broker.push(&[("gh", "again")]);
        for project in ["project-a", "project-d"] {
            assert_eq!(get_value(&mut instance.broker.raw(project), "gh"), "again");
        }
    }
    // What was unregistered comes back with its pin only when it is registered.
    assert!(instance.broker.register(&gone).unwrap().approved);
}

#[test]
fn generation_and_views_rise_over_kills() {
    let mut instance = Instance::start();
    let project = instance.project("project-a", &["gh"]);
    let (mut generation, mut view) = (0, 0);
    for round in 0..10 {
        let pushed = instance.broker.push(&[("gh", "x")]).generation;
        assert!(pushed > generation, "round {round}: {pushed} after {generation}");
        generation = pushed;
        instance.broker.reload(&project, None).unwrap();
        let now = instance.view("project-a");
        assert!(now > view, "round {round}: view {now} after {view}");
        view = now;
        instance.broker.kill();
        instance.broker.restart();
        let restored = instance.broker.status();
        assert!(restored.generation >= generation, "round {round}");
        // What the project could fetch is another now, so a client that watches must notice.
        assert!(restored.projects[0].view > view, "round {round}: the emptied store is a change");
    }
}

#[test]
fn a_deliberate_clear_is_remembered_over_restarts() {
    let mut instance = Instance::start();
    instance.broker.push(&[("gh", "x")]);
    instance.broker.clear();
    let generation = instance.broker.status().generation;
    for _ in 0..2 {
        instance.broker.kill();
        instance.broker.restart();
        let status = instance.broker.status();
        assert!(status.cleared && status.generation >= generation, "{status:?}");
    }
    instance.broker.push(&[("gh", "x")]);
    instance.broker.kill();
    instance.broker.restart();
    assert!(!instance.broker.status().cleared);
}

#[test]
fn a_second_daemon_is_refused_and_the_first_is_untouched() {
    let mut instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    let before = instance.broker.status();
    let mut held = instance.broker.raw("project-a");
    let other = instance.directory.path().join("other-state");
    let other_sockets = instance.directory.path().join("t");
    let cases: [(&str, Vec<std::ffi::OsString>); 3] = [
        ("the same everything", vec![]),
        ("the same sockets, another state", vec!["--state-dir".into(), other.into()]),
        ("other sockets, the same state", vec!["--socket-dir".into(), other_sockets.into()]),
    ];
    for (what, arguments) in cases {
        let mut command = std::process::Command::new(crate::support::binary());
        let directory = &instance.directory;
        let mut flags: Vec<(&str, std::ffi::OsString)> = vec![
            ("--config", directory.config_file().into()),
            ("--socket-dir", directory.socket_dir().into()),
            ("--state-dir", directory.state_dir().into()),
            ("--audit-log-path", directory.audit_log().into()),
            ("--projects-root", directory.projects_root().into()),
        ];
        if let [flag, value] = arguments.as_slice() {
            flags.iter_mut().find(|(name, _)| flag == name).unwrap().1.clone_from(value);
        }
        command.arg("run").env_clear();
        for (flag, value) in flags {
            command.arg(flag).arg(value);
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{what}: {output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains("another broker"), "{what}: {stderr}");
    }
    assert!(instance.broker.is_running());
    assert_eq!(get_value(&mut held, "gh"), "x", "held connections live on");
    assert_eq!(get_value(&mut instance.broker.raw("project-a"), "gh"), "x");
    let after = instance.broker.status();
    assert_eq!((after.instance_id, after.generation), (before.instance_id, before.generation));
    let started = remo_testkit::audit::events(&instance.directory.audit_log(), "started");
    assert_eq!(started.len(), 1, "the refused ones leave no trace in the log");
}

#[test]
fn a_stale_admin_socket_is_taken_over_and_a_live_one_is_not() {
    let directory = PrivateDirectory::new();
    drop(UnixListener::bind(directory.admin_socket()).unwrap());
    assert!(directory.admin_socket().exists(), "a stale socket is there");
    let broker = Broker::start(&directory, &options(""));
    assert_eq!(broker.status().generation, 0);
    drop(broker);

    for socket in [directory.admin_socket(), directory.socket_dir().join("admin/admin.sock")] {
        fs::remove_file(&socket).unwrap();
        let live = UnixListener::bind(&socket).unwrap();
        let ended = refused_start(&directory);
        assert!(ended.contains("admin.sock"), "{ended}");
        drop(live);
    }
    drop(Broker::start(&directory, &options("")));
}

/// Starts a broker that has to end by itself with status 1; gives what it said.
fn refused_start(directory: &PrivateDirectory) -> String {
    let ended = Broker::try_start(directory, &options("")).unwrap_err();
    assert_eq!(ended.code(), Some(1), "{}", ended.stderr);
    ended.stderr
}

#[test]
fn what_a_crash_left_in_the_run_directory_is_cleared_away() {
    let mut instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.broker.kill();
    assert!(instance.directory.admin_socket().exists(), "kill -9 leaves the sockets behind");
    assert!(instance.directory.run_directory("project-a").join("project-a.sock").exists());
    instance.broker.restart();
    instance.broker.push(&[("gh", "x")]);
    assert_eq!(get_value(&mut instance.broker.raw("project-a"), "gh"), "x");
}

#[test]
fn a_project_whose_directory_is_gone_does_not_keep_the_broker_from_starting() {
    let mut instance = Instance::start();
    let project = instance.project("project-a", &["gh"]);
    instance.project("project-b", &["gh"]);
    instance.broker.kill();
    fs::remove_dir_all(project.path()).unwrap();
    fs::remove_dir_all(instance.directory.run_directory("project-a")).unwrap();
    instance.broker.restart();
    instance.broker.push(&[("gh", "x")]);
    assert_eq!(get_value(&mut instance.broker.raw("project-b"), "gh"), "x");
    let status = instance.broker.status();
    assert_eq!(status.projects[0].manifest, ManifestState::Missing);
}

/// Half a file, as a full disk or a crash of the machine may leave it, costs one project and no more.
#[test]
fn a_damaged_state_file_is_said_and_approves_nothing() {
    let mut instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.project("project-b", &["gh"]);
    instance.broker.kill();
    let files = state_files_of(&instance.directory, "project-a");
    assert!(!files.is_empty(), "the project's state is kept in a file that carries its name");
    for file in &files {
        let content = fs::read(file).unwrap();
        fs::write(file, &content[..content.len() / 2]).unwrap();
    }
    match Broker::try_start(&instance.directory, &options("")) {
        Ok(broker) => {
            broker.push(&[("gh", "x")]);
            assert_eq!(get_value(&mut broker.raw("project-b"), "gh"), "x");
            assert!(broker.stderr().contains("project-a"), "{}", broker.stderr());
            let status = broker.status();
            if status.projects.iter().any(|project| project.name.as_str() == "project-a") {
                refused(&ask(&broker, "project-a", r#"{"op":"get","name":"gh"}"#), "denied");
            }
        }
        Err(ended) => panic!("one damaged file keeps everybody's secrets away: {}", ended.stderr),
    }
}

fn state_files_of(directory: &PrivateDirectory, project: &str) -> Vec<std::path::PathBuf> {
    let mut waiting = vec![directory.state_dir()];
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.file_name().unwrap().to_str().unwrap().contains(project) {
            found.push(path);
        }
    }
    found
}

#[test]
fn directories_that_are_missing_are_made_and_unusable_ones_are_named() {
    let directory = PrivateDirectory::new();
    for folder in [directory.socket_dir(), directory.state_dir()] {
        fs::remove_dir(folder).unwrap();
    }
    drop(Broker::start(&directory, &options("")));

    for folder in [directory.socket_dir(), directory.state_dir()] {
        let aside = directory.path().join("aside");
        fs::rename(&folder, &aside).unwrap();
        fs::write(&folder, "a file in its place").unwrap();
        let said = refused_start(&directory);
        assert!(said.contains(folder.to_str().unwrap()), "{said}");
        fs::remove_file(&folder).unwrap();
        fs::rename(&aside, &folder).unwrap();
    }
}

/// A state directory that others may read or write is tightened or refused, never used as it is.
#[test]
fn the_state_directory_is_for_the_broker_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = PrivateDirectory::new();
    fs::set_permissions(directory.state_dir(), fs::Permissions::from_mode(0o777)).unwrap();
    match Broker::try_start(&directory, &BrokerOptions { ..options("") }) {
        Ok(_broker) => {
            let mode = fs::metadata(directory.state_dir()).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o700);
        }
        Err(ended) => assert!(ended.stderr.contains(directory.state_dir().to_str().unwrap())),
    }
}

/// A project whose socket cannot be made at the start is known all the same, and served as soon as it can be.
#[test]
fn a_project_whose_socket_cannot_be_made_is_named_and_tried_again() {
    let mut instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.project("project-b", &["gh"]);
    let folder = instance.directory.run_directory("project-a");
    instance.broker.kill();
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "in the way").unwrap();
    instance.broker.restart();
    instance.broker.push(&[("gh", "x")]);
    let names: Vec<String> =
        instance.broker.status().projects.iter().map(|project| project.name.to_string()).collect();
    assert_eq!(names, ["project-a", "project-b"]);
    assert!(instance.broker.stderr().contains("project-a"), "{}", instance.broker.stderr());
    assert!(RawConnection::try_open(&instance.broker.socket("project-a")).is_err());
    assert_eq!(get_value(&mut instance.broker.raw("project-b"), "gh"), "x", "the others are served");
    assert_eq!(fs::read_to_string(&folder).unwrap(), "in the way", "what is not ours is not removed");
    fs::remove_file(&folder).unwrap();
    // By itself: nobody asks for the status meanwhile.
    let mut connection = wait::until(wait::PATIENCE, "the socket of project-a", || {
        RawConnection::try_open(&instance.broker.socket("project-a")).ok()
    });
    assert_eq!(get_value(&mut connection, "gh"), "x", "with its pin");
}

/// A registration that fails leaves nothing that a restart would bring back.
#[test]
fn a_registration_whose_socket_cannot_be_made_registers_nothing() {
    let mut instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let project = Project::new(&instance.directory, "project-b", &["gh"]);
    let folder = instance.directory.run_directory("project-b");
    fs::write(&folder, "in the way").unwrap();
    for approve in [false, true] {
        let error = instance.broker.register_as(registration(&project, approve)).unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::InternalError), "{error}");
        assert_eq!(instance.broker.status().projects.len(), 1);
    }
    fs::remove_file(&folder).unwrap();
    instance.broker.kill();
    instance.broker.restart();
    assert_eq!(instance.broker.status().projects.len(), 1, "nothing was registered");
    assert!(RawConnection::try_open(&instance.broker.socket("project-b")).is_err());
    let registered = audit::events(&instance.directory.audit_log(), "project.registered");
    assert_eq!(registered.len(), 1, "and nothing is on record as registered");
    assert!(!instance.broker.register(&project).unwrap().approved, "nor approved");
    refused(&ask(&instance.broker, "project-b", r#"{"op":"get","name":"gh"}"#), "denied");
}
