//! Taking the product away: nothing is left but what the person asked to keep.

use std::path::Path;

use clap::ValueEnum;

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::install::Common;
use crate::install::account::Account;
use crate::install::content;
use crate::install::host::Host;
use crate::install::person;
use crate::install::system::{ADMIN_GROUP, BROKER_USER, SETTINGS, UNITS, root_argument};
use crate::places::PROJECTS_ROOT_FILE;
use crate::question;

/// What can be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Keep {
    /// The vault's volume and its sealed key: every stored secret
    Secrets,
    /// The audit log
    Log,
    /// /etc/remo-broker and what was approved for projects
    Configuration,
}

/// What `remo uninstall` was asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The account whose links go.
    pub user: Option<String>,
    /// What stays.
    pub keep: Vec<Keep>,
    /// Without a question.
    pub yes: bool,
    /// Where, and how it is said.
    pub common: Common,
}

/// State, and which choice keeps it.
const STATE: [(&str, Option<Keep>); 8] = [
    ("/var/lib/remo-vault-key", Some(Keep::Secrets)),
    ("/var/lib/remo-broker", Some(Keep::Configuration)),
    ("/etc/remo-broker", Some(Keep::Configuration)),
    ("/var/log/remo-broker", Some(Keep::Log)),
    ("/run/remo-vault-key", None),
    ("/run/remo-broker", None),
    (PROJECTS_ROOT_FILE, None),
    (content::LIST, None),
];

/// Directories that hold nothing but files of a release.
const FOLDERS: [&str; 5] =
    ["/usr/share/remo-broker", "/usr/share/remo", "/etc/remo-broker", "/etc/remo", "/var/lib/remo"];

/// What the engine has of the vault: kind, name, and which choice keeps it. In the order in which it can go.
const ENGINE: [(&str, &str, Option<Keep>); 4] = [
    ("container", "remo-vault", None),
    ("volume", "remo-vault", Some(Keep::Secrets)),
    ("network", "remo-vault", None),
    ("image", "remo-vault:latest", None),
];

/// Takes everything away.
pub fn uninstall(options: &Options) -> Result<ExitStatus, Failure> {
    let mut host = options.common.host();
    if options.common.links_only {
        person::unlink(&mut host)?;
        return host.report.finish();
    }
    host.need_root("uninstall")?;
    let account = Account::find(&host, options.user.as_deref())?;
    if !options.common.dry_run && !options.yes {
        confirm(&host, &account, &options.keep)?;
    }
    engine(&mut host, &options.keep)?;
    units(&mut host)?;
    person::unlink_as(&mut host, &account)?;
    for unit in UNITS {
        host.remove(&Path::new(SETTINGS).join(format!("{unit}.d")))?;
    }
    let by_packages = host.is_this() && host.says_yes("dpkg-query", &["--listfiles", BROKER_USER]);
    if by_packages {
        host.report.kept("the files of the Debian packages; they go with: apt-get purge remo remo-broker remo-secrets-feature");
    } else {
        files(&mut host, &options.keep)?;
    }
    state(&mut host, &options.keep)?;
    if !by_packages {
        accounts(&mut host)?;
    }
    if host.is_booted() && !options.common.dry_run {
        host.run("systemctl", &["daemon-reload"])?;
    }
    host.report.finish()
}

fn confirm(host: &Host, account: &Account, keep: &[Keep]) -> Result<(), Failure> {
    let secrets = if keep.contains(&Keep::Secrets) {
        "The vault's secrets are kept."
    } else {
        "EVERY SECRET IN THE VAULT IS LOST; to keep them: --keep secrets."
    };
    crate::output::note(&format!(
        "This takes remo away from {}: broker, vault, links of {} and what was approved. Projects stay. {secrets}",
        if host.is_this() { "this host".to_owned() } else { host.at("/").display().to_string() },
        account.name
    ));
    if !question::is_possible() {
        return Err(Failure::usage("there is nobody to ask").hint("see it: --dry-run; agree: --yes"));
    }
    if question::ask("Type uninstall to go on: ")? != "uninstall" {
        return Err(Failure::new("nothing was changed"));
    }
    Ok(())
}

fn engine(host: &mut Host, keep: &[Keep]) -> Result<(), Failure> {
    if !host.is_this() || !host.says_yes("docker", &["version"]) {
        host.report.kept("what Docker may have of the vault: it does not answer");
        return Ok(());
    }
    for (kind, name, kept_by) in ENGINE {
        if !host.says_yes("docker", &[kind, "inspect", name]) {
            continue;
        }
        if kept_by.is_some_and(|kept_by| keep.contains(&kept_by)) {
            host.report.kept(format!("the {kind} {name}"));
            continue;
        }
        let what = format!("remove the {kind} {name}");
        match kind {
            "container" => host.change(what, "docker", &["container", "rm", "--force", name])?,
            _ => host.change(what, "docker", &[kind, "rm", name])?,
        }
    }
    Ok(())
}

fn units(host: &mut Host) -> Result<(), Failure> {
    let root = root_argument(host);
    let root = root.as_deref();
    for unit in UNITS.iter().rev() {
        let asked: Vec<&str> = root.into_iter().chain(["--quiet", "is-enabled", unit]).collect();
        let is_active = host.is_booted() && host.says_yes("systemctl", &["--quiet", "is-active", unit]);
        if is_active || host.says_yes("systemctl", &asked) {
            let now = host.is_booted().then_some("--now");
            let disable: Vec<&str> =
                root.into_iter().chain(["--quiet", "disable"]).chain(now).chain([*unit]).collect();
            host.change(format!("stop and disable {unit}"), "systemctl", &disable)?;
        }
    }
    Ok(())
}

fn files(host: &mut Host, keep: &[Keep]) -> Result<(), Failure> {
    for path in content::installed(host) {
        if path.starts_with("/etc/remo-broker") && keep.contains(&Keep::Configuration) {
            continue;
        }
        host.remove(&path)?;
        // Folders that were made for these files; those of the system are never empty.
        for folder in path.ancestors().skip(1) {
            if FOLDERS.iter().any(|own| folder.starts_with(own)) {
                host.remove_if_empty(folder);
            }
        }
    }
    Ok(())
}

fn state(host: &mut Host, keep: &[Keep]) -> Result<(), Failure> {
    for (path, kept_by) in STATE {
        let path = Path::new(path);
        if kept_by.is_some_and(|kept_by| keep.contains(&kept_by)) {
            if host.at(path).exists() {
                host.report.kept(path.display().to_string());
            }
        } else {
            host.remove(path)?;
        }
    }
    for folder in FOLDERS {
        host.remove_if_empty(Path::new(folder));
    }
    Ok(())
}

fn accounts(host: &mut Host) -> Result<(), Failure> {
    if !host.is_this() {
        return Ok(());
    }
    if host.says_yes("getent", &["passwd", BROKER_USER]) {
        host.change(format!("remove the user {BROKER_USER}"), "userdel", &[BROKER_USER])?;
    }
    for group in [BROKER_USER, ADMIN_GROUP] {
        if host.says_yes("getent", &["group", group]) {
            host.change(format!("remove the group {group}"), "groupdel", &[group])?;
        }
    }
    Ok(())
}
