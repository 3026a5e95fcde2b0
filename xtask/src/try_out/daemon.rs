//! A process that stays while the story goes on.

use std::fs::{self, File};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use signal_hook::consts::SIGTERM;

use super::ending::Stop;
use super::interruption::Interruption;
use super::process::Group;
use crate::failure::Failure;

/// How long one may take to end when asked to: the broker finishes what is in flight within 5 s.
pub(super) const END_MAX: Duration = Duration::from_secs(8);

/// How long one may take to say what is waited for; a busy machine takes its time.
const SAY_MAX: Duration = Duration::from_secs(10);

/// A process, and what it said so far.
#[derive(Debug)]
pub(super) struct Daemon {
    name: &'static str,
    group: Group,
    log: PathBuf,
    /// How much of its log the story has shown, in bytes.
    shown: usize,
}

impl Daemon {
    /// Starts `typed` in a shell that `shell` describes; the shell gives way to it. What it says goes to `log`,
    /// behind what is there.
    pub(super) fn start(
        mut shell: Command,
        name: &'static str,
        typed: &str,
        log: PathBuf,
    ) -> Result<Self, Failure> {
        let cannot = |error| Failure::because::<std::io::Error>(format!("cannot start {name}"))(error);
        let file = File::options().create(true).append(true).open(&log).map_err(cannot)?;
        let shown = usize::try_from(file.metadata().map_err(cannot)?.len()).unwrap_or(usize::MAX);
        shell.arg("-c").arg(format!("exec {typed}")).process_group(0);
        shell.stdin(Stdio::null()).stdout(file.try_clone().map_err(cannot)?).stderr(file);
        let group = Group::new(shell.spawn().map_err(cannot)?);
        Ok(Self { name, group, log, shown })
    }

    /// Its process number.
    pub(super) fn number(&self) -> u32 {
        self.group.number()
    }

    /// Waits until it says `text`, and returns all the lines that it said since the last time, and how long
    /// the wait was.
    pub(super) fn says(
        &mut self,
        text: &str,
        interruption: &Interruption,
    ) -> Result<(String, Duration), Stop> {
        self.says_within(SAY_MAX, text, interruption)
    }

    /// The same with another limit.
    pub(super) fn says_within(
        &mut self,
        limit: Duration,
        text: &str,
        interruption: &Interruption,
    ) -> Result<(String, Duration), Stop> {
        let (name, log, shown, group) = (self.name, &self.log, self.shown, &mut self.group);
        let what = format!("{name} should say {text:?}");
        let (said, waited) = interruption.until(limit, &what, || {
            let ended = group.ended()?;
            let said = fs::read(log).map_err(Failure::because("cannot read what a daemon said"))?;
            let new = String::from_utf8_lossy(said.get(shown..).unwrap_or_default()).into_owned();
            if new.contains(text) && new.ends_with('\n') {
                return Ok(Some(new));
            }
            match ended {
                Some(status) => Err(Failure::new(format!("{name} ended ({status}) and said:\n{new}"))),
                None => Ok(None),
            }
        })?;
        self.shown += said.len();
        Ok((said, waited))
    }

    /// Asks it to end, and fails unless it ends well and within `limit`. Afterwards it is gone either way. An
    /// `unprepared` one may also end by the signal itself, as it does right after its start.
    pub(super) fn end(mut self, unprepared: bool, limit: Duration) -> Result<(), Failure> {
        let name = self.name;
        if let Some(status) = self.group.ended()? {
            return Err(Failure::new(format!("{name} ended before it was asked to ({status})")));
        }
        self.group.terminate()?;
        match self.group.wait(limit)? {
            Some(status) if status.success() => Ok(()),
            Some(status) if unprepared && status.signal() == Some(SIGTERM) => Ok(()),
            Some(status) => Err(Failure::new(format!("{name} should end with exit status 0: {status}"))),
            None => Err(Failure::new(format!("{name} did not end within {} s", limit.as_secs()))),
        }
    }

    /// Ends it as a crash would, and waits until it is gone.
    pub(super) fn kill(mut self) {
        self.group.kill();
    }
}
