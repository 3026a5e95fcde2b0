//! `remo network`: what keeps containers away from the cloud's metadata addresses and from the vault.
//!
//! A table of packet-filter rules of its own. It depends on nothing of Docker, whose rules come and go with it, and is
//! in force before the first container runs.

mod rules;

use std::fs;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use rules::VAULT_BRIDGE;

use crate::cli::NetworkAction;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;

/// Where Debian and others put the programs of root.
const FOLDERS: &[&str] = &["/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/// Who answers for names on this host: as programs ask, and what systemd's resolver asks in turn.
const RESOLVERS: &[&str] = &["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/// How the rules stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// In force, exactly these.
    InForce,
    /// None of them is there.
    Absent,
    /// Something else is there under the name of the table.
    Other,
    /// It cannot be told, for this reason.
    Unknown(String),
}

/// Carries a command of `remo network` out.
pub fn run(action: NetworkAction) -> Result<ExitStatus, Failure> {
    match action {
        NetworkAction::Show => output::data(&rules::text(&resolvers()))?,
        NetworkAction::Apply => {
            nft(&["-f", "-"], &rules::text(&resolvers())).map_err(failed)?;
            output::note("containers do not reach the cloud's metadata addresses, nor the vault");
        }
        NetworkAction::Remove => {
            // Adding what is there changes nothing, so that there is something to delete in any case.
            let text = format!("table inet {0}\ndelete table inet {0}\n", rules::TABLE);
            nft(&["-f", "-"], &text).map_err(failed)?;
            output::note("the rules are gone: containers reach what the host reaches");
        }
        NetworkAction::Status => return status(),
    }
    Ok(ExitStatus::Success)
}

fn failed(complaint: String) -> Failure {
    Failure::new(complaint).hint("install nftables, and run it as root: sudo remo network apply")
}

fn status() -> Result<ExitStatus, Failure> {
    let words = match standing() {
        Standing::InForce => {
            output::data("in force\n")?;
            return Ok(ExitStatus::Success);
        }
        Standing::Absent => "the rules are not in force",
        Standing::Other => "the rules in force are others than those of this version",
        Standing::Unknown(why) => return Err(failed(why)),
    };
    Err(Failure::new(words).hint("put them in force: sudo systemctl restart remo-network"))
}

/// Compares what the kernel has with what it would have after `apply`: the same `nft` puts the rules into a network
/// of nobody and reads them back, so that both are in its own notation.
pub fn standing() -> Standing {
    let table = ["-s", "-n", "list", "table", "inet", rules::TABLE];
    let found = match nft(&table, "") {
        Ok(found) => found,
        Err(complaint) if complaint.contains("No such file or directory") => return Standing::Absent,
        Err(complaint) => return Standing::Unknown(complaint),
    };
    let (Some(unshare), Some(program)) = (program("unshare"), program("nft")) else {
        return Standing::Unknown("unshare (util-linux) is not installed".to_owned());
    };
    let script = "\"$0\" -f - && exec \"$0\" -s -n list table inet remo";
    let words = ["--net".as_ref(), "/bin/sh".as_ref(), "-c".as_ref(), script.as_ref(), program.as_os_str()];
    match fed(Command::new(unshare).args(words), &rules::text(&resolvers())) {
        Ok(wanted) if wanted == found => Standing::InForce,
        Ok(_) => Standing::Other,
        Err(complaint) => Standing::Unknown(complaint),
    }
}

fn resolvers() -> Vec<IpAddr> {
    let files: Vec<String> = RESOLVERS.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    rules::link_local_resolvers(&files.join("\n"))
}

fn program(name: &str) -> Option<PathBuf> {
    FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file())
}

fn nft(words: &[&str], input: &str) -> Result<String, String> {
    let program = program("nft").ok_or("nft is not installed")?;
    fed(Command::new(program).args(words), input)
}

/// Runs a program with this on its standard input; what it prints, or the first line of what it complained about.
fn fed(command: &mut Command, input: &str) -> Result<String, String> {
    let name = command.get_program().display().to_string();
    let failed = |error: std::io::Error| format!("{name}: {error}");
    let mut child = command
        .env_clear()
        .env("PATH", FOLDERS.join(":"))
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that has ended already says why on its standard error.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(failed)?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name}: {}", complaint.trim().lines().next().unwrap_or("failed")));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{name} answered with what is not UTF-8"))
}
