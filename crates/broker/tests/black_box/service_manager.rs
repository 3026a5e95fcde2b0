//! The broker below a service manager (R-5.3): what it says, and what it takes over. The test speaks systemd's part of
//! the protocol itself, so that it can kill and plant between any two steps; `tests/instance` has the real one.

use std::fs;
use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use remo_testkit::{PrivateDirectory, Project, RawConnection, audit, registration, wait};
use remo_wire::admin::{AdminRequest, DoneResponse, RegisterResponse};
use remo_wire::client::Client;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use crate::support::{binary, refused};

/// Starts what it is given with the umask of the unit, and with its standard input and output as the descriptors that systemd would pass.
const PASS: &str =
    r#"umask 077; exec 3<&0 4<&1 0</dev/null; LISTEN_PID=$$; export LISTEN_PID; exec "$@" >/dev/null"#;

/// One message, and the descriptor that came with it.
#[derive(Debug)]
struct Message {
    text: String,
    descriptor: Option<OwnedFd>,
}

impl Message {
    fn says(&self, line: &str) -> bool {
        self.text.lines().any(|said| said == line)
    }

    fn name(&self) -> Option<&str> {
        self.text.lines().find_map(|line| line.strip_prefix("FDNAME="))
    }
}

/// The service manager's side.
struct Manager {
    directory: PrivateDirectory,
    socket: UnixDatagram,
    child: Option<Child>,
}

impl Manager {
    fn new() -> Self {
        let directory = PrivateDirectory::new();
        fs::write(directory.config_file(), "").unwrap();
        let socket = UnixDatagram::bind(directory.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(wait::PATIENCE)).unwrap();
        Self { directory, socket, child: None }
    }

