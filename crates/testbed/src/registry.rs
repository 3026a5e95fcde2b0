//! A registry of images, for what an instance fetches.

use std::fs::{self, File};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use remo_testkit::wait;
use tempfile::TempDir;

use crate::programs;

/// How long it may take to start on a busy machine.
const START: Duration = Duration::from_mins(1);

/// A registry without logins, on the loopback address, where an engine takes it without TLS. Ended when dropped.
#[derive(Debug)]
pub struct Registry {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Registry {
    /// Starts one. `before` is a command that ends with becoming the program that follows, to start it in another
    /// network ([`crate::Engine::on_its_network`] of `env`); none for the network of the test.
    ///
    /// # Panics
    /// When it does not start in time.
    pub fn start(before: Option<Command>) -> Self {
        let folder = tempfile::tempdir().expect("a folder for a registry");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("a free port").port();
        let settings = folder.path().join("settings.yml");
        let data = folder.path().join("data");
        let text = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:{port}\n",
            data.display()
        );
        fs::write(&settings, text).expect("the settings of a registry");
        let said = folder.path().join("log");
        let log = File::create(&said).expect("a log");
        let program = programs::expect("docker-registry");
        let mut command = match before {
            Some(mut before) => {
                before.arg(program);
                before
            }
            None => Command::new(program),
        };
        let process = command
            .arg("serve")
            .arg(settings)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a handle"))
            .stderr(log)
            .spawn()
            .expect("a registry");
        wait::until_true(START, "a registry", || {
            fs::read_to_string(&said).expect("a log").contains("listening on")
        });
        Self { process, port, _folder: folder }
    }

    /// The name that an image has in it.
    pub fn name(&self, image: &str) -> String {
        format!("localhost:{}/{image}", self.port)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
