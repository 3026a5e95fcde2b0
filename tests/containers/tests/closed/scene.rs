//! A project whose every command leaves a trace in the workspace.

use std::time::{Duration, Instant};

use remo_containers::{ContainerProject, Stage};
use remo_testbed::images::Image;
use remo_testbed::{DevContainers, Ended};

/// The remote user of every scene.
pub(crate) const USER: (&str, u32) = ("dev", 1000);

/// A broker and an engine of one test's own; `None` after `test` was reported as skipped.
pub(crate) fn stage(test: &str) -> Option<Stage> {
    Stage::start(test, &[Image::Debian])
}

/// A project, and what came of starting its container.
pub(crate) struct Scene<'a> {
    pub(crate) stage: &'a Stage,
    pub(crate) project: ContainerProject,
}

/// What `devcontainer up` came to.
pub(crate) struct Start {
    pub(crate) ended: Ended,
    pub(crate) took: Duration,
}

impl<'a> Scene<'a> {
    /// A container of `user` whose own command is kept, with further members of the configuration.
    pub(crate) fn new(stage: &'a Stage, project: ContainerProject, user: &str, fields: &str) -> Self {
        let workspace = format!("/workspaces/{}", project.name());
        let image = Image::Debian.name();
        project.write(
            ".devcontainer/Dockerfile",
            &format!(
                "FROM {image}\n\
                 RUN printf 'echo ran >{workspace}/trace-command\\nexec sleep infinity\\n' >/command.sh\n\
                 USER {user}\n\
                 ENTRYPOINT [\"/bin/sh\", \"/command.sh\"]\n"
            ),
        );
        let trace = |hook: &str| format!("\"{hook}\": \"echo ran >{workspace}/trace-{hook}\"");
        let hooks = [
            "onCreateCommand",
            "updateContentCommand",
            "postCreateCommand",
            "postStartCommand",
            "postAttachCommand",
        ];
        project.configure(&format!(
            "\"build\": {{ \"dockerfile\": \"Dockerfile\" }},\n\"overrideCommand\": false,\n\"remoteUser\": \"{}\",\n\
             \"features\": {{ \"./secrets\": {{}} }},\n{fields}\n{}",
            USER.0,
            hooks.map(trace).join(",\n")
        ));
        // The container's users write their traces here.
        project.give(USER.1);
        Self { stage, project }
    }

    pub(crate) fn start(&self) -> Start {
        let began = Instant::now();
        let ended = DevContainers::new(&self.stage.engine).up(self.project.path(), &[]);
        Start { ended, took: began.elapsed() }
    }

    /// What has run, by the traces.
    pub(crate) fn traces(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.project.path()).unwrap();
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut traces: Vec<String> =
            names.filter_map(|name| name.strip_prefix("trace-").map(str::to_owned)).collect();
        traces.sort();
        traces
    }

    /// The container of the project, running or not.
    pub(crate) fn container(&self) -> String {
        let label = format!("label=devcontainer.local_folder={}", self.project.path().display());
        let found = self.stage.engine.docker(&["ps", "--all", "--quiet", "--no-trunc", "--filter", &label]);
        found.trim().to_owned()
    }
}

impl Start {
    /// The tooling has failed, and has said each of `words`.
    #[track_caller]
    pub(crate) fn failed(&self, words: &[&str]) {
        let said = self.ended.said();
        assert!(!self.ended.status.success(), "{said}");
        for word in words {
            assert!(said.contains(word), "no `{word}` in: {said}");
        }
    }
}
