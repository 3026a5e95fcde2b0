//! Commands of `docker`.

use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use super::engine::{Engine, Exchange};
use super::surroundings::Surroundings;
use super::{Stop, compose, copies, settle};
use crate::core::command_line::{self, Invocation};
use crate::core::finding::Verdict;
use crate::core::flags::Parsed;
use crate::core::inspected;
use crate::core::judge::{is_own, judge, judge_image_labels};
use crate::core::policy::{FOLDER_LABEL, PROJECT_LABEL, Policy};
use crate::core::tables::Meaning;
use crate::core::wish::{Asked, Reading, Wish};
use crate::core::world::World as _;

pub(super) fn run(words: &[String], surroundings: &Surroundings) -> Result<ExitCode, Stop> {
    match command_line::read(words)? {
        Invocation::Look { command, options } => {
            let mut words = command_line::canonical(&command, &options, &[])?;
            words.extend(options.rest);
            become_docker(surroundings, &words)
        }
        Invocation::Run { command, options, asked } => create(&command, &options, asked, surroundings),
        Invocation::Build { command, options, asked } => build(&command, &options, asked, surroundings),
        Invocation::Enter { command, options, asked, containers } => {
            enter(&command, &options, asked, &containers, surroundings)
        }
        Invocation::End { command, options, mut asked }
        | Invocation::Name { command, options, mut asked } => {
            let engine = Engine::new(surroundings, Exchange::All)?;
            let policy = surroundings.policy(&engine)?;
            settle(&judge(&mut asked, &policy, &engine), surroundings)?;
            hand_over(&command, &options, &mut asked, &[], surroundings)
        }
        Invocation::Compose(words) => compose::run(&words, surroundings, compose::Program::Plugin),
    }
}

fn create(
    command: &[String],
    options: &Parsed<Meaning>,
    mut asked: Vec<Asked>,
    surroundings: &Surroundings,
) -> Result<ExitCode, Stop> {
    let engine = Engine::new(surroundings, Exchange::All)?;
    let policy = surroundings.policy(&engine)?;
    let mut verdict = judge(&mut asked, &policy, &engine);
    let image = options.rest.first().map(String::as_str).unwrap_or_default();
    let option =
        |name: &str| options.given.iter().rfind(|it| it.known.long == name).map(|given| given.value.as_str());
    let pulls = option("pull");
    let here = engine.image_labels(image);
    if here == Ok(None) || pulls == Some("always") {
        // What is refused anyway is not fetched.
        settle(&verdict, surroundings)?;
        if pulls == Some("never") {
            let hint = format!("fetch it first: docker pull {image}");
            return Err(Stop::Problem(format!("the image {image} is not here"), Some(hint)));
        }
        fetch(&engine, image, option("platform"))?;
    }
    match engine.image_labels(image) {
        Ok(Some(labels)) => verdict.join(judge_image_labels(&labels, &asked, &policy, &engine)),
        Ok(None) => verdict.never("the image is not here, although it was fetched", image),
        Err(problem) => verdict.never(problem, image),
    }
    settle(&verdict, surroundings)?;
    // What was looked at is what runs: it is not fetched once more.
    let mut options = options.clone();
    for given in options.given.iter_mut().filter(|given| given.known.long == "pull") {
        "never".clone_into(&mut given.value);
    }
    let options = &options;
    let labels = own_labels(&policy, &asked);
    hand_over(command, options, &mut asked, &labels, surroundings)
}

/// Fetches an image that is to be looked at before anything of it runs.
fn fetch(engine: &Engine, image: &str, platform: Option<&str>) -> Result<(), Stop> {
    // Shown by the CLI as everything that this program says.
    let _ = writeln!(io::stderr(), "remo-docker: fetching the image {image}");
    engine.pull(image, platform).map_err(|()| {
        let hint = "see what the lines above say; a login is made with: docker login REGISTRY".to_owned();
        Stop::Problem(format!("the image {image} cannot be fetched"), Some(hint))
    })
}

/// Says whose container it is, and takes away what its image could say instead.
fn own_labels(policy: &Policy, asked: &[Asked]) -> Vec<String> {
    let given =
        |name: &str| asked.iter().any(|one| matches!(&one.wish, Wish::Label { key, .. } if key == name));
    let mut labels = vec![format!("--label={PROJECT_LABEL}={}", policy.project)];
    if !given(FOLDER_LABEL) {
        labels.push(format!("--label={FOLDER_LABEL}="));
    }
    labels
}

