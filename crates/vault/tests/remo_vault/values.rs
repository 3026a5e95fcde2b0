//! How values come in, and what they may be.

use std::fs;
use std::process::{Command, Stdio};

use crate::room::{BINARY, Room, wait_until};

#[test]
fn a_line_end_of_a_single_line_is_not_part_of_the_value() {
    let room = Room::with_key();
    for (arguments, input, value) in [
        (&["set", "v"][..], "token\n", "token"),
        (&["set", "v"], "token\r\n", "token"),
        (&["set", "v"], "  token ", "  token "),
        (&["set", "v"], "-----BEGIN\nx\n-----END\n", "-----BEGIN\nx\n-----END\n"),
        (&["set", "v", "--keep-newline"], "token\n", "token\n"),
        (&["set", "v", "--trim"], "a\nb\n", "a\nb"),
    ] {
        room.feed(arguments, input.as_bytes()).expect(0);
        assert_eq!(room.reveal("v"), value, "{arguments:?} {input:?}");
    }
    assert_eq!(room.feed(&["set", "v", "--trim", "--keep-newline"], b"x").expect(2).stdout, "");
}

#[test]
fn bytes_that_are_not_text_come_out_as_they_went_in() {
    let room = Room::with_key();
    let bytes: Vec<u8> = (0..=u8::MAX).chain([b'\n', b'x']).collect();
    room.feed(&["set", "bytes"], &bytes).expect(0);
    let revealed = room.command(&["get", "bytes", "--reveal"]).output().unwrap();
    assert_eq!(revealed.stdout, bytes);
}

#[test]
fn an_empty_value_is_refused_unless_it_is_meant() {
    let room = Room::with_key();
    for nothing in ["", "\n"] {
        let refused = room.feed(&["set", "v"], nothing.as_bytes()).expect(1);
        assert!(refused.stderr.contains("the value is empty; nothing was stored"), "{}", refused.stderr);
    }
    assert!(!room.store().exists());
    room.feed(&["set", "v", "--allow-empty"], b"").expect(0);
    assert_eq!(room.reveal("v"), "");
}

