//! What a project may have: the decision about each request on a project socket.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use remo_wire::PROTOCOL_VERSION;
use remo_wire::binding::Target;
use remo_wire::error::{ErrorCode, ErrorResponse};
use remo_wire::names::SecretName;
use remo_wire::ok::OkTrue;
use remo_wire::project::{
    ChangedEvent, ChangedEventName, FetchResponse, FetchedValue, GetResponse, InfoResponse, PingResponse,
    ProjectRequest,
};
use remo_wire::value::ValueField;

use super::{write_error, write_line};
use crate::VERSION;
use crate::audit::{AuditLog, Decision, Event, Outcome};
use crate::config::Config;
use crate::peer::Peer;
use crate::registry::Project;
use crate::store::{HeldSecret, SecretStore, Snapshot};

/// Everything that a decision depends on.
pub struct Exchange<'a> {
    /// The project whose socket was used.
    pub project: &'a mut Project,
    /// The secrets.
    pub store: &'a SecretStore,
    /// The configuration.
    pub config: &'a Config,
    /// Where the attempt is recorded.
    pub audit: &'a mut AuditLog,
    /// Who asks.
    pub peer: &'a Peer,
    /// When the request had arrived.
    pub arrived: Instant,
}

/// What the answer means for its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// An answer without a secret.
    Plain,
    /// An answer that carries secrets: it may leave only when it is on record.
    CarriesSecret,
    /// An answer with every secret of this view.
    CarriesView(u64),
    /// The connection is a stream of events from now on; the client holds this view.
    Watch(Option<u64>),
}

