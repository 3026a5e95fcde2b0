//! One host, or a directory that will be the root of one: changes that are made only where something differs.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::install::report::Report;

/// Where programs of the system are; the caller's path does not count.
pub const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A host.
#[derive(Debug)]
pub struct Host {
    root: PathBuf,
    dry_run: bool,
    /// What was changed.
    pub report: Report,
}

impl Host {
    /// The host whose root is `root`.
    pub fn new(root: &Path, dry_run: bool, json: bool) -> Self {
        Self { root: root.to_owned(), dry_run, report: Report::new(dry_run, json) }
    }

    /// Refuses to go on as anybody but root.
    pub fn need_root(&self, command: &str) -> Result<(), Failure> {
        if rustix::process::geteuid().is_root() {
            return Ok(());
        }
        Err(Failure::new(format!("only root may {command}"))
            .hint(format!("sudo remo {command}; see what it would do: sudo remo {command} --dry-run")))
    }

    /// Where an absolute path of the host is from here.
    pub fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// Whether it is this host and systemd runs it.
    pub fn is_booted(&self) -> bool {
        self.is_this() && Path::new("/run/systemd/system").is_dir()
    }

    /// Whether it is this host, and not a directory that will become one.
    pub fn is_this(&self) -> bool {
        self.root == Path::new("/")
    }

    /// Whether changes are only reported.
    pub fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Makes a file have this content and mode. Returns whether it had not.
    pub fn file(&mut self, path: &Path, content: &[u8], mode: u32) -> Result<bool, Failure> {
        let target = self.at(path);
        let found = target.symlink_metadata().ok().filter(fs::Metadata::is_file);
        let has_mode = found.is_some_and(|found| found.permissions().mode() & 0o7777 == mode);
        if has_mode && fs::read(&target).is_ok_and(|found| found == content) {
            return Ok(false);
        }
        self.report.changed(format!("write {}", path.display()));
        if !self.dry_run {
            make_parent(&target)?;
            replace(&target, content, mode).map_err(|error| Failure::at("write", &target, &error))?;
        }
        Ok(true)
    }

    /// Makes a symbolic link lead to `to`. Returns whether it did not.
    pub fn link(&mut self, path: &Path, to: &Path) -> Result<bool, Failure> {
        let target = self.at(path);
        if fs::read_link(&target).is_ok_and(|found| found == to) {
            return Ok(false);
        }
        self.report.changed(format!("link {} to {}", path.display(), to.display()));
        if !self.dry_run {
            make_parent(&target)?;
            let failed = |error: &io::Error| Failure::at("make the link", &target, error);
            let new = beside(&target);
            let _ = fs::remove_file(&new);
            symlink(to, &new).map_err(|error| failed(&error))?;
            fs::rename(&new, &target).map_err(|error| failed(&error))?;
        }
        Ok(true)
    }

    /// Renames what is at `from`.
    pub fn rename(&mut self, from: &Path, to: &Path) -> Result<(), Failure> {
        self.report.changed(format!("rename {} to {}", from.display(), to.display()));
        if !self.dry_run {
            let from = self.at(from);
            fs::rename(&from, self.at(to)).map_err(|error| Failure::at("rename", &from, &error))?;
        }
        Ok(())
    }

    /// Removes a file, a link or a whole directory, when it is there. No link is followed.
    pub fn remove(&mut self, path: &Path) -> Result<bool, Failure> {
        let target = self.at(path);
        let Ok(found) = target.symlink_metadata() else { return Ok(false) };
        self.report.changed(format!("remove {}", path.display()));
        if !self.dry_run {
            let removed = if found.is_dir() { fs::remove_dir_all(&target) } else { fs::remove_file(&target) };
            removed.map_err(|error| Failure::at("remove", &target, &error))?;
        }
        Ok(true)
    }

