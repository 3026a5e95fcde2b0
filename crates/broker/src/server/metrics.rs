//! Handing how things stand to the metrics, once in an interval.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::Server;
use crate::metrics::{Exporter, State};

impl Server {
    /// Begins, changes or ends writing metrics as the configuration in force says.
    pub(super) fn start_metrics(&mut self, now: Instant) {
        let config = &self.broker.config.metrics;
        self.broker.audit.tally_mut().by_project(config.project_names);
        match Exporter::start(config, now) {
            Ok(exporter) => self.exporter = exporter,
            Err(error) => log::error!("no metrics will be written: {error}"),
        }
    }

    /// Writes metrics when they are due.
    pub(super) fn export_metrics(&mut self, now: Instant) {
        if !self.exporter.as_mut().is_some_and(|exporter| exporter.take_due(now)) {
            return;
        }
        let state = self.state();
        if let Some(exporter) = &self.exporter {
            exporter.export(self.broker.audit.tally(), &state);
        }
    }

    fn state(&self) -> State {
        let broker = &self.broker;
        let projects = || broker.registry.iter().map(|(_, project)| project);
        let approved_projects = projects().filter(|project| project.pin.is_some()).count();
        let started = SystemTime::now().checked_sub(broker.started.elapsed());
        let since_1970 = started.and_then(|started| started.duration_since(UNIX_EPOCH).ok());
        State {
            started_at: since_1970.map_or(0.0, |duration| duration.as_secs_f64()),
            loaded_at: broker.store.loaded_at().map(|at| at.as_duration().as_secs_f64()),
            secrets: broker.store.len(),
            generation: broker.store.generation(),
            approved_projects,
            unapproved_projects: broker.registry.len() - approved_projects,
            admin_connections: self.admin_connections,
            project_connections: projects().map(|project| project.connections).sum(),
            unsent_bytes: projects().map(|project| project.unsent).sum(),
            waiting_lines: broker.audit.waiting_lines(),
            audit_works: broker.audit.works(),
        }
    }
}
