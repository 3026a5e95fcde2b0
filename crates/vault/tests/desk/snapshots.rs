//! What the commands print, held against files.
//!
//! `REMO_UPDATE_SNAPSHOTS=1 cargo test -p remo-vault --test desk` writes the files anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::normal::normal;
use crate::room::{MANIFEST, Room, answering, write_manifest};

/// A conversation, command by command.
pub(crate) struct Transcript<'a> {
    room: &'a Room,
    shown: String,
}

impl<'a> Transcript<'a> {
    pub(crate) fn new(room: &'a Room) -> Self {
        Self { room, shown: String::new() }
    }

    /// Runs a command, and keeps what was printed.
    pub(crate) fn run(&mut self, line: &str) -> &mut Self {
        let outcome = self.room.run(line);
        writeln!(self.shown, "$ {line}").unwrap();
        self.shown += &outcome.stdout;
        for line in outcome.stderr.lines() {
            writeln!(self.shown, "stderr: {line}").unwrap();
        }
        writeln!(self.shown, "exit status: {}\n", outcome.status).unwrap();
        self
    }

    /// Says what happened between two commands.
    pub(crate) fn note(&mut self, text: &str) -> &mut Self {
        writeln!(self.shown, "# {text}\n").unwrap();
        self
    }

    /// Holds it against the file of this name.
    #[track_caller]
    pub(crate) fn check(&self, name: &str) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/desk/snapshots/{name}.txt"));
        let shown = normal(&self.shown, self.room);
        if std::env::var_os("REMO_UPDATE_SNAPSHOTS").is_some() {
            fs::write(&file, &shown).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        assert!(shown == expected, "{} differs; now it is:\n{shown}", file.display());
    }
}

#[test]
fn help() {
    let room = Room::empty();
    let mut transcript = Transcript::new(&room);
    for name in &crate::room::NAMES[2..] {
        transcript.run(&format!("{name} --help")).run(&format!("{name} --version"));
    }
    transcript.run("remo-vault message --help").check("help");
}

#[test]
fn nothing_is_there_yet() {
    let room = Room::empty();
    let mut transcript = Transcript::new(&room);
    for command in [
        "remo-vend-status",
        "remo-list-creds",
        "remo-test-project web",
        "remo-reload web",
        "remo-vault message",
    ] {
        transcript.run(command);
    }
    transcript.check("nothing-yet");
}

#[test]
fn another_protocol() {
    let room = Room::stocked();
    answering(&room, Some("{\"ok\":true,\"protocol_version\":3}\n"));
    let mut transcript = Transcript::new(&room);
    for command in [
        "remo-vend-status",
        "remo-list-creds",
        "remo-test-project web",
        "remo-reload web",
        "remo-vault message",
    ] {
        transcript.run(command);
    }
    transcript.check("another-protocol");
}

#[test]
fn a_good_day() {
    let room = Room::stocked();
    let broker = room.broker();
    let _watcher = room.watcher();
    room.watcher_becomes("up_to_date");
    room.project(&broker, "web", MANIFEST);
    let mut transcript = Transcript::new(&room);
    transcript
        .run("remo-vault message")
        .run("remo-list-creds")
        .run("remo-test-project web")
        .run("remo-reload web --yes")
        .run("remo-test-project web")
        .run("remo-vend-status")
        .run("remo-vault message")
        .run("remo-reload web")
        .check("good-day");
}

#[test]
fn a_bad_day() {
    let room = Room::stocked();
    let broker = room.broker();
    let web = room.project(&broker, "web", MANIFEST);
    room.run("remo-vault push").expect(0);
    room.run("remo-reload web --yes").expect(0);
    let mut transcript = Transcript::new(&room);
    transcript.note("no watcher runs, and gh is removed from the store");
    room.run("remo-vault remove gh").expect(0);
    transcript.run("remo-list-creds").run("remo-vend-status").run("remo-vault message");
    transcript.note("and pushed by hand");
    room.run("remo-vault push").expect(0);
    transcript.run("remo-test-project web").run("remo-vend-status");
    transcript.note("the manifest asks for more, elsewhere, and for less");
    write_manifest(
        &web,
        "[secrets.npm]\n[secrets.aws]\nfields = { AWS_ID = \"id\", AWS_USER = \"user\" }\n[cache]\ndefault_ttl_seconds = 60\n",
    );
    transcript
        .run("remo-reload web")
        .run("remo-test-project web")
        .run("remo-reload web --yes")
        .run("remo-test-project web");
    transcript.note("the manifest is invalid");
    write_manifest(&web, "[secrets.gh]\nenv_var = \"LD_PRELOAD\"\ncolour = \"red\"\n");
    transcript.run("remo-reload web --yes").run("remo-test-project web");
    transcript.note("the manifest is gone");
    fs::remove_file(web.manifest_path()).unwrap();
    transcript.run("remo-reload web").run("remo-test-project web");
    transcript.note("the broker is cleared");
    room.run("remo-vault clear").expect(0);
    transcript
        .run("remo-vend-status")
        .run("remo-list-creds")
        .run("remo-test-project web")
        .run("remo-vault message");
    transcript
        .run("remo-test-project other")
        .run("remo-reload other")
        .run("remo-reload Not_A_Project")
        .run("remo-reload");
    transcript.check("bad-day");
}