fn build(
    command: &[String],
    options: &Parsed<Meaning>,
    mut asked: Vec<Asked>,
    surroundings: &Surroundings,
) -> Result<ExitCode, Stop> {
    let engine = Engine::new(surroundings, Exchange::All)?;
    let policy = surroundings.policy(&engine)?;
    settle(&judge(&mut asked, &policy, &engine), surroundings)?;
    // The context, and the Dockerfile where none was named, have no option that they could be put back into.
    let place = |wanted: Reading| {
        asked.iter().find_map(|one| match (&one.wish, one.slot) {
            (Wish::Read(reading, path), None) if *reading == wanted => Some(path.clone()),
            _ => None,
        })
    };
    let mut options = options.clone();
    let mut further = Vec::new();
    if let Some(context) = place(Reading::Context) {
        options.rest = vec![text(context)?];
        if let Some(file) = place(Reading::Dockerfile) {
            further.push(format!("--file={}", text(file)?));
        }
    }
    hand_over(command, &options, &mut asked, &further, surroundings)
}

fn text(path: PathBuf) -> Result<String, Stop> {
    path.into_os_string().into_string().map_err(|_| Stop::problem("a path is not UTF-8"))
}

fn enter(
    command: &[String],
    options: &Parsed<Meaning>,
    mut asked: Vec<Asked>,
    containers: &[String],
    surroundings: &Surroundings,
) -> Result<ExitCode, Stop> {
    let mounts_anew = matches!(command.first().map(String::as_str), Some("start" | "restart"));
    let exchange = if mounts_anew { Exchange::All } else { Exchange::Nobody };
    let engine = Engine::new(surroundings, exchange)?;
    let policy = surroundings.policy(&engine)?;
    let mut verdict = judge(&mut asked, &policy, &engine);
    // Together: the first of them runs when the second begins.
    let mut made_with = Vec::new();
    for name in containers {
        verdict.join(existing(name, &policy, &engine, &mut made_with));
    }
    verdict.join(judge(&mut made_with, &policy, &engine));
    settle(&verdict, surroundings)?;
    hand_over(command, options, &mut asked, &[], surroundings)
}

/// An existing container: whether it is the project's own; what it was made with is added to `asked`.
pub(super) fn existing(name: &str, policy: &Policy, engine: &Engine, asked: &mut Vec<Asked>) -> Verdict {
    let mut verdict = Verdict::default();
    let container = match engine.inspected(name) {
        Ok(Some(container)) => container,
        Ok(None) => {
            verdict.never("there is no such container", name);
            return verdict;
        }
        Err(problem) => {
            verdict.never(problem, name);
            return verdict;
        }
    };
    let labels = container.config.labels.clone().unwrap_or_default();
    if !is_own(&labels, policy, engine) {
        let shown = container.name.trim_start_matches('/');
        verdict.never(format!("the container {shown} is not this project's"), name);
        return verdict;
    }
    match inspected::wishes(&container, policy.shared_cgroup_namespace) {
        Ok(wishes) => asked.extend(wishes),
        Err(problem) => verdict.never(problem, name),
    }
    verdict
}

/// Becomes the real command, in the one form that was judged.
fn hand_over(
    command: &[String],
    options: &Parsed<Meaning>,
    asked: &mut [Asked],
    further: &[String],
    surroundings: &Surroundings,
) -> Result<ExitCode, Stop> {
    let copies = copied(options, asked)?;
    let mut words = command_line::canonical(command, options, asked)?;
    words.extend(further.iter().cloned());
    words.extend(options.rest.iter().cloned());
    let ended = become_docker(surroundings, &words);
    drop(copies);
    ended
}

/// Puts copies in the place of files of secrets and variables.
fn copied(options: &Parsed<Meaning>, asked: &mut [Asked]) -> Result<Vec<OwnedFd>, Stop> {
    let mut copies = Vec::new();
    for one in asked {
        let meaning = one.slot.and_then(|slot| options.given.get(slot)).map(|given| given.known.meaning);
        if let (Wish::Read(Reading::Private, path), Some(Meaning::VariableFile | Meaning::Secret)) =
            (&mut one.wish, meaning)
        {
            let (copy, place) = copies::in_memory(path)
                .map_err(|error| Stop::problem(format!("{}: {error}", path.display())))?;
            *path = place.into();
            copies.push(copy);
        }
    }
    Ok(copies)
}

fn become_docker(surroundings: &Surroundings, words: &[String]) -> Result<ExitCode, Stop> {
    let docker = surroundings.docker()?;
    let error = Command::new(&docker)
        .args(words)
        .env_clear()
        .envs(surroundings.environment.iter().map(|(name, value)| (name, value)))
        .current_dir("/")
        .exec();
    Err(Stop::problem(format!("{}: {error}", docker.display())))
}
