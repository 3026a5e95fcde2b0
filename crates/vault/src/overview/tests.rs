//! Facts made up in every constellation, and what is concluded from them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use remo_secret::Secret;
use remo_wire::admin::{
    CacheLimits, ListedSecret, ManifestResponse, ManifestState, ManifestSummary, ProjectStatus, PushedSecret,
    StatusResponse,
};
use remo_wire::binding::{Binding, Bindings, EnvTarget, FileTarget, Target};
use remo_wire::names::{FieldName, ProjectName, SecretName};
use remo_wire::ok::OkTrue;
use remo_wire::value::Kind;

use super::*;
use crate::exit::ExitStatus;
use crate::login::Login;
use crate::pushed::{Contents, Pushed};
use crate::source::{Entry, Reading};
use crate::watch::report::{Found, Known, LastPush, Report, State};

fn time(text: &str) -> Timestamp {
    format!("2026-05-31T{text}Z").parse().unwrap()
}

fn secret(text: &str) -> SecretName {
    SecretName::new(text).unwrap()
}

fn variable(name: &str, required: bool) -> Binding {
    Binding { target: Target::Env(EnvTarget::Variable { env_var: name.to_owned() }), required }
}

fn summary(bindings: &[(&str, Binding)]) -> ManifestSummary {
    let bindings: Bindings = bindings.iter().map(|(name, binding)| (secret(name), binding.clone())).collect();
    let cache = CacheLimits { default_ttl_seconds: None, default_max_entries: None };
    ManifestSummary { schema_version: 1, bindings, cache }
}

fn manifest(
    state: ManifestState,
    pinned: Option<ManifestSummary>,
    file: Option<ManifestSummary>,
) -> ManifestResponse {
    let difference =
        file.as_ref().map(|file| remo_manifest::difference(pinned.as_ref(), file)).unwrap_or_default();
    ManifestResponse {
        ok: OkTrue,
        state,
        pinned,
        file,
        sha256: "00".repeat(32),
        added: difference.added,
        removed: difference.removed,
        problems: Vec::new(),
    }
}

fn pinned(bindings: &[(&str, Binding)]) -> ManifestResponse {
    manifest(ManifestState::Pinned, Some(summary(bindings)), Some(summary(bindings)))
}

/// A vault with the secrets `gh` and `aws` (a bundle of `id` and `key`), pushed by a living watcher.
fn well() -> Facts {
    let fields = [FieldName::new("id").unwrap(), FieldName::new("key").unwrap()];
    let stored = |kind, fields: &[FieldName]| Stored {
        kind,
        fields: fields.iter().cloned().collect(),
        changed_at: Some(time("02:00:00")),
    };
    let listed = |name, kind, fields: &[FieldName]| ListedSecret {
        name: secret(name),
        kind,
        fields: fields.iter().cloned().collect(),
    };
    let known = Known { changed_at: Some(time("02:00:00")), pushed_at: Some(time("02:00:00.5")) };
    Facts {
        taken_at: time("03:00:00.25"),
        admin_socket: PathBuf::from("/run/admin.sock"),
        broker: Ok(BrokerAnswers {
            status: StatusResponse {
                ok: OkTrue,
                broker_version: "0.1.0".to_owned(),
                protocol_version: 2,
                instance_id: "i".to_owned(),
                uptime_seconds: 3600,
                secret_count: 2,
                secrets_loaded_at: Some("2026-05-31T02:00:00Z".to_owned()),
                cleared: false,
                generation: 7,
                projects: Vec::new(),
            },
            secrets: vec![listed("aws", Kind::Bundle, &fields), listed("gh", Kind::Scalar, &[])],
            manifests: BTreeMap::new(),
        }),
        store_file: PathBuf::from("/vault/store.age"),
        store: Some(Ok(StoreFacts {
            secrets: [
                (secret("aws"), stored(Kind::Bundle, &fields)),
                (secret("gh"), stored(Kind::Scalar, &[])),
            ]
            .into(),
            contents: pushed().contents,
            ..StoreFacts::default()
        })),
        watcher: Ok(Found::Running(Report {
            pid: 7,
            started_at: time("01:00:00"),
            state: State::UpToDate,
            since: time("02:00:00.5"),
            problem: None,
            hint: None,
            last_push: Some(LastPush {
                at: time("02:00:00.5"),
                generation: 7,
                instance_id: "i".to_owned(),
                secret_count: 2,
            }),
            faults: BTreeMap::new(),
            unpushable: Vec::new(),
            secrets: [(secret("aws"), known.clone()), (secret("gh"), known)].into(),
        })),
        pushed: Some(pushed()),
        key: KeyView {
            file: PathBuf::from("/run/key.txt"),
            tier: KeyTier::Tpm2,
            sentence: "Sealed.".to_owned(),
            sealed_since: Some(time("01:00:00")),
            rotating: false,
            problem: None,
            on_record: true,
            is_missing: false,
        },
        logins: Ok(Vec::new()),
    }
}

