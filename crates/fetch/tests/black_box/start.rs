//! Without a command: the start of a container (R-7.2, R-7.3).

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use remo_testkit::{Needle, Scan, bundle, file_scan, payload, secret_name};

use crate::stage::{BINDINGS, Stage, everything_below};

#[test]
fn variables_and_files_are_there_when_it_succeeds() {
    let stage = Stage::new(
        r#"
[secrets.gh]
env_var = "GH_TOKEN"
[secrets.aws]
fetch_as = "file"
file_path = "~/.aws/credentials"
file_mode = "0400"
template = "[default]\nid={{id}}\n"
[secrets.raw]
fetch_as = "file"
file_path = "~/.config/raw/bundle.json"
[secrets.deploy]
fields = { DEPLOY_USER = "user" }
"#,
    );
    let mut pushed = payload(&[("gh", "it's $HOME\n\"x\"")]);
    pushed.secrets.insert(secret_name("aws"), bundle(&[("id", "AKIA")]));
    pushed.secrets.insert(secret_name("raw"), bundle(&[("a", "b")]));
    pushed.secrets.insert(secret_name("deploy"), bundle(&[("user", "me"), ("other", "not named")]));
    stage.broker.push_payload(pushed).unwrap();

    let ended = stage.run(&[]);
    ended.succeeded();
    assert_eq!(ended.stdout, "");
    assert_eq!(fs::read(stage.current("env.nul")).unwrap(), b"DEPLOY_USER=me\0GH_TOKEN=it's $HOME\n\"x\"\0");
    assert_eq!(fs::read_to_string(stage.credentials()).unwrap(), "[default]\nid=AKIA\n");
    assert_eq!(fs::read_to_string(stage.home.join(".config/raw/bundle.json")).unwrap(), r#"{"a":"b"}"#);

    let link = fs::symlink_metadata(stage.credentials()).unwrap();
    assert!(link.file_type().is_symlink());
    let file = fs::metadata(stage.credentials()).unwrap();
    assert_eq!(file.permissions().mode() & 0o7777, 0o400);
    assert_eq!(file.uid(), rustix::process::geteuid().as_raw());
    assert_eq!(fs::metadata(stage.home.join(".aws")).unwrap().permissions().mode() & 0o7777, 0o700);
    for name in ["env.sh", "env.fish", "env.nul"] {
        assert_eq!(fs::metadata(stage.current(name)).unwrap().permissions().mode() & 0o7777, 0o600, "{name}");
    }
}

#[test]
fn the_ready_marker_names_view_and_generation_and_holds_no_value() {
    let stage = Stage::new(BINDINGS);
    let pushed = stage.broker.push(&[("gh", "tripwire-gh"), ("aws", "tripwire-aws")]);
    stage.run(&[]).succeeded();
    let marker = fs::read_to_string(stage.current("ready")).unwrap();
    assert!(marker.contains(&format!("\"generation\":{}", pushed.generation)), "{marker}");
    assert!(marker.contains("\"view\":"), "{marker}");
    assert!(!marker.contains("tripwire"), "{marker}");
}

#[test]
fn nothing_is_left_on_disk_but_links() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "tripwire-on-disk-gh"), ("aws", "tripwire-on-disk-aws")]);
    stage.run(&[]).succeeded();
    stage.run(&["exec", "--", "true"]).succeeded();
    let needles = [Needle::new("gh", b"tripwire-on-disk-gh"), Needle::new("aws", b"tripwire-on-disk-aws")];
    let scan = file_scan(&[stage.directory.path()], &needles);
    assert!(matches!(scan, Scan::Clean { .. }), "{scan:?}");
}

#[test]
fn an_optional_secret_that_is_missing_is_noted_and_left_out() {
    let stage = Stage::new(&format!("{BINDINGS}\n[secrets.sentry]\nrequired = false\n"));
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    let ended = stage.run(&[]);
    ended.succeeded();
    assert!(ended.stderr.contains("optional sentry: not in the vault"), "{ended:?}");
    assert_eq!(fs::read(stage.current("env.nul")).unwrap(), b"GH_TOKEN=a\0");
}

#[test]
fn a_binding_that_is_gone_takes_its_file_and_link_with_it() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    stage.run(&[]).succeeded();
    assert!(stage.credentials().exists());
    stage.bind("[secrets.gh]\nenv_var = \"GH_TOKEN\"\n");
    stage.broker.reload(&stage.project, None).unwrap();
    stage.run(&[]).succeeded();
    assert!(fs::symlink_metadata(stage.credentials()).is_err());
    assert_eq!(everything_below(&stage.home), Vec::<std::path::PathBuf>::new());
    let left = everything_below(&stage.secrets);
    assert!(left.iter().all(|path| path.file_name().unwrap() != "aws"), "{left:?}");
}

#[test]
fn a_second_run_replaces_the_set_and_removes_the_old_one() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "a"), ("aws", "old")]);
    stage.run(&[]).succeeded();
    stage.broker.push(&[("gh", "a"), ("aws", "new")]);
    stage.run(&[]).succeeded();
    assert_eq!(fs::read_to_string(stage.credentials()).unwrap(), "new");
    assert_eq!(fs::read_dir(stage.secrets.join("views")).unwrap().count(), 1);
}

#[test]
fn junk_in_the_storage_does_not_stop_a_start() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "a"), ("aws", "old")]);
    stage.run(&[]).succeeded();
    fs::remove_file(stage.secrets.join("current")).unwrap();
    fs::create_dir_all(stage.secrets.join("current/files")).unwrap();
    fs::remove_dir_all(stage.secrets.join("views")).unwrap();
    fs::write(stage.secrets.join("views"), "junk").unwrap();
    fs::create_dir_all(stage.secrets.join("failed/a/b")).unwrap();
    fs::write(stage.secrets.join("exec"), "junk").unwrap();
    stage.broker.push(&[("gh", "a"), ("aws", "new")]);
    stage.run(&[]).succeeded();
    stage.run(&["wait", "--timeout", "0"]).succeeded();
    assert_eq!(fs::read_to_string(stage.credentials()).unwrap(), "new");
    stage.run(&["exec", "--", "true"]).succeeded();
}

#[test]
fn an_edited_manifest_changes_nothing() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "a"), ("aws", "b"), ("other", "tripwire")]);
    stage.bind(&format!("{BINDINGS}\n[secrets.other]\n"));
    stage.run(&[]).succeeded();
    assert_eq!(fs::read(stage.current("env.nul")).unwrap(), b"GH_TOKEN=a\0");
}

#[test]
fn a_directory_of_another_project_is_refused() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "a"), ("aws", "b")]);
    stage.run(&[]).succeeded();
    let other = remo_testkit::Project::new(&stage.directory, "project-b", &["gh"]);
    stage.broker.approve(&other);
    let mut command = stage.command(&[]);
    command
        .env("REMO_PROJECT", "project-b")
        .env("REMO_BROKER_PROJECT_SOCKET", stage.broker.socket("project-b"));
    crate::stage::ended(&command.output().unwrap())
        .failed(69, &["keeps the secrets of the project project-a"]);
    assert_eq!(fs::read(stage.current("env.nul")).unwrap(), b"GH_TOKEN=a\0");
}