impl Exchange<'_> {
    /// Decides about one request line and appends the answer, except for `watch`, whose events come later.
    pub fn answer(&mut self, line: &[u8], answers: &mut Vec<u8>) -> Verdict {
        match ProjectRequest::decode(line) {
            Ok(ProjectRequest::Get { name }) => self.get(name.as_str(), answers),
            Ok(ProjectRequest::Fetch) => self.fetch(answers),
            Ok(ProjectRequest::Ping) => self.ping(answers),
            Ok(ProjectRequest::Info) => self.info(answers),
            Ok(ProjectRequest::Watch { view }) => Verdict::Watch(view),
            Err(error) => refuse(&error, answers),
        }
    }

    fn get(&mut self, name: &str, answers: &mut Vec<u8>) -> Verdict {
        if !self.project.allows(name) {
            return self.deny(name, answers);
        }
        if let Some(limited) = self.limited() {
            return refuse(&limited, answers);
        }
        let Some(held) = self.store.snapshot().and_then(|snapshot| snapshot.get(name)) else {
            self.record(Some(name), Decision::Allow, Outcome::NotFound, self.absence());
            let error = not_found(name, self.store);
            return refuse(&error, answers);
        };
        let cache = &self.config.cache;
        let (duration, entries) = (self.project.lease_duration(cache), self.project.lease_entries(cache));
        let ttl_seconds = self.project.leases.remaining(name, self.arrived, duration, entries);
        let response = GetResponse {
            ok: OkTrue,
            value: ValueField::new(held.exposed),
            kind: held.kind,
            ttl_seconds,
            generation: self.store.generation(),
        };
        if response.append_line(answers).is_err() {
            return refuse(
                &ErrorResponse::new(ErrorCode::InternalError, "no answer could be written"),
                answers,
            );
        }
        self.record(Some(name), Decision::Allow, Outcome::Ok, "pinned");
        Verdict::CarriesSecret
    }

    fn fetch(&mut self, answers: &mut Vec<u8>) -> Verdict {
        // Cheap, shared by reference, and it ends the borrow of the project before the records are made.
        let Some(pinned) = self.project.pin.as_ref().map(|pin| Arc::clone(&pin.manifest)) else {
            return self.deny_fetch(answers);
        };
        let bindings = &pinned.bindings;
        if let Some(limited) = self.limited() {
            return refuse(&limited, answers);
        }
        let snapshot = self.store.snapshot();
        let lookup =
            |name: &SecretName| -> Option<HeldSecret<'_>> { Snapshot::get(snapshot?, name.as_str()) };
        let mut secrets = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, binding) in bindings {
            match lookup(name) {
                // There for whoever asks at the moment of use: its value does not leave before that.
                Some(_) if matches!(binding.target, Target::Helper(_)) => {}
                Some(held) => {
                    secrets
                        .insert(name, FetchedValue { value: ValueField::new(held.exposed), kind: held.kind });
                }
                None => missing.push(name),
            }
        }
        write_line(
            answers,
            &FetchResponse {
                ok: OkTrue,
                generation: self.store.generation(),
                view: self.project.view,
                secrets,
                missing,
                bindings,
                awaits_push: snapshot.is_none() && !self.store.is_cleared(),
            },
        );
        let absence = self.absence();
        for (name, binding) in bindings {
            match lookup(name) {
                Some(_) if matches!(binding.target, Target::Helper(_)) => {}
                Some(_) => self.record(Some(name.as_str()), Decision::Allow, Outcome::Ok, "pinned"),
                None => self.record(Some(name.as_str()), Decision::Allow, Outcome::NotFound, absence),
            }
        }
        self.project.holders.note(self.peer.container.as_deref(), self.project.view, Timestamp::now());
        Verdict::CarriesView(self.project.view)
    }

    fn ping(&self, answers: &mut Vec<u8>) -> Verdict {
        write_line(
            answers,
            &PingResponse {
                ok: OkTrue,
                broker_version: VERSION.to_owned(),
                protocol_version: PROTOCOL_VERSION,
                project: self.project.name.clone(),
            },
        );
        Verdict::Plain
    }

    fn info(&self, answers: &mut Vec<u8>) -> Verdict {
        let pinned = self.project.pin.as_ref().map(|pin| &pin.manifest);
        write_line(
            answers,
            &InfoResponse {
                ok: OkTrue,
                project: self.project.name.clone(),
                allowlist: self.project.allowlist(),
                schema_version: pinned.map_or(remo_manifest::SCHEMA_VERSION, |pinned| pinned.schema_version),
                generation: self.store.generation(),
                view: self.project.view,
                bindings: pinned.map(|pinned| pinned.bindings.clone()).unwrap_or_default(),
            },
        );
        Verdict::Plain
    }

    /// The answer to a name that the pin does not allow. Checked before anything else, so that a project
    /// learns nothing about secrets that are not its own.
    fn deny(&mut self, name: &str, answers: &mut Vec<u8>) -> Verdict {
        if let Some(limited) = self.limited_denial() {
            return refuse(&limited, answers);
        }
        let project = &self.project.name;
        let (reason, message) = if self.project.pin.is_none() {
            ("unapproved project", unapproved(project.as_str()))
        } else {
            let message = format!(
                "the approved manifest of {project} does not name this secret; add it to .remo/manifest.toml \
                 and approve it with: remo-reload {project}"
            );
            ("not in the pin", message)
        };
        let valid = SecretName::new(name).ok();
        self.record(valid.as_ref().map(SecretName::as_str), Decision::Deny, Outcome::Denied, reason);
        refuse(&ErrorResponse::new(ErrorCode::Denied, message), answers)
    }

    fn deny_fetch(&mut self, answers: &mut Vec<u8>) -> Verdict {
        if let Some(limited) = self.limited_denial() {
            return refuse(&limited, answers);
        }
        let message = unapproved(self.project.name.as_str());
        self.record(None, Decision::Deny, Outcome::Denied, "unapproved project");
        refuse(&ErrorResponse::new(ErrorCode::Denied, message), answers)
    }

    /// The limits that apply to an allowed request.
    fn limited(&mut self) -> Option<ErrorResponse> {
        let waits = self.project.unsent as u64 >= self.config.limits.unsent_bytes;
        let flood = &mut self.project.flood;
        let (message, seconds) = if waits {
            ("answers of this project wait for their readers; read them first", 1)
        } else if flood.audit.is_exhausted(self.arrived) {
            ("this project has used up its audit log budget for now", flood.audit.retry_after_seconds())
        } else {
            return None;
        };
        self.count_limited();
        Some(ErrorResponse::new(ErrorCode::RateLimited, message).retry_after(seconds))
    }

    /// The limits that apply to a denied request.
    fn limited_denial(&mut self) -> Option<ErrorResponse> {
        let flood = &mut self.project.flood;
        if !flood.audit.is_exhausted(self.arrived) && flood.denied.take(1.0, self.arrived) {
            return None;
        }
        let seconds = flood.denied.retry_after_seconds().max(flood.audit.retry_after_seconds());
        self.count_limited();
        let message = "too many denied requests of this project";
        Some(ErrorResponse::new(ErrorCode::RateLimited, message).retry_after(seconds))
    }

    fn count_limited(&mut self) {
        if let Some(count) = self.project.flood.limited.note(self.arrived) {
            self.audit.record(&Event::RateLimited {
                project: self.project.name.as_str(),
                reason: "requests",
                count,
            });
        }
    }

    fn absence(&self) -> &'static str {
        if self.store.snapshot().is_some() { "not in the snapshot" } else { "nothing loaded" }
    }

    fn record(
        &mut self,
        secret_name: Option<&str>,
        decision: Decision,
        outcome: Outcome,
        reason: &'static str,
    ) {
        let length = self.audit.record(&Event::Fetch {
            project: self.project.name.as_str(),
            secret_name,
            decision,
            outcome,
            reason,
            peer_pid: self.peer.pid,
            peer_uid: self.peer.uid,
            container: self.peer.container.as_deref(),
            generation: self.store.generation(),
            latency_ms: milliseconds(self.arrived),
        });
        #[expect(clippy::cast_precision_loss, reason = "an audit line has a few hundred bytes")]
        self.project.flood.audit.charge(length as f64);
    }
}

fn refuse(error: &ErrorResponse, answers: &mut Vec<u8>) -> Verdict {
    write_error(answers, error);
    Verdict::Plain
}

/// The event that tells a watching client about a project's view.
pub fn changed_event(project: &Project, store: &SecretStore) -> ChangedEvent {
    ChangedEvent {
        ok: OkTrue,
        event: ChangedEventName::Changed,
        generation: store.generation(),
        view: project.view,
    }
}

fn unapproved(project: &str) -> String {
    format!("the project {project} is not approved yet; approve its manifest with: remo-reload {project}")
}

fn not_found(name: &str, store: &SecretStore) -> ErrorResponse {
    let message = if store.snapshot().is_some() {
        format!("{name} is not in the loaded snapshot; store it in the vault, which then pushes it")
    } else if store.is_cleared() {
        "no snapshot is loaded: the secrets were cleared; load them again with: remo-vault push".to_owned()
    } else {
        "no snapshot is loaded yet; the vault pushes one when it runs".to_owned()
    };
    ErrorResponse::new(ErrorCode::NotFound, message)
}

/// Milliseconds since `start`, to the microsecond.
fn milliseconds(start: Instant) -> f64 {
    let elapsed = start.elapsed();
    let whole = u32::try_from(elapsed.as_secs()).unwrap_or(u32::MAX);
    f64::from(whole) * 1000.0 + f64::from(elapsed.subsec_micros()) / 1000.0
}
