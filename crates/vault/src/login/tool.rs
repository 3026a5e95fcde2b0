//! Running a login tool: no shell, an environment built from nothing, a time limit, and nothing of it left running.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use remo_secret::Secret;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpid, kill_process, pidfd_open, pidfd_send_signal,
    set_child_subreaper, waitpid,
};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::home::{Home, TOOL_FILE_MAX};
use super::stop::{Stop, interrupted};
use crate::failure::Failure;

/// What a tool has from our environment: how to talk to this terminal, in which language, where programs are, how to
/// open a browser, and how to reach the network. Everything else is left out.
pub const PASSED: [&str; 17] = [
    "PATH",
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "BROWSER",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// Where programs are when our environment does not say.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// How long a tool has to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(2);

/// Descendants of a tool are looked for this often; each look ends all that are there.
const ROUNDS: u32 = 1000;

/// What becomes of what a tool writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    /// A person sees it.
    Shown,
    /// Nobody does: it may hold the credential, and where it would go may be a log.
    Dropped,
    /// Its standard output is returned; the rest is dropped.
    Taken,
}

/// Runs tools in one home.
#[derive(Debug)]
pub(super) struct Tools<'a> {
    home: &'a Home,
    variables: BTreeMap<OsString, OsString>,
    stop: &'a Stop,
}

/// How to run one.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) command: &'a [String],
    pub(super) input: Option<&'a Secret>,
    pub(super) output: Output,
    pub(super) limit: Duration,
}

impl<'a> Tools<'a> {
    /// With the passed variables of `environment` and `more`.
    pub(super) fn new(
        home: &'a Home,
        stop: &'a Stop,
        environment: impl Fn(&str) -> Option<OsString>,
        more: BTreeMap<OsString, OsString>,
    ) -> Result<Self, Failure> {
        // What a tool leaves running becomes our child, so that it can be found and ended.
        set_child_subreaper(Some(getpid())).map_err(|error| {
            Failure::new(format!("cannot look after processes: {}", io::Error::from(error)))
        })?;
        let mut variables: BTreeMap<_, _> =
            PASSED.iter().filter_map(|name| Some((OsString::from(name), environment(name)?))).collect();
        variables.entry("PATH".into()).or_insert_with(|| DEFAULT_PATH.into());
        variables.insert("HOME".into(), home.path().into());
        variables.insert("TMPDIR".into(), home.path().into());
        variables.extend(more);
        Ok(Self { home, variables, stop })
    }

    /// Runs a tool to its end and ends what it left running. What it printed, where that is taken.
    pub(super) fn run(&self, run: &Run<'_>) -> Result<Secret, Failure> {
        let [program, arguments @ ..] = run.command else {
            return Err(Failure::new("the recipe names no program"));
        };
        let terminal = tcgetattr(io::stdin()).ok();
        let mut child =
            self.command(program, arguments, run)?.spawn().map_err(|error| not_started(program, &error))?;
        let ended = self.attend(&mut child, program, run);
        if ended.is_err() {
            end(&mut child);
        }
        end_descendants();
        if let Some(state) = terminal {
            // A tool that was ended may leave the terminal without echo.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &state);
        }
        let (status, output) = ended?;
        if status.success() {
            Ok(output)
        } else if self.stop.asked() {
            Err(interrupted())
        } else {
            let how = status
                .code()
                .map_or("was ended by a signal".into(), |code| format!("ended with status {code}"));
            let failure = Failure::new(format!("`{}` {how}; nothing was stored", run.command.join(" ")));
            Err(if run.output == Output::Shown {
                failure
            } else {
                failure.hint(
                    "what it wrote was dropped, since it may hold the credential; on a terminal, or with \
                              --show-output, it is shown",
                )
            })
        }
    }

    fn command(&self, program: &str, arguments: &[String], run: &Run<'_>) -> Result<Command, Failure> {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(&self.variables).current_dir(self.home.path());
        // When this program is killed, there is nobody else who would end the tool.
        remo_sys::end_with_parent(&mut command, Signal::KILL);
        let our_stderr = io::stderr()
            .as_fd()
            .try_clone_to_owned()
            .map_err(|error| Failure::new(format!("cannot share the terminal: {error}")))?;
        command.stdin(if run.input.is_some() {
            Stdio::piped()
        } else if run.output == Output::Shown && io::stdin().is_terminal() {
            Stdio::inherit()
        } else {
            Stdio::null()
        });
        match run.output {
            // Standard output is for data of ours: to a file or pipe, the tool's words do not go there.
            Output::Shown if io::stdout().is_terminal() => {
                command.stdout(Stdio::inherit()).stderr(Stdio::inherit())
            }
            Output::Shown => command.stdout(our_stderr).stderr(Stdio::inherit()),
            Output::Dropped => command.stdout(Stdio::null()).stderr(Stdio::null()),
            Output::Taken => command.stdout(Stdio::piped()).stderr(Stdio::null()),
        };
        Ok(command)
    }

