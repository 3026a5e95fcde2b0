//! The account whose projects are on the host.

use std::fs;
use std::path::PathBuf;

use crate::failure::Failure;
use crate::install::host::Host;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its number.
    pub uid: u32,
    /// The number of its first group.
    pub gid: u32,
    /// Its home.
    pub home: PathBuf,
    /// Its login shell.
    pub shell: PathBuf,
}

impl Account {
    /// The account called `name`; without a name, the one that called `sudo`.
    pub fn find(host: &Host, name: Option<&str>) -> Result<Self, Failure> {
        let by_sudo = std::env::var("SUDO_USER").ok().filter(|name| name != "root");
        let Some(name) = name.map(str::to_owned).or(by_sudo) else {
            return Err(
                Failure::usage("whose projects are on this host?").hint("name the account: --user NAME")
            );
        };
        // Of another root only its own file is asked; of this host also what a directory service knows.
        let known = if host.is_this() {
            host.run("getent", &["passwd", &name]).unwrap_or_default()
        } else {
            fs::read_to_string(host.at("/etc/passwd")).unwrap_or_default()
        };
        let found = known.lines().filter_map(Self::parse).find(|account| account.name == name);
        let account = found.ok_or_else(|| {
            Failure::new(format!("there is no account {name}")).hint("name another one: --user NAME")
        })?;
        if account.uid == 0 {
            return Err(Failure::new(
                "projects of root are not supported: a container's root would own them",
            )
            .hint("name the account of the developer: --user NAME"));
        }
        Ok(account)
    }

    /// One line of passwd(5).
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, uid, gid, _, home, shell] = fields.as_slice() else { return None };
        let home = PathBuf::from(home);
        Some(Self {
            name: (*name).to_owned(),
            uid: uid.parse().ok()?,
            gid: gid.parse().ok()?,
            shell: if shell.is_empty() { "/bin/sh".into() } else { shell.into() },
            home: home.is_absolute().then_some(home)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_seven_fields() {
        let account = Account::parse("dev:x:1000:1001:Dev,,,:/home/dev:/bin/bash").unwrap();
        assert_eq!((account.uid, account.gid), (1000, 1001));
        assert_eq!(account.shell, PathBuf::from("/bin/bash"));
        assert_eq!(Account::parse("dev:x:1000:1001::/home/dev:").unwrap().shell, PathBuf::from("/bin/sh"));
        for bad in ["", "dev", "dev:x:-1:0::/home/dev:/bin/sh", "dev:x:1:1::home:/bin/sh"] {
            assert_eq!(Account::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn projects_of_root_and_of_nobody_known_are_refused() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        fs::write(root.path().join("etc/passwd"), "root:x:0:0::/root:/bin/sh\n").unwrap();
        let host = Host::new(root.path(), true, true);
        assert!(Account::find(&host, Some("root")).unwrap_err().to_string().contains("root"));
        assert!(Account::find(&host, Some("dev")).unwrap_err().to_string().contains("no account dev"));
    }
}
