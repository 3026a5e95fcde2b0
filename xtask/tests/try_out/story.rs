//! The story as a whole, against the capture that the documentation quotes.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::programs;
use crate::tour::{ended, nobody_knows};

/// The tour with the embedded store, and the one with fnox.
const CAPTURES: [&str; 2] = ["docs/try.txt", "docs/try-fnox.txt"];

/// The most columns that a line may have.
const WIDTH: usize = 100;

/// How much of a text is shown around a difference, in characters.
const AROUND: usize = 60;

#[test]
fn the_tour_tells_the_committed_story_and_leaves_nothing() {
    tells(&[], CAPTURES[0]);
}

#[test]
fn the_tour_with_fnox_tells_its_committed_story_and_leaves_nothing() {
    use std::io::Write as _;
    if programs::fnox().is_some() {
        tells(&["--fnox"], CAPTURES[1]);
    } else {
        let _ = writeln!(
            std::io::stderr(),
            "skipped: the_tour_with_fnox_tells_its_committed_story_and_leaves_nothing: there is no fnox; cargo xtask \
             test fetches it, or name one with REMO_FNOX"
        );
    }
}

fn tells(arguments: &[&str], capture: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(capture);
    let mut command = Command::new(programs::xtask());
    command.args(["try", "--programs"]).arg(programs::real()).args(arguments);
    command.stdin(Stdio::null()).env_remove("XDG_RUNTIME_DIR");
    let tour = ended(&command.output().unwrap());
    assert_eq!(tour.code, Some(0), "{tour:?}");

    let legend = tour.stdout.lines().find_map(|line| line.trim_start().strip_prefix("$TRY ")).unwrap();
    let place = Path::new(legend.trim_start().split_once(':').unwrap().0);
    assert!(!place.exists(), "{} is left behind", place.display());
    nobody_knows(place);

    assert!(!tour.stdout.contains('\x1b'), "a pipe gets no colours");
    for line in tour.stdout.lines() {
        assert!(line.chars().count() <= WIDTH, "too wide: {line}");
    }

    if std::env::var_os("REMO_UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &tour.stdout).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap();
    let (expected, found) = (skeleton(&committed), skeleton(&tour.stdout));
    if expected != found {
        let same = expected.iter().zip(&found).take_while(|(expected, found)| expected == found).count();
        let around = |text: &[char]| -> String {
            text[same.saturating_sub(AROUND)..text.len().min(same + AROUND)].iter().collect()
        };
        panic!(
            "the story differs from {capture} (blanks and numbers aside):\n- {}\n+ {}\n\
             write it anew with REMO_UPDATE_SNAPSHOTS=1",
            around(&expected),
            around(&found)
        );
    }
}

/// What is the same in every run. Line breaks depend on the length of numbers, so blanks go; every number, with
/// the fraction that it may have, becomes one `0`; keys, ids and the name of the place become `*`.
fn skeleton(text: &str) -> Vec<char> {
    let mut rest: Vec<char> = text.chars().filter(|character| !character.is_whitespace()).collect();
    for random in ["age1", "\"instance_id\":\"", "remo-try."] {
        rest = without_word_behind(&rest, &random.chars().collect::<Vec<_>>());
    }
    let mut skeleton: Vec<char> = Vec::new();
    for (index, &character) in rest.iter().enumerate() {
        let next_is_digit = rest.get(index + 1).is_some_and(char::is_ascii_digit);
        let in_number = skeleton.last() == Some(&'0');
        if character.is_ascii_digit() {
            if !in_number {
                skeleton.push('0');
            }
        } else if !(character == '.' && in_number && next_is_digit) {
            skeleton.push(character);
        }
    }
    // How long ago something was, in words: the next second begins at any moment.
    let skeleton: String = skeleton.into_iter().collect();
    skeleton.replace("justnow", "0sago").chars().collect()
}

fn without_word_behind(text: &[char], prefix: &[char]) -> Vec<char> {
    let mut kept = Vec::new();
    let mut index = 0;
    while index < text.len() {
        kept.push(text[index]);
        index += 1;
        if kept.ends_with(prefix) {
            kept.push('*');
            while text.get(index).is_some_and(char::is_ascii_alphanumeric) {
                index += 1;
            }
        }
    }
    kept
}

#[test]
fn a_skeleton_keeps_words_and_drops_what_differs_from_run_to_run() {
    let skeleton = |text| skeleton(text).into_iter().collect::<String>();
    assert_eq!(skeleton("after 12 ms at 22:42:19.490Z"), skeleton("after 7\n  ms at 01:02:03.1Z"));
    assert_eq!(skeleton("latency_ms=0 ok"), skeleton("latency_ms=0.081 ok"));
    assert_eq!(skeleton("age1qqq\nx"), skeleton("age1zzzz9\nx"));
    assert_eq!(skeleton("gh  1 s ago   yes"), skeleton("gh  just now  yes"));
    assert_ne!(skeleton("denied"), skeleton("given"));
    assert_ne!(skeleton("1. A 2. B"), skeleton("1. A"));
}
