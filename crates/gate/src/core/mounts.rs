//! The two notations of a mount: `source:target:options` and `key=value,key=value`.
//!
//! Both are read strictly: what Docker would understand in a way of its own (drive letters, repeated keys,
//! `~`) is an error. [`short`] and [`long`] write a mount out again in one form.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::names::is_volume_name;
use super::wish::{Mount, MountKind};

/// Options of the short notation that are passed on.
const SHORT_OPTIONS: &[&str] = &[
    "z",
    "Z",
    "cached",
    "delegated",
    "consistent",
    "nocopy",
    "private",
    "rprivate",
    "shared",
    "rshared",
    "slave",
    "rslave",
];

/// Reads `source:target[:options]` or `target`.
pub fn parse_short(text: &str) -> Result<Mount, String> {
    refuse_odd(text)?;
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, options) = match parts[..] {
        [target] => (None, target, ""),
        [source, target] => (Some(source), target, ""),
        [source, target, options] => (Some(source), target, options),
        _ => return Err("has more than three parts".to_owned()),
    };
    let mut mount =
        Mount { kind: source_of(source)?, target: target_of(target)?, read_only: false, options: Vec::new() };
    for option in options.split(',').filter(|option| !option.is_empty()) {
        match option {
            "ro" => mount.read_only = true,
            "rw" => {}
            _ if SHORT_OPTIONS.contains(&option) => mount.options.push(option.to_owned()),
            _ => return Err(format!("has the option {option}, which is not known to the gate")),
        }
    }
    Ok(mount)
}

fn source_of(source: Option<&str>) -> Result<MountKind, String> {
    match source {
        None => Ok(anonymous()),
        Some(path) if path.starts_with('/') || is_relative(path) => Ok(MountKind::Bind(PathBuf::from(path))),
        Some(name) if is_volume_name(name) => {
            Ok(MountKind::Volume { name: Some(name.to_owned()), driver: None, options: BTreeMap::new() })
        }
        Some(_) => Err("has a source that is neither an absolute path nor the name of a volume".to_owned()),
    }
}

fn is_relative(path: &str) -> bool {
    path == "." || path == ".." || path.starts_with("./") || path.starts_with("../")
}

fn anonymous() -> MountKind {
    MountKind::Volume { name: None, driver: None, options: BTreeMap::new() }
}

/// A target is absolute and has no colon, which another reader would take for the beginning of options.
pub fn target_of(target: &str) -> Result<String, String> {
    refuse_odd(target)?;
    if !target.starts_with('/') || target.contains(':') {
        return Err("has a target that is no absolute path without a colon".to_owned());
    }
    if Path::new(target).components().any(|part| part.as_os_str() == "..")
        || target.trim_matches('/').is_empty()
    {
        return Err("has a target with .. or the container's root".to_owned());
    }
    Ok(target.to_owned())
}

fn refuse_odd(text: &str) -> Result<(), String> {
    if text.chars().any(char::is_control) {
        return Err("has a control character".to_owned());
    }
    if text.contains('\\') {
        return Err("has a backslash".to_owned());
    }
    Ok(())
}

/// Writes the short notation.
///
/// A source with a colon has no short notation.
pub fn short(mount: &Mount) -> Result<String, String> {
    let source = match &mount.kind {
        MountKind::Bind(path) => path_text(path)?,
        MountKind::Volume { name: Some(name), .. } => name.clone(),
        MountKind::Volume { name: None, .. } if mount.options.is_empty() && !mount.read_only => {
            return Ok(mount.target.clone());
        }
        _ => return Err("cannot be written as source:target".to_owned()),
    };
    if source.contains(':') {
        return Err("has a source with a colon".to_owned());
    }
    let mut options = vec![if mount.read_only { "ro" } else { "rw" }];
    options.extend(mount.options.iter().map(String::as_str));
    Ok(format!("{source}:{}:{}", mount.target, options.join(",")))
}

fn path_text(path: &Path) -> Result<String, String> {
    path.to_str().map(str::to_owned).ok_or_else(|| "has a path that is not UTF-8".to_owned())
}

