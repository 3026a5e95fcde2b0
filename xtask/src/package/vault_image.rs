//! The context of the vault's image: a plain folder, from which `remo vault build` builds it on an instance.

use std::fs;
use std::path::Path;

use super::make_folder;
use crate::failure::Failure;

/// The program, and its other names, which are in the context's own list.
const PROGRAM: &str = "remo-vault";
const NAMES: &str = "names";

/// For people who read the repository.
const NOT_SHIPPED: &str = "README.md";

/// What of the repository it is made of.
#[derive(Debug)]
pub(super) struct Sources<'a> {
    /// The repository.
    pub(super) root: &'a Path,
    /// The program as it was built.
    pub(super) program: &'a Path,
    /// fnox, to be brought along; without it, it is fetched when the image is built.
    pub(super) fnox: Option<&'a Path>,
}

/// Writes the context to `folder`, in the place of one that is there.
pub(super) fn make(sources: &Sources<'_>, folder: &Path) -> Result<(), Failure> {
    let _ = fs::remove_dir_all(folder);
    let image = sources.root.join("images/vault");
    copy_tree(&image, folder)?;
    let bin = folder.join("bin");
    make_folder(&bin)?;
    copy(sources.program, &bin.join(PROGRAM))?;
    let names = image.join(NAMES);
    let names =
        fs::read_to_string(&names).map_err(Failure::because(format!("cannot read {}", names.display())))?;
    let man = folder.join("man");
    make_folder(&man)?;
    let completions = folder.join("completions");
    make_folder(&completions)?;
    let pages = sources.root.join("docs/reference/man");
    for name in names.lines().chain([PROGRAM]) {
        copy(&sources.root.join(format!("completions/bash/{name}")), &completions.join(name))?;
        for (page, path) in files(&pages)? {
            // `remo-vault.1` and `remo-vault-set.1`
            let rest = page.strip_prefix(name);
            if rest.is_some_and(|rest| rest.starts_with('.') || rest.starts_with('-')) {
                copy(&path, &man.join(page))?;
            }
        }
    }
    if let Some(fnox) = sources.fnox {
        make_folder(&folder.join("vendor"))?;
        copy(fnox, &folder.join("vendor/fnox"))?;
    }
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), Failure> {
    make_folder(to)?;
    for (name, path) in files(from)? {
        let target = to.join(&name);
        if path.is_dir() {
            copy_tree(&path, &target)?;
        } else if name != NOT_SHIPPED {
            copy(&path, &target)?;
        }
    }
    Ok(())
}

/// What is in a folder, in an order that is always the same.
fn files(folder: &Path) -> Result<Vec<(String, std::path::PathBuf)>, Failure> {
    let unreadable = || format!("cannot read {}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::because(unreadable()))? {
        let entry = entry.map_err(Failure::because(unreadable()))?;
        found.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    found.sort();
    Ok(found)
}

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::copy(from, to).map(drop).map_err(Failure::because(format!(
        "cannot copy {} to {}",
        from.display(),
        to.display()
    )))
}
