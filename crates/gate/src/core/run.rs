//! The options of `run`, `create` and `exec` as wishes.

use super::flags::{Given, Parsed, Takes, Unreadable};
use super::mounts;
use super::ports;
use super::tables::Meaning;
use super::wish::{Asked, Mount, MountKind, Reading, Wish};

/// Log drivers that keep to the engine's own storage.
const LOG_DRIVERS: &[&str] = &["json-file", "local", "none"];

/// What these options ask for.
pub fn wishes(parsed: &Parsed<Meaning>) -> Result<Vec<Asked>, Unreadable> {
    let mut asked = Vec::new();
    for (slot, given) in parsed.given.iter().enumerate() {
        if let Some(wish) = wish_of(given)? {
            asked.push(Asked::at(wish, given.origin(), slot));
        }
    }
    Ok(asked)
}

fn unreadable(given: &Given<Meaning>, problem: &str) -> Unreadable {
    Unreadable(format!("{} {problem}", given.origin()))
}

fn wish_of(given: &Given<Meaning>) -> Result<Option<Wish>, Unreadable> {
    let value = given.value.clone();
    Ok(Some(match given.known.meaning {
        Meaning::Ask(_) | Meaning::Never(_) | Meaning::Privileged
            if given.known.takes == Takes::Switch && !given.is_on() =>
        {
            return Ok(None);
        }
        Meaning::Never(why) => Wish::Forbidden(why.to_owned()),
        Meaning::Ask(words) => Wish::Approvable(given.known.long, value, words),
        Meaning::Volume => {
            Wish::Mount(mounts::parse_short(&value).map_err(|problem| unreadable(given, &problem))?)
        }
        Meaning::Mount => {
            Wish::Mount(mounts::parse_long(&value).map_err(|problem| unreadable(given, &problem))?)
        }
        Meaning::Tmpfs => Wish::Mount(tmpfs(&value).map_err(|problem| unreadable(given, &problem))?),
        Meaning::Privileged => Wish::Privileged,
        Meaning::Capability => Wish::Capability(value),
        Meaning::Device => Wish::Device(value),
        Meaning::Namespace(namespace) => Wish::Namespace(namespace, value),
        Meaning::Security => Wish::Security(value),
        Meaning::Publish => {
            let published = ports::parse(&value).map_err(|problem| unreadable(given, &problem))?;
            Wish::Publish(if published.is_local() { return Ok(None) } else { published.canonical() })
        }
        Meaning::Network => network(&value).map_err(|problem| unreadable(given, &problem))?,
        Meaning::VolumesFrom => Wish::VolumesFrom(value.split(':').next().unwrap_or_default().to_owned()),
        Meaning::Link => Wish::Link(value.split(':').next().unwrap_or_default().to_owned()),
        Meaning::Label => {
            let (key, text) = value.split_once('=').unwrap_or((&value, ""));
            Wish::Label { key: key.to_owned(), value: text.to_owned() }
        }
        Meaning::Variable if !value.contains('=') => Wish::HostVariable(value),
        Meaning::VariableFile => Wish::Read(Reading::Private, value.into()),
        Meaning::Name => Wish::ContainerName(value),
        Meaning::Runtime => Wish::Forbidden("the runtime is not a project's to choose".to_owned()),
        Meaning::VolumeDriver if value != "local" => {
            Wish::Forbidden("a volume plugin is not a project's to choose".to_owned())
        }
        Meaning::Restart if !is_without_restart(&value) => Wish::Restarts(value),
        Meaning::LogDriver if !LOG_DRIVERS.contains(&value.as_str()) => {
            Wish::Approvable("log-driver", value, "sends the container's output elsewhere")
        }
        Meaning::LogOption if !value.starts_with("max-") && !value.starts_with("compress") => {
            Wish::Approvable("log-opt", value, "sends the container's output elsewhere")
        }
        Meaning::StorageOption if !value.starts_with("size=") => {
            Wish::Approvable("storage-opt", value, "changes how the engine stores the container")
        }
        Meaning::OomScore if value.starts_with('-') => {
            Wish::Approvable("oom-score-adj", value, "lets other programs be ended before the container")
        }
        _ => return Ok(None),
    }))
}

/// Whether a restart policy leaves a container that has ended as it is.
pub fn is_without_restart(policy: &str) -> bool {
    matches!(policy, "" | "no" | "false")
}

/// Reads `target[:options]`.
pub fn tmpfs(text: &str) -> Result<Mount, String> {
    let (target, options) = text.split_once(':').unwrap_or((text, ""));
    Ok(Mount {
        kind: MountKind::Tmpfs,
        target: mounts::target_of(target)?,
        read_only: false,
        options: options.split(',').filter(|option| !option.is_empty()).map(str::to_owned).collect(),
    })
}

/// Reads the name of a network, or `name=…,alias=…,driver-opt=…`.
pub fn network(text: &str) -> Result<Wish, String> {
    if !text.contains(['=', ',']) {
        return Ok(Wish::Network { name: text.to_owned(), options: Vec::new() });
    }
    let (mut name, mut options) = (None, Vec::new());
    for field in mounts::csv(text)? {
        let (key, value) = field.split_once('=').ok_or("has a field without a value")?;
        match key.to_lowercase().as_str() {
            "name" if name.is_none() => name = Some(value.to_owned()),
            "alias" | "ip" | "ip6" | "mac-address" | "link-local-ip" | "gw-priority" => {}
            "driver-opt" => options.push(value.to_owned()),
            other => {
                return Err(format!("has the key {other}, which is not known to the gate or given twice"));
            }
        }
    }
    Ok(Wish::Network { name: name.ok_or("names no network")?, options })
}

/// The options once more, each in one form and with the paths that were judged.
pub fn rewritten(parsed: &Parsed<Meaning>, asked: &[Asked]) -> Result<Vec<String>, Unreadable> {
    let mut arguments = Vec::with_capacity(parsed.given.len());
    for (slot, given) in parsed.given.iter().enumerate() {
        let mine = asked.iter().filter(|asked| asked.slot == Some(slot)).map(|asked| &asked.wish);
        let mut value = given.value.clone();
        for wish in mine {
            let written = match (wish, given.known.meaning) {
                (Wish::Mount(mount), Meaning::Volume) => mounts::short(mount),
                (Wish::Mount(mount), Meaning::Mount) => mounts::long(mount),
                (Wish::Device(device), _) => Ok(device.clone()),
                (Wish::Read(_, path), meaning) => super::build::with_path(&given.value, meaning, path),
                _ => continue,
            };
            value = written.map_err(|problem| unreadable(given, &problem))?;
        }
        arguments.push(format!("--{}={value}", given.known.long));
    }
    Ok(arguments)
}