/// What the broker of [`well`] has.
fn pushed() -> Pushed {
    Pushed { instance_id: "i".to_owned(), generation: 7, contents: contents("02:00:00", &["aws", "gh"]) }
}

/// A store in which these were changed at `changed`.
fn contents(changed: &str, names: &[&str]) -> Contents {
    let value = || PushedSecret::Scalar(Secret::from_text("x".to_owned()));
    let entry = |name: &&str| (secret(name), Entry { value: value(), changed_at: Some(time(changed)) });
    let sealed = changed.as_bytes().to_vec();
    Contents::of(&Reading { secrets: names.iter().map(entry).collect(), sealed, ..Reading::default() })
}

fn with_project(name: &str, manifest: ManifestResponse) -> Facts {
    let mut facts = well();
    let name = ProjectName::new(name).unwrap();
    let broker = facts.broker.as_mut().unwrap();
    broker.status.projects.push(ProjectStatus {
        name: name.clone(),
        socket_path: String::new(),
        allowlist_size: 1,
        cache_entries: 0,
        view: 1,
        manifest: manifest.state,
        containers: Vec::new(),
        changes: Vec::new(),
        changes_known_since: None,
    });
    broker.manifests.insert(name, Ok(manifest));
    facts
}

fn broker(facts: &mut Facts) -> &mut BrokerAnswers {
    facts.broker.as_mut().unwrap()
}

fn store(facts: &mut Facts) -> &mut StoreFacts {
    facts.store.as_mut().unwrap().as_mut().unwrap()
}

fn report(facts: &mut Facts) -> &mut Report {
    match facts.watcher.as_mut().unwrap() {
        Found::Running(report) => report,
        Found::Unresponsive { .. } | Found::Stopped(_) => panic!("it runs"),
    }
}

/// Codes of the problems and of the notices.
#[track_caller]
fn expect(facts: &Facts, problems: &[FindingCode], notices: &[FindingCode]) -> Overview {
    let overview = Overview::new(facts);
    assert_eq!(overview.problems().map(|it| it.code).collect::<Vec<_>>(), problems);
    assert_eq!(overview.notices().map(|it| it.code).collect::<Vec<_>>(), notices);
    assert_eq!(overview.is_well(), problems.is_empty());
    assert!(overview.findings.iter().all(|finding| finding.remedy.is_some()), "{:?}", overview.findings);
    overview
}

#[test]
fn all_is_well_only_with_every_part() {
    let overview = expect(&well(), &[], &[]);
    assert_eq!(overview.secrets.len(), 2);
    let gh = &overview.secrets[1];
    assert_eq!((gh.in_broker, gh.in_store), (InBroker::Yes, Some(true)));
    assert_eq!((gh.changed_at, gh.pushed_at), (Some(time("02:00:00")), Some(time("02:00:00"))));
    assert_eq!(overview.taken_at, time("03:00:00"), "whole seconds");
    assert_eq!(overview.watcher.state, WatcherState::UpToDate);
}

