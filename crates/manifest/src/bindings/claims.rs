//! Variables and paths may be filled once only.

use std::collections::BTreeMap;

use crate::problem::Rule;
use crate::reader::Reader;

/// Who takes which variable and which path, in the order in which they were read.
#[derive(Default)]
pub(super) struct Claims {
    variables: Vec<Claim>,
    paths: Vec<Claim>,
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

    /// Reports every claim on what an earlier line has taken.
    pub(super) fn report(mut self, reader: &mut Reader<'_>) {
        self.variables.sort_by_key(|claim| claim.offset);
        self.paths.sort_by_key(|claim| claim.offset);
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
