//! The build of a service.

use std::path::Path;

use serde_json::Value;

use super::project::{Collector, Form, items, pairs, table, text};
use super::unreadable;
use crate::core::build;
use crate::core::flags::Unreadable;
use crate::core::wish::{Reading, Wish};

const HARMLESS: &[&str] = &[
    "target",
    "no_cache",
    "pull",
    "shm_size",
    "ulimits",
    "extra_hosts",
    "isolation",
    "platforms",
    "dockerfile_inline",
    "provenance",
    "sbom",
];

pub(super) fn read(service: &str, value: &Value, collector: &mut Collector<'_>) -> Result<(), Unreadable> {
    let place = format!("services.{service}.build");
    let pointer = |key: &str| format!("/services/{service}/build/{key}");
    // `config` always prints the table.
    let build = table(value, &place)?;
    let context = text(build.get("context").unwrap_or(&Value::Null), &place)?;
    let context = (collector.original)(&context);
    match build::context(&context) {
        Some(Wish::Read(_, path)) if path.is_absolute() => {
            collector.add_at(
                Wish::Read(Reading::Context, path.clone()),
                &place,
                pointer("context"),
                Form::Path,
            );
            if !build.contains_key("dockerfile_inline") {
                let file =
                    build.get("dockerfile").map_or(Ok("Dockerfile".to_owned()), |it| text(it, &place))?;
                let file = path.join((collector.original)(&file));
                let wish = Wish::Read(Reading::Dockerfile, file);
                collector.add_at(wish, &place, pointer("dockerfile"), Form::Path);
            }
        }
        Some(_) => return Err(unreadable(&place, "a context that is not absolute")),
        None => {
            let words = "builds from a place on the network";
            collector.add(Wish::Approvable("remote-context", context, words), &place);
        }
    }
    for (key, value) in build {
        let place = format!("{place}.{key}");
        match key.as_str() {
            "context" | "dockerfile" => {}
            "args" => {
                for (name, _) in pairs(value, &place)?.into_iter().filter(|(_, value)| value.is_none()) {
                    collector.add(Wish::HostVariable(name), &place);
                }
            }
            "labels" => {
                for (label, _) in pairs(value, &place)? {
                    collector.add(Wish::ImageLabel(label), &place);
                }
            }
            "tags" => {
                for tag in items(value) {
                    collector.add(Wish::Tag(text(tag, &place)?), &place);
                }
            }
            "secrets" => super::service::files("secrets", items(value), &place, collector)?,
            "ssh" => ssh(value, &place, collector)?,
            "privileged" if *value == Value::Bool(false) => {}
            "privileged" => collector.add(Wish::Privileged, &place),
            "network" => network(&text(value, &place)?, &place, collector),
            "entitlements" => {
                for name in items(value) {
                    let words = "lets steps of the build use the host";
                    collector.add(Wish::Approvable("allow", text(name, &place)?, words), &place);
                }
            }
            "cache_from" | "cache_to" => caches(key, value, &place, collector)?,
            "additional_contexts" => contexts(value, &place, &pointer(key), collector)?,
            _ if HARMLESS.contains(&key.as_str()) => {}
            _ => return Err(unreadable(&place, "is not known to the gate")),
        }
    }
    Ok(())
}

fn network(name: &str, place: &str, collector: &mut Collector<'_>) {
    if !matches!(name, "default" | "none" | "bridge") {
        collector.add(Wish::Network { name: name.to_owned(), options: Vec::new() }, place);
    }
}

fn ssh(value: &Value, place: &str, collector: &mut Collector<'_>) -> Result<(), Unreadable> {
    for (name, path) in pairs(value, place)? {
        match path {
            None => {
                let words = "lets steps of the build use the host's SSH keys";
                collector.add(Wish::Approvable("ssh", name, words), place);
            }
            Some(path) if path.is_empty() => {
                let words = "lets steps of the build use the host's SSH keys";
                collector.add(Wish::Approvable("ssh", name, words), place);
            }
            Some(_) => {
                let words = "a key or socket by its path is not passed on; use default";
                collector.add(Wish::Forbidden(words.to_owned()), place);
            }
        }
    }
    Ok(())
}

fn caches(key: &str, value: &Value, place: &str, collector: &mut Collector<'_>) -> Result<(), Unreadable> {
    for cache in items(value) {
        let cache = text(cache, place)?;
        let wish = if key == "cache_from" { build::cache_from(&cache) } else { build::cache_to(&cache) };
        match wish.map_err(|problem| unreadable(place, &problem))? {
            Some(Wish::Read(..)) => {
                collector.add(Wish::Forbidden("a cache on the host's disk".to_owned()), place);
            }
            Some(wish) => collector.add(wish, place),
            None => {}
        }
    }
    Ok(())
}

fn contexts(
    value: &Value,
    place: &str,
    pointer: &str,
    collector: &mut Collector<'_>,
) -> Result<(), Unreadable> {
    // A list is `name=place`: there is no spot for a path in it.
    let is_table = value.is_object();
    for (name, context) in pairs(value, place)? {
        let context = (collector.original)(&context.unwrap_or_default());
        if let Some(of) = context.strip_prefix("service:") {
            if !collector.services.iter().any(|service| service == of) {
                return Err(unreadable(place, "a service that is not defined"));
            }
            continue;
        }
        match build::context(&context) {
            Some(Wish::Read(_, path))
                if is_table && Path::new(&context).is_absolute() && !name.contains(['/', '~']) =>
            {
                let pointer = format!("{pointer}/{name}");
                collector.add_at(Wish::Read(Reading::Context, path), place, pointer, Form::Path);
            }
            Some(_) => {
                return Err(unreadable(place, "a context that cannot be written back as it was judged"));
            }
            None => {}
        }
    }
    Ok(())
}
