//! Sealing and opening with systemd credentials, by the real `systemd-creds`.
//!
//! The key goes in by standard input and comes out by standard output, never by an argument, the environment or a
//! file. The environment is built from nothing.

use std::env;
use std::fmt;
use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use remo_secret::Secret;
use remo_wire::value::decode_base64;
use rustix::process::{Pid, Signal, kill_process_group};

use super::tier::Tier;
use crate::private_file::read_capped;

/// The name inside the credential: one sealed under another name does not open as this one.
pub const CREDENTIAL_NAME: &str = "remo-vault-key";

/// The first version with TPM2 and host key credentials.
pub const VERSION_MIN: u32 = 250;

/// The firmware register that a key sealed with the TPM2 is bound to: the state of secure boot.
const PCRS: &str = "--tpm2-pcrs=7";

/// Where systemd keeps the host key, when that is not the usual place; understood by systemd itself.
const HOST_KEY_VARIABLE: &str = "SYSTEMD_CREDENTIAL_SECRET";

const PROGRAM: &str = "systemd-creds";

/// A sealed key and what systemd says about it is small; what is larger is something else.
const OUTPUT_MAX: u64 = 256 * 1024;

/// How long one run may take. A TPM2 takes seconds; the boot waits a minute for all runs together.
const TIME_MAX: Duration = Duration::from_secs(20);

/// How much of a message is repeated, in characters.
const MESSAGE_MAX: usize = 300;

/// The bit that `systemd-creds has-tpm2` sets in its exit status when there is no driver, so no device.
const NO_DRIVER: i32 = 1 << 1;

/// How a sealed credential begins: the 128-bit number of the way in which it is sealed.
const SEALED_BY: [([u8; 16], Option<Tier>); 5] = [
    (
        [0x5a, 0x1c, 0x6a, 0x86, 0xdf, 0x9d, 0x40, 0x96, 0xb1, 0xd5, 0xa6, 0x5e, 0x08, 0x62, 0xf1, 0x9a],
        Some(Tier::HostKey),
    ),
    (
        [0x0c, 0x7c, 0xc0, 0x7b, 0x11, 0x76, 0x45, 0x91, 0x9c, 0x4b, 0x0b, 0xea, 0x08, 0xbc, 0x20, 0xfe],
        Some(Tier::Tpm2),
    ),
    (
        [0xfa, 0xf7, 0xeb, 0x93, 0x41, 0xe3, 0x41, 0x2c, 0xa1, 0xa4, 0x36, 0xf9, 0x5a, 0x29, 0x36, 0x2f],
        Some(Tier::Tpm2),
    ),
    (
        [0x93, 0xa8, 0x94, 0x09, 0x48, 0x74, 0x44, 0x90, 0x90, 0xca, 0xf2, 0xfc, 0x93, 0xca, 0xb5, 0x53],
        Some(Tier::Tpm2),
    ),
    // "Sealed" with a key of zeros, for machines that have neither.
    ([0x05, 0x84, 0x69, 0xda, 0xf6, 0xf5, 0x43, 0x24, 0x80, 0x05, 0x49, 0xda, 0x0f, 0x8e, 0xa2, 0xfb], None),
];

/// systemd credentials as this machine has them.
#[derive(Debug, Clone, Default)]
pub struct Creds {
    /// The TPM2 as systemd names devices, when it is not the one that systemd finds by itself.
    pub tpm2_device: Option<String>,
}

/// Why something cannot be sealed or opened. Never with anything of the key.
#[derive(Debug)]
pub enum CredsError {
    /// There is no `systemd-creds`.
    Missing,
    /// This systemd is too old.
    TooOld(u32),
    /// It says no version.
    NoVersion,
    /// It cannot be run.
    Run(io::Error),
    /// It did not end.
    Hangs,
    /// It ended with an error.
    Refused {
        /// What was attempted, for instance "seal with the TPM2".
        attempt: String,
        /// What it said last.
        message: String,
    },
    /// What is to be opened is no sealed credential of a kind that is known here.
    Unknown,
    /// What is to be opened is sealed with no key at all.
    NullKey,
}

