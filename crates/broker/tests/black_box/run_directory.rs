//! R-5.5: a container that can write its own run directory breaks nothing but its own socket, and the
//! broker repairs that without touching what a planted link points to.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use remo_testkit::{Project, RawConnection, audit};

use crate::support::{Instance, get_value};

struct Attacked {
    instance: Instance,
    project: Project,
    socket: PathBuf,
    outside: PathBuf,
}

impl Attacked {
    fn new() -> Self {
        let instance = Instance::start();
        let project = instance.project("project-a", &["gh"]);
        instance.project("project-b", &["gh"]);
        instance.broker.push(&[("gh", "x")]);
        let socket = instance.directory.run_directory("project-a").join("project-a.sock");
        let outside = instance.directory.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("file"), "untouched").unwrap();
        Self { instance, project, socket, outside }
    }

    /// After `what` was done to the socket, it is repaired by `by`, and nothing outside has changed.
    #[track_caller]
    fn is_repaired(&self, what: &str, by: &dyn Fn(&Self)) {
        let log = self.instance.directory.audit_log();
        let before = audit::events(&log, "socket.recovered").len();
        let outside = self.outside_state();
        let mut other = self.instance.broker.raw("project-b");
        by(self);
        assert_eq!(get_value(&mut RawConnection::open(&self.socket), "gh"), "x", "{what}");
        assert_eq!(get_value(&mut self.instance.broker.raw("project-a"), "gh"), "x", "{what}");
        assert_eq!(self.outside_state(), outside, "{what}: nothing outside is touched");
        let metadata = self.socket.symlink_metadata().unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o666, "{what}");
        assert_eq!(get_value(&mut other, "gh"), "x", "{what}: the neighbour notices nothing");
        let recovered = audit::events(&log, "socket.recovered");
        assert_eq!(recovered.len(), before + 1, "{what}: on record once");
        assert_eq!(recovered.last().unwrap()["project"], "project-a");
    }

    fn outside_state(&self) -> Vec<(PathBuf, u64, u32, Vec<u8>)> {
        let mut state: Vec<_> = fs::read_dir(&self.outside)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .chain([self.outside.clone()])
            .map(|path| {
                let metadata = path.symlink_metadata().unwrap();
                let content = fs::read(&path).unwrap_or_default();
                (path, metadata.ino(), metadata.mode(), content)
            })
            .collect();
        state.sort();
        state
    }
}

fn by_status(attacked: &Attacked) {
    attacked.instance.broker.status();
}

fn by_register(attacked: &Attacked) {
    attacked.instance.broker.register(&attacked.project).unwrap();
}

#[test]
fn a_socket_that_was_removed_replaced_or_linked_away_is_repaired() {
    let attacked = Attacked::new();
    let (socket, outside) = (&attacked.socket, &attacked.outside);
    let listener = std::cell::RefCell::new(None);
    let attacks: [(&str, &dyn Fn()); 9] = [
        ("removed", &|| {}),
        ("a file", &|| fs::write(socket, "planted").unwrap()),
        ("a link to a file", &|| symlink(outside.join("file"), socket).unwrap()),
        ("a link to a directory", &|| symlink(outside, socket).unwrap()),
        ("a dangling link to outside", &|| symlink(outside.join("new"), socket).unwrap()),
        ("a link to the neighbour's socket", &|| symlink("../project-b/project-b.sock", socket).unwrap()),
        ("an empty directory", &|| fs::create_dir(socket).unwrap()),
        ("a full directory with a link in it", &|| {
            fs::create_dir(socket).unwrap();
            symlink(outside.join("file"), socket.join("link")).unwrap();
            fs::write(socket.join("file"), "planted").unwrap();
        }),
        ("a socket of the container's own", &|| {
            *listener.borrow_mut() = Some(UnixListener::bind(socket).unwrap());
        }),
    ];
    for by in [by_status as fn(&Attacked), by_register] {
        for (what, attack) in &attacks {
            fs::remove_file(socket).unwrap();
            attack();
            attacked.is_repaired(what, &by);
        }
    }
}