    /// Starts the broker with up to two descriptors under these names.
    fn start(&mut self, passed: &[(&str, &dyn AsFd)]) {
        let own =
            |index: usize| passed.get(index).map(|(_, socket)| socket.as_fd().try_clone_to_owned().unwrap());
        let stdio = |index| own(index).map_or_else(Stdio::null, Stdio::from);
        let names: Vec<&str> = passed.iter().map(|(name, _)| *name).collect();
        let directory = &self.directory;
        let mut command = Command::new("/bin/sh");
        command.args(["-euc", PASS, "sh"]).arg(binary()).arg("run");
        for (flag, value) in [
            ("--config", directory.config_file()),
            ("--socket-dir", directory.socket_dir()),
            ("--state-dir", directory.state_dir()),
            ("--audit-log-path", directory.audit_log()),
            ("--projects-root", directory.projects_root()),
        ] {
            command.arg(flag).arg(value);
        }
        let child = command
            .env_clear()
            .env("NOTIFY_SOCKET", directory.path().join("notify"))
            .env("WATCHDOG_USEC", "300000")
            .env("LISTEN_FDS", passed.len().to_string())
            .env("LISTEN_FDNAMES", names.join(":"))
            .stdin(stdio(0))
            .stdout(stdio(1))
            .stderr(fs::File::options().create(true).append(true).open(self.stderr()).unwrap())
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    fn stderr(&self) -> PathBuf {
        self.directory.path().join("stderr")
    }

    /// The next message that `wanted` likes; the others before it are dropped.
    fn message(&self, wanted: impl Fn(&Message) -> bool) -> Message {
        wait::until(wait::PATIENCE, "a message of the broker", || {
            let message = self.next()?;
            wanted(&message).then_some(message)
        })
    }

    fn next(&self) -> Option<Message> {
        let mut bytes = [0; 4096];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let received = recvmsg(
            &self.socket,
            &mut [IoSliceMut::new(&mut bytes)],
            &mut ancillary,
            RecvFlags::CMSG_CLOEXEC,
        )
        .ok()?;
        let descriptor = ancillary.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
            _ => None,
        });
        let text = String::from_utf8(bytes[..received.bytes].to_vec()).unwrap();
        Some(Message { text, descriptor })
    }

    fn ready(&self) {
        let _ = self.message(|message| message.says("READY=1"));
    }

    fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn process(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(self.child.as_ref().unwrap())
    }

    fn admin(&self) -> Client {
        Client::connect_within(&self.directory.admin_socket(), wait::PATIENCE).unwrap()
    }

    /// Registers a project; the message that has its socket kept.
    fn register(&self, name: &str) -> (String, OwnedFd) {
        self.register_again(&Project::new(&self.directory, name, &["gh"]))
    }

    /// The same for a project that is there, whose socket is missing.
    fn register_again(&self, project: &Project) -> (String, OwnedFd) {
        let request = AdminRequest::Register(registration(project, true));
        let _: RegisterResponse = self.admin().request(&request).unwrap();
        let kept = self.message(|message| message.says("FDSTORE=1"));
        let name = kept.name().expect("a kept socket has a name").to_owned();
        (name, kept.descriptor.expect("and is sent along"))
    }

    fn project_socket(&self, project: &str) -> PathBuf {
        self.directory.run_directory(project).join(format!("{project}.sock"))
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The name that a socket at this path has to be kept under.
fn name_of(project: &str, socket: &Path) -> String {
    let metadata = fs::symlink_metadata(socket).unwrap();
    format!("project.{project}.{}.{}", metadata.dev(), metadata.ino())
}

fn ping(connection: &mut RawConnection) {
    assert_eq!(connection.answer()["ok"], true);
}

#[test]
fn it_says_when_it_is_ready_alive_reloading_and_ending() {
    let mut manager = Manager::new();
    manager.start(&[]);
    manager.ready();
    let _ = manager.admin().status().expect("ready means that clients are answered");
    let status = manager.message(|message| message.text.starts_with("STATUS="));
    assert!(status.text.contains("projects: 0; waiting for the vault"), "{status:?}");
    for _ in 0..3 {
        let _ = manager.message(|message| message.says("WATCHDOG=1"));
    }

    rustix::process::kill_process(manager.process(), rustix::process::Signal::HUP).unwrap();
    let reloading = manager.message(|message| message.says("RELOADING=1"));
    assert!(reloading.text.contains("MONOTONIC_USEC="), "{reloading:?}");
    manager.ready();

    let (name, _socket) = manager.register("project-a");
    assert_eq!(name, name_of("project-a", &manager.project_socket("project-a")));
    let status = manager.message(|message| message.text.starts_with("STATUS="));
    assert!(status.text.contains("projects: 1"), "{status:?}");
    let unregister = AdminRequest::Unregister { name: "project-a".parse().unwrap() };
    let _: DoneResponse = manager.admin().request(&unregister).unwrap();
    let forgotten = manager.message(|message| message.says("FDSTOREREMOVE=1"));
    assert_eq!(forgotten.name(), Some(name.as_str()));

    rustix::process::kill_process(manager.process(), rustix::process::Signal::TERM).unwrap();
    let _ = manager.message(|message| message.says("STOPPING=1"));
    assert!(manager.child.take().unwrap().wait().unwrap().success());
}

#[test]
fn a_loop_that_hangs_gives_no_sign_of_life() {
    let mut manager = Manager::new();
    manager.start(&[]);
    manager.ready();
    let _ = manager.message(|message| message.says("WATCHDOG=1"));
    rustix::process::kill_process(manager.process(), rustix::process::Signal::STOP).unwrap();
    manager.socket.set_nonblocking(true).unwrap();
    while manager.next().is_some() {}
    manager.socket.set_nonblocking(false).unwrap();
    manager.socket.set_read_timeout(Some(std::time::Duration::from_secs(1))).unwrap();
    assert!(manager.next().is_none(), "three intervals without a message");
}

#[test]
fn kept_sockets_take_connections_while_the_broker_is_away() {
    let mut manager = Manager::new();
    let folder = manager.directory.socket_dir().join("admin");
    fs::create_dir_all(&folder).unwrap();
    let admin = UnixListener::bind(folder.join("admin.sock")).unwrap();
    std::os::unix::fs::symlink("admin/admin.sock", manager.directory.admin_socket()).unwrap();
    manager.start(&[("admin", &admin)]);
    manager.ready();
    let (name, socket) = manager.register("project-a");
    let before = name_of("project-a", &manager.project_socket("project-a"));

    for _ in 0..3 {
        manager.kill();
        let mut waiting = RawConnection::open(&manager.directory.project_socket("project-a"));
        waiting.send_line(r#"{"op":"ping"}"#);
        let mut operator = RawConnection::open(&manager.directory.admin_socket());
        operator.send_line(r#"{"op":"status"}"#);
        manager.start(&[(&name, &socket), ("admin", &admin)]);
        ping(&mut waiting);
        ping(&mut operator);
        assert_eq!(name_of("project-a", &manager.project_socket("project-a")), before);
    }
    let recovered = audit::events(&manager.directory.audit_log(), "socket.recovered");
    assert!(recovered.is_empty(), "{recovered:?}");
    // Its bits are those of the specification, whoever bound it.
    let mode = fs::symlink_metadata(manager.project_socket("project-a")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o666);
    let log = fs::metadata(manager.directory.audit_log()).unwrap().permissions().mode();
    assert_eq!(log & 0o777, 0o640, "whatever the unit's umask");
}

/// R-5.5: what lies in a project's folder may have been written by its container, while nobody looked, too.
#[test]
fn a_socket_that_a_container_put_there_in_the_meantime_is_not_taken_for_the_kept_one() {
    let mut manager = Manager::new();
    manager.start(&[]);
    manager.ready();
    let (name, socket) = manager.register("project-a");
    manager.kill();
    let path = manager.project_socket("project-a");
    fs::remove_file(&path).unwrap();
    let planted = UnixListener::bind(&path).unwrap();

    manager.start(&[(&name, &socket)]);
    let forgotten = manager.message(|message| message.says("FDSTOREREMOVE=1"));
    assert_eq!(forgotten.name(), Some(name.as_str()));
    let kept = manager.message(|message| message.says("FDSTORE=1"));
    manager.ready();
    assert_eq!(kept.name(), Some(name_of("project-a", &path).as_str()));
    assert_ne!(kept.name(), Some(name.as_str()));
    let mut client = RawConnection::open(&path);
    assert_eq!(client.ask(r#"{"op":"ping"}"#)["project"], "project-a");
    planted.set_nonblocking(true).unwrap();
    assert!(planted.accept().is_err(), "nobody reached the planted socket");
    assert_eq!(audit::events(&manager.directory.audit_log(), "socket.recovered").len(), 1);
}

#[test]
fn of_two_kept_sockets_the_one_that_clients_reach_goes_on() {
    let mut manager = Manager::new();
    manager.start(&[]);
    manager.ready();
    let project = Project::new(&manager.directory, "project-a", &["gh"]);
    let (first_name, first) = manager.register_again(&project);
    fs::remove_file(manager.project_socket("project-a")).unwrap();
    // The repair keeps the new socket before it forgets the old one; killed in between, both are there.
    let (second_name, second) = manager.register_again(&project);
    assert_eq!(
        manager.message(|message| message.says("FDSTOREREMOVE=1")).name(),
        Some(first_name.as_str()),
        "the repair forgets what it replaced"
    );
    manager.kill();
    manager.start(&[(&first_name, &first), (&second_name, &second)]);
    assert_eq!(manager.message(|message| message.says("FDSTOREREMOVE=1")).name(), Some(first_name.as_str()));
    manager.ready();
    assert_eq!(name_of("project-a", &manager.project_socket("project-a")), second_name);
    let mut client = RawConnection::open(&manager.project_socket("project-a"));
    refused(&client.ask(r#"{"op":"get","name":"gh"}"#), "not_found");
}

#[test]
fn what_is_no_listening_socket_of_the_brokers_is_closed_and_named() {
    let mut manager = Manager::new();
    let (pipe, _writer) = std::io::pipe().unwrap();
    let stranger = UnixListener::bind(manager.directory.path().join("stranger")).unwrap();
    manager.start(&[("admin", &pipe), ("stored", &stranger)]);
    manager.ready();
    let _ = manager.admin().status().expect("it binds a socket of its own");
    let said = fs::read_to_string(manager.stderr()).unwrap();
    assert!(said.contains(r#""admin" is not taken over: it is no listening Unix socket"#), "{said}");
    assert!(said.contains(r#"the socket "stored" is none of the broker's"#), "{said}");

    // A project that is not registered any more.
    manager.kill();
    manager.start(&[("project.gone.1.2", &stranger)]);
    let forgotten = manager.message(|message| message.says("FDSTOREREMOVE=1"));
    assert_eq!(forgotten.name(), Some("project.gone.1.2"));
    manager.ready();
}