    /// Removes a directory when nothing is in it.
    pub fn remove_if_empty(&mut self, path: &Path) {
        let target = self.at(path);
        if !self.dry_run && fs::read_dir(&target).is_ok_and(|mut entries| entries.next().is_none()) {
            let _ = fs::remove_dir(&target);
        }
    }

    /// Runs a program of the system, which changes `what`.
    pub fn change(
        &mut self,
        what: impl Into<String>,
        program: &str,
        arguments: &[&str],
    ) -> Result<(), Failure> {
        self.report.changed(what);
        if self.dry_run { Ok(()) } else { self.run(program, arguments).map(|_| ()) }
    }

    /// Runs a program of the system that changes nothing worth a line, and returns what it printed.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Result<String, Failure> {
        let failed = |why: String| Failure::new(format!("{program} {}: {why}", arguments.join(" ")));
        let ended = system_program(program)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| failed(error.to_string()))?;
        if ended.status.success() {
            return Ok(String::from_utf8_lossy(&ended.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&ended.stderr);
        Err(failed(format!("{}: {}", ended.status, said.trim())))
    }

    /// Whether a program of the system says yes.
    pub fn says_yes(&self, program: &str, arguments: &[&str]) -> bool {
        let mut command = system_program(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

/// A program of the system, with an environment from nothing.
pub fn system_program(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", SYSTEM_PATH).env("LC_ALL", "C.UTF-8").current_dir("/");
    command
}

/// Makes the folder that `target` will be in.
fn make_parent(target: &Path) -> Result<(), Failure> {
    let Some(parent) = target.parent() else { return Ok(()) };
    fs::create_dir_all(parent).map_err(|error| Failure::at("make", parent, &error))
}

/// A name beside `target` that is about to take its place.
fn beside(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".remo-new");
    target.with_file_name(name)
}

fn replace(target: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let folder = target.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    file.persist(target).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(root: &Path, dry_run: bool) -> Host {
        Host::new(root, dry_run, true)
    }

    #[test]
    fn what_is_there_already_is_no_change() {
        let root = tempfile::tempdir().unwrap();
        let mut first = host(root.path(), false);
        assert!(first.file(Path::new("/etc/a/b"), b"x", 0o644).unwrap());
        assert!(first.link(Path::new("/bin/l"), Path::new("remo")).unwrap());
        let mut second = host(root.path(), false);
        assert!(!second.file(Path::new("/etc/a/b"), b"x", 0o644).unwrap());
        assert!(!second.link(Path::new("/bin/l"), Path::new("remo")).unwrap());
        assert!(second.report.is_unchanged());
        assert!(second.file(Path::new("/etc/a/b"), b"x", 0o600).unwrap(), "another mode");
        assert!(second.link(Path::new("/bin/l"), Path::new("other")).unwrap());
        assert_eq!(fs::read_link(root.path().join("bin/l")).unwrap(), Path::new("other"));
    }

    #[test]
    fn a_dry_run_touches_nothing() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("old"), "x").unwrap();
        let mut host = host(root.path(), true);
        assert!(host.file(Path::new("/new"), b"x", 0o644).unwrap());
        assert!(host.remove(Path::new("/old")).unwrap());
        host.rename(Path::new("/old"), Path::new("/older")).unwrap();
        host.change("end everything", "/bin/false", &[]).unwrap();
        assert!(!root.path().join("new").exists() && root.path().join("old").exists());
        assert!(!host.report.is_unchanged());
    }

    #[test]
    fn a_link_in_the_way_is_replaced_and_not_written_through() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("victim"), "theirs").unwrap();
        symlink(root.path().join("victim"), root.path().join("a")).unwrap();
        let mut host = host(root.path(), false);
        host.file(Path::new("/a"), b"ours", 0o644).unwrap();
        assert_eq!(fs::read_to_string(root.path().join("victim")).unwrap(), "theirs");
        assert!(host.remove(Path::new("/a")).unwrap());
        assert!(root.path().join("victim").exists());
    }
}
