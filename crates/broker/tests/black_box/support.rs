//! One broker in one private directory, for one test.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use remo_testkit::{Broker, BrokerOptions, PrivateDirectory, Project, RawConnection};
use serde_json::Value;

/// The version that the broker reports.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A running broker and the directory it lives in. The broker ends first.
pub(crate) struct Instance {
    pub(crate) broker: Broker,
    pub(crate) directory: PrivateDirectory,
}

impl Instance {
    /// A broker with the default configuration.
    pub(crate) fn start() -> Self {
        Self::with_config("")
    }

    /// A broker with this configuration file.
    pub(crate) fn with_config(config: &str) -> Self {
        let directory = PrivateDirectory::new();
        let broker = Broker::start(&directory, &options(config));
        Self { broker, directory }
    }

    /// A registered and approved project that may have `secrets` in its environment.
    pub(crate) fn project(&self, name: &str, secrets: &[&str]) -> Project {
        let project = Project::new(&self.directory, name, secrets);
        self.broker.approve(&project);
        project
    }

    /// A registered project whose manifest names `secrets`, not approved.
    pub(crate) fn unapproved(&self, name: &str, secrets: &[&str]) -> Project {
        let project = Project::new(&self.directory, name, secrets);
        assert!(!self.broker.register(&project).unwrap().approved);
        project
    }

    /// The view of a project, as `status` tells it.
    pub(crate) fn view(&self, project: &str) -> u64 {
        let projects = self.broker.status().projects;
        projects.into_iter().find(|status| status.name.as_str() == project).unwrap().view
    }
}

/// Sets a flag when it is dropped, so that a thread that waits for it ends although the test failed.
pub(crate) struct SetOnDrop<'flag>(pub(crate) &'flag AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Options for the binary that cargo built beside this test.
pub(crate) fn options(config: &str) -> BrokerOptions {
    BrokerOptions { binary: Some(binary()), config: config.to_owned(), ..BrokerOptions::default() }
}

/// The binary that cargo built beside this test.
pub(crate) fn binary() -> PathBuf {
    env!("CARGO_BIN_EXE_remo-broker").into()
}

/// Sends one request on a fresh connection of a project.
pub(crate) fn ask(broker: &Broker, project: &str, request: &str) -> Value {
    broker.raw(project).ask(request)
}

/// Sends one request on a fresh admin connection.
pub(crate) fn ask_admin(broker: &Broker, request: &str) -> Value {
    broker.raw_admin().ask(request)
}

/// Checks that `answer` is an error with this code and a message, and gives the message.
#[track_caller]
pub(crate) fn refused(answer: &Value, code: &str) -> String {
    assert_eq!(answer["ok"], false, "{answer}");
    assert_eq!(answer["code"], code, "{answer}");
    let message = answer["message"].as_str().expect("an error has a message");
    assert!(!message.is_empty(), "{answer}");
    message.to_owned()
}

/// The value of a secret by `get`, which has to succeed.
#[track_caller]
pub(crate) fn get_value(connection: &mut RawConnection, name: &str) -> String {
    let answer = connection.ask(&format!(r#"{{"op":"get","name":"{name}"}}"#));
    assert_eq!(answer["ok"], true, "{answer}");
    answer["value"].as_str().expect("a text value").to_owned()
}
