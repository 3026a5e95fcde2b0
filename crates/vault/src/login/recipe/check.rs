//! What a recipe must keep to beyond its types. All problems at once, each with its key.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use remo_manifest::environment::{self, NameFault};
use remo_wire::names::{FieldName, SecretName};

use super::template::keys;
use super::{Format, Place, Recipe, SCHEMA_VERSION};

/// The longest name of a recipe, so that a list fits a terminal.
const NAME_MAX: usize = 32;

/// Names that mean something else behind `remo-login`.
const TAKEN: [&str; 4] = ["status", "refresh", "forget", "help"];

/// Reserved variables that a recipe may set in `home`: they move a tool's files, and what they name is always
/// inside of the tool's own home.
const PLACES: [&str; 17] = [
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AZURE_CONFIG_DIR",
    "CARGO_HOME",
    "CLAUDE_CONFIG_DIR",
    "CLOUDSDK_CONFIG",
    "CODEX_HOME",
    "DOCKER_CONFIG",
    "GH_CONFIG_DIR",
    "GLAB_CONFIG_DIR",
    "KUBECONFIG",
    "NPM_CONFIG_CACHE",
    "NPM_CONFIG_USERCONFIG",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
];

/// Reserved variables that a recipe may set in `environment`, to this value only.
const SWITCHES: [(&str, &str); 3] =
    [("AWS_PAGER", ""), ("NPM_CONFIG_BROWSER", "false"), ("NPM_CONFIG_UPDATE_NOTIFIER", "false")];

/// Checks `recipe`, which was read from a file whose name without `.toml` is `stem`.
pub(super) fn problems(recipe: &Recipe, stem: &str) -> Vec<String> {
    let mut check = Check { recipe, problems: Vec::new() };
    check.head(stem);
    check.questions();
    check.surroundings();
    check.credential();
    check.renewal();
    check.problems
}

struct Check<'a> {
    recipe: &'a Recipe,
    problems: Vec<String>,
}

