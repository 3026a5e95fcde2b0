//! From the words of a command line to what it does.

use super::build;
use super::flags::{self, Parsed, Unreadable, Until};
use super::run;
use super::tables::{self, Meaning};
use super::wish::{Asked, Wish};

/// A command line of `docker`, understood.
#[derive(Debug, Clone)]
pub enum Invocation {
    /// Looks, or fetches an image: passed on in its canonical form.
    Look {
        /// The command.
        command: Vec<String>,
        /// Its options.
        options: Parsed<Meaning>,
    },
    /// `run` or `create`.
    Run {
        /// `run` or `create`.
        command: Vec<String>,
        /// Its options; the image and the command in it are the rest.
        options: Parsed<Meaning>,
        /// What is asked for.
        asked: Vec<Asked>,
    },
    /// `build` or `buildx build`.
    Build {
        /// The command.
        command: Vec<String>,
        /// Its options; the context is the rest.
        options: Parsed<Meaning>,
        /// What is asked for.
        asked: Vec<Asked>,
    },
    /// Begins or enters existing containers: they are judged as they are.
    Enter {
        /// `start`, `restart`, `exec` or `attach`.
        command: Vec<String>,
        /// Its options.
        options: Parsed<Meaning>,
        /// What is asked for besides.
        asked: Vec<Asked>,
        /// The containers.
        containers: Vec<String>,
    },
    /// Ends existing containers: they have to be the project's.
    End {
        /// `stop`, `kill`, `rm`, `pause`, `unpause`.
        command: Vec<String>,
        /// Its options.
        options: Parsed<Meaning>,
        /// The containers.
        asked: Vec<Asked>,
    },
    /// `tag` and `volume create`: judged by name.
    Name {
        /// The command.
        command: Vec<String>,
        /// Its options.
        options: Parsed<Meaning>,
        /// What is asked for.
        asked: Vec<Asked>,
    },
    /// `compose …`: what follows.
    Compose(Vec<String>),
}

/// Commands of the engine's two notations, in the short one.
fn plain_name(words: &[String]) -> (Vec<String>, usize) {
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let long = match (word(0), word(1)) {
        ("container", "ls" | "list" | "ps") => Some(vec!["ps"]),
        ("image", "ls" | "list") => Some(vec!["images"]),
        (
            "container",
            "run" | "create" | "start" | "restart" | "exec" | "attach" | "stop" | "kill" | "rm" | "pause"
            | "unpause" | "logs" | "top" | "port" | "diff" | "wait",
        )
        | ("image", "build" | "pull" | "tag" | "history") => Some(vec![word(1)]),
        ("builder", "build") => Some(vec!["build"]),
        ("container" | "image" | "volume" | "network", "inspect")
        | ("volume" | "network", "ls")
        | ("volume", "create")
        | ("buildx", "build" | "version" | "ls" | "inspect")
        | ("system", "info" | "df") => Some(vec![word(0), word(1)]),
        _ => None,
    };
    match long {
        Some(command) => (command.into_iter().map(str::to_owned).collect(), 2),
        None => (words.first().cloned().into_iter().collect(), 1),
    }
}

/// Reads a command line, without the program's own name.
pub fn read(arguments: &[String]) -> Result<Invocation, Unreadable> {
    let global = flags::parse(tables::GLOBAL, arguments, Until::FirstWord)?;
    if let Some(given) = global.given.iter().find(|given| matches!(given.known.meaning, Meaning::Never(_))) {
        let Meaning::Never(why) = given.known.meaning else { return Err(Unreadable(String::new())) };
        return Err(Unreadable(format!("the option --{} is refused: {why}", given.known.long)));
    }
    let asks = |name: &str| global.given.iter().any(|given| given.known.long == name && given.is_on());
    if asks("version") || asks("help") {
        let word = if asks("version") { "--version" } else { "--help" };
        return Ok(Invocation::Look { command: vec![word.to_owned()], options: nothing() });
    }
    let words = &global.rest;
    if words.is_empty() {
        return Ok(Invocation::Look { command: vec!["--help".to_owned()], options: nothing() });
    }
    let (command, used) = plain_name(words);
    of_command(command, &words[used..])
}

fn nothing() -> Parsed<Meaning> {
    Parsed { given: Vec::new(), rest: Vec::new() }
}

