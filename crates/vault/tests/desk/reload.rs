//! `remo-reload`: what was shown is what is approved, or nothing is.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use remo_testkit::{Broker, Project};

use crate::room::{MANIFEST, Room, write_manifest};

fn pinned(broker: &Broker, project: &Project) -> Vec<String> {
    let pin = broker.manifest(project).unwrap().pinned;
    pin.map(|pin| pin.bindings.keys().map(ToString::to_string).collect()).unwrap_or_default()
}

#[test]
fn without_a_terminal_and_without_yes_nothing_is_approved() {
    let room = Room::stocked();
    let broker = room.broker();
    let web = room.project(&broker, "web", MANIFEST);
    let outcome = room.run("remo-reload web").expect(2);
    assert!(outcome.stdout.contains("+ gh: variable GH_TOKEN, required"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("hint: approve it without a question: remo-reload web --yes"));
    room.run("remo-reload web --json").expect(2);
    assert!(pinned(&broker, &web).is_empty());
    let json = room.run("remo-reload web --yes --json").expect(0).json();
    assert_eq!(json["approved"], true);
    assert_eq!(json["allowlist"], serde_json::json!(["aws", "gh"]));
    assert_eq!(json["missing"], serde_json::json!(["aws", "gh"]), "nothing was pushed");
    assert_eq!(pinned(&broker, &web), ["aws", "gh"]);
    let json = room.run("remo-reload web --json").expect(0).json();
    assert_eq!((&json["manifest"], &json["approved"]), (&"pinned".into(), &false.into()));
}

#[test]
fn every_part_of_a_change_is_shown() {
    let room = Room::stocked();
    let broker = room.broker();
    let web = room.project(&broker, "web", MANIFEST);
    room.run("remo-reload web --yes").expect(0);
    let changed = "
[secrets.aws]
fetch_as = \"file\"
file_path = \"~/.config/aws\"
template = \"id={{id}} key={{key}}\"
required = false
[secrets.npm]
";
    write_manifest(&web, changed);
    let text = room.run("remo-reload web").expect(2).stdout;
    for line in [
        "  ~ aws: file_path is now ~/.config/aws (was ~/.aws/credentials)",
        "  ~ aws: is now optional (was required)",
        "  + npm: variable NPM, required",
        "  - gh: no more variable GH_TOKEN, required",
        "  read the secret npm in the environment variable NPM",
        "  still read the secret aws in the file ~/.config/aws (mode 0600)",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}\nis not in\n{text}");
    }
    assert!(text.contains("  ~ aws: template, from line 1, is now \"id={{id}} key={{key}}\""), "{text}");
    // Another text that asks for the same.
    write_manifest(&web, &format!("# a comment\n{MANIFEST}"));
    let text = room.run("remo-reload web --yes").expect(0).stdout;
    assert!(text.contains("It asks for the same"), "{text}");
    assert!(room.run("remo-reload web").expect(0).stdout.contains("nothing to approve"));
}

/// The way to the real broker, on which the manifest is rewritten just before each of the first `times` approvals
/// arrives.
fn rewriting(room: &Room, web: &Project, times: usize) -> (PathBuf, Arc<AtomicUsize>) {
    let (path, behind) = (room.path().join("between.sock"), room.directory.admin_socket());
    let listener = UnixListener::bind(&path).unwrap();
    let rewritten = Arc::new(AtomicUsize::new(0));
    let (web, count) = (web.clone(), Arc::clone(&rewritten));
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut broker = UnixStream::connect(&behind).unwrap();
            let mut answers = BufReader::new(broker.try_clone().unwrap());
            let mut requests = BufReader::new(stream.try_clone().unwrap());
            let mut stream = stream;
            let mut line = String::new();
            while requests.read_line(&mut line).is_ok_and(|length| length > 0) {
                if line.contains("\"op\":\"reload\"") && count.load(Ordering::SeqCst) < times {
                    let round = count.fetch_add(1, Ordering::SeqCst);
                    write_manifest(&web, &format!("[secrets.everything_{round}]\n"));
                }
                broker.write_all(line.as_bytes()).unwrap();
                line.clear();
                answers.read_line(&mut line).unwrap();
                stream.write_all(line.as_bytes()).unwrap();
                line.clear();
            }
        }
    });
    (path, rewritten)
}

#[test]
fn a_manifest_that_changes_between_the_question_and_the_answer_is_not_approved() {
    let room = Room::stocked();
    let broker = room.broker();
    let web = room.project(&broker, "web", MANIFEST);
    let (between, rewritten) = rewriting(&room, &web, 1);
    let outcome = room.run(&format!("remo-reload web --yes --admin-socket {}", between.display())).expect(1);
    assert_eq!(rewritten.load(Ordering::SeqCst), 1, "it was rewritten on the way");
    assert!(outcome.stderr.contains("changed while it was read; nothing was approved"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("hint: see what it asks for now: remo-reload web"));
    assert!(pinned(&broker, &web).is_empty(), "neither what was shown nor what came after");
    // The one that is there now can be approved, once it was seen.
    let text =
        room.run(&format!("remo-reload web --yes --admin-socket {}", between.display())).expect(0).stdout;
    assert!(text.contains("+ everything_0: variable EVERYTHING_0"), "{text}");
    assert_eq!(pinned(&broker, &web), ["everything_0"]);
}

#[test]
fn what_cannot_be_approved_says_why_and_changes_nothing() {
    let room = Room::stocked();
    let broker = room.broker();
    let web = room.project(&broker, "web", MANIFEST);
    room.run("remo-reload web --yes").expect(0);
    write_manifest(&web, "[secrets.gh]\nenv_var = \"BASH_ENV\"\n[secrets.npm]\ncolour = 1\n");
    let text = room.run("remo-reload web --yes").expect(1).stdout;
    assert!(text.contains("`BASH_ENV` is a reserved variable"), "{text}");
    assert!(text.contains("secrets.npm.colour"), "all problems at once: {text}");
    std::fs::remove_file(web.manifest_path()).unwrap();
    let text = room.run("remo-reload web --yes").expect(1).stdout;
    assert!(text.contains("the manifest is missing; what you approved stays in force"), "{text}");
    assert_eq!(pinned(&broker, &web), ["aws", "gh"]);
}
