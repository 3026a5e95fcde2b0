//! Credential helpers: what each tool gets, and what nobody gets.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use remo_testkit::{audit, bundle, payload, secret_name, skip};
use serde_json::{Value, json};

use crate::stage::{Ended, PROJECT, Stage, ended, everything_below};

const BINDINGS: &str = r#"
[secrets.gh]
fetch_as = "helper"
helper   = "git"
url      = "https://github.com"
username = "x-access-token"

[secrets.ghcr]
fetch_as = "helper"
helper   = "docker"
registry = "ghcr.io"
username = "octocat"

[secrets.hub]
fetch_as = "helper"
helper   = "docker"
registry = "docker.io"
fields   = { username = "user", password = "password" }

[secrets.aws]
fetch_as = "helper"
helper   = "aws"
profile  = "default"
"#;

const GITHUB: &str = "protocol=https\nhost=github.com\n";

fn stage() -> Stage {
    let stage = Stage::new(BINDINGS);
    push(&stage, &[("aws_access_key_id", "AKIA"), ("aws_secret_access_key", "tripwire-aws")]);
    stage
}

fn push(stage: &Stage, aws: &[(&str, &str)]) {
    let mut payload = payload(&[("gh", "tripwire-gh"), ("ghcr", "tripwire-ghcr")]);
    payload.secrets.insert(secret_name("hub"), bundle(&[("user", "me"), ("password", "tripwire-hub")]));
    payload.secrets.insert(secret_name("aws"), bundle(aws));
    stage.broker.push_payload(payload).unwrap();
}

/// The helper with a request on its standard input.
fn ask(stage: &Stage, arguments: &[&str], request: &[u8]) -> Ended {
    ask_by(&mut stage.command(&[&["credential"], arguments].concat()), request)
}

fn ask_by(command: &mut Command, request: &[u8]) -> Ended {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // One that has seen enough reads no further.
    let _ = child.stdin.take().unwrap().write_all(request);
    ended(&child.wait_with_output().unwrap())
}

/// How often each secret left the broker.
fn uses(stage: &Stage, secret: &str) -> usize {
    let is_it = |line: &&Value| line["secret_name"] == secret && line["outcome"] == "ok";
    audit::events(stage.broker.audit_log(), "fetch").iter().filter(is_it).count()
}

#[test]
fn git_gets_what_was_approved_for_its_host_and_each_use_is_on_record() {
    let stage = stage();
    for (index, request) in [
        GITHUB,
        "protocol=https\nhost=GitHub.com\npath=acme/x.git\nusername=x-access-token\nwwwauth[]=Basic realm=x\n\n",
    ]
    .into_iter()
    .enumerate()
    {
        let ended = ask(&stage, &["git", "get"], request.as_bytes());
        assert_eq!(ended.succeeded().stdout, "username=x-access-token\npassword=tripwire-gh\n");
        assert_eq!(ended.stderr, "");
        assert_eq!(uses(&stage, "gh"), index + 1);
    }
}

#[test]
fn git_gets_nothing_for_another_host_however_it_is_written() {
    let stage = stage();
    for request in [
        "protocol=https\nhost=evil.example\n",
        "protocol=https\nhost=github.com.evil.example\n",
        "protocol=https\nhost=github.com:444\n",
        "protocol=https\nhost=x@github.com\n",
        "protocol=http\nhost=github.com\n",
        "protocol=https\nhost=ghcr.io\n",
        "protocol=https\nhost=evil.example\nurl=https://github.com\n",
        // Another user than the one that was approved.
        "protocol=https\nhost=github.com\nusername=mallory\n",
    ] {
        let ended = ask(&stage, &["git", "get"], request.as_bytes());
        assert_eq!(ended.succeeded().stdout, "", "{request:?}");
    }
    for request in [
        "protocol=https\nhost=evil.example\nhost=github.com\n",
        "protocol=https\nhost=github.com\r\n",
        "protocol=https\nhost=github.com\0\n",
        "nonsense\n",
        "",
    ] {
        let ended = ask(&stage, &["git", "get"], request.as_bytes());
        ended.failed(64, &["this is no request of git"]);
        assert_eq!(ended.stdout, "", "{request:?}");
    }
    let endless = [GITHUB.as_bytes(), b"path=", &vec![b'x'; 128 * 1024], b"\n"].concat();
    let ended = ask(&stage, &["git", "get"], &endless);
    ended.failed(64, &["more than 65536 bytes"]);
    assert_eq!(ended.stdout, "");
}

