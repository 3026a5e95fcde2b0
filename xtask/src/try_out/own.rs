//! The user's own secrets. Their values go from the user's terminal or file straight into `remo-vault` and from
//! the helper straight into the user's command: this program never holds one, and shows lengths at most.

use std::io::{self, IsTerminal as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use serde_json::Value;

use super::ending::Stop;
use super::samples;
use super::stage::{Side, Stage};
use crate::failure::Failure;

/// What an import ends with that did not take every line.
const LEFT_SOMETHING_OUT: i32 = 1;

/// What the vault says to a value without a byte.
const EMPTY: &str = "the value is empty";

/// The longest name of a secret, in characters.
const NAME_MAX: usize = 128;

/// A secret of the user's, as the vault lists it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Own {
    name: String,
    /// Names of a bundle's fields; empty for a single value.
    fields: Vec<String>,
}

/// Refuses what is no name, without repeating it: somebody may have typed a value.
pub(super) fn check_name(text: &str) -> Result<(), Failure> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !text.is_empty() && text.len() <= NAME_MAX && text.bytes().all(word) {
        return Ok(());
    }
    Err(Failure::new("--secret takes a name: 1 to 128 characters out of A-Z, a-z, 0-9 and _").hint(
        "write --secret GH_TOKEN; the value is asked for, because every process of this machine can read an argument",
    ))
}

/// Has the vault ask for each value; from standard input when that is no terminal.
pub(super) fn prompt(stage: &mut Stage, names: &[String]) -> Result<(), Stop> {
    let terminal = io::stdin().is_terminal();
    if names.len() > 1 && !terminal {
        return Err(Failure::new(
            "standard input is not a terminal and can carry the value of one --secret only",
        )
        .hint("give several with --env-file FILE")
        .into());
    }
    for name in names {
        let typed = format!("remo-vault set {name}");
        stage.story.typed("vault$", &typed)?;
        let settings = tcgetattr(io::stdin()).ok();
        let mut vault = Command::new(stage.program("remo-vault"));
        vault.args(["set", name]).envs(stage.variables(Side::Vault)).stderr(Stdio::piped());
        // The prompt is on the terminal itself.
        let child = vault.stdin(Stdio::inherit()).spawn();
        let ended = child.and_then(std::process::Child::wait_with_output);
        let ended = ended.map_err(Failure::because(format!("cannot run `{typed}`")))?;
        let (status, said) = (ended.status, String::from_utf8_lossy(&ended.stderr).into_owned());
        if let (false, Some(settings)) = (status.success(), settings) {
            // Ctrl-C at the prompt ends it while the terminal does not echo.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &settings);
        }
        stage.interruption.check()?;
        if let Some(signal) = status.signal().and_then(|signal| u8::try_from(signal).ok()) {
            // The prompt takes Ctrl-C out of the terminal's hands and ends itself by it.
            return Err(Stop::Interrupted(signal));
        }
        if said.contains(EMPTY) {
            // The hint of the vault names an option that the tour does not have.
            return Err(Failure::new(format!("there is no value for {name}: what came in was empty"))
                .hint(if terminal {
                    "type the value at the prompt, or paste it"
                } else {
                    "see whether the command before the pipe failed; without a pipe the value is asked for"
                })
                .into());
        }
        stage.story.output(&said)?;
        if !status.success() {
            return Err(Failure::new(format!("{name} could not be stored, for the reason above")).into());
        }
    }
    Ok(())
}

/// Has the vault import a file; says whether there was anything in it.
pub(super) fn import(stage: &mut Stage, file: &Path) -> Result<bool, Stop> {
    let file = std::path::absolute(file)
        .map_err(Failure::because(format!("cannot use the file {}", file.display())))?;
    let ran = stage.types_with_env_file(r#"remo-vault import - < "$ENV_FILE""#, &file)?;
    let shown = file.display();
    if ran.output().lines().any(|line| line.starts_with("error: ")) {
        return Err(Failure::new(format!("{shown} cannot be taken, for the reason above"))
            .hint(
                "a line is NAME=value, a # begins a comment; mend the file, or leave the line out of a copy",
            )
            .into());
    }
    let anything = !ran.output().contains("imported 0 secrets");
    if ran.ended_with(LEFT_SOMETHING_OUT) {
        stage.story.aside("(the lines with a warning are left out, the others are taken)")?;
    } else {
        ran.exits(0)?;
    }
    stage.story.aside("(this vault is gone at the end of the tour: keep the file)")?;
    Ok(anything)
}

/// What the vault has now.
pub(super) fn stored(stage: &Stage) -> Result<Vec<Own>, Stop> {
    let listed = stage.quietly(Side::Vault, "remo-vault list --json")?.exits(0)?;
    let listed: Value = serde_json::from_str(listed.output())
        .map_err(Failure::because("cannot read the output of remo-vault list --json"))?;
    let secrets = listed["secrets"].as_array().into_iter().flatten();
    let own: Vec<Own> = secrets.filter_map(own).collect();
    if let Some(taken) = own.iter().find(|own| own.name.to_ascii_lowercase().starts_with(samples::PREFIX)) {
        return Err(Failure::new(format!("{} is a name of the tour's own samples", taken.name))
            .hint(format!("give it a name that does not begin with {}", samples::PREFIX))
            .into());
    }
    Ok(own)
}

fn own(listed: &Value) -> Option<Own> {
    let fields = listed["fields"].as_array().into_iter().flatten();
    Some(Own {
        name: listed["name"].as_str()?.to_owned(),
        fields: fields.filter_map(|field| Some(field.as_str()?.to_owned())).collect(),
    })
}

impl Own {
    /// What the vault calls it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What the manifest says about it.
    pub(super) fn binding(&self) -> String {
        let Self { name, fields } = self;
        if fields.is_empty() {
            return format!("\n[secrets.{name}]\n");
        }
        let fields: Vec<String> =
            fields.iter().map(|field| format!("{} = \"{field}\"", self.variable_of(field))).collect();
        format!("\n[secrets.{name}]\nfields = {{ {} }}\n", fields.join(", "))
    }

    /// The variables that it becomes.
    pub(super) fn variables(&self) -> Vec<String> {
        match self.fields.as_slice() {
            [] => vec![self.name.to_ascii_uppercase()],
            fields => fields.iter().map(|field| self.variable_of(field)).collect(),
        }
    }

    fn variable_of(&self, field: &str) -> String {
        format!("{}_{field}", self.name).to_ascii_uppercase()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_no_name_is_refused_without_being_repeated() {
        check_name("GH_TOKEN").unwrap();
        for wrong in ["", "gh=ghp_value", "a-b", "ä", &"x".repeat(129)] {
            let said = check_name(wrong).unwrap_err().to_string();
            assert!(wrong.is_empty() || !said.contains(wrong), "{said}");
        }
    }

    #[test]
    fn a_value_becomes_a_variable_and_a_bundle_one_a_field() {
        let scalar = own(&json!({"name": "npm", "kind": "scalar"})).unwrap();
        assert_eq!(scalar.binding(), "\n[secrets.npm]\n");
        assert_eq!(scalar.variables(), ["NPM"]);
        let bundle = own(&json!({"name": "db", "kind": "bundle", "fields": ["user", "password"]})).unwrap();
        assert_eq!(
            bundle.binding(),
            "\n[secrets.db]\nfields = { DB_USER = \"user\", DB_PASSWORD = \"password\" }\n"
        );
        assert_eq!(bundle.variables(), ["DB_USER", "DB_PASSWORD"]);
    }
}
