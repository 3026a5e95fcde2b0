//! Commands of Compose: copy, resolve, judge, freeze, hand over.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command as Process, ExitCode, Stdio};

use serde_json::Value;

use super::engine::{Engine, Exchange};
use super::run::existing;
use super::snapshot::Snapshot;
use super::surroundings::Surroundings;
use super::{Stop, settle};
use crate::approvals::{Store, digest};
use crate::core::compose_file::command::{self, Command, Doing};
use crate::core::compose_file::{frozen, project, yaml};
use crate::core::finding::{Finding, Verdict};
use crate::core::inspected;
use crate::core::judge::judge;
use crate::core::policy::{COMPOSE_PREFIX, PROJECT_LABEL, Policy};
use crate::core::wish::{Asked, Reading, Wish};

/// Which Compose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    /// `docker-compose`
    Standalone,
    /// `docker compose`
    Plugin,
}

impl Program {
    fn process(self, surroundings: &Surroundings) -> Result<Process, Stop> {
        let mut process = match self {
            Self::Standalone => Process::new(surroundings.docker_compose()?),
            Self::Plugin => {
                let mut process = Process::new(surroundings.docker()?);
                process.arg("compose");
                process
            }
        };
        process.env_clear().envs(surroundings.environment.iter().map(|(name, value)| (name, value)));
        Ok(process)
    }
}

pub(super) fn run(words: &[String], surroundings: &Surroundings, program: Program) -> Result<ExitCode, Stop> {
    let command = command::read(words)?;
    if command.doing == Doing::Version {
        let mut process = program.process(surroundings)?;
        return Err(failed(&process.args(command::words(&command)).current_dir("/").exec()));
    }
    let store = Store::open(&surroundings.state_directory)?;
    let engine = Engine::new(surroundings, Exchange::All)?;
    let policy = surroundings.policy(&engine)?;
    // Copied by us, through no link: nobody can exchange these.
    let copying = Engine::new(surroundings, Exchange::Nobody)?;
    let snapshot = Snapshot::take(&command, &policy, &copying, &store)?;
    settle(&snapshot.verdict, surroundings)?;
    let tree = resolved(&command, &snapshot, program, surroundings)?;
    if command.doing == Doing::Show {
        settle(&read_by_the_cli(&command, &tree, &snapshot, &policy, &copying)?, surroundings)?;
        return show(&command, tree, &snapshot);
    }
    let name = project_name(&command, &tree, &snapshot);
    let mut read = project::read(tree, &name, &|path| snapshot.original(path))?;
    repeated(&command, &mut read.asked);
    let verdict = match command.doing {
        Doing::Look | Doing::End => judge(&mut of_names(&read.asked), &policy, &engine),
        _ => judge(&mut read.asked, &policy, &engine),
    };
    settle(&verdict, surroundings)?;
    if command.doing == Doing::Begin {
        settle(&reused(&name, &read.asked, &policy, &engine)?, surroundings)?;
    }
    let frozen = frozen::freeze(read, &policy, &snapshot.text())?.to_string();
    drop(snapshot);
    hand_over(&command, &name, &frozen, &store, &policy, program, surroundings)
}

fn failed(error: &io::Error) -> Stop {
    Stop::problem(format!("Compose cannot be started: {error}"))
}

/// What only looks or ends is judged by whom it is about, so that a project that is refused can be ended.
fn of_names(asked: &[Asked]) -> Vec<Asked> {
    let names =
        |wish: &Wish| matches!(wish, Wish::ComposeProject(_) | Wish::Volume { .. } | Wish::Network { .. });
    asked.iter().filter(|one| names(&one.wish)).cloned().collect()
}

/// Lets the real Compose resolve the copy.
fn resolved(
    command: &Command,
    snapshot: &Snapshot,
    program: Program,
    surroundings: &Surroundings,
) -> Result<Value, Stop> {
    let directory = snapshot.copy_of(&snapshot.directory);
    let mut process = program.process(surroundings)?;
    // With the services of every profile: which of them begin is decided by the command that gets the result.
    process.args(&command.before).arg("--profile=*").arg("--project-directory").arg(&directory);
    if let Some(name) = &command.project {
        process.arg("--project-name").arg(name);
    }
    for file in &snapshot.files {
        process.arg("-f").arg(file);
    }
    if let Some(file) = &snapshot.variables {
        process.arg("--env-file").arg(file);
    }
    let output = process
        .arg("config")
        .current_dir(&directory)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(&error))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr).replace(&snapshot.text(), "");
        return Err(Stop::problem(format!("Compose does not resolve it: {}", complaint.trim())));
    }
    let text = String::from_utf8(output.stdout)
        .map_err(|_| Stop::problem("Compose resolved it to what is not UTF-8"))?;
    Ok(yaml::read(&text)?)
}

