//! The project manifest, `.remo/manifest.toml`: parsed, checked, rendered and compared.
//!
//! Broker, project side and helper commands all use this crate, so that they say the same words.
//! Nothing here does input or output: opening the file safely is the broker's job, writing what a
//! template renders to is the project side's.
//!
//! A manifest is a request written by code that is not trusted. Every input ends in a [`Manifest`] or in
//! [`Problems`], never in a panic, and no message repeats raw input at length or unescaped.

use remo_wire::admin::{CacheLimits, ManifestSummary};
use remo_wire::binding::Bindings;
use remo_wire::names::ProjectName;
use sha2::{Digest as _, Sha256};

pub use difference::{Difference, difference};
pub use problem::{PROBLEMS_MAX, Problem, Problems, Rule};

mod bindings;
mod cache;
mod difference;
pub mod environment;
mod findings;
mod header;
pub mod helper;
pub mod mode;
pub mod placement;
mod problem;
mod quote;
mod reader;
#[cfg(feature = "schema")]
pub mod schema;
mod source;
mod syntax;
pub mod template;

/// The one version of the manifest format so far.
pub const SCHEMA_VERSION: u32 = 1;

/// Where a project keeps its manifest, relative to the project's directory; the usual label in messages.
pub const MANIFEST_PATH: &str = ".remo/manifest.toml";

/// A manifest that keeps every rule, with all defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The project, equal to the base name of its directory.
    pub project: ProjectName,
    /// Always [`SCHEMA_VERSION`] today.
    pub schema_version: u32,
    /// Where each secret goes.
    pub bindings: Bindings,
    /// Limits of the project's leases.
    pub cache: CacheLimits,
}

impl Manifest {
    /// The manifest as it travels on the admin plane.
    pub fn summary(&self) -> ManifestSummary {
        ManifestSummary {
            schema_version: self.schema_version,
            bindings: self.bindings.clone(),
            cache: self.cache,
        }
    }
}

/// Parses and checks the text of a manifest.
///
/// `file` is the label that messages carry, usually [`MANIFEST_PATH`]; `expected_project` is the base name of
/// the project's directory. The error holds every problem, in the order of the file.
pub fn parse(source: &str, file: &str, expected_project: &ProjectName) -> Result<Manifest, Problems> {
    if let Some(problem) = syntax::oversized(source.len(), file) {
        return Err(Problems::single(problem));
    }
    let lines = source::Lines::new(source);
    let (document, mut found) = syntax::read(source);
    let manifest = {
        let mut reader = reader::Reader::new(source, &mut found);
        header::read(&mut reader, document.get_ref(), expected_project)
    };
    found.settle(&lines);
    match manifest {
        Some(manifest) if found.is_empty() => Ok(manifest),
        _ => Err(found.into_problems(file, &lines)),
    }
}

/// Like [`parse`], for the bytes of a file: text that is not UTF-8 and a file over
/// [`remo_wire::limits::MANIFEST_MAX`] bytes are problems like any other.
pub fn parse_bytes(bytes: &[u8], file: &str, expected_project: &ProjectName) -> Result<Manifest, Problems> {
    if let Some(problem) = syntax::oversized(bytes.len(), file) {
        return Err(Problems::single(problem));
    }
    match std::str::from_utf8(bytes) {
        Ok(source) => parse(source, file, expected_project),
        Err(error) => Err(Problems::single(syntax::not_text(bytes, error.valid_up_to(), file))),
    }
}

/// SHA-256 of a manifest file in lower-case hexadecimal: what an approval refers to.
pub fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing into a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
