//! The user that secrets are for, and becoming that user.
//!
//! The file of users is read as text, see [`Settings::home`].

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::geteuid;

use crate::failure::Failure;
use crate::settings::Settings;

/// The program itself, as the kernel knows it: its file may have been replaced meanwhile.
pub(crate) const ITSELF: &str = "/proc/self/exe";

/// Where a user without an entry in `/etc/passwd` is at home, as container engines have it.
const NO_HOME: &str = "/";

/// A user of the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// As it was named.
    pub(crate) name: String,
    pub(crate) uid: u32,
    gid: u32,
    home: PathBuf,
}

/// What this process is to the user that secrets are for.
#[derive(Debug)]
pub(crate) enum Role {
    /// That user, or nobody was named.
    Own,
    /// Root, which can become that user.
    Root(Account),
    /// Somebody else.
    Stranger(Account),
}

/// Who this process is to the user `name`, and the settings with that user's home.
pub(crate) fn role(settings: Settings, name: Option<&str>) -> Result<(Settings, Role), Failure> {
    let Some(name) = name else { return Ok((settings, Role::Own)) };
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let account = Account::find(&users, name).ok_or_else(|| {
        Failure::usage(format!("there is no user {} in /etc/passwd", name.escape_debug()))
            .hint("rebuild the container: the secrets feature noted the remote user when it was installed")
    })?;
    let uid = geteuid().as_raw();
    let role = if uid == account.uid {
        Role::Own
    } else if uid == 0 {
        Role::Root(account.clone())
    } else {
        Role::Stranger(account.clone())
    };
    // HOME may be what an image says for its own user.
    let home = if settings.home_is_given { settings.home } else { Some(account.home) };
    Ok((Settings { home, ..settings }, role))
}

impl Account {
    /// The user `name`, or of that number (`UID` or `UID:GID`), in the text of `/etc/passwd`.
    fn find(users: &str, name: &str) -> Option<Self> {
        let (wanted, group) = name.split_once(':').map_or((name, None), |(user, group)| (user, Some(group)));
        let number = wanted.parse::<u32>().ok();
        let listed = users.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let [found, _, uid, gid, _, home, ..] = fields.as_slice() else { return None };
            let (uid, gid) = (uid.parse().ok()?, gid.parse().ok()?);
            let home = if home.is_empty() { NO_HOME } else { home };
            (*found == wanted || number == Some(uid)).then(|| (uid, gid, PathBuf::from(home)))
        });
        let (uid, gid, home) = match (listed, number) {
            (Some(listed), _) => listed,
            (None, Some(number)) => (number, number, NO_HOME.into()),
            (None, None) => return None,
        };
        let gid = group.and_then(|group| group.parse().ok()).unwrap_or(gid);
        Some(Self { name: name.to_owned(), uid, gid, home })
    }

    /// Starts this program again as this user, without further groups, with the same command line. Returns only
    /// when that fails.
    pub(crate) fn become_it(&self) -> Failure {
        let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
        let error =
            Command::new(ITSELF).args(arguments).env("HOME", &self.home).gid(self.gid).uid(self.uid).exec();
        Failure::internal(&format!("become the user {}", self.name.escape_debug()), &error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "root:x:0:0:root:/root:/bin/sh\nodd line\nme:x:1000:1001:,,,:/home/me:/bin/bash\n";

    #[test]
    fn a_user_is_found_by_name_and_by_number() {
        let me = Account::find(USERS, "me").unwrap();
        assert_eq!((me.uid, me.gid, me.home.as_path()), (1000, 1001, "/home/me".as_ref()));
        let same = Account::find(USERS, "1000").unwrap();
        assert_eq!((same.uid, same.gid, same.home), (me.uid, me.gid, me.home));
        assert_eq!(Account::find(USERS, "1000:7").map(|found| found.gid), Some(7));
    }

    #[test]
    fn a_number_without_an_entry_is_a_user_and_a_name_without_one_is_not() {
        let unlisted = Account::find(USERS, "4242").unwrap();
        assert_eq!((unlisted.uid, unlisted.gid, unlisted.home.as_path()), (4242, 4242, "/".as_ref()));
        assert_eq!(Account::find(USERS, "you"), None);
        assert_eq!(Account::find(USERS, "-1"), None);
        assert_eq!(Account::find(USERS, ""), None);
    }
}
