//! The broker of a test program and its engine.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::{SystemTime, UNIX_EPOCH};

use remo_testbed::Engine;
use remo_testbed::images::Image;
use remo_testkit::{Broker, BrokerOptions, PrivateDirectory, skip};

/// A broker with secrets, and an engine whose containers reach it.
#[derive(Debug)]
pub struct Stage {
    /// Dropped first: what runs in it has the broker's files open.
    pub engine: Engine,
    /// The broker.
    pub broker: Broker,
    /// Its directory, with the projects.
    pub directory: PrivateDirectory,
    /// The value of the secret `gh`.
    pub token: String,
    /// The value of the secret `aws`.
    pub key: String,
}

impl Stage {
    /// Starts both; `None` after `test` was reported as skipped, when something is missing here.
    ///
    /// # Panics
    /// When one of them does not start.
    pub fn start(test: &str, images: &[Image]) -> Option<Self> {
        Self::with_broker(test, images, "")
    }

    /// The same, with a configuration of the broker.
    ///
    /// # Panics
    /// When one of them does not start.
    pub fn with_broker(test: &str, images: &[Image], configuration: &str) -> Option<Self> {
        let directory = PrivateDirectory::new();
        // Users of the tooling other than root reach their projects.
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755))
            .expect("the mode of a directory");
        let broker = Broker::start(
            &directory,
            &BrokerOptions { config: configuration.to_owned(), ..BrokerOptions::default() },
        );
        let engine = match Engine::start(&directory.socket_dir()) {
            Ok(engine) => engine,
            Err(reason) => {
                skip::skipped(test, &reason);
                return None;
            }
        };
        for image in images {
            engine.import(*image);
        }
        let stage = Self { engine, broker, directory, token: unique("token"), key: unique("key") };
        stage.push();
        Some(stage)
    }

    /// A further engine whose containers reach the same broker: the tooling builds for one project at a time in one.
    ///
    /// # Panics
    /// When it does not start.
    pub fn another_engine(&self, images: &[Image]) -> Engine {
        let engine = Engine::start(&self.directory.socket_dir()).expect("a further engine");
        for image in images {
            engine.import(*image);
        }
        engine
    }

    /// Gives the broker all secrets.
    pub fn push(&self) {
        self.broker.push(&[("gh", &self.token), ("aws", &self.key)]);
    }
}

/// A value that is nowhere else.
///
/// # Panics
/// When the clock stands before 1970.
pub fn unique(word: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock behind 1970");
    format!("vended-{word}-{}-{}", std::process::id(), now.as_nanos())
}
