//! `packaging/content`: what is installed where. One list, so that a package and an installation without one hold the
//! same files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::make_folder;
use crate::failure::Failure;

/// The list, from the top of the repository.
const LIST: &str = "packaging/content";

/// Mode of a folder.
const FOLDER_MODE: u32 = 0o755;

/// Mode of what is read.
const CONFIGURATION_MODE: u32 = 0o644;

/// Mode of what is run.
const PROGRAM_MODE: u32 = 0o755;

/// Where sources are.
pub(super) struct Sources<'path> {
    /// The top of the repository.
    pub(super) root: &'path Path,
    /// What Cargo built.
    pub(super) programs: &'path Path,
    /// What `feature:` stands for.
    pub(super) feature: &'path Path,
    /// What `vault-image:` stands for.
    pub(super) vault_image: &'path Path,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    part: String,
    kind: Kind,
    target: String,
    source: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File(u32),
    /// 0755 for what its owner may run, 0644 otherwise.
    Kept,
    Link,
}

impl Kind {
    fn mode(self, source: &Path) -> Result<u32, Failure> {
        if let Self::File(mode) = self {
            return Ok(mode);
        }
        let metadata =
            source.metadata().map_err(Failure::because(format!("cannot look at {}", source.display())))?;
        Ok(if metadata.permissions().mode() & 0o100 == 0 { CONFIGURATION_MODE } else { PROGRAM_MODE })
    }
}

/// The whole list.
#[derive(Debug)]
pub(super) struct Content {
    lines: Vec<Line>,
}