    /// Feeds a tool and waits for its end, a signal, or the limit.
    fn attend(
        &self,
        child: &mut Child,
        program: &str,
        run: &Run<'_>,
    ) -> Result<(ExitStatus, Secret), Failure> {
        let system = |error: io::Error| Failure::new(format!("cannot look after {program}: {error}"));
        if let (Some(input), Some(mut pipe)) = (run.input, child.stdin.take()) {
            // An answer fits into the pipe, so this does not wait; a tool that does not read it says so itself.
            let _ = pipe.write_all(input.expose()).and_then(|()| pipe.write_all(b"\n"));
        }
        let mut printed = child.stdout.take();
        if let Some(pipe) = &printed {
            ioctl_fionbio(pipe, true).map_err(|error| system(error.into()))?;
        }
        let process =
            pidfd_open(Pid::from_child(child), PidfdFlags::empty()).map_err(|it| system(it.into()))?;
        let deadline = Instant::now() + run.limit;
        let mut output = Secret::new(Vec::new());
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Failure::new(format!(
                    "{program} was ended after {} s; nothing was stored",
                    run.limit.as_secs()
                ))
                .hint("log in again; the recipe's timeout_seconds is how long it may take"));
            }
            let mut watched =
                vec![PollFd::new(&process, PollFlags::IN), PollFd::new(self.stop, PollFlags::IN)];
            watched.extend(printed.iter().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
            let wait = Timespec::try_from(left).map_err(|_| Failure::new("the time limit is too long"))?;
            match poll(&mut watched, Some(&wait)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(system(error.into())),
            }
            let ready: Vec<bool> = watched.iter().map(|fd| !fd.revents().is_empty()).collect();
            // A tool that has ended comes first: what it has left may be all that there is of a renewed login.
            if ready[1] && !ready[0] {
                return Err(interrupted());
            }
            if let Some(pipe) = &mut printed
                && (ready[2] || ready[0])
                && drain(pipe, &mut output).map_err(|error| system_or_huge(program, &error))?
            {
                printed = None;
            }
            if ready[0] {
                return Ok((child.wait().map_err(system)?, output));
            }
        }
    }
}

/// Reads what is there; `true` at the end.
fn drain(pipe: &mut impl io::Read, output: &mut Secret) -> io::Result<bool> {
    let mut chunk = Zeroizing::new([0; 4096]);
    loop {
        match pipe.read(&mut *chunk) {
            Ok(0) => return Ok(true),
            Ok(length) => output.append(&chunk[..length]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if u64::try_from(output.len()).is_ok_and(|length| length > TOOL_FILE_MAX) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
    }
}

fn system_or_huge(program: &str, error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::FileTooLarge {
        Failure::new(format!("{program} printed more than {TOOL_FILE_MAX} bytes; nothing was stored"))
    } else {
        Failure::new(format!("cannot read what {program} prints: {error}"))
    }
}

fn not_started(program: &str, error: &io::Error) -> Failure {
    let failure = Failure::new(format!("{program} cannot be started: {error}"));
    if error.kind() == io::ErrorKind::NotFound {
        Failure::new(format!("there is no program {program} on the path"))
            .hint(format!("install {program} in the vault; see where programs are looked for: echo $PATH"))
    } else {
        failure
    }
}

/// SIGTERM, then SIGKILL.
fn end(child: &mut Child) {
    if let Ok(process) = pidfd_open(Pid::from_child(child), PidfdFlags::empty())
        && pidfd_send_signal(&process, Signal::TERM).is_ok()
    {
        let wait = Timespec::try_from(GRACE).ok();
        let _ = poll(&mut [PollFd::new(&process, PollFlags::IN)], wait.as_ref());
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Ends all children, until none is left: those of an ended one become ours.
fn end_descendants() {
    for _ in 0..ROUNDS {
        let children = children();
        if children.is_empty() {
            return;
        }
        for child in children {
            let _ = kill_process(child, Signal::KILL);
            let _ = waitpid(Some(child), WaitOptions::empty());
        }
    }
}

/// Our children. This program has one thread while a tool runs.
fn children() -> Vec<Pid> {
    let mut list = String::new();
    let path = format!("/proc/self/task/{}/children", getpid().as_raw_nonzero());
    if let Ok(mut file) = File::open(&path) {
        let _ = file.read_to_string(&mut list);
    } else if let Ok(tasks) = fs::read_dir("/proc/self/task") {
        for task in tasks.flatten() {
            list += &fs::read_to_string(task.path().join("children")).unwrap_or_default();
        }
    }
    list.split_whitespace().filter_map(|word| Pid::from_raw(word.parse().ok()?)).collect()
}