/// Reads `type=bind,source=…,target=…`.
pub fn parse_long(text: &str) -> Result<Mount, String> {
    let mut kind = "volume".to_owned();
    let (mut source, mut target, mut read_only) = (None, None, false);
    let (mut driver, mut volume_options, mut options) = (None, BTreeMap::new(), Vec::new());
    let mut seen: Vec<&'static str> = Vec::new();
    for field in csv(text)? {
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
            None => (field, None),
        };
        let key = canonical_key(&key)
            .ok_or_else(|| format!("has the key {key}, which is not known to the gate"))?;
        if key != "volume-opt" && key != "volume-label" {
            if seen.contains(&key) {
                return Err(format!("has the key {key} twice"));
            }
            seen.push(key);
        }
        let needed = || value.clone().ok_or_else(|| format!("has the key {key} without a value"));
        match key {
            "type" => kind = needed()?.to_lowercase(),
            "source" => source = Some(needed()?),
            "target" => target = Some(target_of(&needed()?)?),
            "readonly" => read_only = is_true(value.as_deref())?,
            "volume-driver" => driver = Some(needed()?),
            "volume-opt" => {
                let text = needed()?;
                let (name, value) = text.split_once('=').unwrap_or((&text, ""));
                if volume_options.insert(name.to_owned(), value.to_owned()).is_some() {
                    return Err(format!("has the volume option {name} twice"));
                }
            }
            _ => {
                options.push(value.as_ref().map_or_else(|| key.to_owned(), |value| format!("{key}={value}")));
            }
        }
    }
    let kind = match (kind.as_str(), source) {
        ("bind", Some(path)) if path.starts_with('/') || is_relative(&path) => {
            MountKind::Bind(PathBuf::from(path))
        }
        ("bind", _) => return Err("is a bind without an absolute source".to_owned()),
        ("volume", None) => MountKind::Volume { name: None, driver, options: volume_options.clone() },
        ("volume", Some(name)) if is_volume_name(&name) => {
            MountKind::Volume { name: Some(name), driver, options: volume_options.clone() }
        }
        ("volume", Some(_)) => return Err("has a source that is no name of a volume".to_owned()),
        ("tmpfs", None) => MountKind::Tmpfs,
        ("image", Some(image)) => MountKind::Image(image),
        (other, _) => return Err(format!("is of type {other}, which is not known to the gate")),
    };
    if !matches!(kind, MountKind::Volume { .. }) && !volume_options.is_empty() {
        return Err("has options of a volume but is none".to_owned());
    }
    let target = target.ok_or("has no target")?;
    Ok(Mount { kind, target, read_only, options })
}

fn canonical_key(key: &str) -> Option<&'static str> {
    Some(match key.to_lowercase().as_str() {
        "type" => "type",
        "source" | "src" => "source",
        "target" | "dst" | "destination" => "target",
        "readonly" | "ro" => "readonly",
        "consistency" => "consistency",
        "bind-propagation" => "bind-propagation",
        "bind-nonrecursive" => "bind-nonrecursive",
        "bind-recursive" => "bind-recursive",
        "bind-create-src" => "bind-create-src",
        "volume-nocopy" => "volume-nocopy",
        "volume-subpath" => "volume-subpath",
        "volume-label" => "volume-label",
        "volume-driver" => "volume-driver",
        "volume-opt" => "volume-opt",
        "image-subpath" => "image-subpath",
        "tmpfs-size" => "tmpfs-size",
        "tmpfs-mode" => "tmpfs-mode",
        _ => return None,
    })
}

fn is_true(value: Option<&str>) -> Result<bool, String> {
    match value {
        None | Some("true" | "1") => Ok(true),
        Some("false" | "0") => Ok(false),
        Some(_) => Err("has a readonly that is neither true nor false".to_owned()),
    }
}

/// Splits one line of comma-separated values, quoted as RFC 4180 says.
pub fn csv(text: &str) -> Result<Vec<String>, String> {
    refuse_odd(text)?;
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => rest
                .split_once(',')
                .map_or((rest.to_owned(), None), |(field, after)| (field.to_owned(), Some(after))),
        };
        if !rest.starts_with('"') && field.contains('"') {
            return Err("has a quote inside of a field".to_owned());
        }
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return Ok(fields),
        }
    }
}

fn quoted_field(text: &str) -> Result<(String, Option<&str>), String> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"').ok_or("has a quote that does not end")?;
        field.push_str(before);
        match after.as_bytes().first() {
            None => return Ok((field, None)),
            Some(b',') => return Ok((field, Some(&after[1..]))),
            Some(b'"') => {
                field.push('"');
                rest = &after[1..];
            }
            Some(_) => return Err("has text after a quoted field".to_owned()),
        }
    }
}

/// Writes the long notation.
pub fn long(mount: &Mount) -> Result<String, String> {
    let mut fields = Vec::new();
    let named = |name: &str, value: &str| format!("{name}={value}");
    match &mount.kind {
        MountKind::Bind(path) => {
            fields.push("type=bind".to_owned());
            fields.push(named("source", &path_text(path)?));
        }
        MountKind::Volume { name, driver, options } => {
            fields.push("type=volume".to_owned());
            fields.extend(name.iter().map(|name| named("source", name)));
            fields.extend(driver.iter().map(|driver| named("volume-driver", driver)));
            fields.extend(options.iter().map(|(key, value)| format!("volume-opt={key}={value}")));
        }
        MountKind::Tmpfs => fields.push("type=tmpfs".to_owned()),
        MountKind::Image(image) => {
            fields.push("type=image".to_owned());
            fields.push(named("source", image));
        }
    }
    fields.push(named("target", &mount.target));
    if mount.read_only {
        fields.push("readonly".to_owned());
    }
    fields.extend(mount.options.iter().cloned());
    let quoted: Vec<String> =
        fields
            .into_iter()
            .map(|field| {
                if field.contains(['"', ',']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
            })
            .collect();
    Ok(quoted.join(","))
}