impl CredsError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing | Self::TooOld(_) | Self::NoVersion => Some(format!(
                "install systemd {VERSION_MIN} or later with systemd-creds, or allow the lowest tier: remo-vault key \
                 ensure --allow-plaintext"
            )),
            Self::Hangs => Some(
                "see whether the TPM2 answers: systemd-creds has-tpm2, and dmesg | grep -i tpm; then try again (a \
                 reboot resets it), or go on without it: remo-vault key ensure --no-tpm2, as \
                 docs/guides/vault-key.md says"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

impl fmt::Display for CredsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(formatter, "there is no {PROGRAM} on the path"),
            Self::TooOld(version) => write!(
                formatter,
                "this is systemd {version}; sealing a key takes version {VERSION_MIN} or later"
            ),
            Self::NoVersion => write!(formatter, "{PROGRAM} --version says no version"),
            Self::Run(_) => write!(formatter, "cannot run {PROGRAM}"),
            Self::Hangs => {
                write!(formatter, "{PROGRAM} did not end within {} s and was stopped", TIME_MAX.as_secs())
            }
            Self::Refused { attempt, message } => {
                write!(formatter, "{PROGRAM} could not {attempt}: {message}")
            }
            Self::Unknown => formatter.write_str("it is not a credential that systemd sealed in a known way"),
            Self::NullKey => formatter.write_str("it is sealed with no key at all, so anybody can open it"),
        }
    }
}

impl std::error::Error for CredsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Run(error) => Some(error),
            _ => None,
        }
    }
}

/// What a run left.
struct Ended {
    status: i32,
    output: Secret,
    message: String,
}

impl Creds {
    /// Checks that there is a systemd that can seal.
    pub fn check_version() -> Result<u32, CredsError> {
        let ended = Self::run(&["--version"], &Secret::new(Vec::new()))?;
        let version =
            version_in(ended.output.expose_text().unwrap_or_default()).ok_or(CredsError::NoVersion)?;
        if version < VERSION_MIN { Err(CredsError::TooOld(version)) } else { Ok(version) }
    }

    /// Whether there is a TPM2: a named one always, otherwise as systemd sees it.
    pub fn has_tpm2(&self) -> Result<bool, CredsError> {
        if self.tpm2_device.is_some() {
            return Ok(true);
        }
        Ok(Self::run(&["has-tpm2", "--quiet"], &Secret::new(Vec::new()))?.status & NO_DRIVER == 0)
    }

    /// Seals `plaintext`.
    pub fn seal(&self, tier: Tier, plaintext: &Secret) -> Result<Secret, CredsError> {
        let with = match tier {
            Tier::Tpm2 => "--with-key=tpm2",
            Tier::HostKey => "--with-key=host",
            Tier::Plaintext => return Err(CredsError::NullKey),
        };
        let arguments: &[&str] =
            if tier == Tier::Tpm2 { &["encrypt", with, PCRS] } else { &["encrypt", with] };
        self.transform(arguments, plaintext, &format!("seal with the {tier}"))
    }

    /// Opens what [`Creds::seal`] sealed.
    pub fn open(&self, sealed: &Secret) -> Result<Secret, CredsError> {
        let tier = tier_of(sealed)?;
        self.transform(&["decrypt"], sealed, &format!("open what is sealed with the {tier}"))
    }

    fn transform(&self, verb: &[&str], input: &Secret, attempt: &str) -> Result<Secret, CredsError> {
        let name = format!("--name={CREDENTIAL_NAME}");
        let device = self.tpm2_device.as_ref().map(|device| format!("--tpm2-device={device}"));
        let mut arguments = verb.to_vec();
        arguments.push(&name);
        arguments.extend(device.as_deref());
        arguments.extend(["-", "-"]);
        let Ended { status, output, message } = Self::run(&arguments, input)?;
        if status == 0 && !output.is_empty() {
            Ok(output)
        } else {
            Err(CredsError::Refused { attempt: attempt.to_owned(), message })
        }
    }

