//! The options of `build` and `buildx build` as wishes.

use std::path::Path;

use super::flags::{Given, Parsed, Unreadable};
use super::mounts::csv;
use super::run;
use super::tables::Meaning;
use super::wish::{Asked, Reading, Wish};

/// How the place of a build begins when it is not on this host.
const REMOTE: &[&str] = &["http://", "https://", "git://", "ssh://", "git@", "github.com/"];

/// What a build asks for, its context and its Dockerfile included.
pub fn wishes(parsed: &Parsed<Meaning>) -> Result<Vec<Asked>, Unreadable> {
    let mut asked = Vec::new();
    for (slot, given) in parsed.given.iter().enumerate() {
        if let Some(wish) = wish_of(given)? {
            asked.push(Asked::at(wish, given.origin(), slot));
        }
    }
    let [context] = &parsed.rest[..] else {
        return Err(Unreadable("a build has one context".to_owned()));
    };
    let origin = format!("build context {context}");
    if context == "-" {
        asked.push(Asked::new(Wish::Forbidden("a context is a directory, not a stream".to_owned()), origin));
    } else if REMOTE.iter().any(|start| context.starts_with(start)) {
        let words = "builds from a place on the network";
        asked.push(Asked::new(Wish::Approvable("remote-context", context.clone(), words), origin));
    } else {
        asked.push(Asked::new(Wish::Read(Reading::Context, context.into()), origin));
        if !parsed.given.iter().any(|given| given.known.meaning == Meaning::Dockerfile) {
            let file = Path::new(context).join("Dockerfile");
            asked.push(Asked::new(Wish::Read(Reading::Dockerfile, file), "Dockerfile of the context"));
        }
    }
    Ok(asked)
}

fn wish_of(given: &Given<Meaning>) -> Result<Option<Wish>, Unreadable> {
    let value = given.value.as_str();
    let unreadable = |problem: String| Unreadable(format!("{} {problem}", given.origin()));
    Ok(Some(match given.known.meaning {
        Meaning::Dockerfile if value == "-" => {
            Wish::Forbidden("a Dockerfile is a file, not a stream".to_owned())
        }
        Meaning::Dockerfile => Wish::Read(Reading::Dockerfile, value.into()),
        Meaning::Tag => Wish::Tag(value.to_owned()),
        Meaning::ImageLabel => Wish::ImageLabel(value.split('=').next().unwrap_or_default().to_owned()),
        Meaning::BuildArgument if !value.contains('=') => Wish::HostVariable(value.to_owned()),
        Meaning::Secret => secret(value).map_err(unreadable)?,
        Meaning::Ssh => ssh(value),
        Meaning::BuildContext => {
            let (_, place) = value.split_once('=').ok_or_else(|| unreadable("names no place".to_owned()))?;
            return Ok(context(place));
        }
        Meaning::CacheFrom => return cache_from(value).map_err(unreadable),
        Meaning::CacheTo => return cache_to(value).map_err(unreadable),
        Meaning::Output => return output(value).map_err(unreadable),
        Meaning::BuildNetwork if matches!(value, "default" | "none" | "bridge") => return Ok(None),
        Meaning::BuildNetwork => Wish::Network { name: value.to_owned(), options: Vec::new() },
        _ => {
            return run::wishes(&Parsed { given: vec![given.clone()], rest: Vec::new() })
                .map(|asked| asked.into_iter().next().map(|asked| asked.wish));
        }
    }))
}

fn fields(value: &str) -> Result<Vec<(String, String)>, String> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for field in csv(value)? {
        let (key, text) = field.split_once('=').ok_or("has a field without a value")?;
        let key = key.trim().to_lowercase();
        if fields.iter().any(|(known, _)| *known == key) {
            return Err(format!("has the key {key} twice"));
        }
        fields.push((key, text.to_owned()));
    }
    Ok(fields)
}

fn field<'a>(fields: &'a [(String, String)], names: &[&str]) -> Option<&'a str> {
    fields.iter().find(|(key, _)| names.contains(&key.as_str())).map(|(_, value)| value.as_str())
}

fn secret(value: &str) -> Result<Wish, String> {
    let fields = fields(value)?;
    if fields.iter().any(|(key, _)| !matches!(key.as_str(), "id" | "src" | "source" | "env" | "type")) {
        return Err("has a key that is not known to the gate".to_owned());
    }
    match (field(&fields, &["src", "source"]), field(&fields, &["env"])) {
        (Some(path), None) => Ok(Wish::Read(Reading::Private, path.into())),
        (None, Some(name)) => Ok(Wish::HostVariable(name.to_owned())),
        _ => Err("names not exactly one of src and env".to_owned()),
    }
}