#[test]
fn a_value_that_would_be_a_second_line_is_not_handed_out() {
    let stage = stage();
    for value in ["tripwire\nhost=evil.example", "tripwire\r", "tripwire\0", ""] {
        stage.broker.push(&[("gh", value), ("ghcr", value)]);
        for (arguments, request) in [(["git", "get"], GITHUB), (["docker", "get"], "ghcr.io")] {
            let ended = ask(&stage, &arguments, request.as_bytes());
            ended.failed(69, &["the password "]);
            assert!(!format!("{ended:?}").contains("tripwire"), "{ended:?}");
        }
    }
}

#[test]
fn where_an_approved_secret_is_not_to_be_had_git_is_told_to_stop() {
    let stage = stage();
    stage.broker.push(&[("other", "x")]);
    let ended = ask(&stage, &["git", "get"], GITHUB.as_bytes());
    ended.failed(69, &["gh is not in the loaded snapshot"]);
    assert_eq!(ended.stdout, "quit=1\n");
}

#[test]
fn a_revoked_pin_an_unapproved_project_and_a_broker_that_is_away_give_nothing() {
    let mut stage = stage();
    stage.bind("[secrets.other]\nrequired = false\n");
    // Still pinned: the file of the workspace decides nothing.
    assert!(ask(&stage, &["git", "get"], GITHUB.as_bytes()).stdout.contains("tripwire-gh"));
    stage.broker.reload(&stage.project, None).unwrap();
    assert_eq!(ask(&stage, &["git", "get"], GITHUB.as_bytes()).succeeded().stdout, "");
    let ended = ask(&stage, &["docker", "get"], b"ghcr.io");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), "credentials not found in native keychain\n"));
    ask(&stage, &["aws", "default"], b"").failed(69, &["no secret is approved for the profile default"]);
    stage.broker.kill();
    ask(&stage, &["git", "get"], GITHUB.as_bytes()).failed(69, &["cannot reach"]);
    let ended = ask(&stage, &["docker", "get"], b"ghcr.io");
    ended.failed(69, &["cannot reach"]);
    assert!(ended.stdout.contains("cannot reach"), "docker takes the words from there: {ended:?}");
    ask(&stage, &["aws", "default"], b"").failed(69, &["cannot reach"]);

    let unapproved = Stage::unapproved(BINDINGS);
    unapproved.broker.push(&[("gh", "tripwire-gh")]);
    assert_eq!(ask(&unapproved, &["git", "get"], GITHUB.as_bytes()).succeeded().stdout, "");
}

#[test]
fn another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return skip::skipped("credential::another_user_is_refused", "only root becomes another user");
    }
    let stage = stage();
    // A container's user reaches the folder of the socket by its mount; here the folders above are opened.
    let socket = stage.directory.run_directory(PROJECT).join(format!("{PROJECT}.sock"));
    let program = stage.directory.path().join("helper");
    fs::copy(stage.command(&[]).get_program(), &program).unwrap();
    for folder in socket.ancestors().skip(1).take_while(|folder| folder.starts_with(stage.directory.path())) {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = Command::new(&program);
    command.env_clear().env("REMO_BROKER_PROJECT_SOCKET", socket).args(["credential", "git", "get"]);
    let ended = ask_by(command.uid(4242).gid(4242), GITHUB.as_bytes());
    ended.failed(69, &["run as the container's remote user"]);
    assert_eq!((ended.stdout.as_str(), uses(&stage, "gh")), ("", 0));
    assert!(!audit::events(stage.broker.audit_log(), "peer.unexpected").is_empty());
}

#[test]
fn a_tool_that_does_not_end_its_request_gets_an_error() {
    let stage = stage();
    for arguments in [["git", "get"], ["docker", "get"]] {
        let mut child = stage
            .command(&["credential", arguments[0], arguments[1]])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut held = child.stdin.take().unwrap();
        held.write_all(b"protocol=https\nhost=github.com\n").unwrap();
        let ended = ended(&child.wait_with_output().unwrap());
        ended.failed(69, &["the tool did not end its request in time"]);
        drop(held);
    }
}

