//! Users, directories, drop-ins and units of the host.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::install::account::Account;
use crate::install::host::Host;
use crate::places::PROJECTS_ROOT_FILE;

/// What the broker runs as.
pub const BROKER_USER: &str = "remo-broker";

/// Whoever is in it may use the broker's admin socket.
pub const ADMIN_GROUP: &str = "remo-vault";

/// Units of the product, in the order in which they are started.
pub const UNITS: [&str; 5] = [
    "remo-broker.socket",
    "remo-broker.service",
    "remo-vault-key.service",
    "remo-network.service",
    "remo-vault.service",
];

/// The unit that acts as the developer.
const VAULT_UNIT: &str = "remo-vault.service";

/// Where units of packages and releases lie.
const UNIT_FOLDER: &str = "/lib/systemd/system";

/// Where the settings of this host for them lie.
pub const SETTINGS: &str = "/etc/systemd/system";

/// The setting that tells the broker where projects are.
const PROJECTS_ROOT: &str = include_str!("../../../../packaging/systemd/projects-root.conf");

const PLACEHOLDER: &str = "@PROJECTS_ROOT@";

/// Where the account's projects are; refused when a unit could not name it.
pub fn projects_root(account: &Account, named: Option<&Path>) -> Result<PathBuf, Failure> {
    let root = named.map_or_else(|| account.home.join("projects"), Path::to_owned);
    let is_plain = root.to_str().is_some_and(|text| {
        !text.chars().any(|letter| letter.is_control() || matches!(letter, '"' | '\\' | '%' | '$' | ':'))
    });
    let has_place = root.is_absolute()
        && root.parent().is_some()
        && !root.components().any(|part| part == std::path::Component::ParentDir);
    if !is_plain || !has_place {
        return Err(Failure::usage(format!("{} cannot be the projects root", root.display()))
            .hint("name an absolute path without quotes, backslashes, colons, $ and %"));
    }
    if account.home.starts_with(&root) {
        return Err(Failure::usage(format!(
            "{} holds the home of {}, which the broker must not read",
            root.display(),
            account.name
        ))
        .hint("name a directory for projects only"));
    }
    Ok(root)
}

/// Everything that a running broker needs, for the projects of `account` in `root`.
pub fn set_up(host: &mut Host, account: &Account, root: &Path, files_changed: bool) -> Result<(), Failure> {
    users(host, account)?;
    directories(host, account, root)?;
    let mut changed = files_changed;
    let text = PROJECTS_ROOT.replace(PLACEHOLDER, &root.display().to_string());
    let broker_settings = Path::new(SETTINGS).join("remo-broker.service.d/projects-root.conf");
    let broker_changed = host.file(&broker_settings, text.as_bytes(), 0o644)?;
    changed |= broker_changed;
    let file = Path::new(PROJECTS_ROOT_FILE);
    if root == account.home.join("projects") {
        host.remove(file)?;
    } else {
        host.file(file, format!("{}\n", root.display()).as_bytes(), 0o644)?;
    }
    if host.at(UNIT_FOLDER).join(VAULT_UNIT).exists() {
        let vault_settings = Path::new(SETTINGS).join(format!("{VAULT_UNIT}.d/user.conf"));
        let text = format!(
            "# The account whose vault it is; written by remo install.\n[Service]\nUser={}\n",
            account.name
        );
        changed |= host.file(&vault_settings, text.as_bytes(), 0o644)?;
    }
    if changed && host.is_booted() && !host.is_dry_run() {
        host.run("systemctl", &["daemon-reload"])?;
    }
    units(host, files_changed || broker_changed)
}

fn users(host: &mut Host, account: &Account) -> Result<(), Failure> {
    let has = |host: &Host, file: &str, name: &str| {
        let text = fs::read_to_string(host.at(file)).unwrap_or_default();
        text.lines().any(|line| line.split(':').next() == Some(name))
    };
    if !has(host, "/etc/passwd", BROKER_USER) || !has(host, "/etc/group", ADMIN_GROUP) {
        let root = root_argument(host);
        let arguments: Vec<&str> = root.iter().map(String::as_str).chain(["remo-broker.conf"]).collect();
        host.change(
            format!("make the user {BROKER_USER} and the group {ADMIN_GROUP}"),
            "systemd-sysusers",
            &arguments,
        )?;
    }
    if !is_member(host, &account.name, ADMIN_GROUP) {
        let what = format!("add {} to the group {ADMIN_GROUP}", account.name);
        let prefix = host.at("/");
        let prefix = prefix.to_string_lossy();
        let arguments = ["--prefix", &prefix, "--append", "--groups", ADMIN_GROUP, &account.name];
        let arguments = if host.is_this() { &arguments[2..] } else { &arguments[..] };
        host.change(what, "usermod", arguments)?;
    }
    Ok(())
}

