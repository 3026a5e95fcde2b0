//! Variables and paths may be filled once only, and a place has one helper's answer only.

use std::collections::BTreeMap;

use crate::problem::Rule;
use crate::reader::Reader;

/// Who takes which variable and which path, in the order in which they were read.
#[derive(Default)]
pub(super) struct Claims {
    variables: Vec<Claim>,
    paths: Vec<Claim>,
    helpers: Vec<Claim>,
    tool_files: Vec<Claim>,
}

struct Claim {
    what: String,
    offset: usize,
    key: String,
}

impl Claims {
    pub(super) fn variable(&mut self, what: &str, offset: usize, key: &str) {
        self.variables.push(Claim { what: what.to_owned(), offset, key: key.to_owned() });
    }

    pub(super) fn path(&mut self, what: &str, offset: usize, key: &str) {
        self.paths.push(Claim { what: what.to_owned(), offset, key: key.to_owned() });
    }

    /// What a helper answers for.
    pub(super) fn helper(&mut self, what: &str, offset: usize, key: &str) {
        self.helpers.push(Claim { what: what.to_owned(), offset, key: key.to_owned() });
    }

    /// A file in which a tool is told of its helper. Several bindings may want the same one.
    pub(super) fn tool_file(&mut self, what: &str, offset: usize, key: &str) {
        self.tool_files.push(Claim { what: what.to_owned(), offset, key: key.to_owned() });
    }

    /// Reports every claim on what an earlier line has taken.
    pub(super) fn report(mut self, reader: &mut Reader<'_>) {
        self.variables.sort_by_key(|claim| claim.offset);
        self.paths.sort_by_key(|claim| claim.offset);
        self.helpers.sort_by_key(|claim| claim.offset);
        let mut taken: BTreeMap<&str, &Claim> = BTreeMap::new();
        for claim in &self.variables {
            if let Some(first) = taken.get(claim.what.as_str()) {
                reader.report(
                    Rule::SharedVariable,
                    (claim.offset, &claim.key),
                    format!("the variable {} is already filled by {}", claim.what, first.key),
                    "give one of the two another variable",
                );
            } else {
                taken.insert(&claim.what, claim);
            }
        }
        paths(reader, &self.paths);
        helpers(reader, &self.helpers);
        tool_files(reader, &self.tool_files, &self.paths);
    }
}

fn helpers(reader: &mut Reader<'_>, claims: &[Claim]) {
    let mut taken: BTreeMap<&str, &Claim> = BTreeMap::new();
    for claim in claims {
        if let Some(first) = taken.get(claim.what.as_str()) {
            reader.report(
                Rule::SharedHelper,
                (claim.offset, &claim.key),
                format!("another secret is already the answer for this: {}", first.key),
                "keep one of the two: a tool is given one answer",
            );
        } else {
            taken.insert(&claim.what, claim);
        }
    }
}

fn tool_files(reader: &mut Reader<'_>, tools: &[Claim], paths: &[Claim]) {
    for path in paths {
        let clash = |tool: &&Claim| {
            path.what == tool.what || below(&path.what, &tool.what) || below(&tool.what, &path.what)
        };
        if let Some(tool) = tools.iter().find(clash) {
            reader.report(
                Rule::SharedPath,
                (path.offset, &path.key),
                format!("{} is needed to tell the tool of the helper of {}", tool.what, tool.key),
                "give the file another file_path, or fetch that secret as a file too",
            );
        }
    }
}

fn paths(reader: &mut Reader<'_>, claims: &[Claim]) {
    for (index, claim) in claims.iter().enumerate() {
        let clash = claims.iter().take(index).find_map(|first| {
            let says = if first.what == claim.what {
                format!("this is also the path of {}", first.key)
            } else if below(&claim.what, &first.what) {
                format!("this is below the path of {}, which is a file", first.key)
            } else if below(&first.what, &claim.what) {
                format!("the path of {} is below this one, which is a file", first.key)
            } else {
                return None;
            };
            Some(says)
        });
        if let Some(message) = clash {
            reader.report(
                Rule::SharedPath,
                (claim.offset, &claim.key),
                message,
                "give one of the two another file_path",
            );
        }
    }
}

/// Whether `path` goes through `directory`.
fn below(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}