#[test]
fn docker_gets_exactly_its_registry_and_nothing_is_stored() {
    let stage = stage();
    let get = |request: &str| ask(&stage, &["docker", "get"], request.as_bytes());
    let answered = |request: &str| serde_json::from_str::<Value>(&get(request).succeeded().stdout).unwrap();
    assert_eq!(
        answered("ghcr.io\n"),
        json!({"ServerURL": "ghcr.io", "Username": "octocat", "Secret": "tripwire-ghcr"})
    );
    for hub in ["docker.io", "https://index.docker.io/v1/"] {
        assert_eq!(answered(hub), json!({"ServerURL": hub, "Username": "me", "Secret": "tripwire-hub"}));
    }
    let before = uses(&stage, "ghcr") + uses(&stage, "hub");
    for other in [
        "ghcr.io.evil.example",
        "evil-ghcr.io",
        "https://ghcr.io",
        "ghcr.io/acme",
        "ghcr.io:443",
        "GHCR.IO",
        " ghcr.io",
        "ghcr.io\nevil",
        "ghcr.io\r",
        "index.docker.io",
        "https://index.docker.io/v1",
        "github.com",
    ] {
        let ended = get(other);
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (Some(1), "credentials not found in native keychain\n"),
            "{other:?}"
        );
    }
    get("").failed(64, &["names no registry"]);
    for operation in ["store", "erase"] {
        let ended =
            ask(&stage, &["docker", operation], br#"{"ServerURL":"ghcr.io","Username":"x","Secret":"y"}"#);
        ended.failed(69, &["are kept in the vault"]);
        assert!(ended.stdout.contains("are kept in the vault"), "{ended:?}");
    }
    let listed: Value =
        serde_json::from_str(&ask(&stage, &["docker", "list"], b"").succeeded().stdout).unwrap();
    assert_eq!(listed, json!({"ghcr.io": "octocat", "https://index.docker.io/v1/": ""}));
    assert_eq!(uses(&stage, "ghcr") + uses(&stage, "hub"), before);
}

#[test]
fn the_tools_of_aws_get_their_profile() {
    let stage = stage();
    let get =
        || serde_json::from_str::<Value>(&ask(&stage, &["aws", "default"], b"").succeeded().stdout).unwrap();
    assert_eq!(get(), json!({"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "tripwire-aws"}));
    push(
        &stage,
        &[
            ("aws_access_key_id", "ASIA"),
            ("aws_secret_access_key", "k"),
            ("aws_session_token", "t"),
            ("expiration", "2030-01-01T00:00:00Z"),
        ],
    );
    assert_eq!(
        get(),
        json!({"Version": 1, "AccessKeyId": "ASIA", "SecretAccessKey": "k", "SessionToken": "t",
               "Expiration": "2030-01-01T00:00:00Z"})
    );
    push(&stage, &[("aws_access_key_id", "AKIA")]);
    ask(&stage, &["aws", "default"], b"").failed(69, &["the bundle has no field aws_secret_access_key"]);
    stage.broker.push(&[("aws", "one value")]);
    ask(&stage, &["aws", "default"], b"").failed(69, &["is one value, but the helper needs the fields"]);
    for other in ["Default", "prod", "", "default\n"] {
        ask(&stage, &["aws", other], b"").failed(69, &["no secret is approved for the profile"]);
    }
}

#[test]
fn a_start_looks_only_whether_they_are_there_and_tells_the_tools() {
    let stage = stage();
    let ended = stage.run(&[]);
    ended.succeeded();
    assert!(ended.stderr.contains("0 in the environment, 0 as files, 4 for helpers to ask for"), "{ended:?}");
    let docker = stage.home.join(".docker/config.json");
    let config: Value = serde_json::from_str(&fs::read_to_string(&docker).unwrap()).unwrap();
    assert_eq!(config["credHelpers"]["ghcr.io"], "remo");
    assert!(fs::read_to_string(stage.home.join(".aws/config")).unwrap().contains("credential aws default"));
    for path in everything_below(&stage.secrets).into_iter().filter(|path| path.is_file()) {
        let text = fs::read(&path).unwrap();
        assert!(!text.windows(8).any(|window| window == b"tripwire"), "{}", path.display());
    }
    assert_eq!(["gh", "ghcr", "hub", "aws"].map(|name| uses(&stage, name)), [0; 4]);
    // What is not approved any more is not told of either.
    stage.bind("[secrets.gh]\nrequired = false\n");
    stage.broker.reload(&stage.project, None).unwrap();
    stage.run(&[]).succeeded();
    assert!(docker.symlink_metadata().is_err());
}

#[test]
fn a_start_fails_without_a_required_one_and_not_without_an_optional_one() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("other", "x")]);
    stage.run(&[]).failed(69, &["gh: not in the vault", "aws: not in the vault"]);
    stage.bind(&BINDINGS.replace("fetch_as", "required = false\nfetch_as"));
    stage.broker.reload(&stage.project, None).unwrap();
    stage.run(&[]).succeeded();
}

