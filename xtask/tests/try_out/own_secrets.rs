//! The user's own secrets and commands.

use std::fs;
use std::path::PathBuf;

use crate::tour::Room;

/// A value of the user's, which no story may show.
const VALUE: &str = "tripwire-9f1c $x 'y'";

fn env_file(room: &Room, text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir_in(room.path().parent().unwrap()).unwrap();
    let file = directory.path().join("my.env");
    fs::write(&file, text).unwrap();
    (directory, file)
}

#[test]
fn the_exit_status_of_the_users_command_is_passed_on() {
    let room = Room::new();
    let ended = room.run(&["--", "sh", "-c", "exit 7"]);
    assert_eq!(ended.code, Some(7), "{ended:?}");
    assert_eq!(ended.stdout, "", "standard output belongs to the command");
    assert!(ended.stderr.contains("your command ended with exit status 7"), "{ended:?}");
    room.is_empty();
}

#[test]
fn a_command_that_is_not_there_is_reported_as_a_shell_would() {
    let room = Room::new();
    let ended = room.run(&["--", "/not/there"]);
    assert_eq!(ended.code, Some(127));
    assert!(ended.stderr.contains("(exit status 127: /not/there was not found"), "{ended:?}");
    assert!(!ended.stderr.contains("ok: your command"), "{ended:?}");
    room.is_empty();
}

#[test]
fn the_users_command_gets_the_samples_when_nothing_else_is_named() {
    let room = Room::new();
    let ended = room.run(&["--", "sh", "-c", "echo $SAMPLE_TOKEN; cat"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "SAMPLE-token-4711\n"));
    room.is_empty();
}

#[test]
fn processes_that_the_command_leaves_behind_are_ended() {
    let room = Room::new();
    let ended = room.run(&["--", "sh", "-c", "sleep 600 </dev/null >/dev/null 2>&1 & echo started"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "started\n"), "{ended:?}");
    assert!(ended.stderr.contains("1 more process had been left behind"), "{ended:?}");
    room.is_empty();
}

#[test]
fn variables_of_a_file_reach_the_command_and_no_other_eye() {
    let room = Room::new();
    let quoted = VALUE.replace('\'', "'\\''");
    let text =
        format!("# mine\nAPI_KEY=\"{VALUE}\"\nexport OTHER=plain\n", VALUE = VALUE.replace('$', "\\$"));
    let (_directory, file) = env_file(&room, &text);
    let script = format!("test \"$API_KEY\" = '{quoted}' && test \"$OTHER\" = plain && echo arrived");
    let ended = room.run(&["--env-file", file.to_str().unwrap(), "--", "sh", "-c", &script]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "arrived\n"), "{ended:?}");
    assert!(!ended.stderr.contains("tripwire"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("SAMPLE-"), "no samples beside a command with secrets of its own");
    room.is_empty();
}

#[test]
fn the_tour_shows_only_the_length_of_the_users_own_secrets() {
    let room = Room::new();
    let (_directory, file) = env_file(&room, "API_KEY=tripwire-9f1c\nLOGIN={\"user\":\"tripwire-9f1c-u\"}\n");
    let ended = room.run(&["--env-file", file.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("API_KEY: 13 characters\n"), "{}", ended.stdout);
    assert!(ended.stdout.contains("LOGIN_USER: 15 characters\n"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("tripwire") && !ended.stderr.contains("tripwire"), "{ended:?}");
    room.is_empty();
}

#[test]
fn a_value_on_standard_input_reaches_the_command() {
    let room = Room::new();
    let arguments = ["--secret", "MINE", "--", "sh", "-c", "test \"$MINE\" = tripwire-9f1c && echo arrived"];
    let ended = room.run_with_input(&arguments, "tripwire-9f1c\n");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "arrived\n"), "{ended:?}");
    assert!(!ended.stderr.contains("tripwire"), "{}", ended.stderr);
    let two = room.run_with_input(&["--secret", "A", "--secret", "B", "--", "true"], "x\n");
    assert_eq!(two.code, Some(1));
    assert!(two.stderr.contains("hint: give several with --env-file FILE"), "{two:?}");
    room.is_empty();
}

#[test]
fn what_may_be_a_value_on_the_command_line_is_refused_and_not_repeated() {
    let room = Room::new();
    for arguments in [&["--secret", "GH=tripwire"][..], &["--secret", "GH", "tripwire"], &["tripwire", "x"]] {
        let ended = room.run(arguments);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains("\nhint: ") && !ended.stderr.contains("tripwire"), "{ended:?}");
    }
    room.is_empty();
}

#[test]
fn secrets_that_cannot_be_taken_end_it_in_words_that_help() {
    let room = Room::new();
    let missing = room.run(&["--env-file", "/not/there.env"]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.stderr.contains("cannot read /not/there.env"), "{missing:?}");
    for (text, said) in [
        ("PATH=x\nLD_PRELOAD=x\n", "nothing is left to give to your command: LD_PRELOAD, PATH is reserved"),
        ("# nothing\n", "has no variable that can be taken\nhint: "),
        ("A=\"x\n", "cannot be taken, for the reason above\nhint: "),
        ("SAMPLE_X=x\n", "SAMPLE_X is a name of the tour's own samples"),
        ("A-B=x\n", "has no variable that can be taken"),
        ("A-B=x\n", "line 1: what is before the = is not a secret name"),
    ] {
        let (_directory, file) = env_file(&room, text);
        let ended = room.run(&["--env-file", file.to_str().unwrap(), "--", "true"]);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(said), "{ended:?}");
        assert!(!ended.stderr.contains("what the story says"), "{ended:?}");
        room.is_empty();
    }
    let empty = room.run_with_input(&["--secret", "MINE", "--", "true"], "");
    assert_eq!(empty.code, Some(1));
    assert!(
        empty.stderr.contains("there is no value for MINE") && !empty.stderr.contains("--allow-empty"),
        "{empty:?}"
    );
    room.is_empty();
}

#[test]
fn what_an_ordinary_file_has_beside_secrets_is_left_out_and_the_rest_goes_on() {
    let room = Room::new();
    let text = "bad-name=1\nNODE_OPTIONS=x\nGIT_SSH_COMMAND=x\nEMPTY=\nAPI_KEY=tripwire-9f1c\n";
    let (_directory, file) = env_file(&room, text);
    let ended =
        room.run(&["--env-file", file.to_str().unwrap(), "--", "sh", "-uc", "echo ${#API_KEY}$EMPTY"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "13\n"), "{ended:?}");
    for said in ["the lines with a warning are left out", "(left out of it: GIT_SSH_COMMAND, NODE_OPTIONS."] {
        assert!(ended.stderr.contains(said), "{ended:?}");
    }
    let tour = room.run(&["--env-file", file.to_str().unwrap()]);
    assert_eq!(tour.code, Some(0), "{tour:?}");
    assert!(tour.stdout.contains("EMPTY: 0 characters\n"), "{}", tour.stdout);
    room.is_empty();
}
