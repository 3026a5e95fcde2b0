//! The kinds of containers.

use remo_containers::{ContainerProject, Stage};
use remo_testbed::images::Image;
use remo_testbed::{DevContainers, Engine};

use crate::demands::{Column, Container, Outcome, Workspace};

/// What a configuration has beside the feature.
pub(crate) struct Row {
    number: usize,
    title: &'static str,
    /// The remote user: name and number in the container.
    user: (&'static str, u32),
    /// Who runs the tooling, unless it is root: the remote user gets that number.
    host_user: Option<u32>,
    kind: Kind,
    /// Further members of the configuration.
    fields: &'static str,
    /// Further arguments of the tooling.
    arguments: &'static [&'static str],
    /// What the image's own command sees, where it is left in place.
    command_sees: Option<Sees>,
    /// Where the tooling keeps session data.
    session: Option<&'static str>,
    /// Made anew at the end.
    rebuilt: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Image(Image),
    Dockerfile { user: &'static str },
    Compose { user: &'static str },
}

/// What the image's own command has in its environment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sees {
    Secrets,
    Nothing,
}

const DEBIAN: Kind = Kind::Image(Image::Debian);

const ROW: Row = Row {
    number: 0,
    title: "",
    user: ("root", 0),
    host_user: None,
    kind: DEBIAN,
    fields: "",
    arguments: &[],
    command_sees: None,
    session: None,
    rebuilt: false,
};

/// Where tooling keeps session data: found by the hooks, and named as an option.
const SESSION_FOUND: &str = "/tmp/session-of-the-tooling";
const SESSION_NAMED: &str = "/srv/session";

/// All rows, the last first.
pub(crate) fn all() -> Vec<Row> {
    let dev = ("dev", 1000);
    let rows = [
        Row { title: "image, root", rebuilt: true, ..ROW },
        Row { title: "image, remote user 1000, bash", user: dev, ..ROW },
        Row { title: "image, remote user with zsh", user: ("zed", 1002), ..ROW },
        Row { title: "image, remote user with fish", user: ("fin", 1003), ..ROW },
        Row { title: "image, remote user with plain sh", user: ("pat", 1004), ..ROW },
        Row {
            title: "image with a POSIX shell only",
            kind: Kind::Image(Image::Busybox),
            rebuilt: true,
            ..ROW
        },
        Row {
            title: "remote user's number changed at start",
            user: ("dev", 1500),
            host_user: Some(1500),
            ..ROW
        },
        Row {
            title: "Dockerfile, container user is remote user",
            user: dev,
            kind: Kind::Dockerfile { user: "dev" },
            ..ROW
        },
        Row {
            title: "Dockerfile, own command kept",
            user: dev,
            kind: Kind::Dockerfile { user: "root" },
            fields: r#""overrideCommand": false,"#,
            command_sees: Some(Sees::Secrets),
            rebuilt: true,
            ..ROW
        },
        Row {
            title: "Dockerfile, container user is a third one",
            user: dev,
            kind: Kind::Dockerfile { user: "pat" },
            fields: r#""overrideCommand": false,"#,
            command_sees: Some(Sees::Nothing),
            ..ROW
        },
        Row { title: "Compose, root", kind: Kind::Compose { user: "root" }, rebuilt: true, ..ROW },
        Row { title: "Compose, remote user 1000", user: dev, kind: Kind::Compose { user: "root" }, ..ROW },
        Row {
            title: "Compose, service runs as remote user",
            user: dev,
            kind: Kind::Compose { user: "dev" },
            fields: r#""overrideCommand": true,"#,
            ..ROW
        },
        Row {
            title: "other features with entrypoints beside it",
            user: dev,
            fields: r#""features": { "./first": {}, "./secrets": {}, "./last": {} },"#,
            ..ROW
        },
        Row {
            title: "feature added by the launcher only",
            user: dev,
            fields: r#""features": {},"#,
            arguments: &["--additional-features", r#"{"./secrets":{}}"#],
            ..ROW
        },
        Row {
            title: "session data folder of editors",
            user: dev,
            arguments: &["--container-session-data-folder", SESSION_FOUND],
            session: Some(SESSION_FOUND),
            ..ROW
        },
        Row {
            title: "session data folder, named as an option",
            user: dev,
            fields: r#""features": { "./secrets": { "sessionDataFolder": "/srv/session" } },"#,
            arguments: &["--container-session-data-folder", SESSION_NAMED],
            session: Some(SESSION_NAMED),
            ..ROW
        },
    ];
    let numbered = rows.into_iter().enumerate().map(|(index, row)| Row { number: index + 1, ..row });
    let mut rows: Vec<Row> = numbered.collect();
    rows.reverse();
    rows
}

impl Row {
    /// Makes the container and looks at it.
    pub(crate) fn run(&self, stage: &Stage, engine: &Engine) -> Outcome {
        let name = format!("row-{}", self.number);
        let owner = self.host_user.unwrap_or_default();
        let project = ContainerProject::new(stage, &name, self.user.1, owner);
        self.configure(&project);
        project.give(owner);
        let tooling = match self.host_user {
            Some(user) => DevContainers::of_user(engine, user),
            None => DevContainers::new(engine),
        };
        let mut outcome = Outcome::new(self.number, self.title);
        let workspace =
            Workspace { stage, engine, project: &project, tooling: &tooling, session: self.session };
        let mut container = None;
        outcome.demand(Column::Starts, || container = Some(workspace.start(self.arguments)));
        let Some(container) = container else { return outcome };
        let look = Container {
            workspace: &workspace,
            id: container,
            user: self.user.0,
            number: self.user.1,
            all_shells: self.kind != Kind::Image(Image::Busybox),
            read_only: !matches!(self.kind, Kind::Compose { .. }),
        };
        look.demands(&mut outcome, self.command_sees);
        outcome.demand(Column::Restarts, || look.restart(self.arguments));
        if self.rebuilt {
            outcome.demand(Column::Rebuilds, || look.rebuild(self.arguments));
        }
        outcome
    }

    fn configure(&self, project: &ContainerProject) {
        let name = project.name();
        let place = match self.kind {
            Kind::Image(image) => format!("\"image\": \"{}\",", image.name()),
            Kind::Dockerfile { user } => {
                project.write(".devcontainer/Dockerfile", &dockerfile(user));
                r#""build": { "dockerfile": "Dockerfile" },"#.to_owned()
            }
            Kind::Compose { user } => {
                project.write(".devcontainer/compose.yml", &compose(name, user));
                format!(
                    r#""dockerComposeFile": "compose.yml", "service": "app", "workspaceFolder": "/workspaces/{name}","#
                )
            }
        };
        for feature in ["first", "last"] {
            neighbour(project, feature);
        }
        let features =
            if self.fields.contains("features") { "" } else { r#""features": { "./secrets": {} },"# };
        let seen =
            |hook: &str| format!("\"{hook}\": \"echo SEEN-{hook}:$GH_TOKEN:$(cat ~/.aws/credentials):\"");
        let hooks =
            ["onCreateCommand", "postCreateCommand", "postStartCommand", "postAttachCommand"].map(seen);
        project.configure(&format!(
            "{place}\n\"remoteUser\": \"{}\",\n{}\n{features}\n{}",
            self.user.0,
            self.fields,
            hooks.join(",\n")
        ));
    }
}

/// An image whose own command notes what it sees.
fn dockerfile(user: &str) -> String {
    let image = Image::Debian.name();
    format!(
        "FROM {image}\n\
         RUN printf 'umask 077\\nenv >/dev/shm/seen-by-the-command\\nexec sleep infinity\\n' >/command.sh\n\
         USER {user}\n\
         ENTRYPOINT [\"/bin/sh\", \"/command.sh\"]\n"
    )
}

fn compose(name: &str, user: &str) -> String {
    let image = Image::Debian.name();
    format!(
        "version: '3.7'\n\
         services:\n  \
           app:\n    image: {image}\n    user: {user}\n    command: sleep infinity\n    volumes: ['..:/workspaces/{name}']\n  \
           other:\n    image: {image}\n    command: sleep infinity\n"
    )
}

/// A feature that has an entrypoint of its own.
fn neighbour(project: &ContainerProject, name: &str) {
    let folder = format!(".devcontainer/{name}");
    let run = format!("/usr/local/share/{name}-run");
    project.write(
        &format!("{folder}/devcontainer-feature.json"),
        &format!(r#"{{ "id": "{name}", "version": "1.0.0", "name": "{name}", "entrypoint": "{run}" }}"#),
    );
    project.write(
        &format!("{folder}/install.sh"),
        &format!(
            "#!/bin/sh\nset -e\nprintf '#!/bin/sh\\nprintf ran >/dev/shm/{name}-ran\\n' >{run}\nchmod 755 {run}\n"
        ),
    );
}
