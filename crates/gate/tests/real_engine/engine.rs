//! An engine of the tests' own: its own data, sockets and process, ended with the last test that uses it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use remo_testbed::bootstrap;
use remo_testkit::{skip, wait};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The image of the tests: busybox and nothing else.
pub(crate) const IMAGE: &str = "gate-test:1";

static SHARED: Mutex<Weak<Engine>> = Mutex::new(Weak::new());

/// A running engine.
#[derive(Debug)]
pub(crate) struct Engine {
    directory: TempDir,
    daemon: Child,
}

/// The engine that all tests share; none when this machine cannot run one.
pub(crate) fn shared(test: &str) -> Option<Arc<Engine>> {
    if skip::without_root(test) {
        return None;
    }
    if let Err(reason) = bootstrap::ready() {
        skip::skipped(test, &reason);
        return None;
    }
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(engine) = shared.upgrade() {
        return Some(engine);
    }
    let engine = Arc::new(Engine::start());
    *shared = Arc::downgrade(&engine);
    Some(engine)
}

impl Engine {
    fn start() -> Self {
        let directory = tempfile::Builder::new().prefix("gate-").tempdir_in("/var/tmp").unwrap();
        let at = |name: &str| directory.path().join(name);
        let log = File::create(at("log")).unwrap();
        let daemon = Command::new("/usr/sbin/dockerd")
            .arg("--data-root")
            .arg(at("data"))
            .arg("--exec-root")
            .arg(at("exec"))
            .arg("--pidfile")
            .arg(at("pid"))
            .arg(format!("--host=unix://{}", at("d.sock").display()))
            // No bridge: other engines of this machine keep theirs.
            .args(["--bridge=none", "--iptables=false", "--ip6tables=false"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let engine = Self { directory, daemon };
        wait::until_true(Duration::from_mins(2), "the engine answers", || {
            engine.docker(&["version"]).status().unwrap().success()
        });
        engine.import();
        engine
    }

    fn import(&self) {
        let tree = self.directory.path().join("image");
        fs::create_dir_all(tree.join("bin")).unwrap();
        fs::copy("/bin/busybox", tree.join("bin/busybox")).unwrap();
        for name in
            ["sh", "cat", "sleep", "echo", "env", "ls", "id", "mkdir", "tr", "test", "touch", "getent"]
        {
            std::os::unix::fs::symlink("busybox", tree.join("bin").join(name)).unwrap();
        }
        fs::create_dir_all(tree.join("etc")).unwrap();
        fs::create_dir_all(tree.join("tmp")).unwrap();
        fs::write(tree.join("etc/passwd"), "root:x:0:0::/:/bin/sh\n").unwrap();
        let tar = self.directory.path().join("image.tar");
        let packed = Command::new("tar").arg("-C").arg(&tree).arg("-cf").arg(&tar).arg(".").status();
        assert!(packed.unwrap().success(), "the image is packed");
        let imported = self.docker(&["import", "--change", "ENV PATH=/bin"]).arg(&tar).arg(IMAGE).output();
        assert!(imported.unwrap().status.success(), "the image is imported");
    }

    /// The real `docker`, without the gate.
    pub(crate) fn docker(&self, words: &[&str]) -> Command {
        let mut command = Command::new("/usr/bin/docker");
        command.args(words).env("DOCKER_HOST", self.host()).env("DOCKER_BUILDKIT", "0");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// What the real `docker` prints; it has to succeed.
    pub(crate) fn ask(&self, words: &[&str]) -> String {
        let output = self.docker(words).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "docker {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The address of its socket.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Its socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("d.sock")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let all = self.docker(&["ps", "-aq"]).stdout(Stdio::piped()).output();
        let all = all.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        let ids: Vec<&str> = all.split_whitespace().collect();
        if !ids.is_empty() {
            let _ = self.docker(&["rm", "-f", "-v"]).args(ids).status();
        }
        if let Some(pid) = i32::try_from(self.daemon.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
        }
        let _ = self.daemon.wait();
    }
}