fn of_command(command: Vec<String>, words: &[String]) -> Result<Invocation, Unreadable> {
    let name = command.join(" ");
    match name.as_str() {
        "run" | "create" => {
            let options = flags::parse(tables::RUN, words, Until::FirstWord)?;
            let asked = run::wishes(&options)?;
            if options.rest.first().is_none_or(|image| image.is_empty() || image.starts_with('-')) {
                return Err(Unreadable("names no image".to_owned()));
            }
            Ok(Invocation::Run { command, options, asked })
        }
        "build" | "buildx build" => {
            let options = flags::parse(tables::BUILD, words, Until::End)?;
            let asked = build::wishes(&options)?;
            Ok(Invocation::Build { command, options, asked })
        }
        "exec" => {
            let options = flags::parse(tables::EXEC, words, Until::FirstWord)?;
            let asked = run::wishes(&options)?;
            let containers = options.rest.iter().take(1).cloned().collect();
            entered(command, options, asked, containers)
        }
        "start" | "attach" => {
            let options = flags::parse(tables::START, words, Until::End)?;
            let (asked, containers) = (run::wishes(&options)?, options.rest.clone());
            entered(command, options, asked, containers)
        }
        "restart" => {
            let options = flags::parse(tables::STOP, words, Until::End)?;
            let containers = options.rest.clone();
            entered(command, options, Vec::new(), containers)
        }
        "stop" | "kill" => Ok(ended(command, flags::parse(tables::STOP, words, Until::End)?)),
        "rm" => Ok(ended(command, flags::parse(tables::REMOVE, words, Until::End)?)),
        "pause" | "unpause" => Ok(ended(command, flags::parse(&[], words, Until::End)?)),
        "tag" => {
            let options = flags::parse(&[], words, Until::End)?;
            let [_, target] = &options.rest[..] else {
                return Err(Unreadable("tag has two names".to_owned()));
            };
            let asked = vec![Asked::new(Wish::Tag(target.clone()), format!("tag {target}"))];
            Ok(Invocation::Name { command, options, asked })
        }
        "volume create" => volume_create(command, words),
        "pull" => look(command, tables::PULL, words),
        "version" | "info" | "system info" | "inspect" | "container inspect" | "image inspect"
        | "volume inspect" | "network inspect" => look(command, tables::INSPECT, words),
        "system df" | "ps" | "images" | "volume ls" | "network ls" | "events" | "logs" | "top" | "port"
        | "diff" | "wait" | "history" | "buildx version" | "buildx ls" | "buildx inspect" => {
            look(command, tables::PLAIN, words)
        }
        "compose" => Ok(Invocation::Compose(words.to_vec())),
        _ => Err(Unreadable(format!("the command {name} is not known to the gate"))),
    }
}

fn look(
    command: Vec<String>,
    table: &'static [flags::Known<Meaning>],
    words: &[String],
) -> Result<Invocation, Unreadable> {
    Ok(Invocation::Look { command, options: flags::parse(table, words, Until::End)? })
}

fn entered(
    command: Vec<String>,
    options: Parsed<Meaning>,
    asked: Vec<Asked>,
    containers: Vec<String>,
) -> Result<Invocation, Unreadable> {
    if containers.is_empty() {
        return Err(Unreadable("names no container".to_owned()));
    }
    Ok(Invocation::Enter { command, options, asked, containers })
}

fn ended(command: Vec<String>, options: Parsed<Meaning>) -> Invocation {
    let asked = options
        .rest
        .iter()
        .map(|name| Asked::new(Wish::OwnContainer(name.clone()), format!("{} {name}", command.join(" "))))
        .collect();
    Invocation::End { command, options, asked }
}

fn volume_create(command: Vec<String>, words: &[String]) -> Result<Invocation, Unreadable> {
    let options = flags::parse(tables::VOLUME_CREATE, words, Until::End)?;
    let named = options.given.iter().filter(|given| given.known.meaning == Meaning::Name);
    let all: Vec<&String> = named.map(|given| &given.value).chain(&options.rest).collect();
    let [name] = all[..] else { return Err(Unreadable("volume create has one name".to_owned())) };
    let mut driver = None;
    let mut driver_options = std::collections::BTreeMap::new();
    let mut asked = Vec::new();
    for given in &options.given {
        match given.known.meaning {
            Meaning::Driver => driver = Some(given.value.clone()),
            Meaning::DriverOption => {
                let (key, value) = given.value.split_once('=').unwrap_or((&given.value, ""));
                if driver_options.insert(key.to_owned(), value.to_owned()).is_some() {
                    return Err(Unreadable(format!("the volume option {key} is given twice")));
                }
            }
            Meaning::Label => {
                let (key, value) = given.value.split_once('=').unwrap_or((&given.value, ""));
                let wish = Wish::Label { key: key.to_owned(), value: value.to_owned() };
                asked.push(Asked::new(wish, given.origin()));
            }
            _ => {}
        }
    }
    let volume = Wish::Volume { name: name.clone(), driver, options: driver_options };
    asked.push(Asked::new(volume, format!("volume create {name}")));
    Ok(Invocation::Name { command, options, asked })
}

/// The whole command line in its one form, with the judged paths.
pub fn canonical(
    command: &[String],
    options: &Parsed<Meaning>,
    asked: &[Asked],
) -> Result<Vec<String>, Unreadable> {
    let mut words = command.to_vec();
    words.extend(run::rewritten(options, asked)?);
    Ok(words)
}
