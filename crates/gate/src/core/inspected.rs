//! An existing container, as the engine describes it, as a list of wishes: what is started is judged by what
//! it is, not by how it came about.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::mounts;
use super::wish::{Asked, Mount, MountKind, Namespace, Wish};

/// Runtimes that the engine uses by itself.
const OWN_RUNTIMES: &[&str] = &["", "runc", "io.containerd.runc.v2"];

/// The label by which Compose finds the service of a container.
const SERVICE_LABEL: &str = "com.docker.compose.service";

/// The label by which Compose tells the containers of a service apart.
const NUMBER_LABEL: &str = "com.docker.compose.container-number";

/// One element of `docker container inspect`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Inspected {
    /// Full identifier.
    pub id: String,
    /// Name with a slash before it.
    #[serde(default)]
    pub name: String,
    /// What the engine was asked for.
    pub host_config: HostConfig,
    /// What came out of it.
    #[serde(default)]
    pub mounts: Vec<EffectiveMount>,
    /// Labels.
    pub config: Config,
    /// The networks that it is part of.
    #[serde(default)]
    pub network_settings: NetworkSettings,
}

/// `.Config`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Config {
    /// Labels.
    #[serde(default)]
    pub labels: Option<BTreeMap<String, String>>,
}

/// `.NetworkSettings`
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NetworkSettings {
    /// By name.
    #[serde(default)]
    pub networks: Option<BTreeMap<String, Value>>,
}

/// One element of `.Mounts`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EffectiveMount {
    /// `bind`, `volume`, `tmpfs`
    #[serde(rename = "Type", default)]
    pub kind: String,
    /// Of a volume.
    #[serde(default)]
    pub name: String,
    /// On the host.
    #[serde(default)]
    pub source: String,
    /// In the container.
    #[serde(default)]
    pub destination: String,
    /// Of a volume.
    #[serde(default)]
    pub driver: String,
    /// Whether it can be written.
    #[serde(rename = "RW", default)]
    pub writable: bool,
}

/// `.HostConfig`, as far as it reaches beyond the container.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(missing_docs, reason = "the engine's own names")]
pub struct HostConfig {
    #[serde(default)]
    pub binds: Option<Vec<String>>,
    #[serde(default)]
    pub mounts: Option<Vec<Value>>,
    #[serde(default)]
    pub privileged: bool,
    #[serde(default)]
    pub cap_add: Option<Vec<String>>,
    #[serde(default)]
    pub devices: Option<Vec<Value>>,
    #[serde(default)]
    pub device_requests: Option<Vec<Value>>,
    #[serde(default)]
    pub device_cgroup_rules: Option<Vec<String>>,
    #[serde(default)]
    pub network_mode: String,
    #[serde(default)]
    pub pid_mode: String,
    #[serde(default)]
    pub ipc_mode: String,
    #[serde(rename = "UTSMode", default)]
    pub uts_mode: String,
    #[serde(default)]
    pub userns_mode: String,
    #[serde(default)]
    pub cgroupns_mode: String,
    #[serde(default)]
    pub security_opt: Option<Vec<String>>,
    #[serde(default)]
    pub masked_paths: Option<Vec<String>>,
    #[serde(default)]
    pub port_bindings: Option<BTreeMap<String, Option<Vec<Value>>>>,
    #[serde(default)]
    pub publish_all_ports: bool,
    #[serde(default)]
    pub group_add: Option<Vec<String>>,
    #[serde(default)]
    pub sysctls: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub tmpfs: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub volumes_from: Option<Vec<String>>,
    #[serde(default)]
    pub links: Option<Vec<String>>,
    #[serde(default)]
    pub runtime: String,
    #[serde(default)]
    pub cgroup_parent: String,
    #[serde(default)]
    pub volume_driver: String,
    #[serde(default)]
    pub restart_policy: RestartPolicy,
}

/// `.HostConfig.RestartPolicy`
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RestartPolicy {
    /// `no`, `always`, `unless-stopped` or `on-failure`
    #[serde(default)]
    pub name: String,
}

/// The binds and volumes of a container, as they came out.
pub fn effective_mounts(container: &Inspected) -> Vec<Mount> {
    let mount = |mount: &EffectiveMount| {
        let kind = match mount.kind.as_str() {
            "bind" => MountKind::Bind(mount.source.clone().into()),
            "volume" if !is_anonymous(&mount.name) => MountKind::Volume {
                name: Some(mount.name.clone()),
                driver: Some(mount.driver.clone()),
                options: BTreeMap::new(),
            },
            _ => return None,
        };
        let (target, read_only) = (mount.destination.clone(), !mount.writable);
        Some(Mount { kind, target, read_only, options: Vec::new() })
    };
    container.mounts.iter().filter_map(mount).collect()
}

