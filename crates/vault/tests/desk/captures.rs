//! The captures that the guides show: made by running the commands, and held against what they print now.
//!
//! `REMO_UPDATE_SNAPSHOTS=1 cargo test -p remo-vault --test desk` makes them anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::normal::normal;
use crate::room::{MANIFEST, Room, write_manifest};

/// Runs `lines` and holds everything that they print against `docs/captures/NAME.txt`.
#[track_caller]
fn check(room: &Room, name: &str, lines: &[&str]) {
    let mut shown = String::new();
    for line in lines {
        let outcome = room.run(line);
        // As a person types it who has the usual places.
        writeln!(shown, "$ {line}").unwrap();
        shown += &outcome.stdout;
        shown += &outcome.stderr;
        if outcome.status != 0 {
            writeln!(shown, "(exit status {})", outcome.status).unwrap();
        }
        shown.push('\n');
    }
    let shown =
        shown.trim_end().replace(&format!("{}/vault", room.path().display()), "/var/lib/remo-vault") + "\n";
    let shown = shown.replace(room.path().to_str().unwrap(), "/run/remo-broker");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/captures/{name}.txt"));
    let before = fs::read_to_string(&file).unwrap_or_default();
    if std::env::var_os("REMO_UPDATE_SNAPSHOTS").is_some() && normal(&before, room) != normal(&shown, room) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &shown).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(normal(&kept, room) == normal(&shown, room), "{} differs; now it is:\n{shown}", file.display());
}

#[test]
fn a_day_in_the_vault() {
    let room = Room::stocked();
    let broker = room.broker();
    let web = room.project(&broker, "web", "[secrets.gh]\nenv_var = \"GH_TOKEN\"\n");
    let _watcher = room.watcher();
    room.watcher_becomes("up_to_date");
    room.run("remo-reload web --yes").expect(0);
    check(&room, "enter", &["remo-vault message"]);
    check(&room, "list-creds", &["remo-list-creds"]);
    check(&room, "vend-status", &["remo-vend-status"]);
    write_manifest(&web, MANIFEST);
    check(&room, "widen", &["remo-test-project web", "remo-reload web --yes", "remo-test-project web"]);
    room.run("remo-vault clear").expect(0);
    check(&room, "vend-status-bad", &["remo-vend-status", "remo-vault message"]);
}

/// The guide that shows them, each in the block below its mark.
#[test]
fn the_guide_shows_the_captures() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let guide = docs.join("guides/daily.md");
    let text = fs::read_to_string(&guide).unwrap();
    let mut parts = text.split("<!-- capture: ");
    let mut filled = parts.next().unwrap().to_owned();
    let mut count = 0;
    for part in parts {
        let (name, rest) = part.split_once(" -->\n```\n").unwrap();
        let (_, rest) = rest.split_once("```\n").unwrap();
        let capture = fs::read_to_string(docs.join(format!("captures/{name}.txt"))).unwrap();
        write!(filled, "<!-- capture: {name} -->\n```\n{capture}```\n{rest}").unwrap();
        count += 1;
    }
    if std::env::var_os("REMO_UPDATE_SNAPSHOTS").is_some() {
        fs::write(&guide, &filled).unwrap();
    }
    assert_eq!(count, 5);
    assert!(filled == fs::read_to_string(&guide).unwrap(), "{} shows something else", guide.display());
}
