//! The broker's configuration: the shipped example is the documentation.

use crate::artifacts::Artifacts;

/// Adds the page.
pub(crate) fn add(artifacts: &mut Artifacts) {
    let page = format!(
        "# Configuration of the broker\n\n\
         Made by `cargo xtask gen` from the example that the broker ships; edits here are overwritten.\n\n\
         The file is strict: an unknown key is an error that names the file and the key, and the broker exits \
         with 78. Flags override the file. `remo-broker check-config` tests it without starting anything.\n\n\
         ```toml\n{}```\n",
        remo_broker::config::EXAMPLE
    );
    artifacts.add("docs/reference/configuration.md", page);
}
