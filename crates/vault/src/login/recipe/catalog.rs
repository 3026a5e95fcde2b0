//! The recipes there are: those that are shipped, and a user's own.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use remo_secret::Secret;
use rustix::fs::{Mode, OFlags};
use rustix::process::geteuid;

use super::{Recipe, check};
use crate::private_file::read_capped;

/// A recipe is a page of text.
const RECIPE_MAX: u64 = 64 * 1024;

/// Permission bits that let anybody but the owner write.
const OTHERS_WRITE: u32 = 0o022;

/// What is shipped, by name.
const SHIPPED: [(&str, &str); 8] = [
    ("aws", include_str!("../../../recipes/aws.toml")),
    ("aws-sso", include_str!("../../../recipes/aws-sso.toml")),
    ("claude", include_str!("../../../recipes/claude.toml")),
    ("claude-token", include_str!("../../../recipes/claude-token.toml")),
    ("docker", include_str!("../../../recipes/docker.toml")),
    ("gh", include_str!("../../../recipes/gh.toml")),
    ("gh-token", include_str!("../../../recipes/gh-token.toml")),
    ("npm", include_str!("../../../recipes/npm.toml")),
];

/// The generic one, listed last.
const GENERIC: (&str, &str) = ("token", include_str!("../../../recipes/token.toml"));

/// Where a recipe is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It is part of this program.
    Shipped,
    /// It is a file of the user's.
    File(PathBuf),
}

/// A recipe that can be used.
#[derive(Debug)]
pub struct Found {
    /// The recipe.
    pub recipe: Recipe,
    /// Where it is from.
    pub origin: Origin,
}

/// All recipes.
#[derive(Debug, Default)]
pub struct Catalog {
    recipes: Vec<Found>,
    /// Files that cannot be used, by the name that they would have, each with its problems.
    refused: BTreeMap<String, Refusal>,
}

/// A file that is no recipe.
#[derive(Debug)]
pub struct Refusal {
    /// The file, or the folder that cannot be read.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problems: Vec<String>,
}

impl Catalog {
    /// The shipped recipes and those in `folders`; a folder that is not there is empty.
    pub fn load(folders: &[PathBuf]) -> Self {
        let mut catalog = Self::default();
        for (name, text) in SHIPPED.into_iter().chain([GENERIC]) {
            match parse(text, name) {
                Ok(recipe) => catalog.recipes.push(Found { recipe, origin: Origin::Shipped }),
                Err(problems) => catalog.refuse(name, Path::new("(shipped)"), problems),
            }
        }
        for folder in folders {
            catalog.add_folder(folder);
        }
        catalog
    }

    /// All that can be used.
    pub fn recipes(&self) -> &[Found] {
        &self.recipes
    }

    /// Files that cannot be used.
    pub fn refused(&self) -> &BTreeMap<String, Refusal> {
        &self.refused
    }

    /// The recipe of this name.
    pub fn get(&self, name: &str) -> Option<&Found> {
        self.recipes.iter().find(|found| found.recipe.name == name)
    }

    fn add_folder(&mut self, folder: &Path) {
        if let Ok(metadata) = fs::metadata(folder)
            && metadata.mode() & OTHERS_WRITE != 0
        {
            let problem =
                format!("others may write to it (mode {:04o}); chmod 755 it", metadata.mode() & 0o7777);
            return self.refuse("", folder, vec![problem]);
        }
        let files = match names_in(folder) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return self.refuse("", folder, vec![format!("it cannot be read: {error}")]),
        };
        for stem in files {
            let path = folder.join(format!("{stem}.toml"));
            let recipe = read(&path).map_err(|problem| vec![problem]).and_then(|text| parse(&text, &stem));
            match (recipe, self.get(&stem).map(|found| found.origin.clone())) {
                (Ok(_), Some(Origin::Shipped)) => {
                    let problem = "a shipped recipe has this name and stays in force; give the file and its `name` \
                                   another one";
                    self.refuse(&stem, &path, vec![problem.to_owned()]);
                }
                (Ok(_), Some(Origin::File(other))) => {
                    self.refuse(&stem, &path, vec![format!("{} has this name already", other.display())]);
                }
                (Ok(recipe), None) => self.recipes.push(Found { recipe, origin: Origin::File(path) }),
                (Err(problems), _) => self.refuse(&stem, &path, problems),
            }
        }
    }

    fn refuse(&mut self, name: &str, path: &Path, problems: Vec<String>) {
        let path = path.to_owned();
        self.refused.entry(name.to_owned()).or_insert(Refusal { path, problems });
    }
}