#[test]
fn each_part_that_cannot_be_had_is_a_finding_and_the_rest_is_still_there() {
    let trouble = |status| Trouble { problem: "gone".to_owned(), hint: Some("do".to_owned()), status };
    let mut facts = well();
    facts.broker = Err(trouble(ExitStatus::Unreachable));
    report(&mut facts).state = State::WaitingForBroker;
    let overview = expect(&facts, &[FindingCode::BrokerUnreachable], &[]);
    assert_eq!(overview.secrets[0].in_broker, InBroker::Unknown);
    assert_eq!(overview.broker.generation, None);
    facts.broker = Err(trouble(ExitStatus::Protocol));
    report(&mut facts).state = State::UpToDate;
    expect(&facts, &[FindingCode::BrokerProtocol], &[]);

    let mut facts = well();
    facts.store = Some(Err(trouble(ExitStatus::Failure)));
    report(&mut facts).state = State::StoreUnreadable;
    let overview = expect(&facts, &[FindingCode::StoreUnreadable], &[]);
    assert_eq!((overview.secrets[1].in_store, overview.secrets[1].in_broker), (None, InBroker::Yes));

    let mut facts = well();
    facts.watcher = Ok(Found::Stopped(None));
    expect(&facts, &[FindingCode::WatcherNotRunning], &[]);
    facts.watcher = Err(trouble(ExitStatus::Failure));
    expect(&facts, &[FindingCode::WatcherProblem], &[]);
    for (silent_for, words) in
        [(Some(Duration::from_secs(42)), "does not react for 42 s:"), (None, "does not react:")]
    {
        let Ok(Found::Running(report)) = well().watcher else { panic!("it runs") };
        facts.watcher = Ok(Found::Unresponsive { report, silent_for });
        let overview = expect(&facts, &[FindingCode::WatcherUnresponsive], &[]);
        assert!(overview.findings[0].message.contains(words), "{:?}", overview.findings);
        assert!(!overview.watcher.is_running());
    }

    let mut facts = well();
    facts.key = KeyView::unknown(Path::new("key"));
    expect(&facts, &[], &[FindingCode::KeyTierUnknown]);
    facts.key.tier = KeyTier::Plaintext;
    facts.key.rotating = true;
    expect(&facts, &[], &[FindingCode::KeyRotating, FindingCode::KeyPlaintext]);
}

#[test]
fn the_watchers_report_stands_in_for_a_store_that_was_not_read() {
    let mut facts = well();
    facts.store = None;
    report(&mut facts).faults.insert(secret("npm"), "sealed for another key".to_owned());
    let overview = expect(&facts, &[FindingCode::EntryFault], &[]);
    assert_eq!(overview.secrets.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["aws", "gh", "npm"]);
    assert_eq!(overview.secrets[1].in_store, None);
}

#[test]
fn what_did_not_reach_the_broker_is_told_from_what_should_be_gone() {
    let mut facts = well();
    let gh = store(&mut facts).secrets.remove(&secret("gh")).unwrap();
    store(&mut facts).secrets.insert(secret("npm"), gh.clone());
    let overview = expect(&facts, &[FindingCode::NotPushed, FindingCode::RemovedStillServed], &[]);
    assert!(overview.findings[0].message.ends_with(": npm"));
    assert!(overview.findings[1].message.ends_with(": gh"));

    // Changed after the push that the broker has.
    let mut facts = well();
    store(&mut facts).secrets.insert(secret("gh"), Stored { changed_at: Some(time("02:30:00")), ..gh });
    store(&mut facts).contents = contents("02:30:00", &["aws", "gh"]);
    let overview = expect(&facts, &[FindingCode::NotPushed], &[]);
    assert_eq!(overview.secrets[1].in_broker, InBroker::Older);
    // Somebody pushed since, and nobody knows what.
    broker(&mut facts).status.generation = 8;
    broker(&mut facts).status.secrets_loaded_at = Some("2026-05-31T02:30:01Z".to_owned());
    let overview = expect(&facts, &[FindingCode::BrokerContentUnknown], &[]);
    assert_eq!(overview.secrets[1].in_broker, InBroker::Unknown);
    // It was `remo-vault push`.
    facts.pushed.as_mut().unwrap().generation = 8;
    facts.pushed.as_mut().unwrap().contents = store(&mut facts).contents.clone();
    assert_eq!(expect(&facts, &[], &[]).secrets[1].in_broker, InBroker::Yes);
    // The same generation of another run of the broker.
    broker(&mut facts).status.instance_id = "j".to_owned();
    expect(&facts, &[FindingCode::BrokerContentUnknown], &[]);
}

#[test]
fn another_kind_and_other_fields_are_another_value() {
    let mut facts = well();
    broker(&mut facts).secrets[0].fields.clear();
    assert_eq!(expect(&facts, &[FindingCode::NotPushed], &[]).secrets[0].in_broker, InBroker::Older);
    broker(&mut facts).secrets[0].kind = Kind::Scalar;
    assert_eq!(expect(&facts, &[FindingCode::NotPushed], &[]).secrets[0].in_broker, InBroker::Older);
}