impl Content {
    /// Reads the list of the repository at `root`.
    pub(super) fn read(root: &Path) -> Result<Self, Failure> {
        let path = root.join(LIST);
        let text =
            fs::read_to_string(&path).map_err(Failure::because(format!("cannot read {}", path.display())))?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let mut lines = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let parsed = parse_line(line)
                .ok_or_else(|| Failure::new(format!("{LIST}:{}: part, mode, target, source", index + 1)))?;
            lines.push(parsed);
        }
        Ok(Self { lines })
    }

    /// The names of the parts.
    #[cfg(test)]
    pub(super) fn parts(&self) -> std::collections::BTreeSet<&str> {
        self.lines.iter().map(|line| line.part.as_str()).collect()
    }

    /// Lays out each part in a folder of its name below `folder`, with `time` as the age of each file.
    pub(super) fn lay_out(
        &self,
        sources: &Sources<'_>,
        folder: &Path,
        time: SystemTime,
    ) -> Result<(), Failure> {
        self.lay_out_in(sources, time, |part| folder.join(part))
    }

    /// Lays out all parts in `folder`.
    pub(super) fn lay_out_together(
        &self,
        sources: &Sources<'_>,
        folder: &Path,
        time: SystemTime,
    ) -> Result<(), Failure> {
        self.lay_out_in(sources, time, |_| folder.to_owned())
    }

    fn lay_out_in(
        &self,
        sources: &Sources<'_>,
        time: SystemTime,
        folder: impl Fn(&str) -> PathBuf,
    ) -> Result<(), Failure> {
        for line in &self.lines {
            let top = folder(&line.part);
            let target = top.join(line.target.trim_start_matches('/'));
            match line.kind {
                Kind::Link => link(&line.source, &target)?,
                Kind::File(_) | Kind::Kept => {
                    let found = sources.find(&line.source)?;
                    for (source, below) in found {
                        let target =
                            if line.target.ends_with('/') { target.join(below) } else { target.clone() };
                        copy(&source, &target, line.kind.mode(&source)?, time)?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn parse_line(line: &str) -> Option<Line> {
    let mut words = line.split_whitespace().map(str::to_owned);
    let (part, mode, target, source) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let kind = match mode.as_str() {
        "link" => Kind::Link,
        "kept" => Kind::Kept,
        "conf" => Kind::File(CONFIGURATION_MODE),
        mode => Kind::File(u32::from_str_radix(mode, 8).ok()?),
    };
    let absolute = target.starts_with('/') && !target.split('/').any(|part| part == "..");
    (words.next().is_none() && absolute).then_some(Line { part, kind, target, source })
}

impl Sources<'_> {
    /// The files that a source names, each with its name below the target. A source without a file is an error.
    fn find(&self, source: &str) -> Result<Vec<(PathBuf, PathBuf)>, Failure> {
        if let Some(program) = source.strip_prefix("program:") {
            return Ok(vec![(self.programs.join(program), program.into())]);
        }
        for (prefix, folder) in [("feature:", self.feature), ("vault-image:", self.vault_image)] {
            if let Some(below) = source.strip_prefix(prefix) {
                let top = folder.join(below);
                return all_below(&top, &top);
            }
        }
        let path = self.root.join(source);
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Failure::new(format!("{LIST}: {source} names no file")));
        };
        let pattern = name.to_string_lossy();
        let mut found = Vec::new();
        for name in names(folder)? {
            if matches(&pattern, &name) {
                found.push((folder.join(&name), name.into()));
            }
        }
        if found.is_empty() {
            return Err(Failure::new(format!("{LIST}: there is no {source}")));
        }
        Ok(found)
    }
}

/// Every file below `folder`, with its path from `top`.
fn all_below(top: &Path, folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>, Failure> {
    let mut found = Vec::new();
    for name in names(folder)? {
        let path = folder.join(name);
        if path.is_dir() {
            found.extend(all_below(top, &path)?);
        } else {
            let below = path.strip_prefix(top).map_err(Failure::because("a file outside of its folder"))?;
            found.push((path.clone(), below.to_owned()));
        }
    }
    Ok(found)
}

/// The names in a folder, in their order.
fn names(folder: &Path) -> Result<Vec<String>, Failure> {
    let unreadable = || format!("cannot read {}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::because(unreadable()))? {
        let entry = entry.map_err(Failure::because(unreadable()))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Whether a name fits a pattern of literal text, one `[letters]`, and `*`.
fn matches(pattern: &str, name: &str) -> bool {
    let Some(first) = pattern.chars().next() else { return name.is_empty() };
    match first {
        '*' => name
            .char_indices()
            .map(|(at, _)| at)
            .chain([name.len()])
            .any(|at| matches(&pattern[1..], &name[at..])),
        '[' => match (pattern.find(']'), name.chars().next()) {
            (Some(end), Some(letter)) => {
                pattern[1..end].contains(letter) && matches(&pattern[end + 1..], &name[letter.len_utf8()..])
            }
            _ => false,
        },
        letter => name.strip_prefix(letter).is_some_and(|rest| matches(&pattern[letter.len_utf8()..], rest)),
    }
}

fn link(to: &str, target: &Path) -> Result<(), Failure> {
    parent(target)?;
    std::os::unix::fs::symlink(to, target)
        .map_err(Failure::because(format!("cannot make the link {}", target.display())))
}

fn copy(source: &Path, target: &Path, mode: u32, time: SystemTime) -> Result<(), Failure> {
    parent(target)?;
    if target.symlink_metadata().is_ok() {
        return Err(Failure::new(format!("{LIST}: two sources for {}", target.display())));
    }
    let copied = fs::copy(source, target).and_then(|_| {
        fs::set_permissions(target, fs::Permissions::from_mode(mode))?;
        fs::File::options().append(true).open(target)?.set_modified(time)
    });
    copied.map_err(Failure::because(format!("cannot copy {} to {}", source.display(), target.display())))
}

/// Makes the folders above a target, whatever the umask.
fn parent(target: &Path) -> Result<(), Failure> {
    let Some(folder) = target.parent() else { return Ok(()) };
    if folder.is_dir() {
        return Ok(());
    }
    parent(folder)?;
    make_folder(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(FOLDER_MODE))
        .map_err(Failure::because(format!("cannot make {}", folder.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn the_list_of_the_repository_is_laid_out_as_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let (programs, feature) = (folder.path().join("programs"), folder.path().join("feature"));
        let vault_image = folder.path().join("vault-image");
        fs::create_dir(&vault_image).unwrap();
        fs::write(vault_image.join("Dockerfile"), "FROM x").unwrap();
        fs::create_dir_all(feature.join("oci/blobs/sha256")).unwrap();
        fs::write(feature.join("oci/blobs/sha256/1"), "blob").unwrap();
        fs::create_dir(&programs).unwrap();
        for program in ["remo-broker", "remo", "remo-docker", "remo-vault"] {
            fs::write(programs.join(program), program).unwrap();
        }
        let sources =
            Sources { root: root(), programs: &programs, feature: &feature, vault_image: &vault_image };
        let content = Content::read(root()).unwrap();
        assert_eq!(
            content.parts().into_iter().collect::<Vec<_>>(),
            ["remo", "remo-broker", "remo-secrets-feature", "remo-vault-image"]
        );
        let (out, time) = (folder.path().join("out"), SystemTime::UNIX_EPOCH);
        content.lay_out(&sources, &out, time).unwrap();
        let broker = out.join("remo-broker/usr/bin/remo-broker").metadata().unwrap();
        assert_eq!((broker.permissions().mode() & 0o7777, broker.modified().unwrap()), (0o755, time));
        assert!(out.join("remo-secrets-feature/usr/share/remo/feature/oci/blobs/sha256/1").is_file());
        assert_eq!(fs::read_link(out.join("remo/usr/bin/project-menu")).unwrap(), Path::new("remo"));
        assert!(out.join("remo-broker/etc/remo-broker/config.toml").is_file());
    }

    #[test]
    fn what_is_missing_or_named_twice_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let sources = Sources {
            root: root(),
            programs: folder.path(),
            feature: folder.path(),
            vault_image: folder.path(),
        };
        for text in [
            "p 0644 /etc/ packaging/no-such-file",
            "p 0755 /usr/bin/ program:none",
            "p 0644 /x README.md\np 0644 /x README.md",
        ] {
            let content = Content::parse(text).unwrap();
            let out = tempfile::tempdir().unwrap();
            assert!(content.lay_out(&sources, out.path(), SystemTime::UNIX_EPOCH).is_err(), "{text}");
        }
        for text in [
            "p 0644 /x",
            "p rwx /x README.md",
            "p 0644 x README.md",
            "p 0644 /../x README.md",
            "p 0644 /x a b",
        ] {
            assert!(Content::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_pattern_fits_whole_names() {
        for (pattern, name, fits) in [
            ("a*.1", "a.1", true),
            ("a*.1", "ab-c.1", true),
            ("a*.1", "ab.1x", false),
            ("r-[ab]*", "r-bc", true),
            ("r-[ab]*", "r-c", false),
            ("", "x", false),
            ("r", "r", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
