//! What is wrong, and what to type about it. Pure.

use remo_wire::admin::ManifestState;

use super::Overview;
use super::broker::BrokerState;
use super::facts::{Facts, Trouble};
use super::finding::{Finding, FindingCode as Code};
use super::key::KeyTier;
use super::project::ProjectView;
use super::secret::{InBroker, SecretView};
use super::watcher::WatcherState;

/// How many names one sentence lists.
const NAMED_MAX: usize = 5;

/// Everything that is wrong or waits, problems first.
pub(super) fn findings(overview: &Overview, facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    broker(overview, &mut findings);
    store(overview, facts, &mut findings);
    watcher(overview, &mut findings);
    pushes(overview, facts, &mut findings);
    logins(overview, facts, &mut findings);
    for project in &overview.projects {
        self::project(project, overview, &mut findings);
    }
    key(overview, &mut findings);
    findings.sort_by_key(|finding| finding.severity);
    findings
}

fn with(finding: Finding, hint: Option<&String>) -> Finding {
    match hint {
        Some(hint) => finding.remedy(hint.clone()),
        None => finding,
    }
}

fn broker(overview: &Overview, findings: &mut Vec<Finding>) {
    let broker = &overview.broker;
    let code = match broker.state {
        BrokerState::Answers => {
            if broker.cleared == Some(true) {
                let message = "the broker was cleared on purpose: it has nothing for any project";
                findings.push(
                    Finding::problem(Code::BrokerCleared, message)
                        .command("hand everything over again", "remo-vault push"),
                );
            }
            return;
        }
        BrokerState::Unreachable => Code::BrokerUnreachable,
        BrokerState::OtherProtocol | BrokerState::Refuses => Code::BrokerProtocol,
    };
    let problem = broker.problem.clone().unwrap_or_default();
    findings.push(with(Finding::problem(code, problem), broker.hint.as_ref()));
}

