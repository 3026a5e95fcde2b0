//! What the vault's container depends on, looked up on the instance and at the engine.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::IMAGE;
use super::settings::World;
use crate::engine::Engine;
use crate::failure::Failure;
use crate::places::Places;

/// The folder of the admin socket, beside its link.
const ADMIN: &str = "admin";

/// The unsealed key, in its folder.
const KEY: &str = "key.txt";

/// Whom the vault key belongs to, by number: user and group.
pub fn owner(places: &Places) -> Result<(u32, u32), Failure> {
    let key = places.key_folder.join(KEY);
    let found = fs::symlink_metadata(&key).map_err(|error| {
        Failure::at("see whose the vault key is at", &key, &error)
            .hint("make it, as root and once: remo-vault key ensure --owner UID; after a boot: remo-vault key unseal")
    })?;
    if !found.is_file() {
        return Err(Failure::new(format!("{} is no file", key.display())));
    }
    if found.uid() == 0 || found.gid() == 0 {
        return Err(Failure::new("the vault key is unsealed for root, and the vault does not run as root")
            .hint("as root: remo-vault key ensure --owner UID, with a number that no container of a project uses"));
    }
    Ok((found.uid(), found.gid()))
}

/// Everything that a container is made with.
pub fn look(places: &Places, engine: &Engine<'_>) -> Result<World, Failure> {
    let (user, group) = owner(places)?;
    let admin_folder = admin_folder(places)?;
    let admin_group = fs::symlink_metadata(&admin_folder)
        .map_err(|error| Failure::at("see whose is", &admin_folder, &error))?
        .gid();
    if admin_group == 0 {
        return Err(Failure::new(format!("{} belongs to the group root", admin_folder.display()))
            .hint("make the group and restart the broker: sudo groupadd --system remo-vault"));
    }
    for folder in [&admin_folder, &places.key_folder] {
        if folder.to_str().is_none_or(|path| path.contains(',')) {
            return Err(Failure::new(format!(
                "{} cannot be mounted: a comma is in its path",
                folder.display()
            )));
        }
    }
    Ok(World {
        image: image(engine)?,
        user,
        group,
        admin_group,
        admin_folder,
        key_folder: places.key_folder.clone(),
        instance: places.instance().to_string_lossy().into_owned(),
    })
}

/// The folder of the admin socket: never the broker's whole run directory, in which the sockets of all projects are.
fn admin_folder(places: &Places) -> Result<PathBuf, Failure> {
    let folder = places.admin_socket.parent().unwrap_or(Path::new("/")).join(ADMIN);
    let missing = |what: String| {
        Failure::new(what)
            .hint("start the broker (sudo systemctl start remo-broker), of the same release as remo")
    };
    match fs::symlink_metadata(&folder) {
        Ok(found) if found.is_dir() => Ok(folder),
        Ok(_) => Err(missing(format!("{} is no folder", folder.display()))),
        Err(error) => Err(missing(format!("the folder of the admin socket, {}: {error}", folder.display()))),
    }
}

/// The id of the image.
fn image(engine: &Engine<'_>) -> Result<String, Failure> {
    engine.ask(&["image", "inspect", "--format", "{{.Id}}", IMAGE]).map(|id| id.trim().to_owned()).map_err(
        |complaint| {
            if complaint.to_lowercase().contains("no such image") {
                Failure::new("there is no image of the vault yet").hint("build it: remo vault build")
            } else {
                Failure::new(format!("docker: {complaint}"))
                    .hint("see whether Docker runs and whether you may talk to it: remo doctor")
            }
        },
    )
}
