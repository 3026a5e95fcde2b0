//! Sessions that survive a lost connection: zellij, when it is installed.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::exit::{ExitStatus, of_program};
use crate::failure::Failure;
use crate::places::Places;
use crate::shell::Wanted;

/// A name of a session is part of a socket's path, which is short.
const LONGEST: usize = 24;

/// A session in which a shell is opened, or found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    zellij: PathBuf,
    name: String,
    layout: String,
    project: String,
}

impl Session {
    /// The session for a shell; `None` when it is to be opened without one: no terminal, a single command, already in
    /// a session, or no zellij.
    pub fn find(places: &Places, wanted: &Wanted<'_>) -> Option<Self> {
        let is_for_a_person = io::stdin().is_terminal() && io::stdout().is_terminal();
        if !is_for_a_person || wanted.without_session || wanted.command.is_some() {
            return None;
        }
        if places.variable("ZELLIJ").is_some() {
            return None;
        }
        let program = std::env::current_exe().ok()?;
        Some(Self {
            zellij: places.program("zellij")?,
            name: session_name(wanted.name),
            layout: layout(&program, wanted.name)?,
            project: wanted.name.to_owned(),
        })
    }

    /// The arguments of zellij: the session is made unless it is there.
    fn arguments(&self, layout: &Path) -> Vec<OsString> {
        let words = ["attach", "--create", &self.name, "options", "--default-layout"];
        words.into_iter().map(OsString::from).chain([layout.into()]).collect()
    }
}

/// Opens the session, from `/`; how it ended.
pub fn attach(places: &Places, session: &Session) -> Result<ExitStatus, Failure> {
    let folder = places.state.join("sessions");
    let path = folder.join(format!("{}.kdl", session.project));
    crate::containers::make_private(&folder)
        .and_then(|()| std::fs::write(&path, &session.layout))
        .map_err(|error| Failure::at("write", &path, &error))?;
    let status = Command::new(&session.zellij)
        .args(session.arguments(&path))
        .current_dir("/")
        .status()
        .map_err(|error| Failure::at("run", &session.zellij, &error))?;
    Ok(of_program(status))
}

/// Names of sessions are short and plain; two projects never share one.
fn session_name(project: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    if project.len() <= LONGEST && project.chars().all(is_plain) {
        return format!("remo-{project}");
    }
    let plain: String = project.chars().filter(|character| is_plain(*character)).take(LONGEST / 2).collect();
    format!("remo-{plain}-{}", &remo_gate::approvals::digest(project)[..8])
}

/// The one pane of a new session: this program again, without a session.
fn layout(program: &Path, project: &str) -> Option<String> {
    let quoted = |text: &str| serde_json::to_string(text).ok();
    Some(format!(
        "layout {{\n    pane command={} close_on_exit=true {{\n        args \"shell\" \"--no-session\" \"-p\" {}\n    }}\n}}\n",
        quoted(program.to_str()?)?,
        quoted(project)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_named_after_its_project_and_made_once() {
        let session = Session {
            zellij: "/usr/bin/zellij".into(),
            name: session_name("a"),
            layout: layout(Path::new("/usr/bin/remo"), "a \"b\"").unwrap(),
            project: "a".to_owned(),
        };
        let words = session.arguments(Path::new("/l.kdl"));
        assert_eq!(
            words.join(std::ffi::OsStr::new(" ")).to_str(),
            Some("attach --create remo-a options --default-layout /l.kdl")
        );
        let long = |end: &str| session_name(&format!("{}{end}", "a".repeat(30)));
        assert_ne!(long("1"), long("2"), "two projects never share a session");
        assert_ne!(session_name("a b"), session_name("ab"));
        assert!(long("1").len() < 32 && !session_name("a b;c").contains([' ', ';']));
        assert!(
            session.layout.contains(r#"args "shell" "--no-session" "-p" "a \"b\"""#),
            "{}",
            session.layout
        );
    }
}
