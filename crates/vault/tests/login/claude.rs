//! Claude Code: its files only. A script of the test leaves them as `claude` does; the recipe is the shipped one.

use std::fs;
use std::os::unix::process::CommandExt as _;

use remo_testkit::wait;
use rustix::process::{Pid, Signal, test_kill_process};

use crate::room::PROJECT;
use crate::scene::Scene;
use crate::watcher::Watcher;

/// A `claude` that logs in, and that renews its token by the refresh token it has.
pub(crate) const CLAUDE: &str = r#"
file="$CLAUDE_CONFIG_DIR/.credentials.json"
write() {
  printf '{"claudeAiOauth":{"accessToken":"sk-ant-oat01-tripwire-%s","refreshToken":"sk-ant-ort01-tripwire-%s","expiresAt":%s000,"scopes":["user:inference"],"subscriptionType":"max"}}' \
    "$1" "$1" "$2" > "$file"
  chmod 600 "$file"
}
now=$(date +%s)
case "$1 $2" in
  "auth login") write 1 $((now + LEFT_FIRST)) ;;
  "-p "*)
    number=$(sed 's/.*ort01-tripwire-\([0-9]*\).*/\1/' "$file") || exit 1
    test "$number" != 3 || exit 1
    write $((number + 1)) $((now + 28800)) ;;
  "setup-token ") echo "sk-ant-oat01-shown" ;;
  *) exit 64 ;;
esac
"#;

/// A scene in which `claude` is the script, whose first token lasts `left` seconds.
pub(crate) fn scene(left: i64) -> Scene {
    let scene = Scene::new();
    let script = CLAUDE.replace("LEFT_FIRST", &format!("({left})"));
    scene.tool("claude", &script);
    scene
}

pub(crate) fn run(scene: &Scene, arguments: &[&str], status: i32) -> String {
    let path = format!("{}:/usr/bin:/bin", scene.tools().display());
    let output = scene.command(arguments).env("PATH", path).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(!said.contains("tripwire"), "{said}");
    said
}

/// What is stored; the values are wiped from the search for what is left on disk.
pub(crate) fn token(number: u32) -> String {
    format!("sk-ant-oat01-tripwire-{number}")
}

#[test]
fn the_access_token_is_stored_and_the_refresh_token_stays_in_the_vault() {
    let scene = scene(28_800);
    let said = run(&scene, &["claude"], 0);
    assert!(said.contains("stored claude; expires in 7 h"), "{said}");
    assert_eq!(scene.room.reveal("claude"), token(1));
    // Everything that a push would carry.
    assert_eq!(scene.room.names(), ["claude"]);
    assert!(!scene.room.reveal("claude").contains("ort01"));
    assert!(scene.room.files().contains(&"logins.age".to_owned()));
    run(&scene, &["refresh", "--all-due"], 0);
    assert_eq!(scene.room.reveal("claude"), token(1), "nothing is due");
    let said = run(&scene, &["refresh", "claude"], 0);
    assert!(said.contains("replaced claude; expires in 7 h"), "{said}");
    assert_eq!(scene.room.reveal("claude"), token(2));
    run(&scene, &["refresh"], 0);
    assert_eq!(scene.room.reveal("claude"), token(3), "by the second refresh token");
    // The service does not take the third one: what is stored stays.
    let said = run(&scene, &["refresh", "claude"], 1);
    assert!(said.contains("try again, or log in again: remo-login claude"), "{said}");
    assert_eq!(scene.room.reveal("claude"), token(3));
    scene.expect_nothing_left(&["sk-ant-oat01-tripwire", "sk-ant-ort01-tripwire"]);
}

#[test]
fn an_expired_token_is_told_and_what_is_due_is_refreshed() {
    let scene = scene(-7200);
    run(&scene, &["claude"], 0);
    let said = run(&scene, &["status"], 1);
    assert!(said.contains("expired 2 h ago") && said.contains("hint: remo-login refresh claude"), "{said}");
    let json: serde_json::Value = serde_json::from_str(&run(&scene, &["status", "--json"], 1)).unwrap();
    assert_eq!(json["logins"][0]["expired"], true);
    run(&scene, &["refresh", "--all-due"], 0);
    run(&scene, &["status"], 0);
    assert_eq!(scene.room.reveal("claude"), token(2));
}

#[test]
fn what_was_removed_or_set_since_is_not_brought_back() {
    let scene = scene(60);
    run(&scene, &["claude"], 0);
    scene.room.run(&["remove", "claude"]).expect(0);
    // A timer finds it due, and leaves it alone.
    let said = run(&scene, &["refresh", "--all-due"], 0);
    assert!(said.contains("was removed from the store since the login; it is left as it is"), "{said}");
    let said = run(&scene, &["refresh", "claude"], 1);
    assert!(said.contains("remo-login forget claude"), "{said}");
    assert!(run(&scene, &["status"], 0).contains("removed from the store since"));
    assert!(scene.names().is_empty());

    scene.room.set("claude", "sk-ant-api-by-hand");
    let said = run(&scene, &["refresh", "--all-due"], 0);
    assert!(said.contains("was set by other means since the login"), "{said}");
    assert_eq!(scene.room.reveal("claude"), "sk-ant-api-by-hand");
    let status: serde_json::Value = serde_json::from_str(&run(&scene, &["status", "--json"], 0)).unwrap();
    assert_eq!(status["logins"][0]["in_store"], "replaced");
    run(&scene, &["claude"], 0);
    run(&scene, &["refresh", "claude"], 0);
    assert_eq!(scene.room.reveal("claude"), token(2));
}

