//! The top level of the file: version, project, and the tables below it.

use remo_wire::admin::CacheLimits;
use remo_wire::names::ProjectName;
use toml::de::DeTable;

use crate::findings::WHOLE_FILE;
use crate::problem::Rule;
use crate::quote::quote;
use crate::reader::{Reader, Section};
use crate::{Manifest, SCHEMA_VERSION, bindings, cache};

/// Keys of the top level.
const KEYS: &[&str] = &["schema_version", "project", "secrets", "cache"];

/// Checks the whole document. `None` only when something was reported.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    document: &DeTable<'_>,
    expected: &ProjectName,
) -> Option<Manifest> {
    let top = Section { path: String::new(), offset: 0, table: document };
    reader.only(&top, KEYS);
    let schema_version = schema_version(reader, &top);
    let project = project(reader, &top, expected);
    let bindings = match top.get("secrets") {
        Some(entry) => reader
            .section(&entry, "[secrets.gh] on a line of its own")
            .and_then(|section| bindings::read(reader, &section)),
        None => Some(remo_wire::binding::Bindings::new()),
    };
    let cache = match top.get("cache") {
        Some(entry) => reader
            .section(&entry, "[cache] on a line of its own")
            .and_then(|section| cache::read(reader, &section)),
        None => Some(CacheLimits { default_ttl_seconds: None, default_max_entries: None }),
    };
    Some(Manifest { project: project?, schema_version: schema_version?, bindings: bindings?, cache: cache? })
}

fn schema_version(reader: &mut Reader<'_>, top: &Section<'_>) -> Option<u32> {
    let example = format!("schema_version = {SCHEMA_VERSION}");
    let Some(entry) = top.get("schema_version") else {
        reader.report(
            Rule::MissingKey,
            (0, WHOLE_FILE),
            "schema_version is missing",
            format!("write at the top of the file: {example}"),
        );
        return None;
    };
    let version = reader.integer(&entry, &example)?;
    if version != i64::from(SCHEMA_VERSION) {
        reader.report(
            Rule::SchemaVersion,
            (entry.offset, &entry.path),
            format!("version {version} of the manifest format is not known here"),
            format!("write {example}, or update the tools that read this file"),
        );
        return None;
    }
    Some(SCHEMA_VERSION)
}

fn project(reader: &mut Reader<'_>, top: &Section<'_>, expected: &ProjectName) -> Option<ProjectName> {
    let example = format!("project = \"{expected}\"");
    let Some(entry) = top.get("project") else {
        reader.report(
            Rule::MissingKey,
            (0, WHOLE_FILE),
            "project is missing",
            format!("write below schema_version: {example}"),
        );
        return None;
    };
    let name = reader.text(&entry, &example)?;
    if name == expected.as_str() {
        return Some(expected.clone());
    }
    let message = match ProjectName::new(name) {
        Ok(name) => format!("the manifest is for project {name}, but its directory is named {expected}"),
        Err(rule) => format!("{} is no project name: {rule}", quote(name)),
    };
    reader.report(Rule::Project, (entry.offset, &entry.path), message, format!("write {example}"));
    None
}
