//! One service of a project.

use serde_json::Value;

use super::project::{Collector, Form, items, pairs, table, text};
use super::{build, mounts, unreadable};
use crate::core::flags::Unreadable;
use crate::core::mounts::target_of;
use crate::core::ports;
use crate::core::run;
use crate::core::wish::{Namespace, Wish};

/// Keys that reach nothing outside of the container. What is for `compose watch` (`develop`) is not passed on.
const HARMLESS: &[&str] = &[
    "attach",
    "blkio_config",
    "cap_drop",
    "command",
    "cpu_count",
    "cpu_percent",
    "cpu_period",
    "cpu_quota",
    "cpu_rt_period",
    "cpu_rt_runtime",
    "cpu_shares",
    "cpus",
    "cpuset",
    "depends_on",
    "develop",
    "dns",
    "dns_opt",
    "dns_search",
    "domainname",
    "entrypoint",
    "expose",
    "extra_hosts",
    "healthcheck",
    "hostname",
    "init",
    "mac_address",
    "mem_limit",
    "mem_reservation",
    "mem_swappiness",
    "memswap_limit",
    "oom_score_adj",
    "pids_limit",
    "platform",
    "profiles",
    "pull_policy",
    "read_only",
    "shm_size",
    "stdin_open",
    "stop_grace_period",
    "stop_signal",
    "tty",
    "ulimits",
    "user",
    "working_dir",
];

pub(super) fn read(name: &str, value: &Value, collector: &mut Collector<'_>) -> Result<(), Unreadable> {
    let service = table(value, &format!("services.{name}"))?;
    for (key, value) in service {
        let place = format!("services.{name}.{key}");
        if value.is_null() || HARMLESS.contains(&key.as_str()) || key.starts_with("x-") {
            continue;
        }
        match key.as_str() {
            "image" => {
                if service.contains_key("build") {
                    collector.add(Wish::Tag(text(value, &place)?), &place);
                }
            }
            "build" => build::read(name, value, collector)?,
            "volumes" => mounts::read(name, items(value), collector)?,
            "networks" => networks(value, &place, collector)?,
            "ports" => published(value, &place, collector)?,
            "devices" => devices(name, value, &place, collector)?,
            "configs" | "secrets" => files(key, items(value), &place, collector)?,
            "deploy" => deploy(value, &place, collector)?,
            "restart" => restart(&text(value, &place)?, &place, collector),
            "scale" => scale(&text(value, &place)?, &place, collector),
            "environment" => {
                for (variable, _) in pairs(value, &place)?.into_iter().filter(|(_, value)| value.is_none()) {
                    collector.add(Wish::HostVariable(variable), &place);
                }
            }
            _ => setting(key, value, &place, collector)?,
        }
    }
    Ok(())
}

fn setting(key: &str, value: &Value, place: &str, collector: &mut Collector<'_>) -> Result<(), Unreadable> {
    let ask = |kind, words| -> Result<Vec<Wish>, Unreadable> {
        items(value).iter().map(|item| Ok(Wish::Approvable(kind, text(item, place)?, words))).collect()
    };
    let each = |wish: fn(String) -> Wish| -> Result<Vec<Wish>, Unreadable> {
        items(value).iter().map(|item| Ok(wish(text(item, place)?))).collect()
    };
    let wishes = match key {
        "container_name" => each(Wish::ContainerName)?,
        "privileged" => match value {
            Value::Bool(false) => Vec::new(),
            _ => vec![Wish::Privileged],
        },
        "cap_add" => each(Wish::Capability)?,
        "security_opt" => each(Wish::Security)?,
        "pid" => vec![joined(Namespace::Process, value, place, collector)?],
        "ipc" => vec![joined(Namespace::Ipc, value, place, collector)?],
        "uts" => vec![joined(Namespace::Uts, value, place, collector)?],
        "userns_mode" => vec![joined(Namespace::User, value, place, collector)?],
        "cgroup" => vec![joined(Namespace::Cgroup, value, place, collector)?],
        "network_mode" => {
            let mode = text(value, place)?;
            if own_service(&mode, collector) {
                Vec::new()
            } else {
                vec![Wish::Network { name: mode, options: Vec::new() }]
            }
        }
        "labels" => pairs(value, place)?
            .into_iter()
            .map(|(key, value)| Wish::Label { key, value: value.unwrap_or_default() })
            .collect(),
        "tmpfs" => items(value)
            .iter()
            .map(|item| {
                let mount = run::tmpfs(&text(item, place)?).map_err(|problem| unreadable(place, &problem))?;
                Ok(Wish::Mount(mount))
            })
            .collect::<Result<_, Unreadable>>()?,
        "sysctls" => pairs(value, place)?
            .into_iter()
            .map(|(key, value)| {
                let text = format!("{key}={}", value.unwrap_or_default());
                Wish::Approvable("sysctl", text, "sets a kernel parameter")
            })
            .collect(),
        "group_add" => ask("group-add", "adds the container's user to a further group")?,
        "device_cgroup_rules" => ask("device-cgroup-rule", "lets the container use devices")?,
        "cgroup_parent" => ask("cgroup-parent", "places the container below another control group")?,
        "oom_kill_disable" if *value == Value::Bool(false) => Vec::new(),
        "oom_kill_disable" => {
            ask("oom-kill-disable", "keeps the kernel from ending the container when memory runs out")?
        }
        "gpus" => vec![Wish::Approvable("gpus", value.to_string(), "gives the container graphics devices")],
        "annotations" => pairs(value, place)?
            .into_iter()
            .map(|(key, value)| {
                let text = format!("{key}={}", value.unwrap_or_default());
                Wish::Approvable("annotation", text, "passes an annotation to the runtime")
            })
            .collect(),
        "storage_opt" => vec![Wish::Approvable(
            "storage-opt",
            value.to_string(),
            "changes how the engine stores the container",
        )],
        "logging" => logging(value, place)?,
        "volumes_from" => {
            let mut wishes = from_others(value, place, collector, Wish::VolumesFrom)?;
            // The mounts of a service of the project are opened once more for this one.
            if wishes.len() < items(value).len() {
                wishes.push(Wish::Repeats);
            }
            wishes
        }
        "links" | "external_links" => from_others(value, place, collector, Wish::Link)?,
        "runtime" => vec![Wish::Forbidden("the runtime is not a project's to choose".to_owned())],
        "env_file" | "extends" | "label_file" => {
            vec![Wish::Forbidden("it should have been resolved".to_owned())]
        }
        _ => return Err(unreadable(place, "is not known to the gate")),
    };
    for wish in wishes {
        collector.add(wish, place);
    }
    Ok(())
}

