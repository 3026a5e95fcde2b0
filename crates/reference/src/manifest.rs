//! What a manifest may not do: the complete lists, with reasons.

use std::fmt::Write as _;

use remo_manifest::environment::RESERVED;
use remo_manifest::placement::{ANYWHERE, HOME, PLACES, REFUSED, Refused};

use crate::artifacts::Artifacts;

/// Adds the page.
pub(crate) fn add(artifacts: &mut Artifacts) {
    let mut page = String::from(
        "# Variables and places of a manifest\n\n\
         Made by `cargo xtask gen` from the lists that the parser uses; edits here are overwritten.\n\n\
         ## Reserved variables\n\n\
         A manifest cannot set these, whatever their case: a value there makes some program load, run or trust \
         something. A `*` stands for any run of characters. The shapes at the end catch variables of programs \
         that the list does not know; names that end like a credential are free of them where the row says so. \
         A program may still obey a variable that is not here: look at each name before you approve it.\n\n\
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
         A `file_path` is printable ASCII, so that no path looks like another one. It begins with `{HOME}` (the home of the container's remote user) or with {}.\n\n\
         Below the home the following are refused, whatever their case, with everything below them. The list is \
         what is known, not all that exists: any program may obey a file of its own. Look at each path before \
         you approve it.\n\n\
         | path | reason |\n|---|---|\n",
        PLACES.iter().map(|place| format!("`{place}`")).collect::<Vec<_>>().join(" or ")
    );
    let rows = |page: &mut String, entries: &[Refused]| {
        for entry in entries {
            let _ = writeln!(page, "| {} | {} |", code(entry.paths), entry.reason);
        }
    };
    rows(&mut page, REFUSED);
    page.push_str(
        "\nThese names are refused at every depth below the home:\n\n| name | reason |\n|---|---|\n",
    );
    rows(&mut page, ANYWHERE);
    artifacts.add("docs/reference/manifest-limits.md", page);
}

fn code(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