/// Names of the recipe files in `folder` without their `.toml`, sorted.
fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let stem = name.to_str().and_then(|name| name.strip_suffix(".toml"));
        names.extend(stem.filter(|stem| !stem.starts_with('.')).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// Reads a file that nobody but its owner can write, who is this user or root: a recipe says what is run.
fn read(path: &Path) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("it cannot be read: {error}");
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file =
        rustix::fs::open(path, flags, Mode::empty()).map(File::from).map_err(|it| unreadable(it.into()))?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    if metadata.uid() != 0 && metadata.uid() != geteuid().as_raw() {
        return Err(format!("it belongs to user {}, neither to this user nor to root", metadata.uid()));
    }
    if metadata.mode() & OTHERS_WRITE != 0 {
        return Err(format!("others may write it (mode {:04o}); chmod 644 it", metadata.mode() & 0o7777));
    }
    let mut content = Secret::new(Vec::new());
    if !read_capped(file, RECIPE_MAX, &mut content).map_err(unreadable)? {
        return Err(format!("it is larger than {RECIPE_MAX} bytes"));
    }
    content.expose_text().map(str::to_owned).ok_or_else(|| "it is not UTF-8".to_owned())
}

fn parse(text: &str, stem: &str) -> Result<Recipe, Vec<String>> {
    let recipe: Recipe = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
        let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        vec![format!("{place}{}", error.message())]
    })?;
    let problems = check::problems(&recipe, stem);
    if problems.is_empty() { Ok(recipe) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_is_sound() {
        let catalog = Catalog::load(&[]);
        assert!(catalog.refused().is_empty(), "{:?}", catalog.refused());
        assert_eq!(catalog.recipes().len(), SHIPPED.len() + 1);
    }

    #[test]
    fn every_problem_is_named_at_once_and_with_its_key() {
        let text = r#"
            schema_version = 2
            name = "Other"
            title = "t"
            secret = "a-b"
            lasts = "-"
            binding = "{{unknown}}"
            home = { PATH = "x", GH = "../up", ABSOLUTE = "/etc" }
            environment = { A = "{{pin}}", B = "{{nobody}}" }
            question = [{ key = "pin", prompt = "p", secret = true, default = "0" }, { key = "pin", prompt = "p" }]
            file = [{ path = "a/../../b", content = "{{pin}}" }]
            login = { command = ["tool", "--password={{pin}}"], stdin = "host" }
            refresh = { keep = ["/x"] }
            [credential.fields]
            "a-b" = { answer = "pin", format = "json", at = ["x"] }
            none = {}
        "#;
        let problems = parse(text, "other").unwrap_err().join("\n");
        for key in [
            "schema_version",
            "name:",
            "secret:",
            "binding:",
            "home.PATH",
            "home.GH",
            "home.ABSOLUTE",
            "environment.A",
            "environment.B",
            "question pin: it is there twice",
            "question pin: a secret has no",
            "file.path",
            "file.content",
            "login.command: pin is a secret",
            "login.stdin",
            "refresh:",
            "refresh.keep",
            "credential.fields.a-b:",
            "credential.fields.a-b.format",
            "credential.fields.none:",
        ] {
            assert!(problems.contains(key), "{key} is not in:\n{problems}");
        }
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_line() {
        let problems = parse("schema_version = 1\nshell = \"rm\"\n", "x").unwrap_err();
        assert!(problems[0].starts_with("line 2: unknown field `shell`"), "{problems:?}");
    }
}
