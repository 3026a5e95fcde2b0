//! A command run under `strace`, and what is in its record.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use remo_testkit::{Needle, skip, wait};
use rustix::process::{Pid, Signal, kill_process};

/// Where systems put it.
const STRACE: [&str; 3] = ["/usr/bin/strace", "/bin/strace", "/usr/local/bin/strace"];

/// Every way to start a program, and every usual way to write into a file.
const CALLS: &str = "trace=execve,execveat,write,writev,pwrite64,pwritev,pwritev2";

/// Children too, quietly; the file behind a descriptor; environments in full; no string abbreviated.
const OPTIONS: [&str; 10] = ["-f", "-q", "-y", "-v", "-s", "2000000", "-e", CALLS, "-e", "signal=none"];

/// Behind everything else in the record of a process.
const END: &str = "+++ exited with ";

/// Places that are no disk.
const NO_DISK: [&str; 4] = ["/dev/", "/memfd:", "/proc/", "/sys/"];

/// The program `strace`, if it may trace here; otherwise the test `name` is reported as skipped.
pub(crate) fn strace(name: &str) -> Option<&'static Path> {
    let Some(strace) = STRACE.iter().map(Path::new).find(|path| path.is_file()) else {
        skip::skipped(name, "there is no strace (apt-get install strace)");
        return None;
    };
    let mut trial = Command::new(strace);
    trial.args(["-f", "-qq", "-o", "/dev/null", "/bin/true"]).stdin(Stdio::null()).stderr(Stdio::null());
    if !trial.status().is_ok_and(|status| status.success()) {
        skip::skipped(name, "strace may not trace a process here");
        return None;
    }
    Some(strace)
}

/// A command that runs under `strace`.
pub(crate) struct Traced {
    child: Child,
    record: PathBuf,
}

/// What `strace` wrote down.
pub(crate) struct Trace {
    record: String,
}

/// A value where none may be: which one, and the call, without what it carried.
#[derive(Debug)]
pub(crate) struct Leak(pub(crate) String);

impl Traced {
    /// Starts `command`, whose environment is what was set on it and nothing else. The record goes to `record`.
    pub(crate) fn start(strace: &Path, command: &Command, record: PathBuf) -> Self {
        let mut traced = Command::new(strace);
        traced
            .args(OPTIONS)
            .arg("-o")
            .arg(&record)
            .arg("--")
            .arg(command.get_program())
            .args(command.get_args());
        traced.env_clear();
        for (name, value) in command.get_envs() {
            traced.env(name, value.unwrap_or_default());
        }
        if let Some(folder) = command.get_current_dir() {
            traced.current_dir(folder);
        }
        traced.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { child: traced.spawn().unwrap(), record }
    }

    /// Asks the command to end; `strace` itself blocks signals while it runs one.
    pub(crate) fn terminate(&self) {
        let strace = self.child.id();
        let children = fs::read_to_string(format!("/proc/{strace}/task/{strace}/children")).unwrap();
        let child = children.split_whitespace().next().and_then(|number| number.parse().ok());
        kill_process(child.and_then(Pid::from_raw).unwrap(), Signal::TERM).unwrap();
    }

    /// Hands it `input` and waits for its end.
    pub(crate) fn finish(mut self, input: &str) -> (Output, Trace) {
        let mut stdin = self.child.stdin.take().unwrap();
        // A command that needs none closes the pipe.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = self.child.wait_with_output().unwrap();
        let record = String::from_utf8_lossy(&fs::read(&self.record).unwrap()).into_owned();
        // It holds what the calls carried, and must not look like something that the product wrote.
        fs::remove_file(&self.record).unwrap();
        (output, Trace { record })
    }
}

/// A program with which the daemon `program` is started under `strace` as a child of whoever starts it.
pub(crate) fn wrapper(strace: &Path, program: &Path, record: &Path) -> String {
    let options: Vec<String> = OPTIONS.iter().map(|option| format!("'{option}'")).collect();
    format!(
        "#!/bin/sh\nexec {} -D {} -o {} -- {} \"$@\"\n",
        strace.display(),
        options.join(" "),
        record.display(),
        program.display()
    )
}

