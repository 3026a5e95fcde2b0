//! A project with a variable and a file, started by the launcher.

use remo_containers::{BINDINGS, Instance, configure};
use remo_testbed::Engine;
use remo_testkit::{Project, wait};
use serde_json::Value;

/// The project's name.
pub(crate) const NAME: &str = "project-a";

/// The file in the container.
pub(crate) const FILE: &str = "/home/dev/.aws/credentials";

/// Numbers of the processes that watch.
const WATCHES: &str = "for p in /proc/[0-9]*; do \
     case \"$(tr '\\0' ' ' 2>/dev/null <$p/cmdline)\" in 'remo-fetch-secrets watch'*) echo ${p#/proc/} ;; esac; done";

pub(crate) struct Scene {
    pub(crate) instance: Instance,
    pub(crate) project: Project,
    pub(crate) id: String,
}

impl Scene {
    /// A container that runs; `None` after `test` was reported as skipped.
    pub(crate) fn start(test: &str, configuration: &str) -> Option<Self> {
        let instance = Instance::start(test)?;
        let project = instance.project(NAME, configuration);
        project.write_manifest(&format!("schema_version = 1\nproject = \"{NAME}\"\n{BINDINGS}"));
        configure(&project, configuration);
        let id = instance.up(NAME);
        Some(Self { instance, project, id })
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.instance.stage.engine
    }

    /// The output of shell code in the container, without its secrets.
    pub(crate) fn run(&self, user: &str, code: &str) -> String {
        self.engine().docker(&["exec", "--user", user, &self.id, "sh", "-c", code])
    }

    /// A shell of the remote user, as a person opens one.
    pub(crate) fn shell(&self) {
        let _ = self.engine().try_docker(&["exec", "--user", "dev", &self.id, "sh", "-lc", "true"]);
    }

    pub(crate) fn watches(&self) -> Vec<String> {
        self.run("0", WATCHES).split_whitespace().map(str::to_owned).collect()
    }

    /// The only process that watches.
    pub(crate) fn the_watch(&self) -> String {
        wait::until(wait::PATIENCE, "one watch", || match self.watches().as_slice() {
            [watch] => Some(watch.clone()),
            _ => None,
        })
    }

    pub(crate) fn signal(&self, signal: &str) {
        self.run("dev", &format!("kill -{signal} {}", self.the_watch()));
    }

    pub(crate) fn kill(&self) {
        self.signal("KILL");
        wait::until_true(wait::PATIENCE, "the end of the watch", || self.watches().is_empty());
    }

    pub(crate) fn push(&self, key: &str) {
        self.instance.stage.broker.push(&[("gh", &self.instance.stage.token), ("aws", key)]);
    }

    pub(crate) fn shows(&self, key: &str) -> bool {
        let found = self.engine().try_docker(&["exec", "--user", "dev", &self.id, "cat", FILE]);
        found.status.success() && found.stdout == key
    }

    pub(crate) fn see(&self, key: &str) {
        wait::until_true(wait::PATIENCE, "the new content", || self.shows(key));
    }

    pub(crate) fn gone(&self) {
        let link = ["exec", "--user", "dev", &self.id, "test", "-L", FILE];
        wait::until_true(wait::PATIENCE, "the end of the file", || {
            !self.engine().try_docker(&link).status.success()
        });
    }

    /// As [`Self::gone`]; a link that leads nowhere may be left where there is no room to change anything.
    pub(crate) fn gone_or_dangling(&self) {
        let content = ["exec", "--user", "dev", &self.id, "test", "-e", FILE];
        wait::until_true(wait::PATIENCE, "the end of the content", || {
            !self.engine().try_docker(&content).status.success()
        });
    }

    /// What `remo status` says.
    pub(crate) fn status(&self) -> String {
        self.instance.remo(&["status"]).succeeded().stdout
    }

    /// The project in what `remo status --json` says.
    pub(crate) fn line(&self) -> Value {
        let text = self.instance.remo(&["status", "--json"]).succeeded().stdout;
        let lines: Value = serde_json::from_str(&text).unwrap();
        lines[0].clone()
    }

    /// Waits until the files hold what is current, by the broker's word.
    pub(crate) fn follows(&self) {
        wait::until_true(wait::PATIENCE, "files that follow", || {
            let line = self.line();
            line["files"]["followed"] == true && line["files"]["view"] == line["view"]
        });
    }
}