fn directories(host: &mut Host, account: &Account, root: &Path) -> Result<(), Failure> {
    if host.is_booted() && !host.at("/run/remo-broker/admin").is_dir() {
        host.change(
            "make the broker's run directory",
            "systemd-tmpfiles",
            &["--create", "remo-broker.conf"],
        )?;
    }
    if !host.at(root).is_dir() {
        let what = format!("make {}", root.display());
        if host.is_this() {
            let root = root.to_string_lossy();
            // As the account: root follows no link of a home.
            host.change(what, "runuser", &["--user", &account.name, "--", "mkdir", "--parents", &root])?;
        } else {
            host.report.kept(format!("{}: it is made on the host itself", root.display()));
        }
    }
    Ok(())
}

fn units(host: &mut Host, broker_changed: bool) -> Result<(), Failure> {
    let root = root_argument(host);
    let systemctl = |arguments: &[&'static str]| -> Vec<String> {
        root.iter().cloned().chain(arguments.iter().map(|argument| (*argument).to_owned())).collect()
    };
    for unit in UNITS {
        if !host.at(UNIT_FOLDER).join(unit).exists() && !host.is_dry_run() {
            continue;
        }
        let asked = systemctl(&["--quiet", "is-enabled", unit]);
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        if !host.says_yes("systemctl", &asked) {
            let enable = systemctl(&["--quiet", "enable", unit]);
            let enable: Vec<&str> = enable.iter().map(String::as_str).collect();
            host.change(format!("enable {unit}"), "systemctl", &enable)?;
        }
        if !host.is_booted() || unit == VAULT_UNIT {
            continue;
        }
        if !host.says_yes("systemctl", &["--quiet", "is-active", unit]) {
            host.change(format!("start {unit}"), "systemctl", &["start", unit])?;
        } else if broker_changed && unit == "remo-broker.service" {
            host.change(format!("restart {unit}"), "systemctl", &["restart", unit])?;
        }
    }
    Ok(())
}

/// What a person still has to do, as far as it can be seen.
pub fn advise(host: &Host, account: &Account) {
    if host.is_dry_run() || !host.is_this() {
        return;
    }
    let name = &account.name;
    if !is_member(host, name, "docker") {
        crate::output::note(&format!(
            "hint: {name} is not in the group docker, whose members are as good as root: usermod -aG docker {name}"
        ));
    }
    crate::output::note(&format!("hint: {name} logs in anew for the group {ADMIN_GROUP}; then: remo doctor"));
}

fn is_member(host: &Host, name: &str, group: &str) -> bool {
    let text = fs::read_to_string(host.at("/etc/group")).unwrap_or_default();
    text.lines().any(|line| {
        let mut fields = line.split(':');
        fields.next() == Some(group)
            && fields.nth(2).is_some_and(|members| members.split(',').any(|member| member == name))
    })
}

/// How programs of systemd are told of another root.
pub fn root_argument(host: &Host) -> Option<String> {
    (!host.is_this()).then(|| format!("--root={}", host.at("/").display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account {
            name: "dev".to_owned(),
            uid: 1000,
            gid: 1000,
            home: "/home/dev".into(),
            shell: "/bin/bash".into(),
        }
    }

    #[test]
    fn a_projects_root_never_holds_the_home_and_never_breaks_a_unit() {
        let root = |path: &str| projects_root(&account(), Some(Path::new(path)));
        assert_eq!(projects_root(&account(), None).unwrap(), Path::new("/home/dev/projects"));
        assert_eq!(root("/srv/my projects").unwrap(), Path::new("/srv/my projects"));
        for bad in
            ["/", "/home", "/home/dev", "relative", "/srv/../home", "/a\"b", "/a%b", "/a\nb", "/a:b", "/a$b"]
        {
            assert!(root(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_setting_of_the_broker_names_the_root_everywhere() {
        assert!(PROJECTS_ROOT.matches(PLACEHOLDER).count() >= 3);
    }

    #[test]
    fn members_are_whole_names_of_one_group() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        fs::write(root.path().join("etc/group"), "remo-vault:x:1:devel,dev\ndocker:x:2:\n").unwrap();
        let host = Host::new(root.path(), true, true);
        assert!(is_member(&host, "dev", ADMIN_GROUP) && !is_member(&host, "de", ADMIN_GROUP));
        assert!(!is_member(&host, "dev", "docker"));
    }
}
