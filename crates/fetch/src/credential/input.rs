//! What a tool writes to a helper: to its end, within a limit, and not for ever.

use std::io::{self, Stdin, stdin};
use std::time::{Duration, Instant};

use remo_secret::Secret;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::time::Timespec;

use crate::exit_status::ExitStatus;
use crate::failure::Failure;

/// The most that a request may have, in bytes. The longest that git writes is a few lines of 8 KiB.
const REQUEST_MAX: usize = 64 * 1024;

/// Size of one read.
const CHUNK: usize = 4096;

/// Everything up to the end of standard input. It may hold a password (`erase`), so it is kept as a secret.
pub(super) fn read(left: Duration) -> Result<Secret, Failure> {
    let deadline = Instant::now() + left;
    let mut request = Secret::new(Vec::new());
    // Past the buffer of the standard library, which nobody wipes before the end.
    let input = stdin();
    loop {
        wait(&input, deadline)?;
        let mut chunk = vec![0; CHUNK];
        let length = match rustix::io::read(&input, &mut chunk) {
            Ok(length) => length,
            Err(Errno::INTR | Errno::AGAIN) => continue,
            Err(error) => {
                let problem = format!("cannot read the request from standard input: {error}");
                return Err(Failure::new(ExitStatus::InputOutput, problem));
            }
        };
        let chunk = Secret::new(chunk);
        request.append(chunk.expose().get(..length).unwrap_or_default());
        if length == 0 {
            return Ok(request);
        }
        if request.len() > REQUEST_MAX {
            return Err(Failure::usage(format!("the request has more than {REQUEST_MAX} bytes"))
                .hint("a tool asks in a few lines; look what wrote this one"));
        }
    }
}

fn wait(input: &Stdin, deadline: Instant) -> Result<(), Failure> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(timeout) = Timespec::try_from(left) else { return Ok(()) };
        match poll(&mut [PollFd::new(input, PollFlags::IN)], Some(&timeout)) {
            Ok(0) => {
                return Err(Failure::unavailable("the tool did not end its request in time")
                    .hint("by hand, write the request and end it with Control-D"));
            }
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(Failure::internal("wait for the request", &io::Error::from(error))),
        }
    }
}