#[test]
fn a_watcher_that_cannot_do_its_work_is_a_problem_in_every_state() {
    for state in [State::Refused, State::WaitingForBroker, State::StoreUnreadable] {
        let mut facts = well();
        report(&mut facts).state = state;
        report(&mut facts).hint = Some("do".to_owned());
        expect(&facts, &[FindingCode::WatcherProblem], &[]);
    }
}

#[test]
fn nothing_is_taken_away_while_the_store_is_not_whole() {
    let mut facts = well();
    store(&mut facts).secrets.remove(&secret("gh"));
    report(&mut facts).state = State::StoreUnreadable;
    report(&mut facts).hint = Some("do".to_owned());
    let overview = expect(&facts, &[FindingCode::WatcherProblem, FindingCode::RemovedStillServed], &[]);
    assert!(overview.findings.iter().all(|it| it.command.as_deref() != Some("remo-vault push")));
}

#[test]
fn a_cleared_broker_is_one_problem() {
    let mut facts = with_project("web", pinned(&[("gh", variable("GH_TOKEN", true))]));
    broker(&mut facts).secrets.clear();
    broker(&mut facts).status.cleared = true;
    let overview = expect(&facts, &[FindingCode::BrokerCleared], &[]);
    assert_eq!(overview.watcher.state, WatcherState::Cleared, "although it has not noticed yet");
    assert_eq!(overview.projects[0].missing_required, [secret("gh")]);
}

#[test]
fn faults_names_and_logins() {
    let mut facts = well();
    store(&mut facts).secrets.remove(&secret("gh"));
    store(&mut facts).faults.insert(secret("gh"), "cannot be decrypted".to_owned());
    store(&mut facts).unpushable.push("a-b\u{1b}".to_owned());
    let overview = expect(&facts, &[FindingCode::EntryFault], &[FindingCode::NameUnpushable]);
    assert_eq!(overview.secrets[1].in_broker, InBroker::Yes, "kept");
    assert!(overview.findings[1].message.is_ascii() && !overview.findings[1].message.contains('\u{1b}'));

    let login = |end| Login {
        name: secret("gh"),
        recipe: "gh".to_owned(),
        obtained_at: time("00:00:00"),
        expires_at: Some(time(end)),
        refreshable: false,
        early: jiff::SignedDuration::from_mins(10),
    };
    let mut facts = well();
    facts.logins = Ok(vec![login("02:59:59")]);
    assert!(expect(&facts, &[FindingCode::LoginExpired], &[]).secrets[1].expired);
    let unread = Facts { store: None, ..facts.clone() };
    expect(&unread, &[], &[FindingCode::LoginExpiring]);
    facts.logins = Ok(vec![login("03:05:00")]);
    assert!(!expect(&facts, &[], &[FindingCode::LoginExpiring]).secrets[1].expired);
    facts.logins = Ok(vec![login("23:00:00")]);
    assert_eq!(expect(&facts, &[], &[]).secrets[1].expires_at, Some(time("23:00:00")));
    facts.logins =
        Err(Trouble { problem: "gone".to_owned(), hint: Some("do".to_owned()), status: ExitStatus::Failure });
    expect(&facts, &[FindingCode::LoginsUnknown], &[]);
}

