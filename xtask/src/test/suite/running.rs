//! Running programs several at a time, each in a process group of its own, with its output in files.
//!
//! Files and not pipes: a daemon that a broken test leaves behind would hold a pipe open for ever.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use super::interruption::Interruption;
use crate::failure::Failure;

/// A program to run.
#[derive(Debug)]
pub(super) struct Job {
    /// What people call it.
    pub(super) name: String,
    /// How it is started.
    pub(super) command: Command,
}

/// How a program came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// By itself.
    Exited(ExitStatus),
    /// It was killed, with its process group, because it took longer than this.
    TooLate(Duration),
}

/// A program that ended, and what it said.
#[derive(Debug)]
pub(super) struct Report {
    /// What people call it.
    pub(super) name: String,
    /// How it ended.
    pub(super) end: End,
    /// From its start to its end.
    pub(super) took: Duration,
    /// Its standard output.
    pub(super) output: String,
    /// Its standard error.
    pub(super) errors: String,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Every program has ended.
    Finished,
    /// A signal arrived.
    Interrupted,
}

/// Where and how programs run.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    /// How many at a time.
    pub(super) slots: usize,
    /// How long each may take.
    pub(super) limit: Duration,
    /// A directory for what they say.
    pub(super) logs: &'a Path,
    /// What may end it early.
    pub(super) interruption: &'a Interruption,
}

impl Machine<'_> {
    /// Runs all `jobs`, started in their order, and hands each to `ended` as soon as it ended. When a signal asks this
    /// process to end, all that run are killed.
    ///
    /// # Errors
    /// One that cannot be started; then too all that run are killed.
    pub(super) fn run(&self, jobs: Vec<Job>, mut ended: impl FnMut(&Report)) -> Result<Outcome, Failure> {
        let mut waiting = VecDeque::from(jobs);
        let mut running: Vec<Running> = Vec::new();
        loop {
            while running.len() < self.slots
                && let Some(job) = waiting.pop_front()
            {
                running.push(Running::start(job, self)?);
            }
            let Some(first_deadline) = running.iter().map(|program| program.deadline).min() else {
                return Ok(Outcome::Finished);
            };
            if wait(&running, self.interruption, first_deadline)? == Outcome::Interrupted {
                return Ok(Outcome::Interrupted);
            }
            let mut position = 0;
            while position < running.len() {
                match running[position].look(self.limit)? {
                    Some(end) => ended(&running.swap_remove(position).report(end)?),
                    None => position += 1,
                }
            }
        }
    }
}

/// A program that runs. Dropped, it is killed with its group.
#[derive(Debug)]
struct Running {
    name: String,
    child: Child,
    /// Readable once it ended.
    ends: OwnedFd,
    begin: Instant,
    deadline: Instant,
    output: PathBuf,
    errors: PathBuf,
}

impl Running {
    fn start(mut job: Job, machine: &Machine<'_>) -> Result<Self, Failure> {
        let cannot = |error| Failure::because::<std::io::Error>(format!("cannot start {}", job.name))(error);
        let stem: String = job
            .name
            .chars()
            .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' })
            .collect();
        let output = machine.logs.join(format!("{stem}.out"));
        let errors = machine.logs.join(format!("{stem}.err"));
        job.command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(File::create(&output).map_err(cannot)?)
            .stderr(File::create(&errors).map_err(cannot)?);
        let child = job.command.spawn().map_err(cannot)?;
        let ends = process(&child)
            .and_then(|process| pidfd_open(process, PidfdFlags::empty()).ok())
            .ok_or_else(|| Failure::new(format!("cannot watch {}", job.name)));
        let begin = Instant::now();
        Ok(Self {
            name: job.name,
            child,
            ends: ends?,
            begin,
            deadline: begin + machine.limit,
            output,
            errors,
        })
    }

    /// How it ended, if it did; kills it once it is late.
    fn look(&mut self, limit: Duration) -> Result<Option<End>, Failure> {
        let cannot =
            |error| Failure::because::<std::io::Error>(format!("cannot wait for {}", self.name))(error);
        if let Some(status) = self.child.try_wait().map_err(cannot)? {
            return Ok(Some(End::Exited(status)));
        }
        if Instant::now() < self.deadline {
            return Ok(None);
        }
        self.kill();
        Ok(Some(End::TooLate(limit)))
    }