#[test]
fn a_copy_of_the_pin_that_was_replaced_is_never_read_back() {
    let mut attacked = Attacked::new();
    let folder = attacked.instance.directory.run_directory("project-a");
    let copy = folder.join("manifest.toml");
    let genuine = fs::read_to_string(&copy).unwrap();
    fs::write(&copy, attacked.project.manifest_for(&["gh", "npm", "aws"])).unwrap();
    attacked.instance.broker.kill();
    attacked.instance.broker.restart();
    attacked.instance.broker.push(&[("gh", "x"), ("npm", "y")]);
    let info = attacked.instance.broker.raw("project-a").ask(r#"{"op":"info"}"#);
    assert_eq!(info["allowlist"], serde_json::json!(["gh"]));
    assert_eq!(fs::read_to_string(&copy).unwrap(), genuine, "a restart makes the copy right again");
    // A link in its place: what it points to is not written.
    fs::remove_file(&copy).unwrap();
    symlink(attacked.outside.join("file"), &copy).unwrap();
    attacked.instance.broker.reload(&attacked.project, None).unwrap();
    assert_eq!(fs::read_to_string(attacked.outside.join("file")).unwrap(), "untouched");
    assert_eq!(fs::read_to_string(&copy).unwrap(), genuine);
    assert!(copy.symlink_metadata().unwrap().is_file());
}

/// The directory itself keeps its inode, or mounts of it would go stale.
#[test]
fn a_run_directory_is_never_made_again_while_it_is_there() {
    let mut attacked = Attacked::new();
    let folder = attacked.instance.directory.run_directory("project-a");
    let inode = || fs::metadata(&folder).unwrap().ino();
    let before = inode();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    fs::remove_file(&attacked.socket).unwrap();
    attacked.instance.broker.status();
    assert_eq!(inode(), before);
    attacked.instance.broker.unregister(&attacked.project).unwrap();
    attacked.instance.broker.register(&attacked.project).unwrap();
    assert_eq!(inode(), before);
    attacked.instance.broker.kill();
    attacked.instance.broker.restart();
    assert_eq!(inode(), before);
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o755);
}

/// Attacks while the broker is down, or just before it starts.
#[test]
fn what_was_planted_before_a_start_is_repaired_by_it() {
    let mut attacked = Attacked::new();
    for attack in 0..3 {
        attacked.instance.broker.kill();
        fs::remove_file(&attacked.socket).unwrap();
        match attack {
            0 => symlink(attacked.outside.join("file"), &attacked.socket).unwrap(),
            1 => fs::create_dir(&attacked.socket).unwrap(),
            _ => drop(UnixListener::bind(&attacked.socket).unwrap()),
        }
        let outside = attacked.outside_state();
        attacked.instance.broker.restart();
        attacked.instance.broker.push(&[("gh", "x")]);
        assert_eq!(get_value(&mut RawConnection::open(&attacked.socket), "gh"), "x", "attack {attack}");
        assert_eq!(attacked.outside_state(), outside, "attack {attack}");
    }
}

/// A container that puts things back as fast as it can costs time, not correctness, and never the others.
#[test]
fn a_racing_container_does_not_break_the_broker() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let attacked = Attacked::new();
    let stop = AtomicBool::new(false);
    let outside = attacked.outside_state();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let _ = fs::remove_file(&attacked.socket);
                let _ = fs::create_dir(&attacked.socket);
                let _ = fs::remove_dir(&attacked.socket);
                let _ = symlink(attacked.outside.join("file"), &attacked.socket);
            }
        });
        for _ in 0..100 {
            assert_eq!(attacked.instance.broker.status().projects.len(), 2);
            assert_eq!(get_value(&mut attacked.instance.broker.raw("project-b"), "gh"), "x");
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(attacked.outside_state(), outside);
    attacked.instance.broker.status();
    assert_eq!(get_value(&mut attacked.instance.broker.raw("project-a"), "gh"), "x");
}
