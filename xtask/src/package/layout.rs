//! An OCI image layout: blobs under the names of their digests, and an index that leads to them. Tools that copy
//! such a folder to a registry (`oras`, `skopeo`, `crane`) take it as it is.

use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{make_folder, write as write_file};
use crate::failure::Failure;

const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";

/// Content with its type.
#[derive(Debug)]
pub(super) struct Blob {
    media_type: &'static str,
    title: Option<String>,
    pub(super) content: Vec<u8>,
}

impl Blob {
    /// Content of this type.
    pub(super) fn new(media_type: &'static str, content: Vec<u8>) -> Self {
        Self { media_type, title: None, content }
    }

    /// With a file name.
    #[must_use]
    pub(super) fn title(mut self, title: &str) -> Self {
        self.title = Some(title.to_owned());
        self
    }

    fn digest(&self) -> String {
        format!("{:x}", Sha256::digest(&self.content))
    }

    fn descriptor(&self) -> Value {
        let mut descriptor = json!({
            "mediaType": self.media_type,
            "digest": format!("sha256:{}", self.digest()),
            "size": self.content.len(),
        });
        if let Some(title) = &self.title {
            descriptor["annotations"] = json!({ "org.opencontainers.image.title": title });
        }
        descriptor
    }

    fn write(&self, folder: &Path) -> Result<(), Failure> {
        write_file(&folder.join("blobs/sha256").join(self.digest()), &self.content)
    }
}

/// Writes the layout of an artifact of one layer to `folder`, reachable under each of `tags`.
pub(super) fn write(
    folder: &Path,
    config: &Blob,
    layer: &Blob,
    metadata: &Value,
    tags: &[String],
) -> Result<(), Failure> {
    // The index comes last: whoever reads meanwhile finds what the one before names.
    make_folder(&folder.join("blobs/sha256"))?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": config.descriptor(),
        "layers": [layer.descriptor()],
        "annotations": {
            "dev.containers.metadata": metadata.to_string(),
        },
    });
    let manifest = Blob::new(MANIFEST_TYPE, text(&manifest));
    for blob in [config, layer, &manifest] {
        blob.write(folder)?;
    }
    let named: Vec<Value> = tags
        .iter()
        .map(|tag| {
            let mut descriptor = manifest.descriptor();
            descriptor["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
            descriptor
        })
        .collect();
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": named });
    write_file(&folder.join("oci-layout"), &text(&json!({ "imageLayoutVersion": "1.0.0" })))?;
    write_file(&folder.join("index.json"), &text(&index))?;
    remove_others(&folder.join("blobs/sha256"), &[config, layer, &manifest].map(Blob::digest))
}

/// Removes blobs of an earlier build, which would be copied along.
fn remove_others(folder: &Path, kept: &[String]) -> Result<(), Failure> {
    let failed = || format!("cannot tidy up {}", folder.display());
    for entry in std::fs::read_dir(folder).map_err(Failure::because(failed()))?.flatten() {
        if !kept.iter().any(|digest| entry.file_name() == digest.as_str()) {
            std::fs::remove_file(entry.path()).map_err(Failure::because(failed()))?;
        }
    }
    Ok(())
}

fn text(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}
