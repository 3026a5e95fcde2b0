//! JSON Schema of an audit line.

use schemars::{Schema, schema_for};

use super::event::Record;

/// The schema of one line, as committed in `schema/remo-audit.v1.json`.
pub fn json_schema() -> Schema {
    schema_for!(Record<'static>)
}
