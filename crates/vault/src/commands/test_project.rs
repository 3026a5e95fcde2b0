//! `remo-test-project`: what a start of a project would get.

use std::num::NonZeroUsize;

use remo_wire::admin::ManifestState;
use serde::Serialize;

use super::{json, overview, project_name, unknown_project, without_broker};
use crate::cli::{AnswerArguments, Locations};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::overview::{Approval, BindingCheck, Depth, Outcome, PATIENCE, ProjectView};
use crate::present::{Column, Table, width, wrapped};

/// The answer as JSON.
#[derive(Serialize)]
struct Test<'a> {
    passes: bool,
    project: &'a ProjectView,
}

pub(super) fn run(locations: &Locations, name: &str, answer: AnswerArguments) -> Result<ExitStatus, Failure> {
    let name = project_name(name)?;
    let overview = overview(locations, Depth::Quick, PATIENCE);
    if let Some(status) = without_broker(&overview.broker) {
        let failure = Failure::new(overview.broker.problem.unwrap_or_default()).status(status);
        return Err(match overview.broker.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        });
    }
    let Some(project) = overview.project(name.as_str()) else {
        let known: Vec<_> = overview.projects.iter().map(|project| project.name.clone()).collect();
        return Err(unknown_project(&name, &known));
    };
    let passes = project.passes();
    if answer.json {
        json(&Test { passes, project })?;
    } else {
        output::data(text(project, overview.broker.cleared == Some(true)).as_bytes())?;
    }
    Ok(if passes { ExitStatus::Success } else { ExitStatus::Failure })
}

fn text(project: &ProjectView, cleared: bool) -> String {
    let width = width();
    let name = project.name.as_str();
    let mut text = wrapped("manifest  ", &format!("{}: {}", project.manifest, state(project)), width);
    let mut say = |first: &str, words: &str| text.push_str(&wrapped(first, words, width));
    for line in project.problems.iter().flat_map(|problem| problem.lines()) {
        match line.strip_prefix("hint: ") {
            Some(hint) => say("    > ", hint),
            None => say("  - ", line),
        }
    }
    if let Some(next) = next(project) {
        say("  > ", &next);
    }
    if project.bindings.is_empty() {
        say("", "There is no binding to test.");
    } else {
        text.push('\n');
        text += &table(&project.bindings).render(width);
        text.push('\n');
    }
    for check in &project.bindings {
        text += &remark(check, cleared, width);
    }
    text += &wrapped("", &verdict(project, name), width);
    text
}

/// The state of the manifest in words.
fn state(project: &ProjectView) -> &'static str {
    let approved = project.approved == Some(true);
    match project.manifest {
        _ if project.approved.is_none() => "the broker does not say more",
        ManifestState::Pinned => "the file is what you approved",
        ManifestState::Unapproved => "nothing is approved yet, so the project gets nothing",
        ManifestState::Changed if project.has_difference() => {
            "the file asks for something else than you approved; what you approved is in force"
        }
        ManifestState::Changed => "the file has another text than you approved, and asks for the same",
        ManifestState::Missing if approved => "there is no file; what you approved is in force",
        ManifestState::Missing => "there is no file, so there is nothing to approve",
        ManifestState::Invalid if approved => "the file cannot be used; what you approved is in force",
        ManifestState::Invalid => "the file cannot be used, and nothing is approved",
    }
}

/// The next command about the manifest as a whole.
fn next(project: &ProjectView) -> Option<String> {
    let name = &project.name;
    match project.manifest {
        ManifestState::Unapproved | ManifestState::Changed => {
            Some(format!("see the difference, and approve it if you want it: remo-reload {name}"))
        }
        ManifestState::Missing => {
            Some(format!("write .remo/manifest.toml in the project, then: remo-reload {name}"))
        }
        ManifestState::Invalid => Some(format!("correct the file, then: remo-reload {name}")),
        ManifestState::Pinned => None,
    }
}

fn table(bindings: &[BindingCheck]) -> Table<6> {
    let mut table = Table::new([
        Column::cut("SECRET"),
        Column::whole("REQUIRED"),
        Column::whole("APPROVED"),
        Column::whole("BROKER"),
        Column::whole("RESULT"),
        Column::cut("GOES TO"),
    ]);
    let yes_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    for check in bindings {
        let approved = match check.approval {
            Approval::Approved => "yes",
            Approval::Pending => "no",
            Approval::Changed => "changed",
            Approval::Withdrawn => "withdrawn",
        };
        let result = match check.outcome {
            Outcome::Injected => "injected",
            Outcome::NotApproved => "denied",
            Outcome::Missing => "missing",
            Outcome::Unfit => "does not fit",
        };
        table.row([
            check.secret.to_string(),
            yes_no(check.required),
            approved.to_owned(),
            yes_no(check.in_broker),
            result.to_owned(),
            check.goes_to.clone(),
        ]);
    }
    table
}

/// Why a binding is not injected, or not as the file asks.
fn remark(check: &BindingCheck, cleared: bool, width: Option<NonZeroUsize>) -> String {
    // Said once, of the manifest as a whole.
    if check.outcome == Outcome::NotApproved && !check.unfit {
        return String::new();
    }
    let Some(problem) = &check.problem else { return String::new() };
    let secret = &check.secret;
    let optional = if check.required { "" } else { " (optional: a start goes on without it)" };
    let mut text = wrapped("- ", &format!("{secret}: {problem}{optional}"), width);
    if cleared && check.outcome == Outcome::Missing {
        let words = "the broker was cleared on purpose; hand everything over again: remo-vault push";
        text += &wrapped("  > ", words, width);
    } else if let Some(hint) = &check.hint {
        text += &wrapped("  > ", hint, width);
    }
    text
}

fn verdict(project: &ProjectView, name: &str) -> String {
    if project.passes() {
        return format!("{name} gets every secret that it requires.");
    }
    let failing: Vec<&str> =
        project.bindings.iter().filter(|check| check.fails()).map(|check| check.secret.as_str()).collect();
    if failing.is_empty() {
        format!("{name} does not pass: its manifest is {}.", project.manifest)
    } else {
        format!("{name} does not get what it requires: {}.", failing.join(", "))
    }
}
