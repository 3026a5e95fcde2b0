//! A project writes its manifest itself: nothing of it may steer the terminal of the person who decides.

use std::fs;

use crate::room::{Room, write_manifest};

/// Nothing but printable ASCII, line ends, and the sign for what was cut.
#[track_caller]
fn harmless(text: &str) {
    let steering: Vec<char> =
        text.chars().filter(|character| !matches!(character, ' '..='~' | '\n' | '…')).collect();
    assert!(steering.is_empty(), "{steering:?} in {text}");
}

const HOSTILE: &[&str] = &[
    // A template that would clear the screen, and one that would write right to left.
    "[secrets.gh]\nfetch_as = \"file\"\nfile_path = \"~/x\"\ntemplate = \"\\u001b[2J\\u001b]0;title\\u0007{{value}}\\r\\u202e\"\n",
    // Names that are none.
    "[secrets.\"a\\u001b[31mb\"]\n",
    "[secrets.gh]\nenv_var = \"A\\u001b[31mB\"\n",
    "[secrets.gh]\nfetch_as = \"file\"\nfile_path = \"~/\\u0007\\n  + gh: nothing\"\n",
    // What a person approves, pushed out of sight.
    "[secrets.gh]\nfetch_as = \"file\"\nfile_path = \"~/x                                        , optional\"\n",
    "\u{9b}31m = 1\n",
    "[secrets.gh]\n\u{202e}env_var = \"x\"\n",
];

#[test]
fn no_manifest_steers_the_terminal() {
    let room = Room::stocked();
    let broker = room.broker();
    room.run("remo-vault push").expect(0);
    let web = room.project(&broker, "web", "");
    let mut shown = 0;
    for manifest in HOSTILE {
        write_manifest(&web, manifest);
        for command in [
            "remo-reload web",
            "remo-test-project web",
            "remo-vend-status",
            "remo-vault message",
            "remo-reload web --yes",
            "remo-test-project web",
        ] {
            let outcome = room.run(command);
            harmless(&outcome.stdout);
            harmless(&outcome.stderr);
            shown += usize::from(outcome.stdout.contains("\\u{1b}[2J"));
        }
    }
    assert!(shown > 0, "what is in a template is shown, escaped");
    write_manifest(
        &web,
        "[secrets.gh]\nfetch_as = \"file\"\nfile_path = \"~/x (mode 0600)      , optional\"\n",
    );
    let text = room.run("remo-reload web").expect(2).stdout;
    assert!(text.contains("in the file \"~/x (mode 0600)      , optional\" (mode 0600)"), "{text}");
    fs::write(web.manifest_path(), [0xff, 0x1b, b'[']).unwrap();
    harmless(&room.run("remo-reload web").expect(1).stdout);
}

#[test]
fn a_name_in_the_store_and_an_argument_do_not_either() {
    let room = Room::stocked();
    let mut command = room.command("remo-test-project");
    let outcome = room.outcome(command.arg("a\u{1b}[2J").output().unwrap()).expect(2);
    harmless(&outcome.stderr);
    let mut command = room.command("remo-vend-status");
    let socket = room.path().join("\u{1b}[2Jsocket");
    let outcome = room.outcome(command.arg("--admin-socket").arg(socket).output().unwrap()).expect(4);
    harmless(&outcome.stdout);
    assert!(outcome.stdout.contains("\\u{1b}[2Jsocket"), "{}", outcome.stdout);
}
