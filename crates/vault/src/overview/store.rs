//! What is shown of the store as a whole.

use std::path::PathBuf;

use serde::Serialize;

use super::facts::Facts;

/// The store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreView {
    /// Its file.
    pub file: PathBuf,
    /// Whether it can be read; `None` when nobody tried.
    pub readable: Option<bool>,
    /// How many entries it holds, also those that cannot be read by themselves.
    pub entries: Option<usize>,
    /// Why it cannot be read.
    pub problem: Option<String>,
    /// What to do about that.
    pub hint: Option<String>,
    /// Names that cannot be pushed.
    pub unpushable: Vec<String>,
}

impl StoreView {
    pub(super) fn new(facts: &Facts) -> Self {
        let mut view = Self {
            file: facts.store_file.clone(),
            readable: None,
            entries: None,
            problem: None,
            hint: None,
            unpushable: Vec::new(),
        };
        match &facts.store {
            None => {}
            Some(Ok(store)) => {
                view.readable = Some(true);
                view.entries = Some(store.secrets.len() + store.faults.len() + store.unpushable.len());
                view.unpushable.clone_from(&store.unpushable);
            }
            Some(Err(trouble)) => {
                view.readable = Some(false);
                view.problem = Some(trouble.problem.clone());
                view.hint.clone_from(&trouble.hint);
            }
        }
        view
    }
}
