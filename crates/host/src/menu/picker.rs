//! A list that narrows as one types.

use inquire::ui::RenderConfig;
use inquire::{InquireError, Select};

use super::Entry;
use crate::failure::Failure;

/// Lines at a time.
const LINES: usize = 15;

/// Lets a person choose; `None` when they left with Escape or Ctrl-C.
pub fn pick(entries: &[Entry]) -> Result<Option<Entry>, Failure> {
    if !crate::question::is_possible() {
        return Err(
            Failure::usage("there is no terminal to choose on").hint("name the project: remo shell -p NAME")
        );
    }
    let chosen = Select::new("Where to?", entries.to_vec())
        .with_page_size(LINES)
        .with_help_message("type to narrow, arrows to move, Enter to go, Escape to go back")
        // Understandable without colour, and without any.
        .with_render_config(RenderConfig::empty())
        .prompt();
    match chosen {
        Ok(entry) => Ok(Some(entry)),
        Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => Ok(None),
        Err(error) => Err(Failure::new(format!("cannot show the list: {error}"))
            .hint("name the project: remo shell -p NAME")),
    }
}
