//! `check`: what would be injected, and what is in the way. Writes nothing and shows no value.

use remo_manifest::helper;
use remo_wire::binding::{Binding, EnvTarget, HelperTarget, Target};
use remo_wire::names::{ProjectName, SecretName};
use serde::Serialize;

use crate::credential::tool_file;
use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::injection;
use crate::plan::Destination;
use crate::report;
use crate::settings::Settings;
use crate::vend::{Broker, Fault, Vended};

#[derive(Serialize)]
struct Report<'a> {
    project: &'a ProjectName,
    generation: u64,
    view: u64,
    ok: bool,
    secrets: Vec<Finding<'a>>,
}

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the report, and a key of its JSON")]
struct Finding<'a> {
    name: &'a SecretName,
    /// Always true: only what is approved is in a response.
    approved: bool,
    present: bool,
    required: bool,
    injected_as: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip)]
    fatal: bool,
    /// It is there, and its tool has to be told where to ask.
    #[serde(skip)]
    by_hand: bool,
}

pub(super) fn run(settings: &Settings, json: bool) -> Result<ExitStatus, Failure> {
    let vended = Broker::new(settings)
        .connect(settings.timeout)
        .and_then(|mut connection| connection.fetch())
        .map_err(Fault::into_failure)?;
    let secrets: Vec<Finding<'_>> = vended
        .fetched
        .bindings
        .iter()
        .map(|(name, binding)| finding(settings, &vended, name, binding))
        .collect();
    let report = Report {
        project: &vended.project,
        generation: vended.fetched.generation,
        view: vended.fetched.view,
        ok: !secrets.iter().any(|finding| finding.fatal),
        secrets,
    };
    let text = if json { json_text(&report)? } else { table(&report) };
    report::data(text.as_bytes())?;
    Ok(if report.ok { ExitStatus::Success } else { ExitStatus::Unavailable })
}

fn finding<'a>(
    settings: &Settings,
    vended: &'a Vended,
    name: &'a SecretName,
    binding: &Binding,
) -> Finding<'a> {
    let mut finding = Finding {
        name,
        approved: true,
        present: !vended.fetched.missing.contains(name),
        required: binding.required,
        injected_as: describe(&binding.target),
        problem: None,
        hint: None,
        fatal: false,
        by_hand: false,
    };
    if let Some(problem) = vended.plan.problems.iter().find(|problem| problem.secret == *name) {
        finding.problem = Some(problem.to_string());
        finding.hint = Some(problem.hint());
        finding.fatal = problem.fatal();
        return finding;
    }
    if let Target::Helper(target) = &binding.target
        && let Some((problem, hint)) = untold(settings, target)
    {
        finding.problem = Some(problem);
        finding.hint = Some(hint);
        finding.by_hand = true;
    }
    if let Target::File(target) = &binding.target {
        let fault = Destination::parse(&target.file_path)
            .and_then(|destination| injection::inspect(settings, &destination));
        if let Some(fault) = fault {
            // Whatever is in the way stops a start, of an optional secret too.
            finding.fatal = true;
            finding.problem = Some(fault.into_failure(name).to_string());
        }
    }
    finding
}

/// Why the tool will not ask, and what to do. That stops no start.
fn untold(settings: &Settings, target: &HelperTarget) -> Option<(String, String)> {
    if let HelperTarget::Git(_) = target {
        let hint = tool_file::git_is_told().err()?;
        return Some(("git is not told of its helper".to_owned(), hint));
    }
    let files = tool_file::of(std::slice::from_ref(target));
    files.iter().find_map(|file| {
        let failure = injection::inspect_tool(settings, file)?;
        Some((failure.problem().to_owned(), file.hint()))
    })
}

fn describe(target: &Target) -> String {
    match target {
        Target::Env(EnvTarget::Variable { env_var }) => format!("variable {env_var}"),
        Target::Env(EnvTarget::Fields { fields }) => {
            let names: Vec<&str> = fields.keys().map(String::as_str).collect();
            format!("variables {}", names.join(", "))
        }
        Target::File(target) => format!("file {} ({})", target.file_path, target.file_mode),
        Target::Helper(target) => helper::purpose(target),
    }
}

fn json_text(report: &Report<'_>) -> Result<String, Failure> {
    serde_json::to_string_pretty(report)
        .map(|text| text + "\n")
        .map_err(|error| Failure::internal("write the report", &error))
}

fn table(report: &Report<'_>) -> String {
    let Report { project, generation, view, .. } = report;
    let width = report.secrets.iter().map(|finding| finding.name.as_str().len()).max().unwrap_or_default();
    let mut lines = vec![format!("project {project}, generation {generation}, view {view}")];
    // The same advice once for each secret that is not in the vault would hide everything else.
    let missing = |finding: &Finding<'_>| !finding.present && finding.problem.is_some();
    let several = report.secrets.iter().filter(|finding| missing(finding)).count() > 1;
    for finding in &report.secrets {
        let state = match (&finding.problem, finding.fatal) {
            (None, _) => "ok",
            (Some(_), true) => "FAILS",
            (Some(_), false) if finding.by_hand => "by hand",
            (Some(_), false) => "left out",
        };
        let optional = if finding.required { "" } else { ", optional" };
        lines.push(format!("  {:width$}  {state:8}  {}{optional}", finding.name, finding.injected_as));
        let hint = finding.hint.as_ref().filter(|_| !(several && missing(finding)));
        let hint = hint.map(|hint| format!("hint: {hint}"));
        let hint = hint.iter().flat_map(|hint| hint.lines());
        let details = finding.problem.iter().flat_map(|problem| problem.lines()).chain(hint);
        lines.extend(details.map(|line| format!("  {:width$}            {line}", "")));
    }
    if several {
        let hint = "in the vault: remo-vault set NAME, or remo-vault push if it is there";
        lines.push(format!("hint: {hint}"));
    }
    lines.push(String::new());
    lines.join("\n")
}
