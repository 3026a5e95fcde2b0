//! The form in which a judged project reaches Compose: nothing in it is left to be resolved.

use serde_json::{Map, Value};

use super::project::{Form, Project, pairs};
use super::{dollars, unreadable};
use crate::core::flags::Unreadable;
use crate::core::mounts::short;
use crate::core::policy::{FOLDER_LABEL, PROJECT_LABEL, Policy};
use crate::core::wish::{MountKind, Wish};

/// Freezes a judged project. `leftover` is a text that must not be in it any more: the snapshot's place.
pub fn freeze(project: Project, policy: &Policy, leftover: &str) -> Result<Value, Unreadable> {
    let Project { name, mut tree, asked, spots } = project;
    for one in &asked {
        let Some(spot) = one.slot.and_then(|slot| spots.get(slot)) else { continue };
        put(&mut tree, &spot.pointer, spot.form, &one.wish)?;
    }
    let devices: Vec<(String, String)> = asked
        .iter()
        .filter_map(|one| match &one.wish {
            Wish::Volume { options, .. } => {
                let key = one.origin.strip_prefix("volumes.")?;
                Some((format!("/volumes/{key}/driver_opts"), options.get("device")?.clone()))
            }
            _ => None,
        })
        .collect();
    for (pointer, device) in devices {
        if let Some(options) = tree.pointer_mut(&pointer).and_then(Value::as_object_mut) {
            options.insert("device".to_owned(), device.into());
        }
    }
    if let Some(table) = tree.as_object_mut() {
        table.retain(|key, _| !key.starts_with("x-"));
        if table.contains_key("name") {
            table.insert("name".to_owned(), name.into());
        }
    }
    for service in
        tree.get_mut("services").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
    {
        mark(service, policy)?;
    }
    let frozen = dollars::doubled(tree);
    if !leftover.is_empty() && frozen.to_string().contains(leftover) {
        return Err(unreadable("project", "a path that was not judged"));
    }
    Ok(frozen)
}

fn put(tree: &mut Value, pointer: &str, form: Form, wish: &Wish) -> Result<(), Unreadable> {
    let written: Value = match (form, wish) {
        (Form::Short, Wish::Mount(mount)) => {
            short(mount).map_err(|problem| unreadable(pointer, &problem))?.into()
        }
        (Form::Source, Wish::Mount(mount)) => {
            let MountKind::Bind(path) = &mount.kind else {
                return Err(unreadable(pointer, "is no bind"));
            };
            let source = path.to_str().filter(|path| !path.contains([':', '\n']));
            let source = source.ok_or_else(|| unreadable(pointer, "a path that cannot be written"))?;
            if let Some(Value::Object(table)) = tree.pointer_mut(pointer) {
                table.insert("source".to_owned(), source.into());
            }
            return Ok(());
        }
        (Form::Path, Wish::Read(_, path)) => {
            path.to_str().map(Value::from).ok_or_else(|| unreadable(pointer, "a path that is not UTF-8"))?
        }
        (Form::Device, Wish::Device(device)) => device.as_str().into(),
        _ => return Err(unreadable(pointer, "is not what was judged")),
    };
    let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
    match tree.pointer_mut(parent) {
        Some(Value::Object(table)) => {
            table.insert(key.to_owned(), written);
            Ok(())
        }
        Some(Value::Array(list)) => {
            let place = key.parse::<usize>().ok().and_then(|index| list.get_mut(index));
            place.map(|place| *place = written).ok_or_else(|| unreadable(pointer, "is gone"))
        }
        _ => Err(unreadable(pointer, "is gone")),
    }
}

/// Says whose container it is, and takes away what its image could say instead.
fn mark(service: &mut Value, policy: &Policy) -> Result<(), Unreadable> {
    let Some(table) = service.as_object_mut() else { return Ok(()) };
    table.retain(|key, value| {
        !(key.starts_with("x-") || key == "develop" || (key == "environment" && value.is_null()))
    });
    let mut labels = Map::new();
    labels.insert(FOLDER_LABEL.to_owned(), "".into());
    for (key, value) in pairs(table.get("labels").unwrap_or(&Value::Null), "labels")? {
        labels.insert(key, value.unwrap_or_default().into());
    }
    labels.insert(PROJECT_LABEL.to_owned(), policy.project.as_str().into());
    table.insert("labels".to_owned(), Value::Object(labels));
    Ok(())
}
