//! What a store holds, while a command changes it: the same few questions and changes for every kind of store.

use remo_wire::admin::PushedSecret;
use remo_wire::names::SecretName;

use crate::source::Reading;

/// What [`Content::set`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// There was no such secret.
    Added,
    /// It had another value.
    Replaced,
    /// It has this value already; its time of change stays.
    Unchanged,
}

/// The content of a store. Nothing is written before the change is complete.
pub trait Content {
    /// Sets `name` to `value`.
    fn set(&mut self, name: &SecretName, value: &PushedSecret) -> Change;

    /// Whether there is an entry of this name, readable or not.
    fn contains(&self, name: &str) -> bool;

    /// Whether there is an entry of this name with another value than `value`.
    fn holds_another(&self, name: &SecretName, value: &PushedSecret) -> bool;

    /// Removes `name`; `false` when it was not there.
    fn remove(&mut self, name: &str) -> bool;

    /// All entries, sorted into those that can be used and those that cannot.
    fn reading(&self) -> Reading;
}
