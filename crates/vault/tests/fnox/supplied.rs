//! A broker that the watcher supplies out of a fnox store, and what the watcher says of itself.

use std::fs;

use remo_testkit::{Broker, wait};
use serde_json::Value;

use crate::ours::FnoxRoom;
use crate::room::{PROJECT, Room, wait_until};
use crate::watcher::Watcher;

/// Waits until the broker serves `value` as `gh`.
#[track_caller]
pub(crate) fn served(broker: &Broker, value: &str) {
    wait_until("the value being served", || serves(broker, "gh").as_deref() == Some(value));
}

pub(crate) fn serves(broker: &Broker, name: &str) -> Option<String> {
    let secret = broker.client(PROJECT).get(name).ok()?;
    secret.value.expose_text().map(str::to_owned)
}

/// The watcher's report, as it is in the file.
pub(crate) fn report(room: &Room) -> Value {
    let read = || fs::read(room.beside_store(".watcher.json")).ok();
    let text = wait::until(wait::PATIENCE, "a report", read);
    serde_json::from_slice(&text).unwrap()
}

#[track_caller]
pub(crate) fn wait_for_state(room: &Room, state: &str) -> Value {
    wait::until(wait::PATIENCE, &format!("the state {state}"), || {
        Some(report(room)).filter(|report| report["state"] == state)
    })
}

/// A room with `gh` and `npm`, supplied.
pub(crate) fn started(test: &str) -> Option<(FnoxRoom, Broker, Watcher)> {
    let room = FnoxRoom::new(test)?;
    room.fnox_set("gh", "tripwire-one");
    room.fnox_set("npm", "tripwire-npm");
    let broker = room.broker();
    room.project(&broker, &["gh", "npm", "third"]);
    let watcher = Watcher::start(&room);
    watcher.wait_for("pushed 2 secrets, generation 1 (at start)");
    served(&broker, "tripwire-one");
    wait_for_state(&room, "up_to_date");
    Some((room, broker, watcher))
}
