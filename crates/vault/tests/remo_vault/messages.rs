//! The words of the program, as a person sees them, held against files.
//!
//! `REMO_UPDATE_SNAPSHOTS=1 cargo test -p remo-vault` writes the files anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::room::Room;

/// Runs each command and holds everything that was printed against the file of this name.
#[track_caller]
fn check(name: &str, room: &Room, commands: &[(&[&str], &str)]) {
    let mut shown = String::new();
    for (arguments, input) in commands {
        let outcome = room.feed(arguments, input.as_bytes());
        writeln!(shown, "$ remo-vault {}", arguments.join(" ")).unwrap();
        for (stream, text) in [("", &outcome.stdout), ("stderr: ", &outcome.stderr)] {
            for line in text.lines() {
                writeln!(shown, "{stream}{}", normal(line, room)).unwrap();
            }
        }
        writeln!(shown, "exit status: {}\n", outcome.status).unwrap();
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/remo_vault/snapshots/{name}.txt"));
    if std::env::var_os("REMO_UPDATE_SNAPSHOTS").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &shown).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert!(shown == expected, "{} differs; now it is:\n{shown}", file.display());
}

/// A line without what differs from run to run.
fn normal(line: &str, room: &Room) -> String {
    let room_path = room.path().to_str().unwrap();
    let line = line.replace(room_path, "[ROOM]").replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
    let words = line.split(' ').map(|word| {
        let bare = word.trim_matches(|character| character == '"' || character == ',');
        if bare.len() == "2026-05-31T02:30:00Z".len() && bare.ends_with('Z') && bare.as_bytes()[10] == b'T' {
            word.replace(bare, "[TIME]")
        } else if bare.starts_with("age1") {
            word.replace(bare, "[RECIPIENT]")
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ").trim_end().to_owned()
}

#[test]
fn help() {
    let room = Room::empty();
    check(
        "help",
        &room,
        &[
            (&["--help"], ""),
            (&["set", "--help"], ""),
            (&["get", "--help"], ""),
            (&["list", "--help"], ""),
            (&["remove", "--help"], ""),
            (&["import", "--help"], ""),
            (&["push", "--help"], ""),
            (&["clear", "--help"], ""),
            (&["watch", "--help"], ""),
            (&["tui", "--help"], ""),
            (&["key", "ensure", "--help"], ""),
            (&["--version"], ""),
        ],
    );
}

#[test]
fn a_first_day() {
    let room = Room::empty();
    check(
        "first-day",
        &room,
        &[
            (&["list"], ""),
            (&["set", "gh"], "token\n"),
            (&["key", "ensure"], ""),
            (&["key", "ensure", "--allow-plaintext"], ""),
            (&["set", "gh"], "token\n"),
            (&["set", "gh"], "token\n"),
            (&["set", "gh"], "another\n"),
            (&["set", "aws"], "{\"user\":\"me\",\"password\":\"secret\"}"),
            (&["import", "-"], "NPM_TOKEN=x\nA-B=y\nPRICE=\"$FIVE\"\n"),
            (&["list"], ""),
            (&["list", "--json"], ""),
            (&["get", "aws"], ""),
            (&["get", "aws", "--json"], ""),
            (&["get", "aws", "--reveal"], ""),
            (&["remove", "NPM_TOKEN", "PRICE"], ""),
            (&["key", "ensure"], ""),
        ],
    );
}

#[test]
fn mistakes() {
    let room = Room::with_key();
    room.set("gh", "one");
    check(
        "mistakes",
        &room,
        &[
            (&[], ""),
            (&["st"], ""),
            (&["set"], ""),
            (&["set", "gh", "value"], ""),
            (&["set", "open-ai"], "x"),
            (&["set", "gh"], ""),
            (&["set", "gh"], "{\"a b\":\"x\"}"),
            (&["get", "npm"], ""),
            (&["get", "gh", "--json", "--reveal"], ""),
            (&["remove", "npm"], ""),
            (&["import", "nowhere.env"], ""),
            (&["import", "-"], "A"),
            (&["import", "-"], "gh=two"),
            (&["list", "--source", "other"], ""),
            (&["push"], ""),
            (&["clear"], ""),
            (&["list", "--store", "/nowhere/store.age"], ""),
        ],
    );
}
