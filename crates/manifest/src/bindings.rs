//! `[secrets.NAME]`: where each secret goes.

use remo_wire::binding::{Binding, Bindings, Target};
use remo_wire::names::SecretName;

use crate::problem::Rule;
use crate::quote::quote;
use crate::reader::{Entry, Reader, Section};
use claims::Claims;

mod claims;
mod env;
mod file;
mod helper;

/// Keys that every binding may have.
const SHARED_KEYS: &[&str] = &["fetch_as", "required"];

/// The words of `fetch_as`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Env,
    File,
    Helper,
}

impl Mode {
    /// Every mode with its word.
    const WORDS: &'static [(&'static str, Self)] =
        &[("env", Self::Env), ("file", Self::File), ("helper", Self::Helper)];

    /// The keys of this mode, beside [`SHARED_KEYS`].
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Env => env::KEYS,
            Self::File => file::KEYS,
            Self::Helper => helper::KEYS,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Env => "env",
            Self::File => "file",
            Self::Helper => "helper",
        }
    }
}

/// Reads every binding. `None` only when something was reported.
pub(crate) fn read(reader: &mut Reader<'_>, secrets: &Section<'_>) -> Option<Bindings> {
    let mut bindings = Bindings::new();
    let mut claims = Claims::default();
    let entries = secrets.entries();
    for entry in &entries {
        let name = secret_name(reader, entry);
        let binding = reader
            .section(entry, &format!("[{}] on a line of its own", entry.path))
            .and_then(|section| binding(reader, &section, name.as_ref(), &mut claims));
        if let (Some(name), Some(binding)) = (name, binding) {
            bindings.insert(name, binding);
        }
    }
    claims.report(reader);
    (bindings.len() == entries.len()).then_some(bindings)
}

fn secret_name(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<SecretName> {
    SecretName::new(entry.name)
        .map_err(|rule| {
            reader.report(
                Rule::SecretName,
                (entry.offset, &entry.path),
                format!("{} is no name of a secret: {rule}", quote(entry.name)),
                "use the name under which the vault lists the secret",
            );
        })
        .ok()
}

fn binding(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    name: Option<&SecretName>,
    claims: &mut Claims,
) -> Option<Binding> {
    let known = [SHARED_KEYS, env::KEYS, file::KEYS, helper::KEYS];
    let mut known: Vec<_> = known.into_iter().flatten().copied().collect();
    // `fields` is a key of two modes.
    let mut seen = std::collections::BTreeSet::new();
    known.retain(|key| seen.insert(*key));
    reader.only(section, &known);
    let required = match section.get("required") {
        Some(entry) => reader.boolean(&entry, "required = false"),
        None => Some(true),
    };
    let mode = mode(reader, section);
    if let Some(mode) = mode {
        foreign_keys(reader, section, mode);
    }
    let target = match mode? {
        Mode::Env => env::read(reader, section, name, claims).map(Target::Env),
        Mode::File => file::read(reader, section, claims).map(Target::File),
        Mode::Helper => helper::read(reader, section, claims).map(Target::Helper),
    };
    Some(Binding { target: target?, required: required? })
}

fn mode(reader: &mut Reader<'_>, section: &Section<'_>) -> Option<Mode> {
    let Some(entry) = section.get("fetch_as") else { return Some(Mode::Env) };
    let word = reader.text(&entry, "fetch_as = \"file\"")?;
    let mode = Mode::WORDS.iter().find(|(known, _)| *known == word).map(|(_, mode)| *mode);
    if mode.is_none() {
        let known: Vec<_> = Mode::WORDS.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        reader.report(
            Rule::FetchAs,
            (entry.offset, &entry.path),
            format!("{} is no way to fetch a secret", quote(word)),
            format!("write fetch_as = {}", known.join(" or ")),
        );
    }
    mode
}

/// Reports keys that belong to another mode.
fn foreign_keys(reader: &mut Reader<'_>, section: &Section<'_>, mode: Mode) {
    for entry in section.entries().iter().filter(|entry| !mode.keys().contains(&entry.name)) {
        let owner = Mode::WORDS.iter().find(|(_, other)| other.keys().contains(&entry.name));
        let Some((word, other)) = owner else { continue };
        let rule = match (mode, other) {
            (Mode::Helper, _) => Rule::OtherKeyInHelperMode,
            (_, Mode::Helper) => Rule::HelperKeyInOtherMode,
            (Mode::Env, _) => Rule::FileKeyInEnvMode,
            (Mode::File, _) => Rule::EnvKeyInFileMode,
        };
        reader.report(
            rule,
            (entry.offset, &entry.path),
            format!(
                "{} belongs to fetch_as = \"{word}\", and this secret has \"{}\"",
                entry.name,
                mode.word()
            ),
            format!("remove the key, or write fetch_as = \"{word}\" in [{}]", section.path),
        );
    }
}
