//! Links and the start-up line of one account, made as that account: root writes into no home.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::install::account::Account;
use crate::install::host::{Host, SYSTEM_PATH, system_program};
use crate::install::startup;

/// Where other machines look for the programs.
const FOLDER: &str = ".local/bin";

/// The names, and what they lead to.
const LINKS: [&str; 3] = ["remo", "project-launch", "project-menu"];

/// Where programs are installed.
const PROGRAMS: &str = "/usr/bin";

/// What is appended to the name of a file that was in the way.
const BEFORE: &str = ".before-remo";

/// The launcher's state and logs.
const STATE: &str = ".local/state/remo";

/// Makes the caller's own links and start-up line.
pub fn link(host: &mut Host, with_menu: bool) -> Result<(), Failure> {
    let home = own_home()?;
    for name in LINKS {
        let link = home.join(FOLDER).join(name);
        let to = Path::new(PROGRAMS).join(name);
        let in_the_way = link.symlink_metadata().is_ok_and(|found| !found.is_symlink());
        if in_the_way {
            host.rename(&link, &suffixed(&link))?;
        }
        host.link(&link, &to)?;
    }
    if with_menu {
        let account = Account::find(host, Some(&own_name(host)?))?;
        let file = home.join(startup::file(&account.shell, |name| home.join(name).exists()));
        edit(host, &file, |text| startup::with_block(text, &file))?;
    }
    Ok(())
}

/// Takes the caller's own links, start-up lines and the launcher's state away.
pub fn unlink(host: &mut Host) -> Result<(), Failure> {
    let home = own_home()?;
    for name in LINKS {
        let link = home.join(FOLDER).join(name);
        if fs::read_link(&link).is_ok_and(|to| to == Path::new(PROGRAMS).join(name)) {
            host.remove(&link)?;
        }
        let before = suffixed(&link);
        if before.symlink_metadata().is_ok() {
            host.rename(&before, &link)?;
        }
    }
    for name in startup::FILES {
        let file = home.join(name);
        if !file.exists() {
            continue;
        }
        edit(host, &file, startup::without_block)?;
        let is_own = name.ends_with("/remo.fish");
        if is_own && !host.is_dry_run() && fs::read(&file).is_ok_and(|text| text.is_empty()) {
            host.remove(&file)?;
        }
    }
    host.remove(&home.join(STATE))?;
    Ok(())
}

/// The same for `account`, in a process that is that account's.
pub fn link_as(host: &mut Host, account: &Account, with_menu: bool) -> Result<(), Failure> {
    let without = if with_menu { None } else { Some("--no-menu") };
    run_as(host, account, "install", without)
}

/// The way back for `account`.
pub fn unlink_as(host: &mut Host, account: &Account) -> Result<(), Failure> {
    run_as(host, account, "uninstall", None)
}

fn run_as(host: &mut Host, account: &Account, command: &str, further: Option<&str>) -> Result<(), Failure> {
    if !host.is_this() {
        host.report.kept(format!(
            "the home of {}: links and start-up lines are made on the host itself: remo {command} --links-only",
            account.name
        ));
        return Ok(());
    }
    let failed = |why: String| Failure::new(format!("cannot act as {}: {why}", account.name));
    let own = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
    let mut program = system_program("runuser");
    program.args(["--user", &account.name, "--", "env", "--ignore-environment"]);
    program.arg(format!("HOME={}", account.home.display())).arg(format!("PATH={SYSTEM_PATH}"));
    program.arg(own).args([command, "--links-only", "--json"]);
    program.args(further).args(host.is_dry_run().then_some("--dry-run"));
    let ended = program.output().map_err(|error| failed(error.to_string()))?;
    if !ended.status.success() {
        return Err(failed(String::from_utf8_lossy(&ended.stderr).trim().to_owned()));
    }
    host.report.take_over(&String::from_utf8_lossy(&ended.stdout))
}

/// Changes the text of a file of the caller, keeping its mode. One that would stay as it is, is not touched.
fn edit(host: &mut Host, file: &Path, change: impl Fn(&str) -> String) -> Result<(), Failure> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Failure::at("read", file, &error)),
    };
    let new = change(&text);
    if new == text {
        return Ok(());
    }
    // A start-up file may be a link into a folder of settings: what it leads to is what is edited.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let mode = fs::metadata(&file).map_or(0o644, |found| found.permissions().mode() & 0o7777);
    host.file(&file, new.as_bytes(), mode).map(|_| ())
}

fn suffixed(link: &Path) -> PathBuf {
    let mut name = link.file_name().unwrap_or_default().to_owned();
    name.push(BEFORE);
    link.with_file_name(name)
}

fn own_home() -> Result<PathBuf, Failure> {
    let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    home.ok_or_else(|| Failure::new("HOME is not set to an absolute path"))
}

fn own_name(host: &Host) -> Result<String, Failure> {
    Ok(host.run("id", &["-un"])?.trim().to_owned())
}