/// The engine has no policy other than these that does not start a container again.
fn restart(policy: &str, place: &str, collector: &mut Collector<'_>) {
    if !run::is_without_restart(policy) {
        collector.add(Wish::Restarts(policy.to_owned()), place);
    }
}

fn scale(number: &str, place: &str, collector: &mut Collector<'_>) {
    if !matches!(number, "0" | "1") {
        collector.add(Wish::Repeats, place);
    }
}

fn own_service(text: &str, collector: &Collector<'_>) -> bool {
    text.strip_prefix("service:").is_some_and(|name| collector.services.iter().any(|it| it == name))
}

fn joined(
    namespace: Namespace,
    value: &Value,
    place: &str,
    collector: &Collector<'_>,
) -> Result<Wish, Unreadable> {
    let text = text(value, place)?;
    let mode = if own_service(&text, collector) { String::new() } else { text };
    Ok(Wish::Namespace(namespace, mode))
}

/// Mounts of, or links to, a service of the project or another container.
fn from_others(
    value: &Value,
    place: &str,
    collector: &Collector<'_>,
    wish: fn(String) -> Wish,
) -> Result<Vec<Wish>, Unreadable> {
    let mut wishes = Vec::new();
    for item in items(value) {
        let item = text(item, place)?;
        let other = item.strip_prefix("container:");
        let name = other.unwrap_or(&item).split(':').next().unwrap_or_default().to_owned();
        let is_service = collector.services.contains(&name) && !place.ends_with("external_links");
        if other.is_some() || !is_service {
            wishes.push(wish(name));
        }
    }
    Ok(wishes)
}

fn logging(value: &Value, place: &str) -> Result<Vec<Wish>, Unreadable> {
    let words = "sends the container's output elsewhere";
    let mut wishes = Vec::new();
    for (key, value) in table(value, place)? {
        match key.as_str() {
            "driver" => {
                let driver = text(value, place)?;
                if !matches!(driver.as_str(), "json-file" | "local" | "none" | "") {
                    wishes.push(Wish::Approvable("log-driver", driver, words));
                }
            }
            "options" => {
                for (key, value) in pairs(value, place)? {
                    if !key.starts_with("max-") && key != "compress" {
                        let option = format!("{key}={}", value.unwrap_or_default());
                        wishes.push(Wish::Approvable("log-opt", option, words));
                    }
                }
            }
            _ => return Err(unreadable(place, &format!("{key} is not known to the gate"))),
        }
    }
    Ok(wishes)
}

fn networks(value: &Value, place: &str, collector: &mut Collector<'_>) -> Result<(), Unreadable> {
    let keys: Vec<(String, Option<&Value>)> = match value {
        Value::Object(table) => table.iter().map(|(key, value)| (key.clone(), Some(value))).collect(),
        list => items(list).iter().map(|item| Ok((text(item, place)?, None))).collect::<Result<_, _>>()?,
    };
    for (key, settings) in keys {
        if !collector.networks.contains(&key) {
            return Err(unreadable(place, &format!("the network {key} is not defined")));
        }
        for (name, value) in settings.and_then(Value::as_object).into_iter().flatten() {
            match name.as_str() {
                "aliases" | "ipv4_address" | "ipv6_address" | "link_local_ips" | "priority"
                | "gw_priority" | "mac_address" | "interface_name" => {}
                "driver_opts" => {
                    for (option, value) in pairs(value, place)? {
                        let option = format!("{option}={}", value.unwrap_or_default());
                        let words = "gives the driver of a network an option";
                        collector.add(Wish::Approvable("network-option", option, words), place);
                    }
                }
                _ => return Err(unreadable(place, &format!("{name} is not known to the gate"))),
            }
        }
    }
    Ok(())
}

