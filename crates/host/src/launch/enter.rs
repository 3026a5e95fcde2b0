//! Shells and commands in a container, by its id.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};

use crate::containers::Container;
use crate::engine::Engine;
use crate::exit::{ExitStatus, of_program};
use crate::failure::Failure;

/// Starts the user's shell as a login shell; a command is its first argument, never part of this text.
const SHELL: &str = "shell=${SHELL:-}; [ -x \"$shell\" ] || shell=$(command -v bash || command -v sh); \
                     if [ $# -gt 0 ]; then exec \"$shell\" -lc \"$1\"; else exec \"$shell\" -l; fi";

/// What a shell or command gets in its environment.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Name of the instance.
    pub instance: OsString,
    /// Name of the project.
    pub project: OsString,
    /// The kind of terminal, where there is one.
    pub terminal: Option<OsString>,
    /// What the configuration gives to shells and commands.
    pub remote: Vec<(String, String)>,
}

/// Opens a shell in the container, or runs a command there; how that ended.
pub fn enter(
    engine: &Engine<'_>,
    container: &Container,
    surroundings: &Surroundings,
    command: Option<&OsStr>,
) -> Result<ExitStatus, Failure> {
    let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let status = engine
        .command()
        .args(arguments(container, surroundings, command, is_terminal))
        .status()
        .map_err(|error| Failure::at("run", engine.program(), &error))?;
    Ok(of_program(status))
}

/// The arguments of `docker`.
fn arguments(
    container: &Container,
    surroundings: &Surroundings,
    command: Option<&OsStr>,
    is_terminal: bool,
) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["exec".into(), "--interactive".into()];
    if is_terminal {
        words.push("--tty".into());
    }
    let mut pair = |flag: &str, value: &OsStr| words.extend([OsString::from(flag), value.to_owned()]);
    pair("--user", OsStr::new(&container.user));
    pair("--workdir", OsStr::new(&container.folder));
    let mut set = |name: &str, value: &OsStr| {
        let mut setting = OsString::from(name);
        setting.push("=");
        setting.push(value);
        pair("--env", &setting);
    };
    for (name, value) in &surroundings.remote {
        set(name, OsStr::new(value));
    }
    set("REMO_INSTANCE", &surroundings.instance);
    set("REMO_PROJECT", &surroundings.project);
    if let Some(terminal) = surroundings.terminal.as_deref().filter(|_| is_terminal) {
        set("TERM", terminal);
    }
    words.extend([OsString::from(&container.id), "/bin/sh".into(), "-c".into(), SHELL.into(), "remo".into()]);
    words.extend(command.map(OsStr::to_owned));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_entered_by_its_id_and_a_command_is_one_argument() {
        let id = "ab".repeat(32);
        let container = Container {
            id: id.clone(),
            user: "dev".to_owned(),
            folder: "/workspaces/a".to_owned(),
            started_at: String::new(),
            view: None,
            configuration: None,
        };
        let surroundings = Surroundings {
            instance: "box".into(),
            project: "a".into(),
            terminal: Some("xterm".into()),
            remote: vec![("A".to_owned(), "x y".to_owned())],
        };
        let words = arguments(&container, &surroundings, Some(OsStr::new("echo 'x'; $(y)")), false);
        let words: Vec<String> = words.into_iter().map(|word| word.into_string().unwrap()).collect();
        assert_eq!(
            words,
            [
                "exec",
                "--interactive",
                "--user",
                "dev",
                "--workdir",
                "/workspaces/a",
                "--env",
                "A=x y",
                "--env",
                "REMO_INSTANCE=box",
                "--env",
                "REMO_PROJECT=a",
                &id,
                "/bin/sh",
                "-c",
                SHELL,
                "remo",
                "echo 'x'; $(y)",
            ]
        );
        let words = arguments(&container, &surroundings, None, true);
        assert!(words.contains(&"--tty".into()) && words.contains(&"TERM=xterm".into()));
        assert_eq!(words.last(), Some(&"remo".into()));
    }
}
