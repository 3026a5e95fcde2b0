//! The instance that is attacked: a victim, an attacker, a project of several services, and what is to be had.

use std::fs;
use std::path::PathBuf;

use remo_containers::unique;
use remo_containers::{Instance, USUAL, configure};
use remo_testbed::Ended;
use remo_testkit::{Needle, Project, audit, wait};
use serde_json::Value;

/// The victim has these; nobody else is to get them.
const VICTIM: &str = "
[secrets.gh]
env_var = \"GH_TOKEN\"

[secrets.aws]
fetch_as = \"file\"
file_path = \"~/.aws/credentials\"
file_mode = \"0600\"
";

/// Bytes of audit lines that a project may cause in an hour: small, so that it can be used up here.
const BUDGET: &str = "[limits]\naudit_bytes_per_hour = 1048576\n";

/// Where the tools of an attacker lie in containers.
const TOOLS: &str = "/opt/attack";

/// The tools.
const SCRIPTS: [(&str, &str); 4] = [
    ("hunt.pl", include_str!("scripts/hunt.pl")),
    ("sockets.pl", include_str!("scripts/sockets.pl")),
    ("ask.pl", include_str!("scripts/ask.pl")),
    ("flood.pl", include_str!("scripts/flood.pl")),
];

/// What is attacked.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) instance: Instance,
    pub(crate) victim: Project,
    pub(crate) attacker: Project,
    pub(crate) composed: Project,
    /// A project that is configured in one hostile way after the other, and never gets a container.
    pub(crate) bent: Project,
    values: Vec<(&'static str, String)>,
}

/// A place in the audit log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark(usize);

impl World {
    /// Starts it; `None` after it was reported as skipped.
    pub(crate) fn start() -> Option<Self> {
        let instance = Instance::with_broker("hostile", BUDGET)?;
        let values: Vec<(&str, String)> = [
            ("gh", "victim"),
            ("aws", "victimfile"),
            ("npm", "attacker"),
            ("side", "composed"),
            ("spare", "spare"),
        ]
        .map(|(name, word)| (name, unique(word)))
        .into();
        let victim = instance.project("victim", USUAL);
        let attacker = instance.project("attacker", USUAL);
        let bent = instance.project("bent", USUAL);
        let composed = instance.project(
            "composed",
            r#""dockerComposeFile": "compose.yml", "service": "app", "workspaceFolder": "/workspaces/composed",
               "remoteUser": "dev""#,
        );
        let world = Self { instance, victim, attacker, composed, bent, values };
        world.push();
        world.victim.write_manifest(&manifest("victim", VICTIM));
        world.attacker.write_manifest(&manifest("attacker", "[secrets.npm]\n"));
        world.bent.write_manifest(&manifest("bent", "[secrets.npm]\n"));
        world.composed.write_manifest(&manifest("composed", "[secrets.side]\n"));
        world.write_compose("");
        for name in ["victim", "attacker", "composed"] {
            // Named here: of a service that ends at once Compose does not pass on which user was turned away.
            let ended = world.instance.remo(&["up", name, "--yes", "--uid", "1000"]).succeeded();
            world.equip(ended.stdout.trim());
        }
        world.equip(&world.service("side"));
        Some(world)
    }

    /// Gives the broker every secret.
    pub(crate) fn push(&self) {
        let secrets: Vec<(&str, &str)> =
            self.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.instance.stage.broker.push(&secrets);
    }

    /// The value of a secret.
    pub(crate) fn value(&self, name: &str) -> &str {
        let found = self.values.iter().find(|(known, _)| *known == name);
        &found.unwrap_or_else(|| panic!("no secret {name}")).1
    }

    /// Every value, to be looked for.
    pub(crate) fn needles(&self) -> Vec<Needle> {
        self.values.iter().map(|(name, value)| Needle::new(name, value.as_bytes())).collect()
    }

