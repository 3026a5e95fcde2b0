//! Counting what is put on record.

use std::collections::BTreeMap;

use crate::audit::{Event, Outcome};

/// Upper bounds of the histogram of decision times, in seconds. A decision takes a few microseconds; the upper ones are
/// there to show when something is wrong.
pub(super) const BOUNDS: [f64; 12] =
    [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.1, 1.0];

/// Fetch attempts by how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Attempts {
    /// A value was handed out.
    pub(super) ok: u64,
    /// Refused.
    pub(super) denied: u64,
    /// Allowed, but not in the snapshot.
    pub(super) not_found: u64,
}

/// What was recorded since the broker started. Counters only rise.
#[derive(Debug, Default)]
pub struct Tally {
    pub(super) attempts: Attempts,
    /// By project; `None` while names are not wanted. Only registered projects have attempts, so it does not grow by
    /// what containers ask for.
    pub(super) by_project: Option<BTreeMap<String, Attempts>>,
    /// How many decisions took at most as long as the bound of the same place, and longer than the one before.
    pub(super) decisions: [u64; BOUNDS.len()],
    /// All decisions, also those beyond the last bound.
    pub(super) decision_count: u64,
    /// In seconds.
    pub(super) decision_seconds: f64,
    pub(super) pushes: u64,
    pub(super) clears: u64,
    pub(super) approvals: u64,
    pub(super) invalid_manifests: u64,
    pub(super) unexpected_peers: u64,
    pub(super) rate_limited: u64,
    pub(super) recovered_sockets: u64,
    pub(super) lost_lines: u64,
}

impl Attempts {
    fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Ok => &mut self.ok,
            Outcome::Denied => &mut self.denied,
            Outcome::NotFound => &mut self.not_found,
        } += 1;
    }
}

impl Tally {
    /// Begins or ends counting by project. What was counted so before is forgotten when it ends.
    pub fn by_project(&mut self, wanted: bool) {
        if wanted {
            self.by_project.get_or_insert_default();
        } else {
            self.by_project = None;
        }
    }

    /// Counts one event.
    pub fn count(&mut self, event: &Event<'_>) {
        match event {
            Event::Fetch { project, outcome, latency_ms, .. } => {
                self.attempts.count(*outcome);
                self.observe(latency_ms / 1000.0);
                if let Some(by_project) = &mut self.by_project {
                    match by_project.get_mut(*project) {
                        Some(attempts) => attempts.count(*outcome),
                        None => by_project.entry((*project).to_owned()).or_default().count(*outcome),
                    }
                }
            }
            Event::SecretsPushed { .. } => self.pushes += 1,
            Event::SecretsCleared { .. } => self.clears += 1,
            Event::ManifestApproved { .. } => self.approvals += 1,
            Event::ManifestInvalid { .. } => self.invalid_manifests += 1,
            Event::PeerUnexpected { count, .. } => self.unexpected_peers += count,
            Event::RateLimited { count, .. } => self.rate_limited += count,
            Event::SocketRecovered { .. } => self.recovered_sockets += 1,
            Event::ProjectRegistered { .. }
            | Event::ProjectUnregistered { .. }
            | Event::AuditLost { .. }
            | Event::Started { .. }
            | Event::Shutdown { .. } => {}
        }
    }

    /// Counts lines that cannot be put on record any more.
    pub fn lost(&mut self, lines: u64) {
        self.lost_lines += lines;
    }

    fn observe(&mut self, seconds: f64) {
        self.decision_count += 1;
        self.decision_seconds += seconds;
        if let Some(index) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            self.decisions[index] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Decision;

    fn fetch(project: &str, outcome: Outcome, latency_ms: f64) -> Event<'_> {
        Event::Fetch {
            project,
            secret_name: Some("gh"),
            decision: Decision::Allow,
            outcome,
            reason: "pinned",
            peer_pid: 1,
            peer_uid: 1000,
            container: None,
            generation: 1,
            latency_ms,
        }
    }

    #[test]
    fn a_decision_falls_into_the_first_bucket_that_holds_it() {
        let mut tally = Tally::default();
        for latency_ms in [0.01, 0.010_1, 1000.0, 1000.1] {
            tally.count(&fetch("a", Outcome::Ok, latency_ms));
        }
        assert_eq!(tally.decisions[..2], [1, 1], "a bound belongs to its bucket");
        assert_eq!(tally.decisions[11], 1);
        assert_eq!(tally.decision_count, 4, "beyond the last bound, too");
        assert!((tally.decision_seconds - 2.000_120_1).abs() < 1e-9);
    }

    #[test]
    fn names_of_projects_are_kept_only_when_they_are_wanted() {
        let mut tally = Tally::default();
        tally.count(&fetch("a", Outcome::Ok, 0.0));
        assert!(tally.by_project.is_none());
        tally.by_project(true);
        tally.count(&fetch("a", Outcome::Denied, 0.0));
        tally.by_project(true);
        tally.count(&fetch("a", Outcome::NotFound, 0.0));
        let counted = Attempts { ok: 0, denied: 1, not_found: 1 };
        assert_eq!(tally.by_project.as_ref().unwrap()["a"], counted);
        tally.by_project(false);
        assert!(tally.by_project.is_none());
        assert_eq!(tally.attempts, Attempts { ok: 1, ..counted });
    }

    #[test]
    fn a_line_about_many_refusals_counts_them_all() {
        let mut tally = Tally::default();
        tally.count(&Event::RateLimited { project: "a", reason: "requests", count: 7 });
        tally.count(&Event::RateLimited { project: "a", reason: "connections", count: 2 });
        assert_eq!(tally.rate_limited, 9);
    }
}
