//! How a try-out can be ended early, and stays clean.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::programs;
use crate::tour::{Room, finished};

fn send(child: &Child, signal: Signal) {
    let process = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(process, signal).unwrap();
}

/// Reads the story up to a line that contains `text`; the rest is still to be read.
fn read_up_to(child: &mut Child, text: &str) -> BufReader<std::process::ChildStdout> {
    let mut story = BufReader::new(child.stdout.take().unwrap());
    loop {
        let mut line = String::new();
        assert_ne!(story.read_line(&mut line).unwrap(), 0, "the story ended before it said {text:?}");
        if line.contains(text) {
            return story;
        }
    }
}

#[test]
fn keep_stays_until_enter() {
    let room = Room::new();
    let mut child = room.command(&["--keep"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut story = read_up_to(&mut child, "Press Enter");
    assert_eq!(std::fs::read_dir(room.path()).unwrap().count(), 1, "everything is there to be explored");
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let mut rest = String::new();
    story.read_to_string(&mut rest).unwrap();
    assert_eq!(finished(child).code, Some(0));
    assert!(rest.contains("no process is left, and no directory"), "{rest}");
    room.is_empty();
}

#[test]
fn keep_without_a_terminal_stays_until_a_signal() {
    for signal in [Signal::INT, Signal::TERM] {
        let room = Room::new();
        let mut child = room.command(&["--keep"]).spawn().unwrap();
        let mut story = read_up_to(&mut child, "Press Enter");
        assert!(child.try_wait().unwrap().is_none(), "the end of standard input is no Enter");
        send(&child, signal);
        story.read_to_string(&mut String::new()).unwrap();
        assert_eq!(finished(child).code, Some(0));
        room.is_empty();
    }
}

#[test]
fn a_signal_in_the_middle_of_a_step_ends_everything() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let room = Room::new();
        // A step that would take ten minutes.
        let slow = programs::with_script("remo-vault", r#"case "$1" in push) exec sleep 600;; esac"#);
        let mut child = room.command_with(slow.path(), &[]).spawn().unwrap();
        let mut story = read_up_to(&mut child, "remo-vault push");
        // The line before it mentions the command too; this one is typed.
        read_line_with(&mut story, "vault$ remo-vault push");
        send(&child, signal);
        story.read_to_string(&mut String::new()).unwrap();
        let ended = finished(child);
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(ended.stderr.contains("interrupted"), "{ended:?}");
        room.is_empty();
    }
}

fn read_line_with(story: &mut impl std::io::BufRead, text: &str) {
    let mut line = String::new();
    while !line.contains(text) {
        line.clear();
        assert_ne!(story.read_line(&mut line).unwrap(), 0, "the story ended before it said {text:?}");
    }
}

#[test]
fn a_signal_during_the_users_command_is_passed_on_to_it() {
    let room = Room::new();
    let script = "trap 'exit 5' TERM; echo ready; while :; do sleep 600 & wait $!; done";
    let mut child = room.command(&["--", "sh", "-c", script]).spawn().unwrap();
    let mut output = read_up_to(&mut child, "ready");
    send(&child, Signal::TERM);
    output.read_to_string(&mut String::new()).unwrap();
    let ended = finished(child);
    assert_eq!(ended.code, Some(5), "{ended:?}");
    room.is_empty();
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let room = Room::new();
    let mut child = room.command(&[]).spawn().unwrap();
    drop(read_up_to(&mut child, "1. A vault"));
    let ended = finished(child);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(141), ""), "{ended:?}");
    room.is_empty();
}