#[test]
fn a_project_is_well_when_its_required_secrets_are_there_and_fit() {
    let required = |name, binding| expect(&with_project("web", pinned(&[(name, binding)])), &[], &[]);
    assert!(required("gh", variable("GH_TOKEN", true)).projects[0].passes());
    let template = |text: &str| Binding {
        target: Target::File(FileTarget {
            file_path: "~/.aws/credentials".to_owned(),
            file_mode: "0600".to_owned(),
            template: Some(text.to_owned()),
        }),
        required: true,
    };
    let checks = &required("aws", template("{{id}} {{ key | json }}")).projects[0].bindings;
    assert_eq!(checks[0].goes_to, "file ~/.aws/credentials (mode 0600, by a template)");
    assert_eq!(checks[0].outcome, Outcome::Injected);

    let unfit = |name, binding| {
        let facts = with_project("web", pinned(&[(name, binding)]));
        let overview = expect(&facts, &[FindingCode::RequiredUnfit], &[]);
        assert!(!overview.projects[0].passes());
        overview.projects[0].bindings[0].problem.clone().unwrap()
    };
    assert!(unfit("aws", template("{{user}}")).contains("{{user}} is unknown"));
    assert!(unfit("aws", variable("AWS", true)).contains("is a bundle"));
    assert!(unfit("gh", variable("LD_PRELOAD", true)).contains("the pin is refused: LD_PRELOAD"));
    let fields = |field| {
        let fields = [("AWS_KEY".to_owned(), FieldName::new(field).unwrap())].into();
        Binding { target: Target::Env(EnvTarget::Fields { fields }), required: true }
    };
    assert!(required("aws", fields("key")).projects[0].passes());
    assert!(unfit("aws", fields("user")).contains("no field user, which AWS_KEY"));
    assert!(unfit("gh", fields("user")).contains("is one value"));

    let facts = with_project("web", pinned(&[("npm", variable("NPM", true))]));
    let overview = expect(&facts, &[FindingCode::RequiredMissing], &[]);
    assert_eq!(overview.projects[0].missing_required, [secret("npm")]);
    assert_eq!(overview.findings[0].remedy.as_deref(), Some("store it: remo-vault set npm"));
    let optional = expect(&with_project("web", pinned(&[("npm", variable("NPM", false))])), &[], &[]);
    assert!(optional.projects[0].passes());
    assert_eq!(optional.projects[0].bindings[0].outcome, Outcome::Missing);
}

#[test]
fn what_a_project_may_change_by_itself_is_no_problem_but_is_never_hidden() {
    let one = summary(&[("gh", variable("GH_TOKEN", true))]);
    let two = summary(&[("gh", variable("TOKEN", true)), ("aws", variable("AWS", false))]);
    let changed = manifest(ManifestState::Changed, Some(one.clone()), Some(two.clone()));
    let overview = expect(&with_project("web", changed), &[], &[FindingCode::ManifestChanged]);
    let project = &overview.projects[0];
    let approvals: Vec<_> = project.bindings.iter().map(|it| (it.approval, it.fails())).collect();
    assert_eq!(approvals, [(Approval::Pending, false), (Approval::Changed, true)]);
    assert_eq!(project.bindings[1].goes_to, "variable GH_TOKEN", "what is in force");
    assert!(project.bindings[1].problem.as_ref().unwrap().contains("in another way than you approved"));
    assert!(project.has_difference() && !project.passes());

    let unapproved = manifest(ManifestState::Unapproved, None, Some(one.clone()));
    let overview = expect(&with_project("web", unapproved), &[], &[FindingCode::ProjectUnapproved]);
    assert_eq!(overview.projects[0].bindings[0].outcome, Outcome::NotApproved);
    assert!(!overview.projects[0].passes());

    let text_only = manifest(ManifestState::Changed, Some(one.clone()), Some(one.clone()));
    let overview = expect(&with_project("web", text_only), &[], &[FindingCode::ManifestChanged]);
    assert!(overview.projects[0].passes() && !overview.projects[0].has_difference());

    let withdrawn = manifest(ManifestState::Changed, Some(one.clone()), Some(summary(&[])));
    let overview = expect(&with_project("web", withdrawn), &[], &[FindingCode::ManifestChanged]);
    let check = &overview.projects[0].bindings[0];
    assert_eq!((check.approval, check.outcome), (Approval::Withdrawn, Outcome::Injected));

    for state in [ManifestState::Missing, ManifestState::Invalid] {
        let overview = expect(
            &with_project("web", manifest(state, Some(one.clone()), None)),
            &[],
            &[FindingCode::ManifestUnusable],
        );
        assert_eq!(overview.projects[0].bindings[0].approval, Approval::Approved);
        assert!(!overview.projects[0].passes());
    }
}

#[test]
fn the_json_is_snake_case_with_times_in_utc() {
    let json = serde_json::to_value(Overview::new(&with_project("web", pinned(&[])))).unwrap();
    assert_eq!(json["taken_at"], "2026-05-31T03:00:00Z");
    assert_eq!(json["secrets"][0]["in_broker"], "yes");
    assert_eq!(json["secrets"][0]["fields"], serde_json::json!(["id", "key"]));
    assert_eq!(json["projects"][0]["manifest"], "pinned");
    assert_eq!(json["key"]["tier"], "tpm2");
    assert_eq!(json["broker"]["state"], "answers");
    assert_eq!(json["watcher"]["state"], "up_to_date");
    assert_eq!(json["findings"], serde_json::json!([]));
}
