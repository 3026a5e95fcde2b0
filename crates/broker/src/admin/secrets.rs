//! `push-creds` and `clear-creds`.

use jiff::Timestamp;
use remo_wire::admin::{DoneResponse, PushPayload, PushResponse};
use remo_wire::error::{ErrorCode, ErrorResponse};
use remo_wire::ok::OkTrue;

use super::{Answer, Changed, Effects, internal};
use crate::audit::Event;
use crate::broker::Broker;
use crate::config::MemoryFailure;
use crate::store::{SNAPSHOT_MAX, Snapshot, SnapshotError};

/// Replaces the whole snapshot in one step. Whatever fails changes nothing.
pub(super) fn push(broker: &mut Broker, payload: PushPayload, effects: &mut Effects) -> Answer<PushResponse> {
    if let Some(expected) = payload.if_generation
        && expected != broker.store.generation()
    {
        let message = format!(
            "the generation is {}, not {expected}: something was pushed or cleared since; ask for the status again",
            broker.store.generation()
        );
        return Err(ErrorResponse::new(ErrorCode::InvalidPayload, message));
    }
    let snapshot = Snapshot::build(payload, broker.store.snapshot()).map_err(|error| match error {
        SnapshotError::TooLarge => ErrorResponse::new(
            ErrorCode::PayloadTooLarge,
            format!("the snapshot with what it keeps would hold more than {SNAPSHOT_MAX} bytes"),
        ),
        SnapshotError::Memory(error) => internal("get memory for the snapshot", &error),
    })?;
    check_protection(broker, &snapshot)?;
    let (generation, view) =
        broker.counters.next_push(&broker.state).map_err(|error| internal("save the generation", &error))?;
    let now = Timestamp::now();
    let secret_count = snapshot.len() as u64;
    let changed = snapshot.changed_from(broker.store.snapshot());
    broker.store.replace(snapshot, now, generation);
    for project in broker.registry.iter_mut() {
        project.pushed(view, &changed);
    }
    broker.audit.record(&Event::SecretsPushed { secret_count, generation });
    effects.changed = Changed::Everything;
    Ok(PushResponse { ok: OkTrue, loaded_at: format!("{now:.0}"), secret_count, generation })
}

/// Wipes the snapshot. Happens whatever else fails: the one who asks wants the values gone.
pub(super) fn clear(broker: &mut Broker, effects: &mut Effects) -> DoneResponse {
    let ((generation, view), saved) = broker.counters.next_clear(&broker.state);
    if let Err(error) = saved {
        log::error!("cannot save yet that the store was cleared: {error}");
    }
    broker.store.clear(generation);
    for project in broker.registry.iter_mut() {
        project.cleared(view);
    }
    broker.audit.record(&Event::SecretsCleared { generation });
    effects.changed = Changed::Everything;
    DoneResponse::default()
}

fn check_protection(broker: &Broker, snapshot: &Snapshot) -> Answer<()> {
    let protection = snapshot.protection();
    if protection.locked && protection.undumped {
        return Ok(());
    }
    let missing = if protection.locked { "kept out of core dumps" } else { "locked against swapping" };
    match broker.config.memory.on_failure {
        MemoryFailure::Warn => {
            log::warn!("the memory of the secrets cannot be {missing}; raise LimitMEMLOCK for the broker");
            Ok(())
        }
        MemoryFailure::Fatal => Err(ErrorResponse::new(
            ErrorCode::InternalError,
            format!("the memory of the secrets cannot be {missing}, and memory.on_failure is fatal"),
        )),
    }
}
