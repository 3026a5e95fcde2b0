//! The volumes of a service, in both notations.

use serde_json::{Map, Value};

use super::project::{Collector, Form, table, text};
use super::unreadable;
use crate::core::flags::Unreadable;
use crate::core::mounts;
use crate::core::wish::{Mount, MountKind, Wish};

pub(super) fn read(service: &str, list: &[Value], collector: &mut Collector<'_>) -> Result<(), Unreadable> {
    for (index, one) in list.iter().enumerate() {
        let place = format!("services.{service}.volumes[{index}]");
        let pointer = format!("/services/{service}/volumes/{index}");
        match one {
            Value::String(short) => {
                let mount = mounts::parse_short(short).map_err(|problem| unreadable(&place, &problem))?;
                add(mount, &place, pointer, Form::Short, collector)?;
            }
            other => {
                let mount = long(table(other, &place)?, &place)?;
                add(mount, &place, pointer, Form::Source, collector)?;
            }
        }
    }
    Ok(())
}

fn add(
    mut mount: Mount,
    place: &str,
    pointer: String,
    form: Form,
    collector: &mut Collector<'_>,
) -> Result<(), Unreadable> {
    match &mut mount.kind {
        MountKind::Bind(path) => {
            let text = path.to_str().ok_or_else(|| unreadable(place, "a path that is not UTF-8"))?;
            *path = collector.path(text);
            collector.add_at(Wish::Mount(mount), place, pointer, form);
        }
        MountKind::Volume { name: Some(name), driver, options } => {
            if !collector.volumes.contains_key(name) {
                return Err(unreadable(place, &format!("the volume {name} is not defined")));
            }
            // The volume itself is judged where it is defined; here its mount.
            mount.kind =
                MountKind::Volume { name: None, driver: driver.take(), options: std::mem::take(options) };
            collector.add(Wish::Mount(mount), place);
        }
        _ => collector.add(Wish::Mount(mount), place),
    }
    Ok(())
}

fn long(table: &Map<String, Value>, place: &str) -> Result<Mount, Unreadable> {
    let (mut kind, mut source, mut target, mut read_only) = (String::new(), None, None, false);
    let mut options = Vec::new();
    for (key, value) in table {
        match key.as_str() {
            "type" => kind = text(value, place)?,
            "source" => source = Some(text(value, place)?),
            "target" => target = Some(text(value, place)?),
            "read_only" => {
                read_only =
                    value.as_bool().ok_or_else(|| unreadable(place, "read_only is no truth value"))?;
            }
            "consistency" => {}
            "bind" | "volume" | "tmpfs" | "image" => inner(key, value, place, &mut options)?,
            other => return Err(unreadable(place, &format!("{other} is not known to the gate"))),
        }
    }
    let kind = match (kind.as_str(), source) {
        ("bind", Some(path)) if path.starts_with('/') => MountKind::Bind(path.into()),
        ("volume", name) => {
            MountKind::Volume { name, driver: None, options: std::collections::BTreeMap::new() }
        }
        ("tmpfs", None) => MountKind::Tmpfs,
        ("image", Some(image)) => MountKind::Image(image),
        (other, _) => return Err(unreadable(place, &format!("the type {other} is not known to the gate"))),
    };
    if let MountKind::Bind(path) = &kind
        && path.to_string_lossy().contains([':', '\\', '\n'])
    {
        return Err(unreadable(place, "a source with a colon, a backslash or a line break"));
    }
    let target = target.ok_or_else(|| unreadable(place, "no target"))?;
    let target = mounts::target_of(&target).map_err(|problem| unreadable(place, &problem))?;
    Ok(Mount { kind, target, read_only, options })
}

fn inner(key: &str, value: &Value, place: &str, options: &mut Vec<String>) -> Result<(), Unreadable> {
    if value.is_null() {
        return Ok(());
    }
    for (name, value) in table(value, place)? {
        match (key, name.as_str()) {
            ("bind", "create_host_path" | "selinux" | "recursive")
            | ("volume", "nocopy" | "subpath")
            | ("tmpfs", "size" | "mode")
            | ("image", "subpath") => {}
            ("bind", "propagation") => options.push(format!("bind-propagation={}", text(value, place)?)),
            _ => return Err(unreadable(place, &format!("{key}.{name} is not known to the gate"))),
        }
    }
    Ok(())
}
