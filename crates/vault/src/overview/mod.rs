//! How the vault stands: gathered from every part, judged, and without a value.
//!
//! The helper commands (R-6.6), the message on entry (R-6.7) and the terminal view all show this one picture, so that
//! none of them can say that all is well while another one knows better.
//!
//! - [`mod@gather`] asks the broker, the store, the watcher's report and the key: all input and output is there. What
//!   cannot be had becomes a [`Trouble`] in its place, and never fails the whole.
//! - [`Overview::new`] is a pure function of those [`Facts`]: it joins them by name and judges them.
//! - Each thing that is wrong is one [`Finding`] with the command that mends it. [`Overview::is_well`] says that there
//!   is no [`Severity::Problem`] among them.
//!
//! ```text
//! let facts = overview::gather(&places, Depth::Full, patience);   // input and output
//! let overview = Overview::new(&facts);                           // pure
//! overview.findings                                               // the worst first
//! ```
//!
//! Everything serializes to the documented JSON of the commands (docs/json.md): names in snake case, times as RFC 3339
//! in UTC with whole seconds, `null` for what is not known. A field is added, never changed.
//!
//! Names in here were checked by the wire types. Sentences (`problem`, `message`, `added`, …) may repeat words of other
//! programs: escape them with [`crate::shown`] before they reach a terminal.

mod binding;
mod broker;
mod facts;
mod finding;
mod gather;
mod judge;
mod key;
mod project;
mod secret;
mod store;
#[cfg(test)]
mod tests;
mod watcher;

use jiff::Timestamp;
use serde::Serialize;

pub use binding::{Approval, BindingCheck, Outcome};
pub use broker::{BrokerState, BrokerView};
pub use facts::{BrokerAnswers, Facts, StoreFacts, Stored, Trouble};
pub use finding::{Finding, FindingCode, Severity};
pub use gather::{Depth, PATIENCE, Places, gather};
pub use key::{KeyTier, KeyView};
pub use project::ProjectView;
pub use secret::{InBroker, SecretView};
pub use store::StoreView;
pub use watcher::{WatcherState, WatcherView};

/// Everything that can be shown about the vault, at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// When it was gathered.
    pub taken_at: Timestamp,
    /// Whether nothing is wrong: no finding is a [`Severity::Problem`].
    pub well: bool,
    /// The broker.
    pub broker: BrokerView,
    /// The watcher.
    pub watcher: WatcherView,
    /// The store.
    pub store: StoreView,
    /// The vault key.
    pub key: KeyView,
    /// Every secret that the store or the broker has, sorted by name.
    pub secrets: Vec<SecretView>,
    /// Every project that is registered at the broker, sorted by name; empty while the broker is out of reach.
    pub projects: Vec<ProjectView>,
    /// What is wrong or waits for a decision: problems first, each with its remedy.
    pub findings: Vec<Finding>,
}

impl Overview {
    /// Joins and judges what was gathered.
    pub fn new(facts: &Facts) -> Self {
        let broker = BrokerView::new(facts);
        let watcher = WatcherView::new(facts);
        let secrets = secret::join(facts);
        let projects = project::all(facts);
        let mut overview = Self {
            taken_at: whole_seconds(facts.taken_at),
            well: false,
            broker,
            watcher,
            store: StoreView::new(facts),
            key: facts.key.clone(),
            secrets,
            projects,
            findings: Vec::new(),
        };
        overview.findings = judge::findings(&overview, facts);
        overview.well = !overview.findings.iter().any(Finding::is_problem);
        overview
    }

    /// Whether nothing is wrong.
    pub fn is_well(&self) -> bool {
        self.well
    }

    /// The findings that are problems.
    pub fn problems(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_problem())
    }

    /// The findings that only wait for somebody to look.
    pub fn notices(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| !finding.is_problem())
    }

    /// The project of this name.
    pub fn project(&self, name: &str) -> Option<&ProjectView> {
        self.projects.iter().find(|project| project.name.as_str() == name)
    }
}

/// `time` without its fraction of a second.
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
