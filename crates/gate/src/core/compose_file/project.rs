//! A resolved Compose project as a list of wishes, every key of it known.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::{resources, service, unreadable};
use crate::core::flags::Unreadable;
use crate::core::names::is_plain;
use crate::core::wish::{Asked, Wish};

/// How a judged path is written back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `source:target:options`
    Short,
    /// The `source` of a table.
    Source,
    /// The value itself.
    Path,
    /// `host:container:permissions`
    Device,
}

/// A place in the tree that a judged path goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// JSON pointer.
    pub pointer: String,
    /// How it is written.
    pub form: Form,
}

/// A resolved project, read.
#[derive(Debug)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// The tree, dollars single.
    pub tree: Value,
    /// What is asked for. The slot of a wish is the index of its spot.
    pub asked: Vec<Asked>,
    /// Where judged paths go.
    pub spots: Vec<Spot>,
}

/// Collects wishes while a project is read.
pub(super) struct Collector<'a> {
    pub(super) asked: Vec<Asked>,
    pub(super) spots: Vec<Spot>,
    pub(super) original: &'a dyn Fn(&str) -> String,
    pub(super) project: &'a str,
    pub(super) services: Vec<String>,
    pub(super) volumes: BTreeMap<String, String>,
    pub(super) networks: Vec<String>,
    pub(super) files: Vec<String>,
    /// What is being read: `services.NAME`, `volumes.NAME`, `secrets.NAME`.
    pub(super) part: Option<String>,
}

impl Collector<'_> {
    pub(super) fn add(&mut self, wish: Wish, origin: &str) {
        self.asked.push(Asked { part: self.part.clone(), ..Asked::new(wish, origin) });
    }

    pub(super) fn add_at(&mut self, wish: Wish, origin: &str, pointer: String, form: Form) {
        self.spots.push(Spot { pointer, form });
        let asked = Asked::at(wish, origin, self.spots.len() - 1);
        self.asked.push(Asked { part: self.part.clone(), ..asked });
    }

    /// A path of the snapshot as the path that it is a copy of.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        PathBuf::from((self.original)(text))
    }
}

/// Reads a resolved project. `original` takes a path of the snapshot back to the path that was copied.
pub fn read(tree: Value, name: &str, original: &dyn Fn(&str) -> String) -> Result<Project, Unreadable> {
    let tree = super::dollars::single(tree, "project")?;
    let table = tree.as_object().ok_or_else(|| unreadable("project", "is no table"))?;
    for key in table.keys() {
        if !matches!(
            key.as_str(),
            "version" | "name" | "services" | "networks" | "volumes" | "configs" | "secrets"
        ) && !key.starts_with("x-")
        {
            return Err(unreadable(key, "is not known to the gate"));
        }
    }
    if !is_plain(name) {
        return Err(unreadable("project name", "has a character that no name has"));
    }
    let mut collector = Collector {
        asked: Vec::new(),
        spots: Vec::new(),
        original,
        project: name,
        services: section(table, "services")?.keys().cloned().collect(),
        volumes: BTreeMap::new(),
        networks: Vec::new(),
        files: Vec::new(),
        part: None,
    };
    collector.add(Wish::ComposeProject(name.to_owned()), "Compose project name");
    resources::volumes(section(table, "volumes")?, &mut collector)?;
    resources::networks(section(table, "networks")?, &mut collector)?;
    resources::files("configs", section(table, "configs")?, &mut collector)?;
    resources::files("secrets", section(table, "secrets")?, &mut collector)?;
    for (name, one) in section(table, "services")? {
        collector.part = Some(format!("services.{name}"));
        service::read(name, one, &mut collector)?;
    }
    let Collector { asked, spots, .. } = collector;
    Ok(Project { name: name.to_owned(), tree, asked, spots })
}

fn section<'a>(table: &'a Map<String, Value>, key: &str) -> Result<&'a Map<String, Value>, Unreadable> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    match table.get(key) {
        None | Some(Value::Null) => Ok(&EMPTY),
        Some(Value::Object(section)) => match section.keys().find(|name| !is_plain(name)) {
            Some(name) => Err(unreadable(key, &format!("the name {name} has a character that no name has"))),
            None => Ok(section),
        },
        Some(_) => Err(unreadable(key, "is no table")),
    }
}

/// A table, or none.
pub(super) fn table<'a>(value: &'a Value, place: &str) -> Result<&'a Map<String, Value>, Unreadable> {
    value.as_object().ok_or_else(|| unreadable(place, "is no table"))
}

/// A text; numbers and truth values are written out.
pub(super) fn text(value: &Value, place: &str) -> Result<String, Unreadable> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        _ => Err(unreadable(place, "is no text")),
    }
}

/// A list; a single value is a list of one.
pub(super) fn items(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

/// Pairs out of a table or out of a list of `key=value`. A key without a value has none.
pub(super) fn pairs(value: &Value, place: &str) -> Result<Vec<(String, Option<String>)>, Unreadable> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Object(table) => table
            .iter()
            .map(|(key, value)| match value {
                Value::Null => Ok((key.clone(), None)),
                value => Ok((key.clone(), Some(text(value, place)?))),
            })
            .collect(),
        Value::Array(list) => list
            .iter()
            .map(|item| {
                let item = text(item, place)?;
                Ok(match item.split_once('=') {
                    Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                    None => (item, None),
                })
            })
            .collect(),
        _ => Err(unreadable(place, "is neither table nor list")),
    }
}
