//! What the Dev Containers CLI says at its end, and what that means here.

use remo_present::shown::escaped;
use serde::Deserialize;

use crate::containers::is_container_id;
use crate::failure::Failure;

/// The end of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is up.
    Up(Made),
    /// It is not, in the words of the tooling.
    Failed(String),
}

/// The container that is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its whole id.
    pub id: String,
    /// The user that shells run as.
    pub user: String,
    /// Where the project is in it.
    pub folder: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    outcome: String,
    container_id: Option<String>,
    remote_user: Option<String>,
    remote_workspace_folder: Option<String>,
    message: Option<String>,
    description: Option<String>,
}

/// Reads the line in JSON that the CLI ends with.
pub fn read(output: &str) -> Option<Outcome> {
    let line = output.lines().rev().find(|line| line.starts_with('{'))?;
    let line: Line = serde_json::from_str(line).ok()?;
    if line.outcome != "success" {
        let words: Vec<String> = line.message.into_iter().chain(line.description).collect();
        return Some(Outcome::Failed(words.join(": ")));
    }
    let id = line.container_id.filter(|id| is_container_id(id))?;
    let user = line.remote_user.filter(|user| is_user(user))?;
    let folder =
        line.remote_workspace_folder.filter(|folder| folder.starts_with('/') && !folder.contains('\0'))?;
    Some(Outcome::Up(Made { id, user, folder }))
}

/// A name or number of a user that is no option.
fn is_user(user: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-$".contains(&byte);
    !user.is_empty() && !user.starts_with('-') && user.bytes().all(plain)
}

/// Words that lines of our own programs begin with, among all that the tooling says.
const OURS: [&str; 2] = ["remo-docker: ", "remo-fetch-secrets: "];

/// Signs in what the tooling said, what they mean, and what to do.
const MEANINGS: &[(&str, &str, &str)] = &[
    (
        "remo-docker: refused:",
        "the launch gate does not let this through, whatever is approved",
        "take out of the configuration what the lines above name",
    ),
    (
        "is denied",
        "a secret that the project requires is not approved for it",
        "see the difference and approve it: remo trust {name}",
    ),
    (
        "denied:",
        "a secret that the project requires is not approved for it",
        "see the difference: remo trust {name}",
    ),
    (
        "peer_unexpected",
        "the container's user is not one that may fetch this project's secrets",
        "name its number, after a look at it: remo up {name} --uid NUMBER",
    ),
    (
        "not_found",
        "a secret that the project requires is not in the broker",
        "store it in the vault, then try again: remo shell -p _remo-vault --exec remo-vend-status",
    ),
    (
        "Cannot connect to the Docker daemon",
        "Docker does not run, or you may not talk to it",
        "see what is missing: remo doctor",
    ),
    (
        "permission denied while trying to connect",
        "you may not talk to Docker",
        "see what is missing: remo doctor",
    ),
    (
        "no space left on device",
        "the disk is full",
        "make room: docker system df shows what images and volumes take",
    ),
];

/// The user of the container that the broker did not let fetch, as the container says.
pub fn unexpected_user(last: &[String]) -> Option<&str> {
    let line = last.iter().find(|line| line.contains("peer_unexpected: user "))?;
    line.split_once("peer_unexpected: user ")?.1.split(' ').next()
}

/// The failure of a start that asks for more than was approved, in the words of the gate.
pub fn needs_approval(name: &str, wanted: &[String]) -> Failure {
    Failure::new(format!(
        "{name} was not started: its configuration asks Docker for what nobody approved: {}",
        wanted.join("; ")
    ))
    .hint(format!("see what it is and approve it: remo trust {name}"))
}

/// A failure in our words, after what the tooling said.
pub fn failure(name: &str, words: &str, last: &[String], log: &str) -> Failure {
    let said = format!("{}\n{words}", last.join("\n"));
    let known = MEANINGS.iter().find(|(sign, _, _)| said.contains(sign));
    let reason = last.iter().find(|line| OURS.iter().any(|ours| line.contains(ours))).map(String::as_str);
    let words = reason.or(Some(words).filter(|words| !words.is_empty())).unwrap_or("it did not say why");
    match known {
        Some((_, meaning, remedy)) => {
            Failure::new(format!("{name} was not started: {meaning} ({})", escaped(words)))
                .hint(remedy.replace("{name}", name))
        }
        None => Failure::new(format!("{name} was not started: {}", escaped(words)))
            .hint(format!("everything that the tooling said is in {log}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_container_is_taken_from_the_last_line() {
        let id = "ab".repeat(32);
        let said = format!(
            "[1 ms] something\n{{\"outcome\":\"success\",\"containerId\":\"{id}\",\"remoteUser\":\"dev\",\
             \"remoteWorkspaceFolder\":\"/workspaces/a\"}}\n"
        );
        let made = Made { id, user: "dev".to_owned(), folder: "/workspaces/a".to_owned() };
        assert_eq!(read(&said), Some(Outcome::Up(made)));
    }

    #[test]
    fn what_could_be_an_option_or_another_container_is_not_taken() {
        let line = |id: &str, user: &str, folder: &str| {
            serde_json::json!({"outcome": "success", "containerId": id, "remoteUser": user,
                "remoteWorkspaceFolder": folder})
            .to_string()
        };
        let id = "ab".repeat(32);
        assert!(read(&line(&id, "dev", "/w")).is_some());
        assert_eq!(read(&line("project-b", "dev", "/w")), None);
        assert_eq!(read(&line(&id, "--privileged", "/w")), None);
        assert_eq!(read(&line(&id, "dev", "w")), None);
        assert_eq!(read("no json"), None);
    }

    #[test]
    fn the_user_that_was_turned_away_is_read() {
        let said = |text: &str| ["x".to_owned(), text.to_owned()];
        let line = "remo-fetch-secrets: error: peer_unexpected: user 1000 is not recorded for the project a";
        assert_eq!(unexpected_user(&said(line)), Some("1000"));
        assert_eq!(unexpected_user(&said("denied")), None);
    }

    #[test]
    fn a_failure_says_what_it_means_here() {
        let last =
            ["remo-docker: refused: mounts the Docker socket (--mount)".to_owned(), "An error".to_owned()];
        let text = failure("a", "Command failed", &last, "/log").to_string();
        assert!(text.contains("mounts the Docker socket") && text.contains("hint: take out of"), "{text}");
        let text = needs_approval("a", &["mounts /opt".to_owned()]).to_string();
        assert!(text.contains("mounts /opt") && text.ends_with("remo trust a"), "{text}");
        let text = failure("a", "Command failed\u{1b}[2J", &[], "/log").to_string();
        assert!(
            text.contains("Command failed") && text.contains("/log") && !text.contains('\u{1b}'),
            "{text}"
        );
    }
}