#[test]
fn a_refresh_that_could_not_store_what_it_got_goes_on_from_there() {
    let scene = scene(60);
    run(&scene, &["claude"], 0);
    // As a crash between the record and the store leaves them: the store is the one before.
    let before = fs::read(scene.room.store()).unwrap();
    run(&scene, &["refresh", "claude"], 0);
    fs::write(scene.room.store(), before).unwrap();
    assert_eq!(scene.room.reveal("claude"), token(1));
    run(&scene, &["refresh", "claude"], 0);
    assert_eq!(scene.room.reveal("claude"), token(3), "by the refresh token of the one that was lost");
}

#[test]
fn a_refreshed_token_reaches_the_project_by_itself() {
    let scene = scene(60);
    let broker = scene.room.broker();
    scene.room.project(&broker, &["claude"]);
    run(&scene, &["claude"], 0);
    let _watcher = Watcher::run(scene.room.command(&["watch", "--no-refresh"]));
    let served = |expected: &str| {
        wait::until_true(wait::PATIENCE, "the token is served", || {
            let answer = broker.raw(PROJECT).ask(r#"{"op":"get","name":"claude"}"#);
            answer["value"] == expected
        });
    };
    served(&token(1));
    run(&scene, &["refresh", "--all-due"], 0);
    served(&token(2));
}

/// A watcher that finds the tools and the recipes of the scene.
fn renewing(scene: &Scene) -> Watcher {
    let path = format!("{}:/usr/bin:/bin", scene.tools().display());
    let mut command = scene.command(&["watch"]);
    command.arg0("remo-vault").env("PATH", path);
    Watcher::run(command)
}

#[test]
fn a_token_that_is_about_to_expire_is_renewed_and_served_without_a_person() {
    let scene = scene(60);
    let broker = scene.room.broker();
    scene.room.project(&broker, &["claude"]);
    run(&scene, &["claude"], 0);
    let watcher = renewing(&scene);
    wait::until_true(wait::PATIENCE, "the new token is served", || {
        broker.raw(PROJECT).ask(r#"{"op":"get","name":"claude"}"#)["value"] == token(2)
    });
    watcher.wait_for("replaced claude; expires in 7 h");
    assert_eq!(watcher.count("renewing claude"), 1, "{watcher:?}");
    assert!(!format!("{watcher:?}").contains("tripwire"), "{watcher:?}");
    // It notices a login that is made while it runs, and one that fails waits longer each time.
    scene.tool("claude", &CLAUDE.replace("LEFT_FIRST", "(60)").replace("!= 3", "!= 1"));
    run(&scene, &["claude"], 0);
    watcher.wait_for("claude is due still; tried again in 30 s");
    assert_eq!(watcher.count("renewing claude"), 2, "{watcher:?}");
    assert_eq!(scene.room.reveal("claude"), token(1));
    assert!(watcher.stop(Signal::TERM).success());
    scene.expect_nothing_left(&["sk-ant-oat01-tripwire", "sk-ant-ort01-tripwire"]);
}

#[test]
fn a_renewal_ends_with_the_watcher_and_leaves_no_home() {
    let scene = scene(60);
    run(&scene, &["claude"], 0);
    let process = scene.room.path().join("process");
    let hang = format!("echo $$ > {0}.new; mv {0}.new {0}; exec sleep 600", process.display());
    for signal in [Signal::TERM, Signal::KILL] {
        scene.tool("claude", &hang);
        let watcher = renewing(&scene);
        wait::until_true(wait::PATIENCE, "the tool runs", || process.exists());
        assert!(scene.home().is_some());
        let tool = Pid::from_raw(fs::read_to_string(&process).unwrap().trim().parse().unwrap()).unwrap();
        fs::remove_file(&process).unwrap();
        let by_itself = watcher.stop(signal).code().is_some();
        assert_eq!(by_itself, signal == Signal::TERM);
        let gone = || test_kill_process(tool).is_err() && scene.home().is_none();
        wait::until_true(wait::PATIENCE, "the tool has ended and its home is wiped", gone);
    }
    scene.expect_nothing_left(&["sk-ant-oat01-tripwire", "sk-ant-ort01-tripwire"]);
}

#[test]
fn a_token_that_is_only_shown_is_asked_for_afterwards() {
    let scene = scene(0);
    let path = format!("{}:/usr/bin:/bin", scene.tools().display());
    let mut command = scene.command(&["claude-token"]);
    let input = scene.room.path().join("input");
    fs::write(&input, "sk-ant-oat01-pasted\n").unwrap();
    command.env("PATH", path).stdin(fs::File::open(&input).unwrap());
    let output = command.output().unwrap();
    fs::remove_file(input).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("stored claude; expires in 364 d") || said.contains("expires in 365 d"), "{said}");
    assert_eq!(scene.room.reveal("claude"), "sk-ant-oat01-pasted");
    scene.run(&["refresh", "claude"]).expect(1);
    scene.expect_nothing_left(&["sk-ant-oat01-pasted", "sk-ant-oat01-shown"]);
}
