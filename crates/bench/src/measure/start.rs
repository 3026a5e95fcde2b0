//! Exec to ready: from the start of the process until the admin socket answers `status`.

use std::mem::MaybeUninit;
use std::time::Instant;

use remo_wire::client::Client;
use rustix::fs::inotify;

use super::{Bench, median, nanoseconds};
use crate::failure::Failure;
use crate::instance::Instance;
use crate::process::{PATIENCE, Process};
use crate::report::{Bar, Line, Report, Unit};
use crate::statistics::number;

const ROUNDS: usize = 31;
/// The bars.
const READY_MAX: f64 = 7e6;
const IDLE_MAX: f64 = 6.0 * 1024.0 * 1024.0;
/// Room for one batch of inotify events.
const EVENT_BUFFER: usize = 4096;

pub(super) fn measure(bench: &Bench) -> Result<Report, Failure> {
    let mut figures = Vec::new();
    let mut idle = Vec::new();
    for _ in 0..bench.rounds(ROUNDS) {
        // A new directory each time: nothing of the round before is found or has to be taken over.
        let instance = Instance::new(&bench.programs, &bench.work_dir)?;
        let (broker, elapsed) = start_and_ask(&instance)?;
        figures.push(elapsed);
        idle.push(broker.memory()?);
        let status = broker.stop()?;
        if !status.success() {
            return Err(Failure::new(format!("a broker that was asked to end did so with {status}")));
        }
    }
    let resident: Vec<f64> = idle.iter().map(|memory| number(memory.resident)).collect();
    let anonymous: Vec<f64> = idle.iter().map(|memory| number(memory.anonymous)).collect();
    let mut ready = Line::new(
        "exec to ready, median",
        Unit::Nanoseconds,
        median(&figures)?,
        Some(Bar::AtMost(READY_MAX)),
    );
    ready.rounds = figures;
    Ok(Report {
        lines: vec![
            ready,
            Line::new("memory, idle", Unit::Bytes, median(&resident)?, Some(Bar::AtMost(IDLE_MAX))),
            Line::new("… idle, anonymous (RssAnon)", Unit::Bytes, median(&anonymous)?, None),
        ],
        ..Report::default()
    })
}

/// Starts a broker and asks as soon as its directory shows a change, so that waiting takes no processor
/// time away from what is waited for.
fn start_and_ask(instance: &Instance) -> Result<(Process, f64), Failure> {
    let watched = "cannot watch the directory of the sockets";
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC).map_err(Failure::because(watched))?;
    let changes = inotify::WatchFlags::CREATE | inotify::WatchFlags::MOVED_TO | inotify::WatchFlags::ATTRIB;
    inotify::add_watch(&watch, instance.socket_dir(), changes).map_err(Failure::because(watched))?;
    let admin = instance.admin_socket();
    let mut command = instance.broker_command();

    let start = Instant::now();
    let broker = Process::start(&mut command)?;
    loop {
        if let Ok(mut client) = Client::connect(&admin) {
            client.status()?;
            return Ok((broker, nanoseconds(start.elapsed())));
        }
        wait_for_change(&watch, watched)?;
        if start.elapsed() > PATIENCE {
            return Err(Failure::new("the broker does not come up"));
        }
    }
}

/// Blocks until the watched directory changes, 100 µs at most: a socket may begin to listen after it
/// has appeared, which no event tells.
fn wait_for_change(watch: &rustix::fd::OwnedFd, problem: &str) -> Result<(), Failure> {
    let mut descriptors = [rustix::event::PollFd::new(watch, rustix::event::PollFlags::IN)];
    let at_most = rustix::event::Timespec { tv_sec: 0, tv_nsec: 100_000 };
    let ready = rustix::event::poll(&mut descriptors, Some(&at_most)).map_err(Failure::because(problem))?;
    if ready > 0 {
        let mut buffer = [MaybeUninit::<u8>::uninit(); EVENT_BUFFER];
        rustix::io::read(watch, &mut buffer[..]).map_err(Failure::because(problem))?;
    }
    Ok(())
}