    fn run(arguments: &[&str], input: &Secret) -> Result<Ended, CredsError> {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env_clear().current_dir("/").process_group(0);
        for variable in ["PATH", HOST_KEY_VARIABLE] {
            if let Some(value) = env::var_os(variable) {
                command.env(variable, value);
            }
        }
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => CredsError::Missing,
            _ => CredsError::Run(error),
        })?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let (ended, end) = mpsc::channel::<()>();
        let (hung, talked, status) = thread::scope(|scope| {
            let watch = scope.spawn(move || {
                let hung = matches!(end.recv_timeout(TIME_MAX), Err(RecvTimeoutError::Timeout));
                if let Some(group) = group.filter(|_| hung) {
                    let _ = kill_process_group(group, Signal::KILL);
                }
                hung
            });
            let talked = converse(&mut child, input);
            if talked.is_err() {
                let _ = child.kill();
            }
            let status = child.wait();
            drop(ended);
            (watch.join().unwrap_or(false), talked, status)
        });
        if hung {
            return Err(CredsError::Hangs);
        }
        let status = status.map_err(CredsError::Run)?;
        let (output, message) = talked.map_err(CredsError::Run)?;
        Ok(Ended { status: status.code().unwrap_or(i32::MAX), output, message: last_line(&message) })
    }
}

/// Feeds `input` to the child and takes what it writes.
fn converse(child: &mut Child, input: &Secret) -> io::Result<(Secret, String)> {
    let (Some(mut stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    thread::scope(|scope| {
        let message = scope.spawn(move || {
            let mut message = Vec::new();
            stderr.take(OUTPUT_MAX).read_to_end(&mut message).map(|_| message)
        });
        // The key fits into the pipe, so that writing it first cannot block; a program that ends without reading
        // says why on standard error.
        let fed = stdin.write_all(input.expose());
        drop(stdin);
        let mut output = Secret::new(Vec::new());
        let whole = read_capped(stdout, OUTPUT_MAX, &mut output)?;
        let message = message.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))?;
        match fed {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ if !whole => Err(io::ErrorKind::FileTooLarge.into()),
            _ => Ok((output, String::from_utf8_lossy(&message).into_owned())),
        }
    })
}

/// How `sealed` is sealed, by how it begins.
pub fn tier_of(sealed: &Secret) -> Result<Tier, CredsError> {
    let text: Vec<u8> = sealed.expose().iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = decode_base64(&Secret::new(text)).ok_or(CredsError::Unknown)?;
    let known = SEALED_BY.iter().find(|(number, _)| bytes.expose().starts_with(number));
    match known {
        Some((_, Some(tier))) => Ok(*tier),
        Some((_, None)) => Err(CredsError::NullKey),
        None => Err(CredsError::Unknown),
    }
}

/// The number in `systemd 252 (252.39-1)`.
fn version_in(text: &str) -> Option<u32> {
    text.split_whitespace().find_map(|word| {
        let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    })
}

/// The last line that says something, without control characters.
fn last_line(text: &str) -> String {
    let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    line.chars().filter(|character| !character.is_control()).take(MESSAGE_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_out_of_what_distributions_write() {
        assert_eq!(version_in("systemd 252 (252.39-1~deb12u2)\n+PAM"), Some(252));
        assert_eq!(version_in("systemd 257~rc2-1 (…)"), Some(257));
        assert_eq!(version_in("systemd 249"), Some(249));
        assert_eq!(version_in("busybox"), None);
    }

    #[test]
    fn the_way_of_sealing_is_told_by_how_it_begins() {
        let of = |text: &str| tier_of(&Secret::from_text(text.to_owned())).map_err(|error| error.to_string());
        assert_eq!(of("Whxqht+dQJax1aZeCGLxmiAA\nAAABAAAA"), Ok(Tier::HostKey));
        assert_eq!(of("DHzAexF2RZGcSwvqCLwg/iAAAAABAAAA"), Ok(Tier::Tpm2));
        assert!(of("BYRp2vb1QySABUnaD46i+yAAAAABAAAA").unwrap_err().contains("no key at all"));
        assert!(of("AGE-SECRET-KEY-1").unwrap_err().contains("not a credential"));
        assert!(of("").unwrap_err().contains("not a credential"));
    }

    #[test]
    fn a_message_is_one_short_line() {
        assert_eq!(last_line("first\n\x1b[1mlast\x1b[0m\n\n"), "[1mlast[0m");
        assert_eq!(last_line(""), "it said nothing");
        assert_eq!(last_line(&"x".repeat(1000)).len(), MESSAGE_MAX);
    }
}
