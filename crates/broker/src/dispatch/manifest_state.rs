//! How a manifest file compares with the pin.

use std::sync::Arc;

use remo_manifest::Difference;
use remo_wire::admin::{ManifestState, ManifestSummary};
use remo_wire::names::ProjectName;

use crate::manifest_file::{LABEL, ManifestFile};
use crate::registry::Pin;

/// A manifest file, judged.
#[derive(Debug)]
pub enum Judged {
    /// It can be approved.
    Valid {
        /// Its content.
        source: String,
        /// Its SHA-256.
        sha256: String,
        /// Its content, parsed.
        manifest: Arc<ManifestSummary>,
    },
    /// There is nothing to read.
    Missing(String),
    /// It cannot be used.
    Invalid {
        /// SHA-256 of what was read; empty when nothing could be.
        sha256: String,
        /// One entry a problem, with line, key and remedy.
        problems: Vec<String>,
    },
}

impl Judged {
    /// Judges what was read for `project`.
    pub fn new(file: ManifestFile, project: &ProjectName) -> Self {
        let content = match file {
            ManifestFile::Content(content) => content,
            ManifestFile::Missing(why) => return Self::Missing(why),
            ManifestFile::Refused(why) => {
                return Self::Invalid { sha256: String::new(), problems: vec![why] };
            }
        };
        let sha256 = remo_manifest::digest(&content);
        match remo_manifest::parse_bytes(&content, LABEL, project) {
            Ok(manifest) => {
                // Parsing has shown that it is UTF-8.
                let source = String::from_utf8_lossy(&content).into_owned();
                Self::Valid { source, sha256, manifest: Arc::new(manifest.summary()) }
            }
            Err(problems) => Self::Invalid { sha256, problems: problems.to_texts() },
        }
    }

    /// The state to report.
    pub fn state(&self, pin: Option<&Pin>) -> ManifestState {
        match (self, pin) {
            (Self::Missing(_), _) => ManifestState::Missing,
            (Self::Invalid { .. }, _) => ManifestState::Invalid,
            (Self::Valid { .. }, None) => ManifestState::Unapproved,
            (Self::Valid { sha256, .. }, Some(pin)) if *sha256 == pin.sha256 => ManifestState::Pinned,
            (Self::Valid { .. }, Some(_)) => ManifestState::Changed,
        }
    }
}

/// The state to report, without the work of parsing a file that is exactly what was approved.
pub fn state_of(file: ManifestFile, pin: Option<&Pin>, project: &ProjectName) -> ManifestState {
    match (&file, pin) {
        (ManifestFile::Content(content), Some(pin)) if remo_manifest::digest(content) == pin.sha256 => {
            ManifestState::Pinned
        }
        _ => Judged::new(file, project).state(pin),
    }
}

/// What approving `manifest` would change.
pub fn difference(pin: Option<&Pin>, manifest: &ManifestSummary) -> Difference {
    remo_manifest::difference(pin.map(|pin| pin.manifest.as_ref()), manifest)
}
