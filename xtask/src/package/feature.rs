//! The dev container feature, in the two forms in which its specification has one distributed.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::layout::{self, Blob};
use super::{make_folder, write};
use crate::failure::Failure;

/// What describes a feature, in its folder.
const METADATA: &str = "devcontainer-feature.json";

/// The helper, in the feature's folder as it is shipped.
const HELPER: &str = "remo-fetch-secrets";

/// Files that are run.
const PROGRAMS: [&str; 3] = [HELPER, "hook", "install.sh"];

/// For people who read the repository.
const NOT_SHIPPED: &str = "README.md";

/// Media types of the feature specification.
const CONFIG_TYPE: &str = "application/vnd.devcontainers";
const LAYER_TYPE: &str = "application/vnd.devcontainers.layer.v1+tar";

/// Writes the tarball and the OCI layout of the feature in `source` to `folder`. The same files give the same bytes.
pub(super) fn make(source: &Path, helper: &Path, folder: &Path) -> Result<(), Failure> {
    let files = files(source, helper)?;
    let metadata = files
        .iter()
        .find(|(name, _)| name == METADATA)
        .map(|(_, content)| serde_json::from_slice::<Value>(content))
        .ok_or_else(|| Failure::new(format!("{} has no {METADATA}", source.display())))?
        .map_err(Failure::because(format!("cannot read {METADATA}")))?;
    let word = |key: &str| {
        metadata[key]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| Failure::new(format!("{METADATA} has no {key}")))
    };
    let (id, version) = (word("id")?, word("version")?);
    let tarball = tarball(&files)?;
    let name = format!("devcontainer-feature-{id}.tgz");
    make_folder(folder)?;
    let layer = Blob::new(LAYER_TYPE, tarball).title(&name);
    layout::write(
        &folder.join("oci"),
        &Blob::new(CONFIG_TYPE, b"{}".to_vec()),
        &layer,
        &metadata,
        &tags(&version),
    )?;
    write(&folder.join(name), &layer.content)
}

/// The files of the feature by name, in their order.
fn files(source: &Path, helper: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let read =
        |path: &Path| fs::read(path).map_err(Failure::because(format!("cannot read {}", path.display())));
    let mut files = vec![(HELPER.to_owned(), read(helper)?)];
    let unreadable = || format!("cannot read {}", source.display());
    for entry in fs::read_dir(source).map_err(Failure::because(unreadable()))? {
        let entry = entry.map_err(Failure::because(unreadable()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // A helper there is somebody's copy; the one that is shipped was built just now.
        if name != NOT_SHIPPED && name != HELPER {
            files.push((name, read(&entry.path())?));
        }
    }
    files.sort();
    Ok(files)
}

/// An archive without compression, as the tooling makes it, and without anything of this machine.
fn tarball(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, Failure> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_mode(if PROGRAMS.contains(&name.as_str()) { 0o755 } else { 0o644 });
        archive
            .append_data(&mut header, format!("./{name}"), content.as_slice())
            .map_err(Failure::because(format!("cannot put {name} into the archive")))?;
    }
    archive.into_inner().map_err(Failure::because("cannot end the archive"))
}

/// A version and what it may be called for short: `1.2.3`, `1.2`, `1`, `latest`.
fn tags(version: &str) -> Vec<String> {
    let mut tags = vec![version.to_owned()];
    let mut short = version;
    while let Some((shorter, _)) = short.rsplit_once('.') {
        tags.push(shorter.to_owned());
        short = shorter;
    }
    tags.push("latest".to_owned());
    tags
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn made(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../features/secrets");
        let helper = folder.join("built");
        fs::write(&helper, "helper").unwrap();
        let target = folder.join("made");
        make(&source, &helper, &target).unwrap();
        let mut found = Vec::new();
        let mut folders = vec![target.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    let name = entry.path().strip_prefix(&target).unwrap().to_owned();
                    found.push((name, fs::read(entry.path()).unwrap()));
                }
            }
        }
        found.sort();
        found
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(made(one.path()), made(other.path()));
    }

    #[test]
    fn the_layout_leads_from_the_version_to_the_tarball() {
        let folder = tempfile::tempdir().unwrap();
        let files = made(folder.path());
        let content = |name: &str| {
            let found = files.iter().find(|(path, _)| path == Path::new(name));
            found.unwrap_or_else(|| panic!("no {name}")).1.clone()
        };
        let json = |name: &str| serde_json::from_slice::<Value>(&content(name)).unwrap();
        let blob = |digest: &Value| format!("oci/blobs/{}", digest.as_str().unwrap().replace(':', "/"));
        assert_eq!(json("oci/oci-layout")["imageLayoutVersion"], "1.0.0");
        let index = json("oci/index.json");
        let named = index["manifests"].as_array().unwrap();
        let tags: Vec<_> = named
            .iter()
            .map(|entry| entry["annotations"]["org.opencontainers.image.ref.name"].clone())
            .collect();
        assert_eq!(tags, ["0.1.0", "0.1", "0", "latest"]);
        let manifest = json(&blob(&named[0]["digest"]));
        assert_eq!(manifest["config"]["mediaType"], CONFIG_TYPE);
        let metadata = manifest["annotations"]["dev.containers.metadata"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(metadata).unwrap()["id"], "secrets");
        let layer = &manifest["layers"][0];
        assert_eq!(layer["mediaType"], LAYER_TYPE);
        assert_eq!(
            layer["annotations"]["org.opencontainers.image.title"],
            "devcontainer-feature-secrets.tgz"
        );
        let tarball = content(&blob(&layer["digest"]));
        assert_eq!(tarball.len() as u64, layer["size"].as_u64().unwrap());
        assert_eq!(tarball, content("devcontainer-feature-secrets.tgz"));
    }

    #[test]
    fn the_tarball_holds_what_runs_as_programs_and_no_owner() {
        let folder = tempfile::tempdir().unwrap();
        let files = made(folder.path());
        let tarball =
            &files.iter().find(|(name, _)| name.extension().is_some_and(|it| it == "tgz")).unwrap().1;
        let mut archive = tar::Archive::new(tarball.as_slice());
        let mut modes = Vec::new();
        for entry in archive.entries().unwrap() {
            let header = entry.as_ref().unwrap().header();
            assert_eq!((header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()), (0, 0, 0));
            modes.push((
                entry.as_ref().unwrap().path().unwrap().to_string_lossy().into_owned(),
                header.mode().unwrap(),
            ));
        }
        for (name, mode) in
            [("install.sh", 0o755), ("hook", 0o755), (HELPER, 0o755), (METADATA, 0o644), ("shell.sh", 0o644)]
        {
            let named = |path: &str| path.trim_start_matches("./") == name;
            assert!(modes.iter().any(|(path, found)| named(path) && *found == mode), "{name}: {modes:?}");
        }
        assert!(!modes.iter().any(|(path, _)| path.ends_with(NOT_SHIPPED)));
    }
}