/// What the Dev Containers CLI takes out of a project that it is shown: it reads the Dockerfile by itself, and writes one
/// of its own that begins with it.
fn read_by_the_cli(
    command: &Command,
    tree: &Value,
    snapshot: &Snapshot,
    policy: &Policy,
    engine: &Engine,
) -> Result<Verdict, Stop> {
    let name = project_name(command, tree, snapshot);
    let mut asked = project::read(tree.clone(), &name, &|path| snapshot.original(path))?.asked;
    asked.retain(|one| matches!(one.wish, Wish::Read(Reading::Dockerfile | Reading::Context, _)));
    Ok(judge(&mut asked, policy, engine))
}

/// `--scale`: more than one container of a service.
fn repeated(command: &Command, asked: &mut Vec<Asked>) {
    for given in command.options.given.iter().filter(|given| given.known.long == "scale") {
        let (service, number) = given.value.split_once('=').unwrap_or((&given.value, ""));
        if !matches!(number, "0" | "1") {
            let part = Some(format!("services.{service}"));
            asked.push(Asked { part, ..Asked::new(Wish::Repeats, given.origin()) });
        }
    }
}

/// Prints the resolved project as JSON, which is YAML too, with the paths of the host.
fn show(command: &Command, tree: Value, snapshot: &Snapshot) -> Result<ExitCode, Stop> {
    if !command.options.given.is_empty() || !command.options.rest.is_empty() {
        return Err(Stop::problem("compose config has no options here"));
    }
    let text = taken_back(tree, snapshot).to_string();
    writeln!(io::stdout().lock(), "{text}").map_err(|error| Stop::problem(error.to_string()))?;
    Ok(ExitCode::SUCCESS)
}

fn taken_back(value: Value, snapshot: &Snapshot) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace(&snapshot.text(), "")),
        Value::Array(items) => items.into_iter().map(|item| taken_back(item, snapshot)).collect(),
        Value::Object(table) => {
            table.into_iter().map(|(key, value)| (key, taken_back(value, snapshot))).collect()
        }
        other => other,
    }
}

/// As given, as the file says, or as Compose makes it out of the directory.
fn project_name(command: &Command, tree: &Value, snapshot: &Snapshot) -> String {
    let written = tree.get("name").and_then(Value::as_str).map(str::to_owned);
    command.project.clone().or(written).unwrap_or_else(|| {
        let directory = snapshot.directory.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        directory.chars().filter(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '_')).collect()
    })
}

/// Containers that are there already, which Compose would begin as they are.
///
/// Those that run too: they can end, or be ended by the command, and begin again.
fn reused(name: &str, asked: &[Asked], policy: &Policy, engine: &Engine) -> Result<Verdict, Stop> {
    let filter = format!("label={COMPOSE_PREFIX}project={name}");
    let mut verdict = Verdict::default();
    // Together with what is made anew: the one runs when the other begins.
    let mut asked = asked.to_vec();
    for id in engine.list(true, Some(&filter)).map_err(Stop::problem)? {
        verdict.join(one_reused(&id, policy, engine, &mut asked));
    }
    verdict.join(judge(&mut asked, policy, engine));
    Ok(verdict)
}

fn one_reused(id: &str, policy: &Policy, engine: &Engine, asked: &mut Vec<Asked>) -> Verdict {
    let mut verdict = Verdict::default();
    match engine.inspected(id) {
        // Made by this project before the gate was there: judged by what it is.
        Ok(Some(container))
            if !container.config.labels.iter().flatten().any(|(key, _)| key == PROJECT_LABEL) =>
        {
            match inspected::wishes(&container, policy.shared_cgroup_namespace) {
                Ok(wishes) => asked.extend(wishes),
                Err(problem) => verdict.findings.push(Finding::never(problem, id)),
            }
        }
        Ok(Some(_)) => verdict.join(existing(id, policy, engine, asked)),
        Ok(None) => {}
        Err(problem) => verdict.findings.push(Finding::never(problem, id)),
    }
    verdict
}

fn hand_over(
    command: &Command,
    name: &str,
    frozen: &str,
    store: &Store,
    policy: &Policy,
    program: Program,
    surroundings: &Surroundings,
) -> Result<ExitCode, Stop> {
    let folder = store.launch_directory().join(&policy.project);
    let problem = |error: io::Error| Stop::problem(format!("{}: {error}", folder.display()));
    fs::create_dir_all(&folder).map_err(problem)?;
    let file = folder.join(format!("{}.json", digest(frozen)));
    write_private(&folder, &file, frozen).map_err(problem)?;
    super::leftovers::tidy(&folder, &file);
    super::leftovers::tidy_copies(&store.launch_directory());
    let mut process = program.process(surroundings)?;
    let error = process
        .args(&command.before)
        .arg("--project-name")
        .arg(name)
        .arg("-f")
        .arg(&file)
        .args(command::words(command))
        .current_dir(&folder)
        .exec();
    Err(failed(&error))
}

/// Mode 0600: the file holds the services' environments.
fn write_private(folder: &Path, file: &Path, content: &str) -> io::Result<()> {
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(content.as_bytes())?;
    draft.persist(file).map(drop).map_err(|error| error.error)
}
