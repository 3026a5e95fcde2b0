//! The marker that says whom the directory serves: one project, in one start of one container.

use remo_wire::names::ProjectName;
use serde::{Deserialize, Serialize};

use super::{Instance, Storage};
use crate::failure::Failure;

const MARKER: &str = "owner.json";

#[derive(Debug, Serialize, Deserialize)]
struct Owner {
    #[serde(flatten)]
    instance: Instance,
    project: Option<ProjectName>,
}

/// Takes the directory, unless another container or another project has it.
///
/// A directory in memory does not outlive its container unless it is shared, so a marker of another container
/// means sharing; only one of an earlier boot is certainly dead.
pub(super) fn claim(storage: &Storage, project: Option<&ProjectName>) -> Result<(), Failure> {
    let _lock = storage.lock()?;
    let found = storage.read(MARKER)?.map(|bytes| serde_json::from_slice::<Owner>(&bytes));
    let directory = storage.path().display();
    match found {
        None => {}
        Some(Err(_)) => {
            return Err(Failure::unavailable(format!("the marker in {directory} cannot be read"))
                .hint(format!("look what wrote it, then remove the directory: rm -r {directory}")));
        }
        Some(Ok(owner)) if storage.instance().outlived(&owner.instance) => {}
        Some(Ok(owner)) if !storage.instance().same(&owner.instance) => {
            return Err(Failure::unavailable(format!(
                "{directory} cannot keep secrets: it is shared with another container, which uses it"
            ))
            .hint(format!(
                "give each container its own /dev/shm (no --ipc=host, no --ipc=container:…); if the other one is \
                 gone for good: rm -r {directory}"
            )));
        }
        Some(Ok(owner)) => match (&owner.project, project) {
            (Some(held), Some(wanted)) if held != wanted => {
                return Err(Failure::unavailable(format!(
                    "{directory} keeps the secrets of the project {held}, not of {wanted}"
                ))
                .hint("name another directory for this project with --secrets-dir"));
            }
            (Some(_), _) | (None, None) => return Ok(()),
            (None, Some(_)) => {}
        },
    }
    let owner = Owner { instance: storage.instance().clone(), project: project.cloned() };
    let text =
        serde_json::to_vec(&owner).map_err(|error| Failure::internal("describe this container", &error))?;
    storage.write(MARKER, &text)
}
