//! JSON Schemas of what others read or write: the wire, the manifest, the audit log.

use serde_json::Value;

use crate::artifacts::Artifacts;

/// Adds the three schemas.
pub(crate) fn add(artifacts: &mut Artifacts) -> Result<(), serde_json::Error> {
    let schemas: [(&str, Value); 3] = [
        ("schema/remo-broker.v2.json", remo_wire::schema::json_schema()),
        ("schema/remo-manifest.v1.json", remo_manifest::schema::json_schema()),
        ("schema/remo-audit.v1.json", serde_json::to_value(remo_broker::audit::schema::json_schema())?),
    ];
    for (path, schema) in schemas {
        let mut text = serde_json::to_string_pretty(&schema)?;
        text.push('\n');
        artifacts.add(path, text);
    }
    Ok(())
}