/// What this container is, in the words of the gate.
pub fn wishes(container: &Inspected, shared_cgroup_namespace: bool) -> Result<Vec<Asked>, String> {
    let name = container.name.trim_start_matches('/');
    let mut asked = Vec::new();
    // The service, so that what a project asks for and what there is of it already are one.
    let service = container.config.labels.iter().flatten().find(|(key, _)| *key == SERVICE_LABEL);
    let part =
        service.map_or_else(|| format!("container {name}"), |(_, service)| format!("services.{service}"));
    let mut add = |what: &str, wish| {
        let one = Asked::new(wish, format!("container {name}, {what}"));
        asked.push(Asked { part: Some(part.clone()), ..one });
    };
    let host = &container.host_config;
    for bind in list(host.binds.as_ref()) {
        let mount = mounts::parse_short(bind).map_err(|problem| format!("{bind} {problem}"))?;
        add("Binds", Wish::Mount(mount));
    }
    for mount in list(host.mounts.as_ref()) {
        add("Mounts", Wish::Mount(engine_mount(mount)?));
    }
    for mount in container.mounts.iter().filter(|mount| mount.kind == "volume") {
        if !mount.driver.is_empty() && mount.driver != "local" {
            add("Mounts", Wish::Forbidden(format!("the volume driver {} is a plugin", mount.driver)));
        }
        // An anonymous volume is called by 64 digits; what it really is is asked of the engine too.
        if !is_anonymous(&mount.name) {
            let wish = Wish::Volume { name: mount.name.clone(), driver: None, options: BTreeMap::new() };
            add("Mounts", wish);
        }
    }
    let number = container.config.labels.iter().flatten().find(|(key, _)| *key == NUMBER_LABEL);
    if number.is_some_and(|(_, number)| number != "1") {
        add("Labels", Wish::Repeats);
    }
    if !super::run::is_without_restart(&host.restart_policy.name) {
        add("RestartPolicy", Wish::Restarts(host.restart_policy.name.clone()));
    }
    privileges(host, shared_cgroup_namespace, &mut add)?;
    for network in container.network_settings.networks.iter().flat_map(BTreeMap::keys) {
        add("Networks", Wish::Network { name: network.clone(), options: Vec::new() });
    }
    Ok(asked)
}

