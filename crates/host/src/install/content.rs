//! The installed files, out of an unpacked release: a tree that looks like the host's root.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::install::host::Host;

/// A file that every release has.
const MARK: &str = "usr/share/remo-broker/projects-root.conf";

/// Files that their owner may edit: what is there is kept.
const CONFIGURATION: &str = "etc";

/// Which files were installed, one path a line; the way back removes exactly these.
pub const LIST: &str = "/var/lib/remo/installed";

/// The unpacked release that files are taken from; `None` when they are where they belong already.
pub fn release(named: Option<&Path>) -> Result<Option<PathBuf>, Failure> {
    if let Some(named) = named {
        return if named.join(MARK).is_file() {
            Ok(Some(named.to_owned()))
        } else {
            Err(Failure::new(format!("{} is no unpacked release: it has no {MARK}", named.display()))
                .hint("unpack the archive and name its folder; or leave --from away"))
        };
    }
    // <release>/usr/bin/remo
    let program = std::env::current_exe().and_then(fs::canonicalize).ok();
    let own =
        program.as_deref().and_then(|path| path.ancestors().nth(3)).filter(|own| own.join(MARK).is_file());
    match own {
        Some(own) if own == Path::new("/") => Ok(None),
        Some(own) => Ok(Some(own.to_owned())),
        None => Err(Failure::new("this remo lies in no unpacked release, so there is nothing to install")
            .hint(
                "unpack the archive that `cargo xtask package --only tree` makes, and run its usr/bin/remo",
            )),
    }
}

/// Copies everything that differs. Returns whether something did.
pub fn copy(host: &mut Host, release: &Path) -> Result<bool, Failure> {
    if host.is_this() && host.says_yes("dpkg-query", &["--listfiles", "remo-broker"]) {
        return Err(Failure::new(
            "the Debian package remo-broker is installed; both would change the same files",
        )
        .hint("run /usr/bin/remo install, which sets the host up with the files of the packages"));
    }
    let mut changed = false;
    let mut list = BTreeSet::new();
    for below in files(release)? {
        let (source, target) = (release.join(&below), Path::new("/").join(&below));
        let failed = |error: std::io::Error| Failure::at("read", &source, &error);
        let found = source.symlink_metadata().map_err(failed)?;
        if found.is_symlink() {
            changed |= host.link(&target, &fs::read_link(&source).map_err(failed)?)?;
        } else if below.starts_with(CONFIGURATION) && host.at(&target).exists() {
            let edited = fs::read(host.at(&target)).ok() != fs::read(&source).ok();
            if edited {
                host.report.kept(format!("{} as it was edited", target.display()));
            }
        } else {
            let content = fs::read(&source).map_err(failed)?;
            changed |= host.file(&target, &content, found.permissions().mode() & 0o7777)?;
        }
        list.insert(target);
    }
    // What an earlier release had and this one has not.
    for old in installed(host).difference(&list) {
        changed |= host.remove(old)?;
    }
    let lines: Vec<String> = list.iter().map(|path| path.display().to_string()).collect();
    let text = lines.join("\n") + "\n";
    host.file(Path::new(LIST), text.as_bytes(), 0o644)?;
    Ok(changed)
}

/// The files that were installed by this program.
pub fn installed(host: &Host) -> BTreeSet<PathBuf> {
    let list = fs::read_to_string(host.at(LIST)).unwrap_or_default();
    let is_plain = |path: &Path| {
        path.is_absolute() && !path.components().any(|part| part == std::path::Component::ParentDir)
    };
    list.lines().map(PathBuf::from).filter(|path| is_plain(path)).collect()
}

/// Every file and link of a tree, by its path below the top.
fn files(top: &Path) -> Result<BTreeSet<PathBuf>, Failure> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![top.to_owned()];
    while let Some(folder) = waiting.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| Failure::at("read", &folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| Failure::at("read", &folder, &error))?;
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push(path);
            } else if let Ok(below) = path.strip_prefix(top) {
                found.insert(below.to_owned());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A release with a program, a link, a configuration and the mark.
    fn release_of(files: &[(&str, &str)]) -> tempfile::TempDir {
        let release = tempfile::tempdir().unwrap();
        for (path, text) in [(MARK, "root")].iter().chain(files) {
            let file = release.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        release
    }

    fn copied(root: &Path, release: &Path) -> (bool, Host) {
        let mut host = Host::new(root, false, true);
        let changed = copy(&mut host, release).unwrap();
        (changed, host)
    }

    #[test]
    fn a_second_time_changes_nothing_and_an_edited_configuration_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let release = release_of(&[("usr/bin/remo", "program"), ("etc/remo-broker/config.toml", "default")]);
        symlink("remo", release.path().join("usr/bin/project-menu")).unwrap();
        assert!(copied(root.path(), release.path()).0);
        let (changed, host) = copied(root.path(), release.path());
        assert!(!changed && host.report.is_unchanged());
        let edited = root.path().join("etc/remo-broker/config.toml");
        fs::write(&edited, "mine").unwrap();
        assert!(!copied(root.path(), release.path()).0);
        assert_eq!(fs::read_to_string(edited).unwrap(), "mine");
        assert_eq!(fs::read_link(root.path().join("usr/bin/project-menu")).unwrap(), Path::new("remo"));
    }

    #[test]
    fn what_a_later_release_lacks_goes() {
        let root = tempfile::tempdir().unwrap();
        copied(root.path(), release_of(&[("usr/bin/old", "x"), ("usr/bin/remo", "x")]).path());
        let (changed, host) = copied(root.path(), release_of(&[("usr/bin/remo", "x")]).path());
        assert!(changed && !root.path().join("usr/bin/old").exists());
        assert!(installed(&host).contains(Path::new("/usr/bin/remo")));
    }

    #[test]
    fn a_folder_that_is_no_release_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(release(Some(folder.path())).unwrap_err().to_string().contains("no unpacked release"));
        fs::create_dir_all(folder.path().join("var/lib/remo")).unwrap();
        fs::write(folder.path().join("var/lib/remo/installed"), "/ok\nrelative\n/../etc/passwd\n").unwrap();
        let host = Host::new(folder.path(), true, true);
        assert_eq!(installed(&host), BTreeSet::from([PathBuf::from("/ok")]));
    }
}