    /// Writes the Compose file: a service that is the project, one beside it that has the whole folder, and `more`.
    pub(crate) fn write_compose(&self, more: &str) {
        fs::write(self.composed.path().join(".devcontainer/compose.yml"), compose(more)).unwrap();
    }

    /// Puts the tools into a container.
    pub(crate) fn equip(&self, container: &str) {
        let folder = self.instance.file("attack");
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in SCRIPTS {
            fs::write(folder.join(name), text).unwrap();
        }
        let from = format!("{}/.", folder.display());
        self.docker(&["exec", "--user", "0", container, "mkdir", "-p", TOOLS]);
        self.docker(&["cp", &from, &format!("{container}:{TOOLS}")]);
    }

    pub(crate) fn docker(&self, words: &[&str]) -> String {
        self.instance.stage.engine.docker(words)
    }

    /// The running container of a project that the launcher enters.
    pub(crate) fn container(&self, project: &str) -> String {
        if project == "composed" {
            return self.service("app");
        }
        let label = format!("label=remo.project={project}");
        let found = self.docker(&["ps", "--quiet", "--no-trunc", "--filter", &label]);
        assert_eq!(found.lines().count(), 1, "one container of {project}: {found}");
        found.trim().to_owned()
    }

    /// The running container of a service.
    pub(crate) fn service(&self, service: &str) -> String {
        let service = format!("label=com.docker.compose.service={service}");
        let own = "label=remo.project=composed";
        let found = self.docker(&["ps", "--quiet", "--no-trunc", "--filter", own, "--filter", &service]);
        assert_eq!(found.lines().count(), 1, "one container of {service}: {found}");
        found.trim().to_owned()
    }

    /// Runs a command in a project as its remote user, by the launcher.
    pub(crate) fn user(&self, project: &str, command: &str) -> Ended {
        self.instance.remo(&["shell", "-p", project, "--exec", command])
    }

    /// Runs a command as root in a container.
    pub(crate) fn root(&self, container: &str, command: &str) -> Ended {
        self.instance.stage.engine.try_docker(&["exec", "--user", "0", container, "sh", "-c", command])
    }

    /// Runs a tool in a project, first as the remote user, then as root.
    pub(crate) fn both(&self, project: &str, tool: &str, arguments: &[&str]) -> [Ended; 2] {
        let command = tool_command(tool, arguments);
        [self.user(project, &command), self.root(&self.container(project), &command)]
    }

    /// Where the audit log ends now.
    pub(crate) fn mark(&self) -> Mark {
        Mark(audit::lines(self.instance.stage.broker.audit_log()).len())
    }

    /// Lines of the audit log since then.
    pub(crate) fn since(&self, mark: Mark) -> Vec<Value> {
        audit::lines(self.instance.stage.broker.audit_log()).split_off(mark.0)
    }

    /// The first line of the audit log since then that satisfies `condition`, in the words of the table.
    pub(crate) fn record(&self, mark: Mark, condition: impl Fn(&Value) -> bool) -> String {
        let line = wait::until(wait::PATIENCE, "a line of the audit log", || {
            self.since(mark).into_iter().find(|line| condition(line))
        });
        let fields = ["event", "project", "secret_name", "decision", "outcome", "reason", "peer_uid"];
        let text = |field: &str| match &line[field] {
            Value::Null => None,
            Value::String(text) => Some(format!("{field}={text}")),
            other => Some(format!("{field}={other}")),
        };
        fields.iter().filter_map(|field| text(field)).collect::<Vec<_>>().join(" ").replacen("event=", "", 1)
    }

    /// The first line that contains `words`, without what is another in each run.
    pub(crate) fn line(&self, text: &str, words: &str) -> String {
        let line = text.lines().find(|line| line.contains(words));
        self.plain(line.unwrap_or_else(|| panic!("nobody said `{words}` but: {text}")))
    }