fn is_anonymous(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn list<T>(list: Option<&Vec<T>>) -> &[T] {
    list.map_or(&[], Vec::as_slice)
}

fn privileges(
    host: &HostConfig,
    shared_cgroup_namespace: bool,
    add: &mut impl FnMut(&str, Wish),
) -> Result<(), String> {
    if host.privileged {
        add("Privileged", Wish::Privileged);
    }
    for name in list(host.cap_add.as_ref()) {
        add("CapAdd", Wish::Capability(name.clone()));
    }
    for device in list(host.devices.as_ref()) {
        let part = |key: &str| text(device, key);
        let device =
            format!("{}:{}:{}", part("PathOnHost"), part("PathInContainer"), part("CgroupPermissions"));
        add("Devices", Wish::Device(device));
    }
    for request in list(host.device_requests.as_ref()) {
        let all = request.get("Count").and_then(Value::as_i64) == Some(-1);
        let value = if all { "all".to_owned() } else { request.to_string() };
        add("DeviceRequests", Wish::Approvable("gpus", value, "gives the container graphics devices"));
    }
    for rule in list(host.device_cgroup_rules.as_ref()) {
        let wish = Wish::Approvable("device-cgroup-rule", rule.clone(), "lets the container use devices");
        add("DeviceCgroupRules", wish);
    }
    add("NetworkMode", Wish::Network { name: host.network_mode.clone(), options: Vec::new() });
    let namespaces = [
        (Namespace::Process, &host.pid_mode),
        (Namespace::Ipc, &host.ipc_mode),
        (Namespace::Uts, &host.uts_mode),
        (Namespace::User, &host.userns_mode),
        (Namespace::Cgroup, &host.cgroupns_mode),
    ];
    for (namespace, mode) in namespaces {
        let by_default = namespace == Namespace::Cgroup && shared_cgroup_namespace && mode == "host";
        if !by_default {
            add(namespace.name(), Wish::Namespace(namespace, mode.clone()));
        }
    }
    for option in list(host.security_opt.as_ref()) {
        // The engine adds it by itself to a privileged container.
        if !(host.privileged && option == "label=disable") {
            add("SecurityOpt", Wish::Security(option.clone()));
        }
    }
    if !host.privileged && host.masked_paths.as_ref().is_some_and(Vec::is_empty) {
        add("MaskedPaths", Wish::Security("systempaths=unconfined".to_owned()));
    }
    others(host, add)
}

fn others(host: &HostConfig, add: &mut impl FnMut(&str, Wish)) -> Result<(), String> {
    for (container, bindings) in host.port_bindings.iter().flatten() {
        for binding in bindings.iter().flatten() {
            let (address, port) = (text(binding, "HostIp"), text(binding, "HostPort"));
            let written = match address.as_str() {
                "" => format!("{port}:{container}"),
                address if address.contains(':') => format!("[{address}]:{port}:{container}"),
                address => format!("{address}:{port}:{container}"),
            };
            let published =
                super::ports::parse(&written).map_err(|problem| format!("{written} {problem}"))?;
            if !published.is_local() {
                add("PortBindings", Wish::Publish(published.canonical()));
            }
        }
    }
    if host.publish_all_ports {
        let words = "opens every exposed port on all addresses";
        add("PublishAllPorts", Wish::Approvable("publish-all", "true".to_owned(), words));
    }
    for group in list(host.group_add.as_ref()) {
        let words = "adds the container's user to a further group";
        add("GroupAdd", Wish::Approvable("group-add", group.clone(), words));
    }
    for (key, value) in host.sysctls.iter().flatten() {
        add("Sysctls", Wish::Approvable("sysctl", format!("{key}={value}"), "sets a kernel parameter"));
    }
    for (target, options) in host.tmpfs.iter().flatten() {
        add("Tmpfs", Wish::Mount(super::run::tmpfs(&format!("{target}:{options}"))?));
    }
    for from in list(host.volumes_from.as_ref()) {
        add("VolumesFrom", Wish::VolumesFrom(from.split(':').next().unwrap_or_default().to_owned()));
    }
    for link in list(host.links.as_ref()) {
        let name = link.split(':').next().unwrap_or_default().trim_start_matches('/');
        add("Links", Wish::Link(name.to_owned()));
    }
    if !OWN_RUNTIMES.contains(&host.runtime.as_str()) {
        add("Runtime", Wish::Forbidden(format!("the runtime {} is not the engine's own", host.runtime)));
    }
    if !host.cgroup_parent.is_empty() {
        let words = "places the container below another control group";
        add("CgroupParent", Wish::Approvable("cgroup-parent", host.cgroup_parent.clone(), words));
    }
    if !matches!(host.volume_driver.as_str(), "" | "local") {
        add("VolumeDriver", Wish::Forbidden(format!("the volume driver {} is a plugin", host.volume_driver)));
    }
    Ok(())
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// One element of `.HostConfig.Mounts`.
fn engine_mount(value: &Value) -> Result<Mount, String> {
    let (source, target) = (text(value, "Source"), text(value, "Target"));
    let kind = match text(value, "Type").as_str() {
        "bind" => MountKind::Bind(source.into()),
        "volume" => {
            let driver = value.pointer("/VolumeOptions/DriverConfig");
            let options = driver.and_then(|driver| driver.get("Options")).and_then(Value::as_object);
            MountKind::Volume {
                name: (!source.is_empty()).then_some(source),
                driver: driver.map(|driver| text(driver, "Name")),
                options: options
                    .into_iter()
                    .flatten()
                    .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
                    .collect(),
            }
        }
        "tmpfs" => MountKind::Tmpfs,
        "image" => MountKind::Image(source),
        other => return Err(format!("a mount of type {other} is not known to the gate")),
    };
    let propagation = value.pointer("/BindOptions/Propagation").and_then(Value::as_str).unwrap_or_default();
    Ok(Mount {
        kind,
        target: mounts::target_of(&target)?,
        read_only: value.get("ReadOnly").and_then(Value::as_bool).unwrap_or_default(),
        options: if propagation.is_empty() {
            Vec::new()
        } else {
            vec![format!("bind-propagation={propagation}")]
        },
    })
}
