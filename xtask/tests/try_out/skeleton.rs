//! What two runs of one story have in common, and the capture that it is held against.

use std::fs;
use std::path::Path;

/// How much of a text is shown around a difference, in characters.
const AROUND: usize = 60;

/// The shortest run of hexadecimal digits that is an id, and no word or number.
const ID: usize = 12;

/// Compares what was told with `capture`, a page below the repository's top directory.
#[track_caller]
pub(crate) fn is_told_by(told: &str, capture: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(capture);
    if std::env::var_os("REMO_UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, told).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap();
    let (expected, found) = (skeleton(&committed), skeleton(told));
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
/// the fraction that it may have, becomes one `0`; keys, ids of containers and the name of the place become `*`.
fn skeleton(text: &str) -> Vec<char> {
    let mut rest: Vec<char> =
        without_ids(text).chars().filter(|character| !character.is_whitespace()).collect();
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

/// With every id of a container replaced.
fn without_ids(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character.is_ascii_alphanumeric()) {
        let (before, word) = rest.split_at(start);
        let end = word.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(word.len());
        let (word, behind) = word.split_at(end);
        let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        kept.push_str(before);
        kept.push_str(if word.len() >= ID && word.bytes().all(hexadecimal) { "*" } else { word });
        rest = behind;
    }
    kept + rest
}

#[test]
fn a_skeleton_keeps_words_and_drops_what_differs_from_run_to_run() {
    let skeleton = |text| skeleton(text).into_iter().collect::<String>();
    assert_eq!(skeleton("after 12 ms at 22:42:19.490Z"), skeleton("after 7\n  ms at 01:02:03.1Z"));
    assert_eq!(skeleton("latency_ms=0 ok"), skeleton("latency_ms=0.081 ok"));
    assert_eq!(skeleton("age1qqq\nx"), skeleton("age1zzzz9\nx"));
    assert_eq!(skeleton("gh  1 s ago   yes"), skeleton("gh  just now  yes"));
    assert_eq!(skeleton("9dca62e9c9f7 runs"), skeleton("0123456789abcdef runs"));
    assert_ne!(skeleton("denied"), skeleton("given"));
    assert_ne!(skeleton("1. A 2. B"), skeleton("1. A"));
}