#[test]
fn bundles_scalars_and_what_is_neither() {
    let room = Room::with_key();
    let object = r#"{"b": "2", "a": "1"}"#;
    assert_eq!(room.feed(&["set", "v"], object.as_bytes()).expect(0).stderr, "stored v (bundle of a, b)\n");
    assert_eq!(
        room.feed(&["set", "v", "--scalar"], object.as_bytes()).expect(0).stderr,
        "replaced v (scalar)\n"
    );
    assert_eq!(room.reveal("v"), object);
    for (input, problem) in [
        (r#"{"tripwire-field":"x"}"#, "a field's name is not 1 to 128 characters"),
        (r#"{"a":"x","a":"tripwire"}"#, "in which a field occurs twice"),
    ] {
        let refused = room.feed(&["set", "w"], input.as_bytes()).expect(1);
        assert!(refused.stderr.contains(problem), "{}", refused.stderr);
        assert!(refused.stderr.contains("remo-vault set w --scalar"), "{}", refused.stderr);
        assert!(!refused.stderr.contains("tripwire"), "{}", refused.stderr);
    }
    assert_eq!(room.names(), ["v"]);
}

#[test]
fn names_that_are_none_are_a_usage_error_that_does_not_repeat_them() {
    let room = Room::with_key();
    let long = "x".repeat(129);
    for name in ["tripwire-name", "tripwire.name", "", "ä", "a b", "../x", &long] {
        let refused = room.feed(&["set", name], b"value").expect(2);
        assert!(refused.stderr.contains("a secret name has 1 to 128 characters"), "{}", refused.stderr);
        assert!(!refused.stderr.contains("tripwire"), "{}", refused.stderr);
    }
    assert!(!room.store().exists());
    room.set(&"x".repeat(128), "value");
}

#[test]
fn a_value_in_an_argument_is_refused_without_being_repeated() {
    let room = Room::with_key();
    for arguments in [
        &["set", "gh", "tripwire"][..],
        &["set", "gh", "--scalar", "tripwire", "more"],
        &["set", "gh", "--token=tripwire"],
        &["set", "gh", "--value", "tripwire"],
        &["set", "gh", "-----BEGIN tripwire"],
        &["set", "gh", "--", "tripwire"],
    ] {
        let refused = room.feed(arguments, b"value").expect(2);
        assert!(refused.stderr.contains("stays in the shell's history"), "{arguments:?} {}", refused.stderr);
        assert!(!refused.stderr.contains("tripwire"), "{}", refused.stderr);
        assert!(!room.store().exists());
    }
}

#[test]
fn a_value_that_can_never_be_pushed_is_refused() {
    let room = Room::with_key();
    let refused = room.feed(&["set", "big"], &vec![b'x'; 1024 * 1024 + 1]).expect(1);
    assert!(refused.stderr.contains("standard input holds more than 1048576 bytes"), "{}", refused.stderr);
    assert!(!room.store().exists());
    room.feed(&["set", "a"], &vec![b'x'; 700_000]).expect(0);
    let refused = room.feed(&["set", "b"], &vec![b'x'; 700_000]).expect(1);
    let sizes = "one push carries at most 1048576; the largest: a (700002 bytes), b (700002 bytes)";
    assert!(refused.stderr.contains(sizes), "{}", refused.stderr);
    assert!(!refused.stderr.contains("xxx"), "{}", refused.stderr);
    assert_eq!(room.names(), ["a"]);
}

/// Whether the terminal that `script` made for its child is told not to show what is typed.
fn does_not_echo(script: u32) -> bool {
    let children = fs::read_to_string(format!("/proc/{script}/task/{script}/children")).unwrap();
    let Some(child) = children.split_whitespace().next() else { return false };
    let Ok(terminal) = fs::read_link(format!("/proc/{child}/fd/0")) else { return false };
    let settings = Command::new("stty").arg("-F").arg(terminal).arg("-a").output().unwrap();
    String::from_utf8_lossy(&settings.stdout).split_whitespace().any(|setting| setting == "-echo")
}

/// Types at the prompt through a real terminal, which `script` (util-linux) makes; where the name is stored already, it
/// `replaces` that.
fn type_at_prompt(room: &Room, replaces: bool, entries: [&str; 2]) -> (bool, String) {
    let transcript = room.path().join("transcript");
    let _ = fs::remove_file(&transcript);
    let mut script = Command::new("script");
    script
        .args(["--quiet", "--return", "--flush", "--command"])
        .arg(format!("{BINARY} set typed"))
        .arg(&transcript)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("SHELL", "/bin/sh")
        .env("REMO_VAULT_STORE", room.store())
        .env("REMO_VAULT_KEY_FILE", room.key())
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    let mut child = script.spawn().expect("script (util-linux) is installed");
    let mut terminal = child.stdin.take().unwrap();
    let shown = || fs::read_to_string(&transcript).unwrap_or_default();
    if replaces {
        wait_until("the question", || shown().contains("[y/N] "));
        std::io::Write::write_all(&mut terminal, b"y\n").unwrap();
    }
    for (prompt, entry) in ["(not shown): ", "once more: "].into_iter().zip(entries) {
        wait_until(prompt, || shown().contains(prompt));
        assert!(does_not_echo(child.id()), "a prompt on a terminal that shows what is typed");
        std::io::Write::write_all(&mut terminal, format!("{entry}\n").as_bytes()).unwrap();
    }
    let status = child.wait().unwrap();
    (status.success(), shown())
}

#[test]
fn a_value_is_typed_twice_at_a_prompt_that_does_not_show_it() {
    let room = Room::with_key();
    let (stored, shown) = type_at_prompt(&room, false, ["tripwire one", "tripwire one"]);
    assert!(stored, "{shown}");
    assert!(!shown.contains("tripwire"), "{shown}");
    assert_eq!(room.reveal("typed"), "tripwire one");

    let (stored, shown) = type_at_prompt(&room, true, ["tripwire two", "tripwire three"]);
    assert!(!stored, "{shown}");
    assert!(shown.contains("the two entries differ; nothing was stored"), "{shown}");
    assert!(!shown.contains("tripwire"), "{shown}");
    assert_eq!(room.reveal("typed"), "tripwire one");
}