impl Trace {
    /// The record of a process that is ending.
    pub(crate) fn of_ending(record: &Path) -> Self {
        let read = || String::from_utf8_lossy(&fs::read(record).unwrap()).into_owned();
        let record = wait::until(wait::PATIENCE, "the end of a record", || {
            let record = read();
            record.contains(END).then_some(record)
        });
        Self { record }
    }

    /// The programs that were started, by their paths, in their order.
    pub(crate) fn programs(&self) -> Vec<&str> {
        self.record.lines().filter_map(Call::parse).filter_map(|call| call.program()).collect()
    }

    /// Every value in an argument, in an environment or in a file on a disk. What one of `may` is started with is
    /// for that program to know; what goes into one of `files` is meant to be there.
    pub(crate) fn leaks(&self, needles: &[Needle], may: &[&str], files: &[&Path]) -> Vec<Leak> {
        let mut leaks = Vec::new();
        for call in self.record.lines().filter_map(Call::parse) {
            let place = match (call.program(), call.file()) {
                (Some(program), _) if may.contains(&program) => continue,
                (Some(program), _) => format!("{} of {program}", call.name),
                (None, Some(file)) if files.iter().any(|known| file.starts_with(known.to_str().unwrap())) => {
                    continue;
                }
                (None, Some(file)) => format!("{} into {file}", call.name),
                (None, None) => continue,
            };
            for needle in needles.iter().filter(|needle| needle.found_in(call.rest.as_bytes()).is_some()) {
                leaks.push(Leak(format!("{} in {place}", needle.label)));
            }
        }
        leaks
    }

    /// Whether something was written into `file`.
    pub(crate) fn writes_into(&self, file: &Path) -> bool {
        self.record.lines().filter_map(Call::parse).any(|call| call.file() == file.to_str())
    }

    /// Whether a program of this path was started with the value in its arguments or environment.
    pub(crate) fn hands(&self, needle: &Needle, to: &str) -> bool {
        let mut calls = self.record.lines().filter_map(Call::parse);
        calls.any(|call| call.program() == Some(to) && needle.found_in(call.rest.as_bytes()).is_some())
    }
}

/// A line of the record: the process, then the call as C would have it.
struct Call<'a> {
    name: &'a str,
    /// Behind the opening bracket.
    rest: &'a str,
}

impl<'a> Call<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (_process, call) = line.split_once(' ')?;
        let (name, rest) = call.trim_start().split_once('(')?;
        Some(Self { name, rest })
    }

    /// The program that is started.
    fn program(&self) -> Option<&'a str> {
        if !self.name.starts_with("execve") {
            return None;
        }
        let (_, path) = self.rest.split_once('"')?;
        path.split_once('"').map(|(path, _)| path)
    }

    /// The file on a disk that is written.
    fn file(&self) -> Option<&'a str> {
        if !self.name.starts_with('w') && !self.name.starts_with("pw") {
            return None;
        }
        let (_, path) = self.rest.split_once('<')?;
        let (path, _) = path.split_once(">,")?;
        (path.starts_with('/') && !NO_DISK.iter().any(|place| path.starts_with(place))).then_some(path)
    }
}

#[test]
fn a_line_tells_the_program_or_the_file() {
    let parse = |line| Call::parse(line).unwrap();
    let exec = parse(r#"12 execve("/bin/sh", ["sh", "-c"], ["A=b"]) = 0"#);
    assert_eq!((exec.program(), exec.file()), (Some("/bin/sh"), None));
    let write = parse(r#"12 write(3</tmp/r/store>, "abc", 3) = 3"#);
    assert_eq!((write.program(), write.file()), (None, Some("/tmp/r/store")));
    for elsewhere in ["pipe:[9]", "socket:[9]", "/dev/pts/0", "/memfd:x (deleted)", "/dev/shm/remo-secrets/x"]
    {
        let line = format!(r#"12 write(3<{elsewhere}>, "abc", 3) = 3"#);
        assert_eq!(Call::parse(&line).unwrap().file(), None, "{elsewhere}");
    }
    assert!(Call::parse("12 +++ exited with 0 +++").is_none());
}
