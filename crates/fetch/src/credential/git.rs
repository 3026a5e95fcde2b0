//! git: `get`, `store` and `erase`, with a request of `key=value` lines on standard input (gitcredentials(7)).

use remo_secret::Secret;
use remo_wire::binding::{GitHelper, HelperTarget};

use super::{Approved, Desk, input};
use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::report;

/// Tells git to stop: for a host that was approved, a person must not be asked for the password instead, who would
/// type it into a container that is not trusted.
const QUIT: &[u8] = b"quit=1\n";

/// What git wants to log in to.
#[derive(Debug, PartialEq, Eq)]
struct Request<'r> {
    protocol: &'r str,
    host: &'r str,
    username: Option<&'r str>,
}

pub(super) fn answer(desk: &Desk<'_>, operation: &str) -> Result<ExitStatus, Failure> {
    match operation {
        "get" => get(desk),
        "erase" => {
            // git goes on whatever comes of this, and there is nothing to erase.
            let _ = refused(desk);
            Ok(ExitStatus::Success)
        }
        // `store`, and what later versions of git ask for: not read, so that no password is taken in.
        _ => Ok(ExitStatus::Success),
    }
}

fn get(desk: &Desk<'_>) -> Result<ExitStatus, Failure> {
    let text = input::read(desk.left())?;
    let request = Request::parse(&text)?;
    let Some((mut approved, helper)) = find(desk, &request)? else { return Ok(ExitStatus::Success) };
    let (username, password) = desk.login(&mut approved, &helper.account).or_else(|failure| {
        report::data(QUIT)?;
        Err(failure)
    })?;
    if request.username.is_some_and(|asked| asked.as_bytes() != username.expose()) {
        report::note(format_args!(
            "{} is not handed out: the address asks for another user than the one that was approved for {}",
            approved.name, helper.url
        ));
        return Ok(ExitStatus::Success);
    }
    let mut answer = Secret::new(b"username=".to_vec());
    answer.append(username.expose());
    answer.append(b"\npassword=");
    answer.append(password.expose());
    answer.append(b"\n");
    report::data(answer.expose())?;
    Ok(ExitStatus::Success)
}

/// The host has refused what git logged in with.
fn refused(desk: &Desk<'_>) -> Result<(), Failure> {
    let text = input::read(desk.left())?;
    let request = Request::parse(&text)?;
    if let Some((approved, helper)) = find(desk, &request)? {
        let name = &approved.name;
        report::note(format_args!(
            "{} has refused the secret {name}\nhint: renew it in the vault: remo-login, or remo-vault set {name}",
            helper.url
        ));
    }
    Ok(())
}

fn find(desk: &Desk<'_>, request: &Request<'_>) -> Result<Option<(Approved, GitHelper)>, Failure> {
    let url = request.url();
    let approved = desk.approved(|target| matches!(target, HelperTarget::Git(git) if git.url == url))?;
    Ok(approved.and_then(|approved| match &approved.target {
        HelperTarget::Git(git) => {
            let git = git.clone();
            Some((approved, git))
        }
        HelperTarget::Docker(_) | HelperTarget::Aws(_) => None,
    }))
}

impl<'r> Request<'r> {
    /// Reads what git wrote. What it decides by may stand there once only, and no line may hide another.
    fn parse(text: &'r Secret) -> Result<Self, Failure> {
        let broken = |why: &str| {
            Failure::usage(format!("this is no request of git: {why}"))
                .hint("this is called by git; by hand: printf 'protocol=https\\nhost=HOST\\n' | git credential fill")
        };
        let text = text.expose_text().ok_or_else(|| broken("it is not UTF-8"))?;
        let (mut protocol, mut host, mut username) = (None, None, None);
        for line in text.split('\n').take_while(|line| !line.is_empty()) {
            if line.contains(['\r', '\0']) {
                return Err(broken("a line holds a carriage return or NUL"));
            }
            let (key, value) = line.split_once('=').ok_or_else(|| broken("a line has no ="))?;
            let slot = match key {
                "protocol" => &mut protocol,
                "host" => &mut host,
                "username" => &mut username,
                // A path, a password, what the host said: nothing is decided by these.
                _ => continue,
            };
            if slot.replace(value).is_some() {
                return Err(broken("a key stands there twice"));
            }
        }
        let protocol = protocol.ok_or_else(|| broken("it names no protocol"))?;
        let host = host.ok_or_else(|| broken("it names no host"))?;
        Ok(Self { protocol, host, username })
    }

    /// As a manifest has it. Names of hosts are the same in any case; whatever else differs is another host.
    fn url(&self) -> String {
        format!("{}://{}", self.protocol, self.host.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<String, String> {
        let text = Secret::from_text(text.to_owned());
        Request::parse(&text).map(|request| request.url()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_request_is_for_one_host() {
        let request =
            "capability[]=authtype\nprotocol=https\nhost=GitHub.com:8443\npath=acme/x.git\nwwwauth[]=Basic\n";
        assert_eq!(url(request), Ok("https://github.com:8443".to_owned()));
        // What follows a blank line is none of it.
        assert_eq!(url("protocol=https\nhost=a\n\nhost=b\n"), Ok("https://a".to_owned()));
        for (text, why) in [
            ("protocol=https\nhost=a\nhost=b\n", "twice"),
            ("protocol=https\nprotocol=http\nhost=a\n", "twice"),
            ("protocol=https\nhost=a\nusername=x\nusername=y\n", "twice"),
            ("protocol=https\nhost=a\r\n", "carriage return"),
            ("protocol=https\nhost=a\0.evil\n", "NUL"),
            ("protocol=https\nhost\n", "no ="),
            ("protocol=https\n", "no host"),
            ("host=a\n", "no protocol"),
            ("", "no protocol"),
        ] {
            let said = url(text).unwrap_err();
            assert!(said.contains(why), "{text:?}: {said}");
        }
        assert!(Request::parse(&Secret::new(b"host=\xff".to_vec())).is_err());
    }

    #[test]
    fn no_other_address_looks_like_an_approved_one() {
        for (host, protocol) in [
            ("github.com.evil.example", "https"),
            ("evil-github.com", "https"),
            ("me@github.com", "https"),
            ("github.com:443", "https"),
            ("github.com:22", "https"),
            ("github.com/", "https"),
            ("github.com ", "https"),
            ("github.com", "http"),
            ("github.com", "HTTPS"),
            ("github.com", "ssh"),
            ("", "https"),
            ("gith\u{443}b.com", "https"),
        ] {
            assert_ne!(
                url(&format!("protocol={protocol}\nhost={host}\n")),
                Ok("https://github.com".to_owned()),
                "{protocol} {host}"
            );
        }
    }
}