    /// Text without what is another in each run.
    pub(crate) fn plain(&self, text: &str) -> String {
        let place = |path: PathBuf| path.display().to_string();
        let directory = &self.instance.stage.directory;
        let mut text = text.trim().to_owned();
        for (path, shown) in [
            (place(self.instance.stage.engine.socket()), "/run/docker.sock"),
            (place(directory.projects_root()), "~/projects"),
            (place(directory.socket_dir()), "/run/remo-broker"),
            (place(self.instance.home()), "~"),
        ] {
            text = text.replace(&path, shown);
        }
        text
    }

    /// Tries to start `bent` with this configuration. The start is refused for each of `reasons`, and nothing is made;
    /// the first reason, as the table has it.
    pub(crate) fn refused(&self, configuration: &str, reasons: &[&str]) -> String {
        configure(&self.bent, configuration);
        self.remove("bent");
        let ended = self.instance.remo(&["up", "bent", "--yes"]);
        assert_eq!(ended.code(), Some(1), "{configuration}: {ended:?}");
        // What gate and launcher say, not what they repeat of the configuration.
        let ours =
            |line: &&str| ["remo-docker", "error: ", "bent: its"].iter().any(|it| line.starts_with(it));
        let said: Vec<&str> = ended.stderr.lines().map(str::trim).filter(ours).collect();
        for reason in reasons {
            assert!(
                said.iter().any(|line| line.contains(reason)),
                "{configuration}: does not say `{reason}` but {}",
                ended.stderr
            );
        }
        self.no_container("bent");
        let line = self.line(&said.join("\n"), reasons[0]);
        // Without where it stood.
        line.rsplit_once(" (").map_or(line.clone(), |(words, _)| words.to_owned())
    }

    /// The same, and once more after a person has said yes to everything that can be approved.
    pub(crate) fn never_starts(&self, configuration: &str, reasons: &[&str]) -> String {
        let _ = self.refused(configuration, reasons);
        let _ = self.instance.remo(&["trust", "bent", "--yes"]);
        let record = self.refused(configuration, reasons);
        let _ = self.instance.remo(&["trust", "bent", "--revoke"]);
        record
    }

    /// Removes the containers of a project.
    pub(crate) fn remove(&self, project: &str) {
        let label = format!("label=remo.project={project}");
        for container in self.docker(&["ps", "--all", "--quiet", "--filter", &label]).split_whitespace() {
            self.instance.stage.engine.remove(container);
        }
    }

    /// There is no container of a project, running or not.
    pub(crate) fn no_container(&self, project: &str) {
        let label = format!("label=remo.project={project}");
        assert_eq!(
            self.docker(&["ps", "--all", "--quiet", "--filter", &label]),
            "",
            "a container of {project}"
        );
    }

    /// The broker serves the victim, and the container of the victim can fetch what is its own.
    pub(crate) fn victim_is_served(&self) {
        let ended = self.user("victim", "remo-fetch-secrets check");
        assert_eq!(ended.code(), Some(0), "{ended:?}");
    }
}

/// A manifest of these bindings.
pub(crate) fn manifest(project: &str, bindings: &str) -> String {
    format!("schema_version = 1\nproject = \"{project}\"\n{bindings}")
}

/// The Compose file.
pub(crate) fn compose(more: &str) -> String {
    let service = |name: &str, target: &str| {
        format!(
            "  {name}:\n    image: remo-testbed/debian:3\n    command: sleep infinity\n    volumes: ['..:{target}']\n"
        )
    };
    format!(
        "version: '3.8'\nservices:\n{}{}{more}",
        service("app", "/workspaces/composed"),
        service("side", "/w")
    )
}

/// The command line of a tool.
pub(crate) fn tool_command(tool: &str, arguments: &[&str]) -> String {
    let mut command = format!("perl {TOOLS}/{tool}");
    for argument in arguments {
        command.extend([" '", &argument.replace('\'', "'\\''"), "'"]);
    }
    command
}