#[test]
fn a_file_of_the_user_stays_and_what_to_add_is_said() {
    let stage = stage();
    let own = stage.home.join(".docker/config.json");
    fs::create_dir(own.parent().unwrap()).unwrap();
    fs::write(&own, "{\"auths\": {}}").unwrap();
    let ended = stage.run(&[]);
    ended.succeeded();
    assert!(
        ended.stderr.contains("docker is not told of its helper")
            && ended.stderr.contains("\"ghcr.io\": \"remo\""),
        "{ended:?}"
    );
    assert_eq!(fs::read_to_string(&own).unwrap(), "{\"auths\": {}}");
    let checked = stage.run(&["check"]);
    checked.succeeded();
    assert!(checked.stdout.contains("ghcr  by hand   docker credentials for ghcr.io\n"), "{checked:?}");
    assert!(
        checked.stdout.contains("aws   ok        AWS credentials of the profile default\n"),
        "{checked:?}"
    );
    fs::write(&own, "{\"credsStore\": \"remo\"}").unwrap();
    let ended = stage.run(&[]);
    assert!(!ended.succeeded().stderr.contains("is not told"), "{ended:?}");
}

#[test]
fn the_real_git_logs_in_by_it_and_a_hostile_repository_gets_nothing_for_another_host() {
    let stage = stage();
    let repository = stage.directory.path().join("repository");
    let git = |arguments: &[&str], request: &str| {
        let helper = stage.command(&[]);
        let mut command = Command::new("git");
        command.env_clear().envs(helper.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let program = helper.get_program().to_str().unwrap();
        let name = stage.directory.path().join("git-credential-remo");
        if !name.exists() {
            std::os::unix::fs::symlink(program, &name).unwrap();
        }
        // As the feature has it in /etc/gitconfig.
        let system = stage.directory.path().join("gitconfig");
        fs::write(&system, format!("[credential]\n\thelper = {}\n", name.display())).unwrap();
        command
            .env("GIT_CONFIG_SYSTEM", system)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "/bin/false");
        command.arg("-C").arg(&repository).args(arguments);
        ask_by(&mut command, request.as_bytes())
    };
    fs::create_dir(&repository).unwrap();
    git(&["init", "--quiet"], "").succeeded();
    let filled = git(&["credential", "fill"], "url=https://github.com/acme/x.git\n\n");
    assert!(
        filled.succeeded().stdout.contains("username=x-access-token\npassword=tripwire-gh\n"),
        "{filled:?}"
    );
    // It is told of success and failure, keeps nothing, and says what a refusal means.
    git(&["credential", "approve"], &filled.stdout).succeeded();
    let rejected = git(&["credential", "reject"], &filled.stdout);
    assert!(
        rejected.succeeded().stderr.contains("https://github.com has refused the secret gh"),
        "{rejected:?}"
    );
    let attempts: [&[&str]; 4] = [
        &["config", "url.https://evil.example/.insteadOf", "https://github.com/"],
        &["config", "credential.useHttpPath", "true"],
        &["config", "credential.https://evil.example.username", "x-access-token"],
        &["config", "credential.https://evil.example.helper", "store --file=stolen"],
    ];
    for attempt in attempts {
        git(attempt, "").succeeded();
    }
    for url in [
        "https://evil.example/acme/x.git",
        "https://github.com@evil.example/x",
        "https://evil.example%0ahost=github.com/x",
        "https://evil.example:443/x",
        "https://github.com%2eevil.example/x",
        "http://github.com/x",
    ] {
        let ended = git(&["credential", "fill"], &format!("url={url}\n\n"));
        assert_ne!(ended.code, Some(0), "{url}: {ended:?}");
        assert!(!format!("{ended:?}").contains("tripwire"), "{url}: {ended:?}");
    }
    let with_path = git(&["credential", "fill"], "url=https://github.com/acme/x.git\n\n");
    assert!(with_path.succeeded().stdout.contains("password=tripwire-gh"), "{with_path:?}");
}

#[test]
fn the_real_aws_signs_by_it() {
    let aws = "/usr/bin/aws";
    if !std::path::Path::new(aws).exists() {
        return skip::skipped("credential::the_real_aws_signs_by_it", "aws is missing");
    }
    let stage = stage();
    stage.run(&[]).succeeded();
    let helper = stage.command(&[]);
    let mut command = Command::new(aws);
    command.env_clear().envs(helper.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("AWS_EC2_METADATA_DISABLED", "true").args(["configure", "list"]);
    let ended = ask_by(&mut command, b"");
    assert!(ended.succeeded().stdout.contains("custom-process"), "{ended:?}");
    assert_eq!(uses(&stage, "aws"), 1);
}
