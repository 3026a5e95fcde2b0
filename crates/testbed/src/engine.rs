//! A container engine of one test program's own.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use remo_testkit::wait;

use crate::command::{Ended, run_within};
use crate::images::Image;
use crate::{bootstrap, leftovers, programs};

/// How long one call of the client may take on a busy machine.
const CALL: Duration = Duration::from_mins(3);

/// How long reading an image of several hundred megabytes may take on a busy machine.
const IMPORT: Duration = Duration::from_mins(15);

/// How long the engine may take to answer for the first time.
const START: Duration = Duration::from_mins(2);

/// What runs as process 1 of the engine's namespaces. Its end, which comes with the end of the pipe that the test
/// program holds, is the end of everything in them.
///
/// A `/run` of its own keeps the engine's locks apart from other engines', and gives projects the socket
/// directory at the place that the product has it.
const INIT: &str = r#"
set -e
mount --make-rprivate /
mkdir -p "$ENGINE/broker"
mount --bind "$BROKER" "$ENGINE/broker"
mount -t tmpfs tmpfs /run
mkdir /run/remo-broker
mount --move "$ENGINE/broker" /run/remo-broker
ip link set lo up
"$DOCKERD" --data-root "$ENGINE/data" --exec-root "$ENGINE/e" --pidfile "$ENGINE/pid" -H "unix://$ENGINE/d.sock" \
    --storage-driver overlay2 --cgroup-parent "$GROUP" >>"$ENGINE/log" 2>&1 &
read -r end || :
"#;

/// A running engine. Dropping it ends it and everything that runs in it.
///
/// It has a network of its own without a way out: containers reach each other and nothing else, and several engines
/// do not get in each other's way with bridges, address ranges and packet filters.
#[derive(Debug)]
pub struct Engine {
    init: Child,
    /// Its end ends the engine.
    leash: Option<ChildStdin>,
    folder: PathBuf,
    /// Held by the tooling while it builds: two of its builds in one engine take each other's features, because it
    /// gives what it copies them from the same name each time.
    pub(crate) building: Mutex<()>,
    _alive: File,
}

impl Engine {
    /// Starts an engine whose containers see `socket_directory` as `/run/remo-broker` of the host.
    ///
    /// # Errors
    /// The reason to skip a test for, when something is missing here.
    ///
    /// # Panics
    /// When it does not answer in time.
    pub fn start(socket_directory: &Path) -> Result<Self, String> {
        bootstrap::ready()?;
        let (folder, alive) = leftovers::new_folder();
        let log = File::create(folder.join("log")).expect("a log");
        let mut init = Command::new(programs::expect("unshare"))
            .args(["--mount", "--net", "--pid", "--fork", "--mount-proc", "/bin/sh", "-c", INIT])
            .env_clear()
            .env("PATH", programs::search_path(Path::new("/usr/bin/docker")))
            .env("ENGINE", &folder)
            .env("BROKER", socket_directory)
            .env("GROUP", leftovers::control_group(&folder))
            .env("DOCKERD", programs::expect("dockerd"))
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a handle"))
            .stderr(log)
            .spawn()
            .expect("namespaces for an engine");
        let leash = init.stdin.take();
        let mut engine = Self { init, leash, folder, building: Mutex::new(()), _alive: alive };
        wait::until_true(START, "the engine's first answer", || {
            let ended = engine.init.try_wait().expect("a look at the engine");
            assert!(ended.is_none(), "the engine ended: {}", engine.log());
            engine.socket().exists() && engine.try_docker(&["version"]).status.success()
        });
        // Users other than root start containers in some tests; the folder above is this test's own.
        fs::set_permissions(engine.socket(), Permissions::from_mode(0o666)).expect("the mode of the socket");
        Ok(engine)
    }

    /// The socket of the engine.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("d.sock")
    }

    /// A folder for what belongs to the engine's clients.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The network of the engine, to be entered: containers can be reached from there, and from nowhere else.
    pub fn network(&self) -> PathBuf {
        format!("/proc/{}/ns/net", self.init.id()).into()
    }

    /// Where containers, images and volumes of the engine lie on the disk.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// What the engine said.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Runs the client.
    pub fn try_docker(&self, arguments: &[&str]) -> Ended {
        run_within(CALL, &mut self.client(arguments))
    }

    /// Runs the client and returns what it printed.
    ///
    /// # Panics
    /// When it fails.
    pub fn docker(&self, arguments: &[&str]) -> String {
        self.try_docker(arguments).succeeded().stdout
    }

    /// A program on the engine's host as far as the network goes: with its interfaces and packet filters.
    ///
    /// # Panics
    /// When there is no `nsenter`.
    pub fn on_its_network(&self, program: &str) -> Command {
        let mut command = Command::new(programs::expect("nsenter"));
        command
            .arg(format!("--net=/proc/{}/ns/net", self.init.id()))
            .arg(program)
            .env_clear()
            .env("PATH", programs::search_path(Path::new(program)));
        command
    }

    /// Brings a base image in.
    ///
    /// # Panics
    /// When it cannot be made or imported.
    pub fn import(&self, image: Image) {
        let tarball = image.tarball();
        let mut import = self.client(&["import", tarball.to_str().expect("a path in UTF-8"), image.name()]);
        let _ = run_within(IMPORT, &mut import).succeeded();
    }

    /// What a container wrote, both outputs.
    ///
    /// # Panics
    /// When there is no such container.
    pub fn logs(&self, container: &str) -> String {
        self.try_docker(&["logs", container]).succeeded().said()
    }

    /// The exit code of a container that has ended; `None` while it runs.
    ///
    /// # Panics
    /// When there is no such container.
    pub fn exit_code(&self, container: &str) -> Option<i32> {
        let state =
            self.docker(&["inspect", "--format", "{{.State.Running}} {{.State.ExitCode}}", container]);
        let (running, code) = state.trim().split_once(' ').expect("two words about a container");
        (running == "false").then(|| code.parse().expect("an exit code"))
    }

    /// The client, with these arguments.
    fn client(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(bootstrap::docker());
        command
            .args(arguments)
            .env_clear()
            .env("PATH", programs::search_path(&bootstrap::docker()))
            .env("HOME", &self.folder)
            .env("DOCKER_HOST", format!("unix://{}", self.socket().display()))
            .env("DOCKER_BUILDKIT", "0");
        command
    }

    /// Has a container removed with its volumes, and does not wait for it.
    pub(crate) fn remove_soon(&self, container: &str) {
        let mut client = self.client(&["rm", "--force", "--volumes", container]);
        let _ = client.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    }

    /// Removes a container with its volumes, whatever it does.
    pub fn remove(&self, container: &str) {
        let _ = self.try_docker(&["rm", "--force", "--volumes", container]);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // With the pipe goes process 1 of the namespaces, and with that all the rest. The engine is given no time:
        // what it would tidy up is removed below.
        self.leash = None;
        let _ = self.init.wait();
        leftovers::remove(&self.folder);
    }
}