fn ssh(value: &str) -> Wish {
    match value.split_once('=') {
        None => Wish::Approvable("ssh", value.to_owned(), "lets steps of the build use the host's SSH keys"),
        Some((_, path)) if path.contains([',', '=']) => {
            Wish::Forbidden("one key or socket an option, and none as it is (raw)".to_owned())
        }
        Some((_, path)) => Wish::Read(Reading::Private, path.into()),
    }
}

/// A place to build from; none when it is not on this host.
pub(super) fn context(place: &str) -> Option<Wish> {
    if let Some(layout) = place.strip_prefix("oci-layout://") {
        let path = layout.split(['@', ':']).next().unwrap_or(layout);
        return Some(Wish::Read(Reading::Context, path.into()));
    }
    let remote = REMOTE.iter().chain(&["docker-image://", "target:"]).any(|start| place.starts_with(start));
    (!remote).then(|| Wish::Read(Reading::Context, place.into()))
}

/// Where a cache is read from.
pub(super) fn cache_from(value: &str) -> Result<Option<Wish>, String> {
    if !value.contains('=') {
        return Ok(None);
    }
    let fields = fields(value)?;
    Ok(match field(&fields, &["type"]) {
        Some("registry") => None,
        Some("local") => field(&fields, &["src"]).map(|path| Wish::Read(Reading::Context, path.into())),
        _ => Some(Wish::Approvable("cache-from", value.to_owned(), "reads a cache with the host's logins")),
    })
}

/// Where a cache is written to.
pub(super) fn cache_to(value: &str) -> Result<Option<Wish>, String> {
    if !value.contains('=') {
        let words = "writes a cache to a registry, with the host's login there";
        return Ok(Some(Wish::Approvable("cache-to", value.to_owned(), words)));
    }
    let fields = fields(value)?;
    Ok(match field(&fields, &["type"]) {
        Some("inline") => None,
        Some("local") | None => Some(Wish::Forbidden("it writes files on the host".to_owned())),
        Some(_) => {
            let words = "writes a cache with the host's logins";
            Some(Wish::Approvable("cache-to", value.to_owned(), words))
        }
    })
}

fn output(value: &str) -> Result<Option<Wish>, String> {
    if !value.contains('=') {
        return Ok(Some(Wish::Forbidden("it writes files on the host".to_owned())));
    }
    let fields = fields(value)?;
    let writes = fields.iter().any(|(key, _)| key == "dest");
    Ok(match field(&fields, &["type"]) {
        Some("docker" | "image" | "cacheonly") if !writes && fields.len() == 1 => None,
        Some("image" | "registry") if !writes => {
            let words = "sends the image to a registry, with the host's login there";
            Some(Wish::Approvable("output", value.to_owned(), words))
        }
        _ => Some(Wish::Forbidden("it writes files on the host".to_owned())),
    })
}

/// The value of an option with the judged path in the place of the written one.
pub fn with_path(value: &str, meaning: Meaning, path: &Path) -> Result<String, String> {
    let path = path.to_str().ok_or("has a path that is not UTF-8")?;
    if path.contains([',', '"', '\n', '\\'])
        && !matches!(meaning, Meaning::Dockerfile | Meaning::VariableFile)
    {
        return Err("has a path with a comma, quote or line break".to_owned());
    }
    match meaning {
        Meaning::Dockerfile | Meaning::VariableFile => Ok(path.to_owned()),
        Meaning::BuildContext | Meaning::Ssh => {
            let (name, place) = value.split_once('=').ok_or("names no place")?;
            let Some(layout) = place.strip_prefix("oci-layout://") else {
                return Ok(format!("{name}={path}"));
            };
            let at = layout.find(['@', ':']).unwrap_or(layout.len());
            Ok(format!("{name}=oci-layout://{path}{}", &layout[at..]))
        }
        Meaning::Secret | Meaning::CacheFrom => {
            let rewritten: Vec<String> = fields(value)?
                .into_iter()
                .map(|(key, text)| match key.as_str() {
                    "src" | "source" => format!("src={path}"),
                    _ => format!("{key}={text}"),
                })
                .collect();
            if rewritten.iter().any(|field| field.contains(['"', ','])) {
                return Err("has a field with a comma or quote".to_owned());
            }
            Ok(rewritten.join(","))
        }
        _ => Err("has no path".to_owned()),
    }
}
