//! Relative links of the pages lead to something that is there, headings included, index pages list every page of
//! their folder, and no threat has a number twice.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::sources;
use crate::failure::Failure;
use crate::outcome::Outcome;

/// Pages that list every other page of their folder.
const INDEXES: &[&str] =
    &["docs/guides/README.md", "docs/guides/logins/README.md", "docs/decisions/README.md"];

/// Where threats have their numbers.
const THREATS: &str = "SECURITY.md";

/// Fails for a link that leads nowhere, a page that its index lacks, and a number of a threat that is taken.
pub(super) fn check(root: &Path) -> Result<Outcome, Failure> {
    let pages = sources::files(root, &[".md"])?;
    let mut problems = Vec::new();
    for page in &pages {
        let text = sources::read(root, page)?;
        for link in links(&text) {
            if let Some(reason) = broken(root, page, link)? {
                problems.push(format!("{}: {link}: {reason}", page.display()));
            }
        }
        let name = page.to_string_lossy();
        if INDEXES.contains(&name.as_ref()) {
            let folder = page.parent().unwrap_or(Path::new(""));
            let listed: BTreeSet<_> = links(&text).filter_map(|link| resolved(page, link)).collect();
            let siblings = pages.iter().filter(|other| other.parent() == Some(folder) && *other != page);
            let missing = siblings.filter(|sibling| !listed.contains(*sibling));
            problems.extend(missing.map(|sibling| format!("{name} does not list {}", sibling.display())));
        }
        if name == THREATS {
            problems
                .extend(taken_twice(&text).iter().map(|number| format!("{name}: {number} is there twice")));
        }
    }
    if problems.is_empty() {
        return Ok(Outcome::Passed);
    }
    Err(Failure::new(format!("pages that mislead:\n  {}", problems.join("\n  ")))
        .hint("mend the link, or list the page"))
}

/// Targets of `[words](target)`, outside of fenced code and of code in a line.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    let lines = text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    });
    // Every second piece is code; what is left of a link around code is its end.
    lines.flat_map(|line| line.split('`').step_by(2)).flat_map(|prose| {
        prose.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.trim())
    })
}

/// The file that a relative link of `page` leads to, relative to the root.
fn resolved(page: &Path, link: &str) -> Option<PathBuf> {
    let target = link.split('#').next().unwrap_or_default();
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    if target.is_empty() {
        return Some(page.to_owned());
    }
    let mut path = page.parent().unwrap_or(Path::new("")).to_owned();
    for component in Path::new(target).components() {
        match component {
            Component::ParentDir if !path.pop() => return Some(PathBuf::from(target)),
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    Some(path)
}

/// Why a link leads nowhere.
fn broken(root: &Path, page: &Path, link: &str) -> Result<Option<&'static str>, Failure> {
    let Some(path) = resolved(page, link) else { return Ok(None) };
    if !root.join(&path).exists() {
        return Ok(Some("there is no such file"));
    }
    match link.split_once('#') {
        Some((_, heading)) if path.extension().is_some_and(|extension| extension == "md") => {
            let text = sources::read(root, &path)?;
            Ok((!headings(&text).any(|name| name == heading)).then_some("there is no such heading"))
        }
        _ => Ok(None),
    }
}

/// Names of the headings, as links to them are written.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let heading = line.trim_start_matches('#').trim();
        let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        kept.flat_map(char::to_lowercase).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
    })
}

/// Numbers at the beginning of a row that an earlier row has.
fn taken_twice(text: &str) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    let numbers = text.lines().filter_map(|line| line.strip_prefix("| T")?.split(' ').next());
    numbers.filter(|number| !seen.insert(*number)).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_misleads_is_named_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::create_dir_all(root.join("docs/guides")).unwrap();
        fs::write(
            root.join("docs/guides/a.md"),
            "# A b, `c`\n[up](../../README.md#first) [`x`](README.md)\n",
        )
        .unwrap();
        fs::write(root.join("docs/guides/README.md"), "[a](a.md#a-b-c), [web](https://x.example/y.md)\n")
            .unwrap();
        fs::write(root.join("README.md"), "# First\n[here](#first) `[no](link)`\n```\n[no](link)\n```\n")
            .unwrap();
        fs::write(root.join("SECURITY.md"), "| T1 | a |\n| T2 | b |\n").unwrap();
        assert_eq!(check(root).unwrap(), Outcome::Passed);

        fs::write(root.join("docs/guides/b.md"), "[a](c.md) [`b`](a.md#z) [out](../../../up.md)\n").unwrap();
        fs::write(root.join("SECURITY.md"), "| T1 | a |\n| T2 | b |\n| T1 | c |\n").unwrap();
        let said = check(root).unwrap_err().to_string();
        for problem in [
            "b.md: c.md: there is no such file",
            "b.md: a.md#z: there is no such heading",
            "b.md: ../../../up.md: there is no such file",
            "README.md does not list docs/guides/b.md",
            "SECURITY.md: 1 is there twice",
        ] {
            assert!(said.contains(problem), "{problem}: {said}");
        }
        assert_eq!(said.lines().count(), 7, "{said}");
    }
}
