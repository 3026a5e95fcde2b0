//! Findings below each other, each with its remedy.

use std::num::NonZeroUsize;

use super::wrapped;
use crate::overview::Finding;

/// One block a finding; empty when there are none. Remedies are indented below what they mend.
pub fn findings<'a>(findings: impl Iterator<Item = &'a Finding>, width: Option<NonZeroUsize>) -> String {
    let mut text = String::new();
    for finding in findings {
        text += &wrapped("- ", &finding.message, width);
        let lines = finding.remedy.iter().flat_map(|remedy| remedy.lines());
        for (index, line) in lines.enumerate() {
            // One sign a remedy: what goes on in the next line is no command of its own.
            text += &wrapped(if index == 0 { "  > " } else { "    " }, line.trim(), width);
        }
    }
    text
}