impl Check<'_> {
    fn must(&mut self, holds: bool, problem: impl FnOnce() -> String) {
        if !holds {
            self.problems.push(problem());
        }
    }

    fn head(&mut self, stem: &str) {
        let Recipe { schema_version, name, secret, .. } = self.recipe;
        self.must(*schema_version == SCHEMA_VERSION, || {
            format!("schema_version: {schema_version} is not known here; this program reads {SCHEMA_VERSION}")
        });
        self.must(name == stem, || {
            format!("name: the file is called {stem}.toml, so write name = \"{stem}\"")
        });
        self.must(is_recipe_name(name), || {
            format!(
                "name: use a-z, 0-9 and -, a letter first, at most {NAME_MAX}, and none of {}",
                TAKEN.join(", ")
            )
        });
        self.must(SecretName::new(secret).is_ok(), || "secret: use A-Z, a-z, 0-9 and _".to_owned());
        for key in keys(&self.recipe.binding) {
            let known = key == "secret" || self.recipe.question(key).is_some_and(|question| !question.secret);
            self.must(known || is_placeholder_of_templates(self.recipe, key), || {
                format!("binding: there is nothing called {key}")
            });
        }
    }

    fn questions(&mut self) {
        let mut seen = BTreeSet::new();
        for question in &self.recipe.questions {
            let key = &question.key;
            let plain = !key.is_empty()
                && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            self.must(plain && key != "secret", || {
                format!("question {key}: call it by a-z, 0-9 and _, and not `secret`")
            });
            self.must(seen.insert(key), || format!("question {key}: it is there twice"));
            self.must(!(question.secret && question.default.is_some()), || {
                format!("question {key}: a secret has no default")
            });
            self.must(!question.after_login || self.recipe.login.is_some(), || {
                format!("question {key}: after_login needs a [login]")
            });
        }
    }

    fn surroundings(&mut self) {
        for (variable, path) in &self.recipe.home {
            self.variable("home", variable, PLACES.contains(&variable.as_str()));
            self.path(&format!("home.{variable}"), path.trim_end_matches('/'));
        }
        for (variable, value) in &self.recipe.environment {
            let switch = SWITCHES.contains(&(variable.as_str(), value.as_str()));
            self.variable("environment", variable, switch);
            self.template(&format!("environment.{variable}"), value);
        }
        for file in &self.recipe.files {
            self.path("file.path", &file.path);
            self.template("file.content", &file.content);
        }
        if let Some(login) = &self.recipe.login {
            self.command("login.command", &login.command);
            self.must(login.timeout_seconds > 0, || "login.timeout_seconds: must be at least 1".to_owned());
            if let Some(key) = &login.stdin {
                let fits = self.recipe.question(key).is_some_and(|it| it.secret && !it.after_login);
                self.must(fits, || {
                    format!("login.stdin: {key} is not a secret question that is asked before the login")
                });
            }
        }
    }

    fn credential(&mut self) {
        let credential = &self.recipe.credential;
        self.must(credential.value.is_some() == credential.fields.is_empty(), || {
            "credential: write either value or fields".to_owned()
        });
        for field in credential.fields.keys() {
            self.must(FieldName::new(field).is_ok(), || {
                format!("credential.fields.{field}: use A-Z, a-z, 0-9 and _, no digit first")
            });
        }
        for (key, place) in self.recipe.places() {
            self.place(&key, place);
        }
    }

    fn place(&mut self, key: &str, place: &Place) {
        let sources = [place.file.is_some(), place.command.is_some(), place.answer.is_some()];
        self.must(sources.iter().filter(|is| **is).count() == 1, || {
            format!("{key}: write exactly one of file, command and answer")
        });
        if let Some(file) = &place.file {
            self.path(&format!("{key}.file"), file);
        }
        if let Some(command) = &place.command {
            self.command(&format!("{key}.command"), command);
        }
        if let Some(answer) = &place.answer {
            self.must(self.recipe.question(answer).is_some(), || {
                format!("{key}.answer: there is no question {answer}")
            });
        }
        self.must((place.format == Format::Text) == place.at.is_empty(), || {
            format!("{key}: `at` belongs to the formats json, toml and ini, and is needed there")
        });
        self.must(place.answer.is_none() || place.format == Format::Text, || {
            format!("{key}.format: an answer is text")
        });
        self.must(place.format != Format::Ini || place.at.len() <= 2, || {
            format!("{key}.at: INI has a section and a key")
        });
        for step in &place.at {
            self.template(&format!("{key}.at"), step);
        }
    }

    fn renewal(&mut self) {
        if let Some(expiry) = &self.recipe.expiry {
            self.must(expiry.from.is_some() != expiry.after_seconds.is_some(), || {
                "expiry: write either from or after_seconds".to_owned()
            });
        }
        let Some(refresh) = &self.recipe.refresh else { return };
        self.must(self.recipe.expiry.is_some(), || {
            "refresh: without an expiry nothing says when it is due".to_owned()
        });
        for path in &refresh.keep {
            self.path("refresh.keep", path);
        }
        if let Some(command) = &refresh.command {
            self.command("refresh.command", command);
        }
        let asks = self.recipe.places().iter().any(|(_, place)| {
            place
                .answer
                .as_ref()
                .and_then(|key| self.recipe.question(key))
                .is_some_and(|question| question.secret)
        });
        self.must(!asks, || "refresh: what a person typed cannot be renewed without asking".to_owned());
    }

    /// By the list that manifests keep to, so that no program is made to load or run something else.
    fn variable(&mut self, table: &str, name: &str, excepted: bool) {
        match environment::check(name) {
            Err(NameFault::NotAnIdentifier) => {
                self.problems.push(format!("{table}: {name:?} is no name of a variable"));
            }
            Err(NameFault::Reserved(reserved)) if !excepted => self.problems.push(format!(
                "{table}.{name}: this variable cannot be set by a recipe: {}",
                reserved.reason
            )),
            Ok(()) | Err(NameFault::Reserved(_)) => {}
        }
    }

    fn path(&mut self, key: &str, path: &str) {
        let inside = !path.is_empty()
            && !path.contains('\0')
            && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        self.must(inside, || {
            format!("{key}: {path:?} does not stay in the tool's home; write a path like a/b")
        });
    }

    fn command(&mut self, key: &str, command: &[String]) {
        self.must(
            command.first().is_some_and(|program| !program.is_empty() && !program.contains("{{")),
            || format!("{key}: write the program first, then each argument as a string of its own"),
        );
        for argument in command {
            self.template(key, argument);
        }
    }

    /// In most places a secret would be seen by other processes or be written to a file.
    fn template(&mut self, key: &str, text: &str) {
        for name in keys(text) {
            match self.recipe.question(name) {
                None => self.problems.push(format!("{key}: there is no question {name}")),
                Some(question) if question.secret => self.problems.push(format!(
                    "{key}: {name} is a secret, which goes to a standard input or the store only"
                )),
                Some(_) => {}
            }
        }
    }
}

fn is_recipe_name(name: &str) -> bool {
    name.len() <= NAME_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !TAKEN.contains(&name)
}

/// A binding holds templates of the manifest too, whose names are the fields, or `value`.
fn is_placeholder_of_templates(recipe: &Recipe, key: &str) -> bool {
    let name = key.split('|').next().unwrap_or_default().trim();
    name == "value" || recipe.credential.fields.contains_key(name)
}
