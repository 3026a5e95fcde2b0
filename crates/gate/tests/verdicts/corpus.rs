//! Every file of `tests/corpus`, case by case.

use std::fmt::Write as _;
use std::path::Path;

use remo_gate::core::command_line::{self, Invocation};
use remo_gate::core::compose_file::{command, frozen, project};
use remo_gate::core::finding::{Finding, Verdict};
use remo_gate::core::inspected;
use remo_gate::core::judge::judge;
use remo_gate::core::wish::Asked;
use serde::Deserialize;
use serde_json::Value;

use crate::stage::{Host, policy};

/// What a case must get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Expected {
    Allowed,
    Wanted,
    Never,
    Unreadable,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    docker: Option<Vec<String>>,
    #[serde(default)]
    compose: Option<Vec<String>>,
    #[serde(default)]
    project: Option<Value>,
    #[serde(default)]
    container: Option<Value>,
    #[serde(default)]
    host: Host,
    expect: Expected,
    /// What the findings must say.
    #[serde(default)]
    says: Vec<String>,
    /// What must be passed on, in this order, other words between allowed.
    #[serde(default)]
    passes: Vec<String>,
}

/// The verdict, the findings as text, and the words that would be passed on.
pub(crate) fn run(argv: &[String], host: &Host) -> Result<(Verdict, Vec<String>), String> {
    let policy = policy(host);
    let invocation = command_line::read(argv).map_err(|error| error.to_string())?;
    let (command, options, mut asked, tail) = match invocation {
        Invocation::Look { command, options } => {
            let tail = options.rest.clone();
            (command, options, Vec::new(), tail)
        }
        Invocation::Run { command, options, asked }
        | Invocation::Build { command, options, asked }
        | Invocation::Name { command, options, asked }
        | Invocation::End { command, options, asked } => {
            let tail = options.rest.clone();
            (command, options, asked, tail)
        }
        Invocation::Enter { command, options, mut asked, containers } => {
            for name in containers {
                let wish = remo_gate::core::wish::Wish::OwnContainer(name.clone());
                asked.push(Asked::new(wish, name));
            }
            let tail = options.rest.clone();
            (command, options, asked, tail)
        }
        Invocation::Compose(words) => {
            command::read(&words).map_err(|error| error.to_string())?;
            return Ok((Verdict::default(), words));
        }
    };
    let verdict = judge(&mut asked, &policy, host);
    let mut words = command_line::canonical(&command, &options, &asked).map_err(|error| error.to_string())?;
    words.extend(tail);
    Ok((verdict, words))
}

fn of_project(tree: &Value, host: &Host) -> Result<(Verdict, Vec<String>), String> {
    let policy = policy(host);
    let copied = |path: &str| path.strip_prefix("/snapshot").unwrap_or(path).to_owned();
    let mut read =
        project::read(tree.clone(), "project-a_devcontainer", &copied).map_err(|error| error.to_string())?;
    let verdict = judge(&mut read.asked, &policy, host);
    let frozen = frozen::freeze(read, &policy, "/snapshot").map_err(|error| error.to_string())?;
    Ok((verdict, vec![frozen.to_string()]))
}

fn of_container(container: &Value, host: &Host) -> Result<(Verdict, Vec<String>), String> {
    let read: inspected::Inspected =
        serde_json::from_value(container.clone()).map_err(|error| error.to_string())?;
    let mut asked = inspected::wishes(&read, false)?;
    Ok((judge(&mut asked, &policy(host), host), Vec::new()))
}

fn outcome(case: &Case) -> (Expected, String, Vec<String>) {
    let judged = match (&case.docker, &case.compose, &case.project, &case.container) {
        (Some(argv), None, None, None) => run(argv, &case.host),
        (None, Some(argv), None, None) => command::read(argv)
            .map(|read| (Verdict::default(), command::words(&read)))
            .map_err(|error| error.to_string()),
        (None, None, Some(tree), None) => of_project(tree, &case.host),
        (None, None, None, Some(container)) => of_container(container, &case.host),
        _ => panic!("{}: a case has exactly one input", case.name),
    };
    match judged {
        Err(problem) => (Expected::Unreadable, problem, Vec::new()),
        Ok((verdict, words)) => {
            let mut text = String::new();
            for finding in &verdict.findings {
                writeln!(text, "{finding}").unwrap();
            }
            let is_never = |finding: &Finding| matches!(finding, Finding::Never { .. });
            let expected = if verdict.findings.iter().any(is_never) {
                Expected::Never
            } else if verdict.is_clear() {
                Expected::Allowed
            } else {
                Expected::Wanted
            };
            (expected, text, words)
        }
    }
}

fn check(case: &Case) -> Result<(), String> {
    let (found, text, words) = outcome(case);
    if found != case.expect {
        return Err(format!("{}: expected {:?}, found {found:?}\n{text}", case.name, case.expect));
    }
    if let Some(missing) = case.says.iter().find(|words| !text.contains(words.as_str())) {
        return Err(format!("{}: does not say `{missing}` but\n{text}", case.name));
    }
    if matches!(case.expect, Expected::Never | Expected::Unreadable) && case.says.is_empty() {
        return Err(format!("{}: what a refusal says is part of the case; it says\n{text}", case.name));
    }
    let mut left = words.iter();
    for wanted in &case.passes {
        let holds =
            |word: &String| if words.len() == 1 { word.contains(wanted.as_str()) } else { word == wanted };
        let found = if words.len() == 1 { words.iter().any(holds) } else { left.any(holds) };
        if !found {
            return Err(format!("{}: does not pass on `{wanted}` but\n{words:?}", case.name));
        }
    }
    Ok(())
}

fn check_file(name: &str, least: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(cases.len() >= least, "{name} has only {} cases", cases.len());
    let failures: Vec<String> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(failures.is_empty(), "{} of {} in {name}:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

#[test]
fn what_the_dev_containers_cli_runs_is_allowed() {
    check_file("legitimate.json", 20);
}

#[test]
fn protected_places_are_never_mounted() {
    check_file("protected-places.json", 30);
}

#[test]
fn what_reaches_the_host_needs_approval() {
    check_file("approvals.json", 30);
}

#[test]
fn notations_do_not_get_around_it() {
    check_file("notations.json", 30);
}

#[test]
fn builds_read_and_write_nothing_outside() {
    check_file("builds.json", 25);
}

#[test]
fn names_of_others_are_not_taken() {
    check_file("names.json", 20);
}

#[test]
fn compose_projects_are_judged_whole() {
    check_file("compose.json", 50);
}

#[test]
fn compose_command_lines_are_read_strictly() {
    check_file("compose-commands.json", 10);
}

#[test]
fn existing_containers_are_judged_by_what_they_are() {
    check_file("containers.json", 20);
}

#[test]
fn what_is_opened_later_cannot_be_exchanged_until_then() {
    check_file("exchanged.json", 40);
}

#[test]
fn networks_take_no_addresses_away_from_the_host() {
    check_file("addresses.json", 20);
}
