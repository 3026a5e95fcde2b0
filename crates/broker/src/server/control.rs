//! What the loop does besides requests: time limits, housekeeping, configuration, the end.

use std::time::{Duration, Instant};

use mio::Events;
use remo_wire::error::{ErrorCode, ErrorResponse};
use remo_wire::limits::HALF_LINE_TIMEOUT;

use super::{BUSY_INTERVAL, IDLE_INTERVAL, Server, Source};
use crate::admin::{Effects, repair_all};
use crate::audit::Event;
use crate::config::{Config, ConfigError};

/// How long answers in flight may take at the end.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(5);

/// Reads the configuration again, with the flags of this run.
pub type ReadConfig = Box<dyn Fn() -> Result<Config, ConfigError>>;

impl Server {
    /// Enters a connection's next deadline, unless an earlier one is entered.
    pub(super) fn set_timer(&mut self, index: usize) {
        if let Some(Source::Connection(connection)) = self.sources.get_mut(index)
            && let Some(deadline) = connection.deadline()
            && connection.timed.is_none_or(|timed| deadline < timed)
        {
            connection.timed = Some(deadline);
            let id = connection.id;
            self.timers.set(deadline, index, id);
        }
    }

    /// Ends connections whose time is up.
    pub(super) fn expire(&mut self, now: Instant) {
        while let Some((index, id)) = self.timers.pop_due(now) {
            let Some(connection) = self.connection(index, id) else { continue };
            connection.timed = None;
            let line_is_late = connection.line_deadline.is_some_and(|deadline| deadline <= now);
            match connection.deadline() {
                Some(deadline) if deadline > now => self.set_timer(index),
                Some(_) if line_is_late && connection.unsent.is_none() => {
                    let message =
                        format!("the line was not complete within {} s", HALF_LINE_TIMEOUT.as_secs());
                    self.stage_error(index, id, &ErrorResponse::new(ErrorCode::ProtocolError, message));
                    self.begin_draining(index, id);
                }
                Some(_) => self.close(index),
                None => {}
            }
        }
    }

    /// Looks after everything that no event announces.
    pub(super) fn keep_house(&mut self, now: Instant) {
        if now >= self.next_housekeeping {
            self.broker.housekeeping(now);
            self.tell_status();
            self.queue.extend(self.stalled.drain(..));
            let pause = if self.broker.is_busy() { BUSY_INTERVAL } else { IDLE_INTERVAL };
            self.next_housekeeping = now + pause;
        }
        if now >= self.next_repair {
            self.next_repair = now + IDLE_INTERVAL;
            let mut effects = Effects::default();
            repair_all(&mut self.broker, &mut effects);
            self.apply(effects);
        }
        self.export_metrics(now);
    }

    fn tell_status(&mut self) {
        let (projects, store) = (self.broker.registry.len(), &self.broker.store);
        let secrets = match (store.snapshot(), store.is_cleared()) {
            (Some(_), _) => format!("secrets: {}", store.len()),
            (None, true) => "the secrets were cleared".to_owned(),
            (None, false) => "waiting for the vault to push the secrets".to_owned(),
        };
        self.broker.service_manager.status(format!("projects: {projects}; {secrets}"));
    }

    /// SIGHUP: takes over what may change while running.
    pub(super) fn reload_config(&mut self) {
        self.signals.drain_reload();
        self.broker.service_manager.reloading();
        match (self.read_config)() {
            Ok(config) => {
                if config.paths != self.broker.config.paths
                    || config.audit.path != self.broker.config.audit.path
                {
                    log::warn!("paths change with the next start; the other settings are in force now");
                }
                let mut config = config;
                config.paths.clone_from(&self.broker.config.paths);
                config.audit.path.clone_from(&self.broker.config.audit.path);
                let now = Instant::now();
                for project in self.broker.registry.iter_mut() {
                    project.flood.set_limits(&config.limits, now);
                }
                self.broker.audit.reconfigure(&config.audit);
                let metrics_change = config.metrics != self.broker.config.metrics;
                self.broker.config = config;
                if metrics_change {
                    self.start_metrics(now);
                }
                log::info!("the configuration was read again");
            }
            Err(error) => log::error!("the configuration stays as it was: {error}"),
        }
        self.broker.service_manager.ready();
    }

    /// SIGTERM: no new connections, answers in flight leave, everything is wiped.
    pub(super) fn shut_down(mut self) -> std::io::Result<()> {
        log::info!("ending");
        self.broker.service_manager.stopping();
        self.sources.retain(|_, source| matches!(source, Source::Connection(_)));
        let limit = Instant::now() + SHUTDOWN_LIMIT;
        let mut events = Events::with_capacity(64);
        // Requests that had arrived are in the sockets already; one look at each finds them.
        let indexes: Vec<usize> = self.sources.iter().map(|(index, _)| index).collect();
        for index in indexes {
            if let Some(Source::Connection(connection)) = self.sources.get_mut(index) {
                connection.readable = true;
            }
            self.enqueue(index);
        }
        loop {
            let now = Instant::now();
            self.work(now);
            let waits = self.sources.iter().any(|(_, source)| match source {
                Source::Connection(connection) => connection.unsent.is_some() || connection.backlog.is_some(),
                Source::Listener(_) => false,
            });
            if now >= limit || (!waits && self.queue.is_empty()) {
                break;
            }
            let pause = if self.queue.is_empty() { limit - now } else { Duration::ZERO };
            match self.poll.poll(&mut events, Some(pause)) {
                Err(error) if error.kind() != std::io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            for event in &events {
                self.note(event.token().0, event);
            }
        }
        self.sources.clear();
        let generation = self.broker.store.generation();
        self.broker.store = crate::store::SecretStore::new(generation, false);
        if let Err(error) = self.broker.counters.release(&self.broker.state) {
            log::warn!("cannot save the generation: {error}");
        }
        self.broker.audit.record(&Event::Shutdown { reason: "signal" });
        self.broker.audit.finish();
        Ok(())
    }
}
