//! What a manifest may not do: the complete lists, with reasons.

use std::fmt::Write as _;

use remo_manifest::environment::RESERVED;
use remo_manifest::placement::{HOME, PLACES, REFUSED};

use crate::artifacts::Artifacts;

/// Adds the page.
pub(crate) fn add(artifacts: &mut Artifacts) {
    let mut page = String::from(
        "# Variables and places of a manifest\n\n\
         Made by `cargo xtask gen` from the lists that the parser uses; edits here are overwritten.\n\n\
         ## Reserved variables\n\n\
         A manifest cannot set these, whatever their case: a value there makes some program load, run or trust \
         something. A `*` stands for any run of characters.\n\n\
         | variables | reason |\n|---|---|\n",
    );
    for entry in RESERVED {
        let except =
            if entry.except.is_empty() { String::new() } else { format!("; except {}", code(entry.except)) };
        let _ = writeln!(page, "| {}{except} | {} |", code(entry.patterns), entry.reason);
    }
    let _ = write!(
        page,
        "\n## Places of a file\n\n\
         A `file_path` begins with `{HOME}` (the home of the container's remote user) or with {}.\n\n\
         Below the home these are refused, with everything below them:\n\n\
         | path | reason |\n|---|---|\n",
        PLACES.iter().map(|place| format!("`{place}`")).collect::<Vec<_>>().join(" or ")
    );
    for entry in REFUSED {
        let _ = writeln!(page, "| {} | {} |", code(entry.paths), entry.reason);
    }
    artifacts.add("docs/reference/manifest-limits.md", page);
}

fn code(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