fn published(value: &Value, place: &str, collector: &mut Collector<'_>) -> Result<(), Unreadable> {
    for port in items(value) {
        let written = match port {
            Value::Object(port) => {
                let field = |key: &str| port.get(key).map_or(Ok(String::new()), |it| text(it, place));
                let known = ["target", "published", "host_ip", "protocol", "mode", "name", "app_protocol"];
                if let Some(key) = port.keys().find(|key| !known.contains(&key.as_str())) {
                    return Err(unreadable(place, &format!("{key} is not known to the gate")));
                }
                let (ip, host, target) = (field("host_ip")?, field("published")?, field("target")?);
                let ip = if ip.contains(':') { format!("[{ip}]") } else { ip };
                let protocol = field("protocol")?;
                let protocol = if protocol.is_empty() { "tcp" } else { &protocol };
                format!("{ip}:{host}:{target}/{protocol}")
            }
            other => text(other, place)?,
        };
        let published = ports::parse(&written).map_err(|problem| unreadable(place, &problem))?;
        if !published.is_local() {
            collector.add(Wish::Publish(published.canonical()), place);
        }
    }
    Ok(())
}

fn devices(
    service: &str,
    value: &Value,
    place: &str,
    collector: &mut Collector<'_>,
) -> Result<(), Unreadable> {
    for (index, device) in items(value).iter().enumerate() {
        let written = match device {
            Value::Object(table) => {
                let field = |key: &str| table.get(key).map_or(Ok(String::new()), |it| text(it, place));
                let (source, target) = (field("source")?, field("target")?);
                let permissions = field("permissions")?;
                let permissions = if permissions.is_empty() { "rwm" } else { &permissions };
                format!("{source}:{}:{permissions}", if target.is_empty() { &source } else { &target })
            }
            other => text(other, place)?,
        };
        let pointer = format!("/services/{service}/devices/{index}");
        collector.add_at(Wish::Device(written), place, pointer, Form::Device);
    }
    Ok(())
}

/// Uses of configurations and secrets.
pub(super) fn files(
    kind: &str,
    list: &[Value],
    place: &str,
    collector: &mut Collector<'_>,
) -> Result<(), Unreadable> {
    for one in list {
        let (source, target) = match one {
            Value::Object(table) => {
                let field = |key: &str| table.get(key).map(|value| text(value, place)).transpose();
                (field("source")?.unwrap_or_default(), field("target")?)
            }
            other => (text(other, place)?, None),
        };
        if !collector.files.contains(&format!("{kind}.{source}")) {
            return Err(unreadable(place, &format!("{source} is not defined")));
        }
        if let Some(target) = target {
            let absolute = if target.starts_with('/') { target } else { format!("/{target}") };
            target_of(&absolute).map_err(|problem| unreadable(place, &problem))?;
        }
    }
    Ok(())
}

fn deploy(value: &Value, place: &str, collector: &mut Collector<'_>) -> Result<(), Unreadable> {
    let known = [
        "mode",
        "replicas",
        "resources",
        "restart_policy",
        "labels",
        "placement",
        "update_config",
        "rollback_config",
        "endpoint_mode",
    ];
    if let Some(key) = table(value, place)?.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(unreadable(place, &format!("{key} is not known to the gate")));
    }
    let written = |key: &str| value.get(key).filter(|value| !value.is_null());
    if let Some(number) = written("replicas") {
        scale(&text(number, place)?, place, collector);
    }
    if written("mode").is_some_and(|mode| mode != "replicated") {
        collector.add(Wish::Repeats, place);
    }
    if let Some(policy) = written("restart_policy") {
        // Without a condition, it is any.
        let condition = table(policy, place)?.get("condition").filter(|condition| !condition.is_null());
        let condition = condition.map_or(Ok("any".to_owned()), |condition| text(condition, place))?;
        if condition != "none" {
            restart(&condition, &format!("{place}.restart_policy"), collector);
        }
    }
    for part in ["limits", "reservations"] {
        let Some(part) = value.get("resources").and_then(|it| it.get(part)) else { continue };
        for (key, value) in table(part, place)? {
            match key.as_str() {
                "cpus" | "memory" | "pids" => {}
                "devices" => {
                    for device in items(value) {
                        let words = "gives the container graphics devices";
                        collector.add(Wish::Approvable("gpus", device.to_string(), words), place);
                    }
                }
                _ => return Err(unreadable(place, &format!("{key} is not known to the gate"))),
            }
        }
    }
    Ok(())
}