    fn report(self, end: End) -> Result<Report, Failure> {
        let read = |path: &Path| {
            fs::read(path)
                .map(|said| String::from_utf8_lossy(&said).into_owned())
                .map_err(Failure::because(format!("cannot read {}", path.display())))
        };
        Ok(Report {
            name: self.name.clone(),
            end,
            took: self.begin.elapsed(),
            output: read(&self.output)?,
            errors: read(&self.errors)?,
        })
    }

    fn kill(&mut self) {
        if let Some(group) = process(&self.child) {
            // Already gone is as good.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only while its number is certainly its own.
        if matches!(self.child.try_wait(), Ok(None)) {
            self.kill();
        }
    }
}

fn process(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// Waits until a program ended, a signal arrived or `deadline` has passed.
fn wait(running: &[Running], interruption: &Interruption, deadline: Instant) -> Result<Outcome, Failure> {
    let left = deadline.saturating_duration_since(Instant::now());
    let mut watched: Vec<PollFd<'_>> =
        running.iter().map(|program| PollFd::new(&program.ends, PollFlags::IN)).collect();
    watched.push(PollFd::new(interruption, PollFlags::IN));
    match poll(&mut watched, Timespec::try_from(left).ok().as_ref()) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(Failure::because("cannot wait for the tests")(error)),
    }
    Ok(if interruption.has_arrived() { Outcome::Interrupted } else { Outcome::Finished })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(name: &str, script: &str) -> Job {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(script);
        Job { name: name.to_owned(), command }
    }

    fn run(slots: usize, limit: Duration, jobs: Vec<Job>) -> Vec<Report> {
        let logs = tempfile::tempdir().unwrap();
        let mut reports = Vec::new();
        let machine =
            Machine { slots, limit, logs: logs.path(), interruption: &Interruption::watch().unwrap() };
        let outcome = machine.run(jobs, |report| reports.push(copy(report))).unwrap();
        assert_eq!(outcome, Outcome::Finished);
        reports
    }

    fn copy(report: &Report) -> Report {
        let Report { name, end, took, output, errors } = report;
        Report { name: name.clone(), end: *end, took: *took, output: output.clone(), errors: errors.clone() }
    }

    #[test]
    fn each_ends_with_its_own_output_and_status() {
        let folder = tempfile::tempdir().unwrap();
        let meeting = folder.path().join("meeting");
        assert!(Command::new("mkfifo").arg(&meeting).status().unwrap().success());
        let meeting = meeting.display();
        // Each waits for the other at the pipe: this ends only when both run at a time.
        let jobs = vec![
            shell("reads", &format!("cat {meeting}; echo quietly >&2; exit 3")),
            shell("writes", &format!("echo hello > {meeting}")),
        ];
        let reports = run(2, Duration::from_mins(2), jobs);
        let reads = reports.iter().find(|report| report.name == "reads").unwrap();
        assert_eq!((reads.output.as_str(), reads.errors.as_str()), ("hello\n", "quietly\n"));
        assert!(matches!(reads.end, End::Exited(status) if status.code() == Some(3)), "{:?}", reads.end);
        assert_eq!(reports.len(), 2);
    }

    #[test]
    fn one_slot_runs_one_after_the_other_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("lock");
        let script = format!("mkdir {0} && rmdir {0}", lock.display());
        let jobs = ["a", "b", "c"].map(|name| shell(name, &script)).into();
        let reports = run(1, Duration::from_mins(2), jobs);
        let names: Vec<&str> = reports.iter().map(|report| report.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert!(reports.iter().all(|report| matches!(report.end, End::Exited(status) if status.success())));
    }

    #[test]
    fn what_does_not_end_is_killed_with_its_children() {
        let limit = Duration::from_millis(300);
        let reports = run(1, limit, vec![shell("hangs", "sleep 600 & echo $!; wait")]);
        assert_eq!(reports[0].end, End::TooLate(limit));
        let sleeper = PathBuf::from(format!("/proc/{}/stat", reports[0].output.trim()));
        let begin = Instant::now();
        let gone = || fs::read_to_string(&sleeper).map_or(true, |stat| stat.contains(") Z "));
        while !gone() {
            assert!(begin.elapsed() < Duration::from_mins(1), "the child is still there");
            std::thread::yield_now();
        }
    }
}
