//! The life of two projects.

use std::fs;
use std::path::Path;

use remo_containers::{Instance, USUAL, configure};
use remo_testkit::{Project, audit, wait};

use crate::vault::Vault;

/// What the first project asks for: a variable and a file.
const WEB: &str = r#"schema_version = 1
project = "web"

[secrets.gh]
env_var = "GH_TOKEN"

[secrets.aws]
fetch_as = "file"
file_path = "~/.aws/credentials"
template = "aws_access_key_id={{id}}\n"
"#;

/// What the second one asks for.
const API: &str = r#"schema_version = 1
project = "api"

[secrets.deploy]
fetch_as = "file"
file_path = "~/.config/deploy"
"#;

#[test]
fn a_user_logs_in_asks_approves_uses_rotates_revokes_and_removes() {
    let Some(mut instance) = Instance::start("a_user_logs_in_asks_approves_uses_rotates_revokes_and_removes")
    else {
        return;
    };
    let mut vault = Vault::new(&instance.stage);
    let web = project(&instance, "web", WEB);
    let _ = project(&instance, "api", API);
    logs_in(&vault);
    approves_and_starts(&instance);
    each_has_its_own(&instance);
    a_denied_name_is_on_record(&instance);
    let containers = running(&instance);
    broker_and_vault_are_replaced(&mut instance, &mut vault);
    rotates(&instance, &vault);
    assert_eq!(running(&instance), containers, "nobody was restarted");
    a_new_start_has_the_new_variable(&instance);
    a_manifest_that_asks_for_more_gets_no_more(&instance, &web);
    revokes(&instance);
    removes(&instance, &web);
}

fn project(instance: &Instance, name: &str, manifest: &str) -> Project {
    let project = instance.project(name, USUAL).owned_by(1000);
    project.write_manifest(manifest);
    configure(&project, USUAL);
    project
}

/// What a shell in the container of `project` prints.
#[track_caller]
fn says(instance: &Instance, project: &str, typed: &str) -> String {
    instance.remo(&["shell", "-p", project, "--exec", typed]).succeeded().stdout
}

/// Every project container, with the time of its start.
fn running(instance: &Instance) -> Vec<String> {
    let engine = &instance.stage.engine;
    let ids = engine.docker(&["ps", "--quiet", "--no-trunc"]);
    let mut lines: Vec<String> = ids
        .lines()
        .map(|id| engine.docker(&["inspect", "--format", "{{.Id}} {{.State.StartedAt}}", id]))
        .collect();
    lines.sort();
    lines
}

