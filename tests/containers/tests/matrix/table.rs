//! The table of the matrix, on standard error past the harness's capture, and in the folder of the build.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use remo_testkit::Scan;

use crate::demands::{Column, Outcome};

/// What the columns mean.
const LEGEND: &str = "\
hooks    every lifecycle command of the user had the variable and the file
command  the image's own command had the variable (*: no secrets, as documented)
exec     a command that the tooling starts had the variable
shells   login and interactive shells had the variable: sh, and where they are installed bash, zsh, fish
files    content, mode 0600, owner, reached through a link into memory
closed   other users got nothing; the pinned manifest and the socket's directory could not be changed or moved
inspect  no value in the engine's account of container, image, history and log
restart  all of it after a stop and a start
rebuild  all of it in a new container";

/// Prints it.
pub(crate) fn print(outcomes: &[Outcome], scan: &Scan) {
    let width = outcomes.iter().map(|outcome| outcome.title.len()).max().unwrap_or_default();
    let mut text = format!("{:2}  {:width$}", "", "");
    for (_, name) in Column::ALL {
        let _ = write!(text, "  {name:7}");
    }
    for outcome in outcomes {
        let _ = write!(text, "\n{:2}  {:width$}", outcome.number, outcome.title);
        for (column, _) in Column::ALL {
            let _ = write!(text, "  {:7}", cell(outcome, column));
        }
        text.truncate(text.trim_end().len());
    }
    let scanned = match scan {
        Scan::Clean { bytes } => format!("no value in {} MiB that the engine keeps on disk", bytes >> 20),
        other => format!("{other:?}"),
    };
    let _ = write!(text, "\n\n{scanned}\n\n{LEGEND}\n");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("feature-matrix.txt");
    std::fs::write(&file, &text).expect("a file for the table");
    let _ = write!(std::io::stderr(), "\n{text}\nkept as {}\n", file.display());
}

fn cell(outcome: &Outcome, column: Column) -> &'static str {
    if outcome.failures.iter().any(|(failed, _)| *failed == column) {
        "FAILS"
    } else if outcome.met.contains(&column) {
        if column == Column::Command && outcome.title.ends_with("third one") { "pass*" } else { "pass" }
    } else {
        "-"
    }
}
