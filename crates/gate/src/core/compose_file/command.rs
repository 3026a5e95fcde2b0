//! The command line of Compose.

use std::path::PathBuf;

use crate::core::flags::{self, Given, Parsed, Unreadable, Until};
use crate::core::tables::{self, Meaning};

/// What a Compose command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// `version`: nothing of a project.
    Version,
    /// `config`: shows the project.
    Show,
    /// `build`, `pull`: makes images.
    Build,
    /// `up`, `create`, `start`, `restart`: makes or begins containers.
    Begin,
    /// `ps`, `logs`, `images`: looks.
    Look,
    /// `stop`, `down`, `rm`, `kill`: ends containers.
    End,
}

/// A command line of Compose, understood.
#[derive(Debug, Clone)]
pub struct Command {
    /// What it does.
    pub doing: Doing,
    /// The subcommand.
    pub name: String,
    /// The name of the project, when it is given.
    pub project: Option<String>,
    /// The files.
    pub files: Vec<PathBuf>,
    /// The file of variables for the files.
    pub variables: Option<PathBuf>,
    /// Options before the subcommand that are passed on.
    pub before: Vec<String>,
    /// Options of the subcommand, and the names of services.
    pub options: Parsed<Meaning>,
}

/// Reads the words after `docker-compose` or `docker compose`.
pub fn read(arguments: &[String]) -> Result<Command, Unreadable> {
    let global = flags::parse(tables::COMPOSE, arguments, Until::FirstWord)?;
    let mut command = Command {
        doing: Doing::Version,
        name: String::new(),
        project: None,
        files: Vec::new(),
        variables: None,
        before: Vec::new(),
        options: Parsed { given: Vec::new(), rest: Vec::new() },
    };
    for given in &global.given {
        before(given, &mut command)?;
    }
    let Some(name) = global.rest.first() else {
        "version".clone_into(&mut command.name);
        return Ok(command);
    };
    command.name.clone_from(name);
    let (doing, table) = match name.as_str() {
        "version" => (Doing::Version, tables::COMPOSE_PLAIN),
        "config" => (Doing::Show, tables::COMPOSE_PLAIN),
        "build" | "pull" => (Doing::Build, tables::COMPOSE_BUILD),
        "up" | "create" | "start" | "restart" => (Doing::Begin, tables::COMPOSE_UP),
        "ps" | "logs" | "images" | "top" | "port" => (Doing::Look, tables::COMPOSE_PLAIN),
        "stop" | "down" | "rm" | "kill" => (Doing::End, tables::COMPOSE_PLAIN),
        other => return Err(Unreadable(format!("the command compose {other} is not known to the gate"))),
    };
    command.doing = doing;
    command.options = flags::parse(table, &global.rest[1..], Until::End)?;
    let host_variable = command
        .options
        .given
        .iter()
        .find(|given| given.known.meaning == Meaning::BuildArgument && !given.value.contains('='));
    if let Some(given) = host_variable {
        return Err(Unreadable(format!("{} takes its value from the host's environment", given.origin())));
    }
    match command.options.rest.iter().find(|name| !crate::core::names::is_plain(name)) {
        Some(name) => Err(Unreadable(format!("{name} is no name of a service"))),
        None => Ok(command),
    }
}

fn before(given: &Given<Meaning>, command: &mut Command) -> Result<(), Unreadable> {
    match given.known.meaning {
        Meaning::Never(why) => {
            return Err(Unreadable(format!("the option --{} is refused: {why}", given.known.long)));
        }
        Meaning::ComposeProject => command.project = Some(given.value.clone()),
        Meaning::ComposeFile if given.value == "-" => {
            return Err(Unreadable("a Compose file is a file, not a stream".to_owned()));
        }
        Meaning::ComposeFile => command.files.push(PathBuf::from(&given.value)),
        Meaning::ComposeEnvironment if command.variables.is_some() => {
            return Err(Unreadable("--env-file is given twice".to_owned()));
        }
        Meaning::ComposeEnvironment => command.variables = Some(PathBuf::from(&given.value)),
        Meaning::ComposeDirectory => {
            return Err(Unreadable(
                "the option --project-directory is refused: paths are resolved before".to_owned(),
            ));
        }
        _ if given.known.long == "version" => {}
        _ => command.before.extend(written(given)),
    }
    Ok(())
}

/// The words of the subcommand in their one form.
pub fn words(command: &Command) -> Vec<String> {
    let mut words = vec![command.name.clone()];
    words.extend(command.options.given.iter().filter_map(written));
    words.extend(command.options.rest.iter().cloned());
    words
}

/// One option as both generations of Compose read it: the first has no values for switches.
fn written(given: &Given<Meaning>) -> Option<String> {
    match given.known.takes {
        flags::Takes::Switch => given.is_on().then(|| format!("--{}", given.known.long)),
        flags::Takes::Value => Some(given.canonical()),
    }
}