fn store(overview: &Overview, facts: &Facts, findings: &mut Vec<Finding>) {
    match &facts.store {
        Some(Err(Trouble { problem, hint, .. })) => {
            findings.push(with(Finding::problem(Code::StoreUnreadable, problem.clone()), hint.as_ref()));
        }
        Some(Ok(store)) => {
            if store.secrets.is_empty() && store.faults.is_empty() {
                findings.push(
                    Finding::notice(Code::StoreEmpty, "nothing is stored yet")
                        .remedy("store a first secret: remo-vault set NAME, or log in: remo-login"),
                );
            }
            for name in &store.unpushable {
                let message = format!(
                    "{} is not a secret name (A-Z, a-z, 0-9, _), so it is never pushed",
                    quoted(name)
                );
                findings.push(
                    Finding::notice(Code::NameUnpushable, message)
                        .about(name.clone())
                        .remedy("store it again under another name"),
                );
            }
        }
        None => {}
    }
    for secret in &overview.secrets {
        if let Some(fault) = &secret.fault {
            let name = &secret.name;
            let message = format!("{name} cannot be read: {fault}; the broker keeps what it has of it");
            findings.push(
                Finding::problem(Code::EntryFault, message)
                    .about(name.as_str())
                    .command("store it again", format!("remo-vault set {name}")),
            );
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.escape_debug())
}

fn watcher(overview: &Overview, findings: &mut Vec<Finding>) {
    let watcher = &overview.watcher;
    let problem = match watcher.state {
        WatcherState::NotRunning => {
            let message =
                "the watcher does not run: changes of the store do not reach the broker by themselves";
            findings.push(
                Finding::problem(Code::WatcherNotRunning, message)
                    .command("start it, or see why its supervisor does not", "remo-vault watch"),
            );
            return;
        }
        WatcherState::Unresponsive => {
            let problem = watcher.problem.as_deref().unwrap_or("does not react");
            let message = format!("the watcher {problem}: changes of the store do not reach the broker");
            let mut finding =
                with(Finding::problem(Code::WatcherUnresponsive, message), watcher.hint.as_ref());
            finding.command = watcher.pid.map(|pid| format!("kill -CONT {pid}"));
            findings.push(finding);
            return;
        }
        // Said of the store or of the broker already, where that was looked at.
        WatcherState::StoreUnreadable if has(findings, Code::StoreUnreadable) => return,
        WatcherState::WaitingForBroker if has(findings, Code::BrokerUnreachable) => return,
        WatcherState::Cleared | WatcherState::UpToDate | WatcherState::Starting => return,
        WatcherState::StoreUnreadable => "the watcher cannot read the store",
        WatcherState::WaitingForBroker => "the watcher waits for the broker",
        WatcherState::Refused => "the broker does not take what the watcher pushes",
        WatcherState::Unknown => "it cannot be told whether the watcher runs",
    };
    let message = match &watcher.problem {
        Some(detail) => format!("{problem}: {detail}"),
        None => problem.to_owned(),
    };
    findings.push(with(Finding::problem(Code::WatcherProblem, message), watcher.hint.as_ref()));
}

fn has(findings: &[Finding], code: Code) -> bool {
    findings.iter().any(|finding| finding.code == code)
}

/// What store and broker do not have in common. A cleared broker is one finding, not one a secret.
fn pushes(overview: &Overview, facts: &Facts, findings: &mut Vec<Finding>) {
    if !overview.broker.answers() || overview.broker.cleared == Some(true) {
        return;
    }
    let names = |wanted: &dyn Fn(&SecretView) -> bool| -> Vec<&str> {
        overview.secrets.iter().filter(|it| wanted(it)).map(|it| it.name.as_str()).collect()
    };
    let stored = |secret: &SecretView| secret.in_store == Some(true) && secret.fault.is_none();
    let behind = names(&|it| stored(it) && matches!(it.in_broker, InBroker::No | InBroker::Older));
    if !behind.is_empty() {
        let message = format!("stored, but not in the broker as it is now: {}", listed(&behind));
        findings.push(Finding::problem(Code::NotPushed, message).command("hand it over", "remo-vault push"));
    }
    let unknown = |message: String| {
        Finding::problem(Code::BrokerContentUnknown, message)
            .command("hand over what is stored", "remo-vault push")
    };
    let holds_something = overview.secrets.iter().any(|it| it.in_broker != InBroker::No);
    let doubtful = names(&|it| stored(it) && it.in_broker == InBroker::Unknown);
    if facts.vouched().is_none() && holds_something {
        let message = "what the broker has was not pushed out of this store as far as is known, so it cannot be \
                       told whether it is what is stored";
        findings.push(unknown(message.to_owned()));
    } else if !doubtful.is_empty() {
        let names = listed(&doubtful);
        findings.push(unknown(format!("it cannot be told whether the broker has as it is stored: {names}")));
    }
    let gone = names(&|it| it.in_store == Some(false) && it.in_broker != InBroker::No);
    if !gone.is_empty() {
        let message = format!("not in the store any more, but the broker still has: {}", listed(&gone));
        let finding = Finding::problem(Code::RemovedStillServed, message);
        // A file that is half written looks like one from which secrets were removed.
        findings.push(if overview.watcher.state == WatcherState::StoreUnreadable {
            finding.command("the store is not whole; see what is missing", "remo-vault restore")
        } else {
            finding.command("take it away", "remo-vault push")
        });
    }
}

/// The first names, and how many more there are.
fn listed(names: &[&str]) -> String {
    let first = names.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(NAMED_MAX) {
        Some(more @ 1..) => format!("{first} and {more} more"),
        _ => first,
    }
}

fn logins(overview: &Overview, facts: &Facts, findings: &mut Vec<Finding>) {
    if let Err(Trouble { problem, hint, .. }) = &facts.logins
        && !has(findings, Code::StoreUnreadable)
    {
        let message = format!("when logins end is not known: {problem}");
        findings.push(with(Finding::problem(Code::LoginsUnknown, message), hint.as_ref()));
    }
    for secret in &overview.secrets {
        let (Some(end), Some(renew)) = (secret.expires_at, &secret.renew) else { continue };
        let name = secret.name.as_str();
        // Without a look at the store nobody knows whether the credential is still there.
        if secret.expired && facts.store.is_some() {
            let message = format!("the credential {name} ended at {end}");
            findings.push(
                Finding::problem(Code::LoginExpired, message).about(name).command("get it anew", renew),
            );
        } else {
            let ends = if secret.expired { "ended" } else { "ends" };
            let message = format!("the credential {name} {ends} at {end}");
            findings.push(
                Finding::notice(Code::LoginExpiring, message).about(name).command("get it anew", renew),
            );
        }
    }
}

fn project(project: &ProjectView, overview: &Overview, findings: &mut Vec<Finding>) {
    let name = project.name.as_str();
    let see = |finding: Finding| {
        finding.about(name).command("see it, and approve it if you want it", format!("remo-reload {name}"))
    };
    match project.manifest {
        _ if project.approved.is_none() => {
            let message = format!("how the project {name} stands is not known");
            findings.push(
                Finding::problem(Code::ManifestUnknown, message)
                    .about(name)
                    .command("look closer", format!("remo-test-project {name}")),
            );
        }
        ManifestState::Unapproved => {
            let message = format!("nothing of the project {name} is approved, so it gets nothing");
            findings.push(see(Finding::notice(Code::ProjectUnapproved, message)));
        }
        ManifestState::Changed => {
            let what = if project.has_difference() {
                "asks for something else than you approved; what you approved stays in force"
            } else {
                "has another text than you approved, and asks for the same"
            };
            let message = format!("the manifest of {name} {what}");
            findings.push(see(Finding::notice(Code::ManifestChanged, message)));
        }
        ManifestState::Missing | ManifestState::Invalid => {
            let what = if project.manifest == ManifestState::Missing { "is missing" } else { "is invalid" };
            let force = if project.approved == Some(true) {
                "what you approved stays in force"
            } else {
                "the project gets nothing"
            };
            findings.push(
                Finding::notice(Code::ManifestUnusable, format!("the manifest of {name} {what}; {force}"))
                    .about(name)
                    .command("see what is wrong", format!("remo-test-project {name}")),
            );
        }
        ManifestState::Pinned => {}
    }
    let names = |secrets: &[remo_wire::names::SecretName]| {
        listed(&secrets.iter().map(remo_wire::names::SecretName::as_str).collect::<Vec<_>>())
    };
    // A cleared broker lacks everything; that is said once.
    if !project.missing_required.is_empty() && overview.broker.cleared != Some(true) {
        let missing = names(&project.missing_required);
        let first = project.missing_required.first().map_or("NAME", |name| name.as_str());
        let stored = |name: &remo_wire::names::SecretName| {
            overview.secrets.iter().any(|secret| secret.name == *name && secret.in_store == Some(true))
        };
        let (purpose, command) = if project.missing_required.iter().all(stored) {
            ("hand over what is stored", "remo-vault push".to_owned())
        } else {
            ("store it", format!("remo-vault set {first}"))
        };
        let message = format!("{name} requires what the broker does not have: {missing}");
        findings.push(Finding::problem(Code::RequiredMissing, message).about(name).command(purpose, command));
    }
    if !project.unfit_required.is_empty() {
        let message =
            format!("{name} requires what does not fit its manifest: {}", names(&project.unfit_required));
        findings.push(
            Finding::problem(Code::RequiredUnfit, message)
                .about(name)
                .command("see why", format!("remo-test-project {name}")),
        );
    }
}

fn key(overview: &Overview, findings: &mut Vec<Finding>) {
    let key = &overview.key;
    if key.rotating {
        findings.push(
            Finding::notice(Code::KeyRotating, "a rotation of the vault key has begun and not ended")
                .command("on the host, end it", "remo-vault key rotate"),
        );
    }
    let (code, message) = match (key.tier, &key.problem) {
        (KeyTier::Tpm2 | KeyTier::HostKey, _) => return,
        (KeyTier::Plaintext, _) => (
            Code::KeyPlaintext,
            "the vault key lies in a plaintext file while the instance is off".to_owned(),
        ),
        (KeyTier::Unknown, None) => {
            (Code::KeyTierUnknown, "it is not known how the vault key is protected".to_owned())
        }
        (KeyTier::Unknown, Some(problem)) => {
            (Code::KeyTierUnknown, format!("it is not known how the vault key is protected: {problem}"))
        }
    };
    let notice = Finding::notice(code, message);
    findings.push(if code == Code::KeyPlaintext && !key.on_record {
        notice.command("better on a host with systemd 250 or later", "remo-vault key ensure --import")
    } else {
        notice.command("on the host, see what can be done", "remo-vault key status")
    });
}
