//! The servers under measurement: started here, ended here, and looked at through `/proc`.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::failure::Failure;

/// Between two looks at a condition: far below what any figure here could show.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// How long a server may take to come up or go down before the measure gives up.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A child process that does not outlive this value.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
}

/// Resident memory, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// All of it (`VmRSS`), the pages of the program file included.
    pub resident: u64,
    /// The part that is the process's own (`RssAnon`).
    pub anonymous: u64,
}

impl Process {
    /// Starts `command` with nothing on its standard input and its output thrown away, but for errors.
    pub fn start(command: &mut Command) -> Result<Self, Failure> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(Failure::because(format!("cannot start {name}")))?;
        Ok(Self { child, name })
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The numbers of its threads.
    pub fn threads(&self) -> Result<Vec<u32>, Failure> {
        let tasks = self.tasks();
        let unreadable = || format!("cannot read {}", tasks.display());
        fs::read_dir(&tasks)
            .map_err(Failure::because(unreadable()))?
            .map(|task| {
                let name = task.map_err(Failure::because(unreadable()))?.file_name();
                name.to_string_lossy().parse().map_err(Failure::because(unreadable()))
            })
            .collect()
    }

    /// Processor time of all its threads so far, to the nanosecond.
    pub fn cpu_time(&self) -> Result<Duration, Failure> {
        let mut total = 0;
        for thread in self.threads()? {
            let path = self.tasks().join(thread.to_string()).join("schedstat");
            let text = fs::read_to_string(&path)
                .map_err(Failure::because(format!("cannot read {}", path.display())))?;
            let on_cpu = text.split(' ').next().and_then(|field| field.parse::<u64>().ok());
            total += on_cpu.ok_or_else(|| Failure::new(format!("{} is not understood", path.display())))?;
        }
        Ok(Duration::from_nanos(total))
    }

    fn tasks(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/task", self.id()))
    }

    /// Its memory now.
    pub fn memory(&self) -> Result<Memory, Failure> {
        let path = format!("/proc/{}/status", self.id());
        let text = fs::read_to_string(&path).map_err(Failure::because(format!("cannot read {path}")))?;
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok())
                .map(|kibibytes| kibibytes * 1024)
                .ok_or_else(|| Failure::new(format!("{path} says nothing about {name}")))
        };
        Ok(Memory { resident: field("VmRSS")?, anonymous: field("RssAnon")? })
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    pub fn stop(mut self) -> Result<ExitStatus, Failure> {
        self.signal(Signal::TERM)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ended =
                self.child.try_wait().map_err(Failure::because(format!("cannot wait for {}", self.name)))?;
            if let Some(status) = ended {
                return Ok(status);
            }
            if Instant::now() > deadline {
                return Err(Failure::new(format!("{} does not end when it is asked to", self.name)));
            }
            pause(LOOK_AGAIN);
        }
    }

    /// Kills it as it is and waits until it has gone.
    pub fn kill(mut self) -> Result<(), Failure> {
        self.signal(Signal::KILL)?;
        self.child.wait().map(drop).map_err(Failure::because(format!("cannot wait for {}", self.name)))
    }

    fn signal(&self, signal: Signal) -> Result<(), Failure> {
        let pid = i32::try_from(self.id())
            .ok()
            .and_then(Pid::from_raw)
            .ok_or_else(|| Failure::new("a process has no number"))?;
        kill_process(pid, signal).map_err(Failure::because(format!("cannot end {}", self.name)))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // After `stop` and `kill` it has been waited for already, and both calls do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until somebody accepts connections at `socket`.
pub fn wait_for_socket(socket: &Path) -> Result<(), Failure> {
    wait_until(&format!("nobody listens at {}", socket.display()), || UnixStream::connect(socket).is_ok())
}

/// Looks at `condition` until it holds; `problem` is the error when it does not in time.
pub fn wait_until(problem: &str, mut condition: impl FnMut() -> bool) -> Result<(), Failure> {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        if Instant::now() > deadline {
            return Err(Failure::new(problem));
        }
        pause(LOOK_AGAIN);
    }
    Ok(())
}

/// Gives the processor away for `duration`, waiting for no descriptor at all.
pub fn pause(duration: Duration) {
    let timeout = rustix::event::Timespec::try_from(duration).ok();
    let _ = rustix::event::poll(&mut [], timeout.as_ref());
}

/// A program on the `PATH` given, if it is there.
pub fn find_program(path: &std::ffi::OsStr, name: &str) -> Option<PathBuf> {
    std::env::split_paths(path).map(|directory| directory.join(name)).find(|candidate| candidate.is_file())
}
