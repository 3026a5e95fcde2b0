//! The story as a whole, against the capture that the documentation quotes.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::tour::{ended, nobody_knows};
use crate::{programs, skeleton};

/// The tour with the embedded store, and the one with fnox.
const CAPTURES: [&str; 2] = ["docs/try.txt", "docs/try-fnox.txt"];

/// The most columns that a line may have.
const WIDTH: usize = 100;

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

    skeleton::is_told_by(&tour.stdout, capture);
}
