//! Volumes, networks, configurations and secrets of a project. Compose makes them whether they are used or not.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::project::{Collector, Form, items, pairs, table, text};
use super::unreadable;
use crate::core::flags::Unreadable;
use crate::core::wish::{Reading, Wish};

/// The name under which the engine knows a volume or network.
fn engine_name(
    key: &str,
    one: &Map<String, Value>,
    project: &str,
    place: &str,
) -> Result<(String, bool), Unreadable> {
    let external = match one.get("external") {
        None | Some(Value::Null | Value::Bool(false)) => None,
        Some(Value::Bool(true)) => Some(key.to_owned()),
        Some(Value::Object(external)) => {
            Some(external.get("name").map_or(Ok(key.to_owned()), |name| text(name, place))?)
        }
        Some(_) => return Err(unreadable(place, "external is neither true nor false")),
    };
    let name = one.get("name").map(|name| text(name, place)).transpose()?;
    Ok(match (name, external) {
        (Some(name), external) => (name, external.is_some()),
        (None, Some(external)) => (external, true),
        (None, None) => (format!("{project}_{key}"), false),
    })
}

fn known(one: &Map<String, Value>, keys: &[&str], place: &str) -> Result<(), Unreadable> {
    match one.keys().find(|key| !keys.contains(&key.as_str()) && !key.starts_with("x-")) {
        Some(key) => Err(unreadable(place, &format!("{key} is not known to the gate"))),
        None => Ok(()),
    }
}

fn options(one: &Map<String, Value>, place: &str) -> Result<BTreeMap<String, String>, Unreadable> {
    let pairs = pairs(one.get("driver_opts").unwrap_or(&Value::Null), place)?;
    Ok(pairs.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect())
}

fn labels(one: &Map<String, Value>, place: &str, collector: &mut Collector<'_>) -> Result<(), Unreadable> {
    for (key, value) in pairs(one.get("labels").unwrap_or(&Value::Null), place)? {
        collector.add(Wish::Label { key, value: value.unwrap_or_default() }, place);
    }
    Ok(())
}

fn optional<'a>(
    value: &'a Value,
    place: &str,
) -> Result<std::borrow::Cow<'a, Map<String, Value>>, Unreadable> {
    match value {
        Value::Null => Ok(std::borrow::Cow::Owned(Map::new())),
        value => Ok(std::borrow::Cow::Borrowed(table(value, place)?)),
    }
}

pub(super) fn volumes(section: &Map<String, Value>, collector: &mut Collector<'_>) -> Result<(), Unreadable> {
    for (key, one) in section {
        let place = format!("volumes.{key}");
        collector.part = Some(place.clone());
        let one = optional(one, &place)?;
        known(&one, &["name", "driver", "driver_opts", "external", "labels"], &place)?;
        labels(&one, &place, collector)?;
        let (name, _) = engine_name(key, &one, collector.project, &place)?;
        let mut options = options(&one, &place)?;
        if let Some(device) = options.get_mut("device") {
            *device = (collector.original)(device);
        }
        let driver = one.get("driver").map(|driver| text(driver, &place)).transpose()?;
        collector.volumes.insert(key.clone(), name.clone());
        collector.add(Wish::Volume { name, driver, options }, &place);
    }
    Ok(())
}

pub(super) fn networks(
    section: &Map<String, Value>,
    collector: &mut Collector<'_>,
) -> Result<(), Unreadable> {
    collector.networks.push("default".to_owned());
    for (key, one) in section {
        let place = format!("networks.{key}");
        collector.part = Some(place.clone());
        let one = optional(one, &place)?;
        let keys = [
            "name",
            "driver",
            "driver_opts",
            "external",
            "labels",
            "ipam",
            "internal",
            "attachable",
            "enable_ipv6",
            "enable_ipv4",
            "check_duplicate",
        ];
        known(&one, &keys, &place)?;
        labels(&one, &place, collector)?;
        let (name, external) = engine_name(key, &one, collector.project, &place)?;
        if !external {
            let driver = one.get("driver").map_or(Ok(String::new()), |driver| text(driver, &place))?;
            let options =
                options(&one, &place)?.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
            collector.add(Wish::NetworkDriver { driver, options }, &place);
        }
        if let Some(ipam) = one.get("ipam").filter(|ipam| !ipam.is_null()) {
            addresses(table(ipam, &place)?, &place, collector)?;
        }
        collector.networks.push(key.clone());
        collector.add(Wish::Network { name, options: Vec::new() }, &place);
    }
    Ok(())
}

/// Which addresses a network takes.
fn addresses(
    ipam: &Map<String, Value>,
    place: &str,
    collector: &mut Collector<'_>,
) -> Result<(), Unreadable> {
    known(ipam, &["driver", "config", "options"], place)?;
    let driver = ipam.get("driver").filter(|driver| !driver.is_null());
    let driver = driver.map_or(Ok(String::new()), |driver| text(driver, place))?;
    if !matches!(driver.as_str(), "" | "default") || ipam.contains_key("options") {
        collector.add(Wish::Forbidden("an address driver is a plugin".to_owned()), place);
    }
    for (index, pool) in items(ipam.get("config").unwrap_or(&Value::Null)).iter().enumerate() {
        let place = format!("{place}.ipam.config[{index}]");
        for (key, value) in table(pool, &place)?.iter().filter(|(_, value)| !value.is_null()) {
            let kind = match key.as_str() {
                "subnet" => "subnet",
                "gateway" => "gateway",
                "ip_range" => "ip_range",
                "aux_addresses" => {
                    for (_, address) in pairs(value, &place)? {
                        collector.add(Wish::Addresses("aux_addresses", address.unwrap_or_default()), &place);
                    }
                    continue;
                }
                _ => return Err(unreadable(&place, &format!("{key} is not known to the gate"))),
            };
            collector.add(Wish::Addresses(kind, text(value, &place)?), &place);
        }
    }
    Ok(())
}

/// Configurations and secrets: files of the host that are mounted.
pub(super) fn files(
    kind: &str,
    section: &Map<String, Value>,
    collector: &mut Collector<'_>,
) -> Result<(), Unreadable> {
    for (key, one) in section {
        let place = format!("{kind}.{key}");
        collector.part = Some(place.clone());
        let one = table(one, &place)?;
        known(one, &["name", "file", "environment", "content", "labels"], &place)?;
        if let Some(file) = one.get("file") {
            let path = collector.path(&text(file, &place)?);
            let pointer = format!("/{kind}/{key}/file");
            collector.add_at(Wish::Read(Reading::Private, path), &place, pointer, Form::Path);
        }
        if let Some(variable) = one.get("environment") {
            let name = text(variable, &place)?;
            collector.add(Wish::HostVariable(name), &place);
        }
        collector.files.push(format!("{kind}.{key}"));
    }
    Ok(())
}