fn logs_in(vault: &Vault) {
    for (name, value) in [("gh", "vended-gh-1"), ("deploy", "vended-deploy-1")] {
        let said = vault.run("remo-login", &["token", "--name", name], &format!("{value}\n"));
        assert!(said.contains(&format!("stored {name}")) && !said.contains("vended-"), "{said}");
    }
    vault.run("remo-vault", &["set", "aws"], r#"{"id":"vended-aws-1"}"#);
    vault.has_pushed();
}

fn approves_and_starts(instance: &Instance) {
    for name in ["web", "api"] {
        let refused = instance.remo(&["up", name]);
        assert_eq!(refused.code(), Some(1), "{refused:?}");
        assert!(refused.stderr.contains(&format!("nothing is approved for {name}")), "{refused:?}");
    }
    assert_eq!(instance.stage.engine.docker(&["ps", "--all", "--quiet"]), "", "nothing was made");
    for name in ["web", "api"] {
        let trusted = instance.remo(&["trust", name, "--yes"]).succeeded();
        assert!(!trusted.said().contains("vended-"), "{trusted:?}");
        let _ = instance.remo(&["up", name]).succeeded();
    }
}

fn each_has_its_own(instance: &Instance) {
    let all = "env | grep vended-; find ~ /dev/shm -type f -exec grep -hs vended- {} +; :";
    let web = says(instance, "web", all);
    assert!(web.contains("GH_TOKEN=vended-gh-1") && web.contains("aws_access_key_id=vended-aws-1"), "{web}");
    assert!(!web.contains("vended-deploy") && !web.contains("vended-first"), "{web}");
    let api = says(instance, "api", all);
    assert!(api.contains("vended-deploy-1"), "{api}");
    assert!(
        !api.contains("vended-gh") && !api.contains("vended-aws") && !api.contains("vended-first"),
        "{api}"
    );
    for (project, other) in [("web", "api"), ("api", "web")] {
        let seen = says(instance, project, "ls -A /run/remo-broker");
        assert!(seen.contains(&format!("{project}.sock")) && !seen.contains(other), "{seen}");
    }
}

/// A secret that is there and approved for another project.
fn a_denied_name_is_on_record(instance: &Instance) {
    let typed = "perl -MIO::Socket::UNIX -e '$s=IO::Socket::UNIX->new(q{/run/remo-broker/api.sock}) or die; \
                 print $s qq({\"op\":\"get\",\"name\":\"gh\"}\\n); print scalar <$s>'";
    let said = says(instance, "api", typed);
    assert!(said.contains("\"denied\"") && !said.contains("vended-"), "{said}");
    let events = audit::events(instance.stage.broker.audit_log(), "fetch");
    let mut denied = events.iter().filter(|event| event["secret_name"] == "gh" && event["project"] == "api");
    let event = denied.next().expect("the attempt is on record");
    assert_eq!((&event["decision"], &event["outcome"]), (&"deny".into(), &"denied".into()), "{event}");
    assert_eq!(event["peer_uid"], 1000, "{event}");
    assert!(denied.next().is_none(), "one attempt is one line");
}

fn broker_and_vault_are_replaced(instance: &mut Instance, vault: &mut Vault) {
    instance.stage.broker.kill();
    instance.stage.broker.restart();
    vault.is_replaced();
    vault.has_pushed();
    for name in ["web", "api"] {
        let _ = says(instance, name, "remo-fetch-secrets check");
    }
}

/// A new value reaches the files of what runs, and no variable.
fn rotates(instance: &Instance, vault: &Vault) {
    let _ =
        instance.remo(&["shell", "-p", "web", "--detach", "--exec", "remo-fetch-secrets watch"]).succeeded();
    vault.run("remo-vault", &["set", "aws"], r#"{"id":"vended-aws-2"}"#);
    vault.run("remo-vault", &["set", "gh"], "vended-gh-2");
    wait::until_true(wait::PATIENCE, "the new value in a file", || {
        says(instance, "web", "cat ~/.aws/credentials").contains("vended-aws-2")
    });
    let status = instance.remo(&["status"]).succeeded().stdout;
    assert!(
        status.contains("remo up web --rebuild") && !status.contains("remo up api --rebuild"),
        "{status}"
    );
}

fn a_new_start_has_the_new_variable(instance: &Instance) {
    let _ = instance.remo(&["up", "web", "--rebuild"]).succeeded();
    assert_eq!(says(instance, "web", "echo $GH_TOKEN").trim(), "vended-gh-2");
    let status = instance.remo(&["status"]).succeeded().stdout;
    assert!(!status.contains("--rebuild"), "{status}");
}

fn a_manifest_that_asks_for_more_gets_no_more(instance: &Instance, web: &Project) {
    web.write_manifest(&format!("{WEB}\n[secrets.deploy]\n"));
    let status = instance.remo(&["status"]).succeeded().stdout;
    assert!(status.contains("web: its manifest is changed"), "{status}");
    let said = says(instance, "web", "remo-fetch-secrets exec -- env");
    assert!(said.contains("vended-gh-2") && !said.contains("vended-deploy"), "{said}");
    web.write_manifest(WEB);
}

fn revokes(instance: &Instance) {
    let _ = instance.remo(&["trust", "web", "--revoke"]).succeeded();
    let refused = instance.remo(&["shell", "-p", "web", "--exec", "remo-fetch-secrets check --timeout 1"]);
    assert_eq!(refused.code(), Some(69), "{refused:?}");
    let refused = instance.remo(&["up", "web", "--rebuild"]);
    assert!(refused.stderr.contains("nothing is approved for web"), "{refused:?}");
    let _ = says(instance, "api", "remo-fetch-secrets check");
}

/// Whatever was made for the project is gone, and nothing of the other one.
fn removes(instance: &Instance, web: &Project) {
    let engine = &instance.stage.engine;
    let _ = instance.remo(&["delete", "web", "--yes", "web"]).succeeded();
    assert!(!web.path().exists());
    for list in [
        &["ps", "--all", "--no-trunc", "--format", "{{.Names}} {{.Image}} {{.Labels}}"][..],
        &["images", "--all", "--format", "{{.Repository}}"],
        &["volume", "ls", "--format", "{{.Name}}"],
        &["network", "ls", "--format", "{{.Name}}"],
    ] {
        let left = engine.docker(list);
        assert!(!left.contains("web"), "{list:?}: {left}");
    }
    // The broker keeps the folder that a container may have mounted, and nothing to connect to in it.
    assert_eq!(named(&instance.stage.directory.socket_dir(), "web"), ["web"]);
    assert!(!instance.stage.directory.run_directory("web").join("web.sock").exists());
    // What stays in the launcher's state are records that an approval of this name holds for nothing any more.
    let records = named(&instance.state(), "web");
    let is_record = |name: &String| [".json", ".lock", ".start"].iter().any(|end| name.ends_with(end));
    assert!(records.iter().all(is_record), "{records:?}");
    let next = project(instance, "web", WEB);
    let refused = instance.remo(&["up", "web"]);
    assert!(refused.stderr.contains("nothing is approved for web"), "{refused:?}");
    fs::remove_dir_all(next.path()).unwrap();
    let _ = says(instance, "api", "remo-fetch-secrets check");
}

/// Names below `folder` that begin with `name`.
fn named(folder: &Path, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(name) {
                found.push(entry.file_name().to_string_lossy().into_owned());
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push(entry.path());
            }
        }
    }
    found
}
