//! Problems while they are collected: by byte offset, before lines are counted.

use crate::problem::{Problem, Problems, Rule};
use crate::source::Lines;

/// The key of a problem that concerns the file as a whole.
pub(crate) const WHOLE_FILE: &str = "manifest";

/// One problem at a place of the source.
pub(crate) struct Finding {
    pub(crate) rule: Rule,
    /// Byte offset into the source.
    pub(crate) offset: usize,
    pub(crate) key: String,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

/// What was found so far, in no order.
#[derive(Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    pub(crate) fn add(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts the findings into the order of the file and drops those that only follow from a syntax error:
    /// what else is wrong on its line, and what seems to be missing because it was not understood.
    pub(crate) fn settle(&mut self, lines: &Lines<'_>) {
        let is_syntax = |finding: &Finding| matches!(finding.rule, Rule::Syntax);
        let broken: std::collections::BTreeSet<u32> = self
            .0
            .iter()
            .filter(|finding| is_syntax(finding))
            .map(|finding| lines.line(finding.offset))
            .collect();
        if let Some(first_broken) = broken.first().copied() {
            self.0.retain(|finding| {
                let line = lines.line(finding.offset);
                let absence = matches!(
                    finding.rule,
                    Rule::MissingKey | Rule::MissingFilePath | Rule::MissingHelperKey | Rule::EmptyFields
                );
                // Below a broken header, keys seem to belong to the top level.
                let stray = matches!(finding.rule, Rule::UnknownKey)
                    && !finding.key.contains('.')
                    && line > first_broken;
                is_syntax(finding) || !(absence || stray || broken.contains(&line))
            });
        }
        self.0.sort_by_key(|finding| finding.offset);
        // The parser reports a broken token from several rules at once; the first says it best.
        let mut last_broken = None;
        self.0.retain(|finding| {
            let line = is_syntax(finding).then(|| lines.line(finding.offset));
            line.is_none() || std::mem::replace(&mut last_broken, line) != line
        });
    }

    pub(crate) fn into_problems(self, file: &str, lines: &Lines<'_>) -> Problems {
        let listed = self.0.into_iter().enumerate().map(|(index, finding)| Problem {
            rule: finding.rule,
            file: file.to_owned(),
            line: lines.line(finding.offset),
            // Counting columns walks the line; what is not listed needs none.
            column: (finding.key != WHOLE_FILE && index < crate::problem::PROBLEMS_MAX)
                .then(|| lines.column(finding.offset)),
            key: finding.key,
            message: finding.message,
            remedy: finding.remedy,
        });
        Problems::new(listed.collect())
    }
}
