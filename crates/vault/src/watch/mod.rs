//! Keeps the broker supplied: pushes the whole store at start, at every change, and when the broker
//! comes back; never after a deliberate clear.
//!
//! Logins that are due are renewed by `remo-login refresh`, as a child ([`Renewal`]); what it stores is a change of the
//! store like any other.
//!
//! One thread waits on five things at once: the files, the connection to the broker, the signals that end
//! the process, the end of that child, and the time. Nothing is done but what one of them asks for, and what failed is
//! tried again after growing pauses only.

mod cause;
mod decision;
mod digest;
mod error;
mod files;
mod health;
mod heartbeat;
mod journal;
mod link;
mod renewal;
pub mod report;
mod stop;
mod timing;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use log::{debug, error, info, warn};
use remo_wire::admin::{PushResponse, StatusResponse};
use remo_wire::client::ClientError;
use remo_wire::error::ErrorCode;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use self::cause::Cause;
use self::decision::{Decision, Pushed, RefusedPush, Seen, decide};
use self::digest::Digester;
pub use self::error::WatchError;
use self::error::system;
use self::files::{CHECK_INTERVAL, Changed, FileWatch};
use self::health::Health;
use self::journal::Journal;
use self::link::Link;
pub use self::renewal::Renewal;
use self::report::State;
use self::stop::StopSignal;
use self::timing::Burst;
use crate::failure::chain;
use crate::push::{self, Prepared, Remarks};
use crate::pushed::{self, Contents};
use crate::source::{Reading, Source};
use crate::store::keep_good;

/// How often in a row a push may find that somebody else has pushed or cleared since the broker was asked. Each
/// time costs that somebody a request of their own, so the second time is rare and more of them are a fault.
const OVERTAKEN_MAX: u32 = 5;

/// What to do about a push that the broker does not take.
const REFUSED_HINT: &str = "look into the broker's log; it says what it did with the request";

/// Keeps the broker behind `admin_socket` supplied out of `source`, and logins valid by `renewal`, until SIGTERM or
/// SIGINT.
pub fn run(source: &dyn Source, admin_socket: &Path, renewal: Option<Renewal>) -> Result<(), WatchError> {
    let stop = StopSignal::catch().map_err(system("catch signals"))?;
    let files = source.watched_files();
    let store = files.first().cloned().unwrap_or_default();
    let mut watcher = Watcher {
        source,
        journal: Journal::open(&store).map_err(lock_taken(&store))?,
        store,
        link: Link::new(admin_socket, stop.interrupt().map_err(system("start a thread"))?),
        files: FileWatch::new(&files, admin_socket).map_err(system("watch files with inotify"))?,
        burst: Burst::default(),
        health: Health::new(),
        digester: Digester::new().map_err(system("draw random bytes"))?,
        pushed: None,
        refused: None,
        seen: None,
        remarks: Remarks::default(),
        cleared: false,
        copy_warned: false,
        recorded: None,
        renewal,
    };
    if let Some(file) = files.first() {
        info!("watching {}, pushing to {}", file.display(), admin_socket.display());
    }
    watcher.run(&stop)?;
    info!("stopped");
    Ok(())
}

fn lock_taken(store: &Path) -> impl FnOnce(io::Error) -> WatchError + '_ {
    |source| {
        if source.kind() == io::ErrorKind::WouldBlock {
            WatchError::AlreadyRunning { store: store.to_owned() }
        } else {
            WatchError::System { attempt: "keep a report beside the store", source }
        }
    }
}

/// What became of one attempt to supply the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// There is nothing more to do now.
    Done,
    /// Somebody else has pushed or cleared since the broker was asked: what was decided no longer holds.
    Overtaken,
}

struct Watcher<'s> {
    source: &'s dyn Source,
    store: PathBuf,
    journal: Journal,
    link: Link,
    files: FileWatch,
    burst: Burst,
    health: Health,
    digester: Digester,
    pushed: Option<Pushed>,
    refused: Option<RefusedPush>,
    /// What the broker had when it was asked last.
    seen: Option<Seen>,
    /// What was said last about entries that are not in the push.
    remarks: Remarks,
    /// Whether the broker was seen cleared, and that was logged.
    cleared: bool,
    /// Whether it was said that the good copy cannot be written.
    copy_warned: bool,
    /// What stands beside the store about the last push.
    recorded: Option<pushed::Pushed>,
    renewal: Option<Renewal>,
}

/// What a push was made of.
struct Origin {
    /// The file that was read.
    sealed: Vec<u8>,
    /// Whether everything in it could be read.
    whole: bool,
    /// What tells it from another one.
    contents: Contents,
}

impl Watcher<'_> {
    fn run(&mut self, stop: &StopSignal) -> Result<(), WatchError> {
        let mut next_check = Instant::now() + CHECK_INTERVAL;
        if let Some(renewal) = &mut self.renewal {
            renewal.check(Instant::now());
        }
        loop {
            self.act(Instant::now())?;
            if let Some(problem) = self.link.problem().map(str::to_owned) {
                let hint = "see whether the broker runs, and that --admin-socket names its socket".to_owned();
                self.report(State::WaitingForBroker, Some(problem), Some(hint))?;
            }
            let Some(ready) = self.wait(stop, next_check)? else { return Ok(()) };
            if ready.connection {
                self.link.ended();
            }
            if let Some(renewal) = &mut self.renewal {
                renewal.attend();
            }
            let mut changed = Changed::default();
            if ready.files {
                self.journal.keep_place().map_err(lock_taken(&self.store))?;
                changed = self.files.take_events().map_err(system("read file events"))?;
            }
            let now = Instant::now();
            if now >= next_check {
                next_check = now + CHECK_INTERVAL;
                self.journal.alive().map_err(lock_taken(&self.store))?;
                self.ask_again()?;
                if let Some(renewal) = &mut self.renewal {
                    renewal.check(now);
                }
                let found = self.files.check();
                changed =
                    Changed { store: changed.store || found.store, broker: changed.broker || found.broker };
            }
            if changed.store {
                self.burst.note(now);
            }
            if changed.broker {
                self.link.hurry();
            }
        }
    }

    /// Asks the broker whether it still has what it had, and supplies it if not. Otherwise a push by hand, of another
    /// store or by another watcher, would stay until the next change.
    fn ask_again(&mut self) -> Result<(), WatchError> {
        // What is under way asks by itself.
        if self.seen.is_none() || self.health.retry_due().is_some() || self.burst.due().is_some() {
            return Ok(());
        }
        let Some(client) = self.link.client() else { return Ok(()) };
        match client.status() {
            Ok(status) => {
                let seen = Some(Seen::from(&status));
                if std::mem::replace(&mut self.seen, seen.clone()) == seen {
                    Ok(())
                } else {
                    self.synchronise(Cause::Replaced)
                }
            }
            Err(error) => self.broken(error).map(drop),
        }
    }

    /// Does what is due.
    fn act(&mut self, now: Instant) -> Result<(), WatchError> {
        let connected = self.link.connect_when_due(now);
        let changed = self.burst.take(now);
        let retry = self.health.take_retry(now);
        let cause = match (connected, changed, retry) {
            (true, ..) if self.pushed.is_none() => Cause::Start,
            (true, ..) => Cause::Reconnected,
            (_, true, _) => Cause::Changed,
            (.., true) => Cause::Retry,
            _ => return Ok(()),
        };
        self.synchronise(cause)
    }

    /// Sleeps until something happens or is due; `None` when the process is to end.
    fn wait(&self, stop: &StopSignal, next_check: Instant) -> Result<Option<Ready>, WatchError> {
        let due = [self.link.due(), self.burst.due(), self.health.retry_due()].into_iter().flatten();
        let wake_at = due.fold(next_check, Instant::min);
        let left = wake_at.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
        let mut descriptors = vec![PollFd::new(stop, PollFlags::IN), PollFd::new(&self.files, PollFlags::IN)];
        let connection = self.link.connected();
        if let Some(client) = connection {
            descriptors.push(PollFd::new(client.stream(), PollFlags::IN));
        }
        // Nobody asks which one is ready: the child is looked at after every wait.
        descriptors.extend(
            self.renewal
                .iter()
                .filter_map(Renewal::child)
                .map(|it| PollFd::from_borrowed_fd(it, PollFlags::IN)),
        );
        let connected = connection.is_some();
        match poll(&mut descriptors, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(system("wait for events")(error)),
        }
        let mut ready = descriptors.iter().map(|descriptor| !descriptor.revents().is_empty());
        if ready.next() == Some(true) {
            return Ok(None);
        }
        Ok(Some(Ready {
            files: ready.next() == Some(true),
            // The broker says nothing unasked: whatever is there is the end of the connection.
            connection: connected && ready.next() == Some(true),
        }))
    }

    /// Supplies the broker, and decides anew when somebody else was faster.
    fn synchronise(&mut self, cause: Cause) -> Result<(), WatchError> {
        for _ in 0..OVERTAKEN_MAX {
            if self.attempt(cause)? == Attempt::Done {
                return Ok(());
            }
        }
        let problem = "others push to the broker faster than this watcher can".to_owned();
        self.failed(State::Refused, problem, None)
    }

    /// Notes how it goes.
    fn report(
        &mut self,
        state: State,
        problem: Option<String>,
        hint: Option<String>,
    ) -> Result<(), WatchError> {
        self.journal.state(state, problem, hint).map_err(lock_taken(&self.store))
    }

    /// Notes what went wrong, and when to try again.
    fn failed(&mut self, state: State, problem: String, hint: Option<String>) -> Result<(), WatchError> {
        if self.health.failed(&problem, hint.as_deref()) {
            self.report(state, Some(problem), hint)
        } else {
            Ok(())
        }
    }

    /// All is well: the broker has what the store holds.
    fn well(&mut self, origin: &Origin) -> Result<(), WatchError> {
        self.health.well();
        if origin.whole {
            match keep_good(&self.store, &origin.sealed) {
                Ok(()) => self.copy_warned = false,
                Err(error) => {
                    if !std::mem::replace(&mut self.copy_warned, true) {
                        warn!("cannot keep a good copy of {}: {error}", self.store.display());
                    }
                }
            }
        }
        self.report(State::UpToDate, None, None)
    }

    /// Reads the store and pushes it, unless the broker has it already or was cleared. Without a broker the
    /// store is left alone: it is read when the broker is back.
    fn attempt(&mut self, cause: Cause) -> Result<Attempt, WatchError> {
        if self.link.connected().is_none() {
            return Ok(Attempt::Done);
        }
        let Some((prepared, origin)) = self.read()? else { return Ok(Attempt::Done) };
        if prepared.remarks != self.remarks {
            for remark in prepared.remarks.new_since(&self.remarks) {
                warn!("{remark}");
            }
            self.remarks = prepared.remarks.clone();
        }
        let digest = self.digester.digest(&prepared.payload).map_err(system("encode a push"))?;
        let Some(client) = self.link.client() else { return Ok(Attempt::Done) };
        let status = match client.status() {
            Ok(status) => status,
            Err(error) => return self.broken(error),
        };
        self.link.proven();
        self.seen = Some(Seen::from(&status));
        if self.cleared && !status.cleared {
            info!("the broker is no longer cleared");
        }
        let cleared_before = std::mem::replace(&mut self.cleared, status.cleared);
        match decide(&status, self.pushed.as_ref(), self.refused.as_ref(), digest) {
            Decision::Push => return self.push(prepared, &origin, digest, status, cause),
            Decision::UpToDate => {
                debug!("the broker has this already ({cause})");
                // The same values may be sealed anew.
                if let Some(Pushed { instance_id, generation, .. }) = &self.pushed {
                    let (instance_id, generation) = (instance_id.clone(), *generation);
                    self.record(&instance_id, generation, &origin.contents);
                }
                self.well(&origin)?;
            }
            Decision::RefusedBefore => {
                debug!("the broker has refused this already ({cause})");
                let problem = self.refused.as_ref().map(|refused| refused.problem.clone());
                if self.health.end() {
                    error!("the store can be read again; {}", problem.as_deref().unwrap_or_default());
                }
                self.report(State::Refused, problem, Some(REFUSED_HINT.to_owned()))?;
            }
            Decision::Cleared => {
                self.health.well();
                if cause == Cause::Changed {
                    info!("the store changed, but the broker was cleared on purpose; not pushed");
                } else if !cleared_before {
                    info!("the broker was cleared on purpose; nothing is pushed");
                }
                if !cleared_before {
                    info!("hint: push again with: remo-vault push");
                }
                let hint = "push again with: remo-vault push".to_owned();
                self.report(State::Cleared, None, Some(hint))?;
            }
        }
        Ok(Attempt::Done)
    }

    fn read(&mut self) -> Result<Option<(Prepared, Origin)>, WatchError> {
        self.journal.alive().map_err(lock_taken(&self.store))?;
        let before = self.files.before_reading();
        let mut reading = match self.source.read_all() {
            Err(error) => {
                self.failed(State::StoreUnreadable, chain(&error), error.hint())?;
                return Ok(None);
            }
            Ok(reading) => reading,
        };
        if self.is_short(&reading) && self.files.may_be_partial(&before) {
            let store = self.store.display();
            let problem = format!("{store} is being written, and holds fewer secrets than before");
            let hint = format!("see who has it open: fuser -v {store}");
            self.failed(State::StoreUnreadable, problem, Some(hint))?;
            return Ok(None);
        }
        self.journal.read(&reading, &self.digester).map_err(system("encode a value"))?;
        let contents = Contents::of(&reading);
        let origin = Origin {
            contents,
            sealed: std::mem::take(&mut reading.sealed),
            whole: reading.faults.is_empty(),
        };
        match push::prepare(reading) {
            Err(error) => {
                self.failed(State::Refused, error.to_string(), Some(error.hint()))?;
                Ok(None)
            }
            Ok(prepared) => Ok(Some((prepared, origin))),
        }
    }

    /// Notes beside the store what the broker has out of it, unless that stands there.
    fn record(&mut self, instance_id: &str, generation: u64, contents: &Contents) {
        let stands = self.recorded.as_ref().is_some_and(|it| {
            it.instance_id == instance_id && it.generation == generation && it.contents.is_same_file(contents)
        });
        if stands {
            return;
        }
        let record =
            pushed::Pushed { instance_id: instance_id.to_owned(), generation, contents: contents.clone() };
        match record.write(&self.store) {
            Ok(()) => self.recorded = Some(record),
            Err(error) => warn!("cannot write {}: {error}", pushed::path(&self.store).display()),
        }
    }

    /// Whether `reading` lacks a secret that was there before. That is a removal, unless the file is being written.
    fn is_short(&self, reading: &Reading) -> bool {
        let has = |name| reading.secrets.contains_key(name) || reading.faults.contains_key(name);
        !self.journal.known().keys().all(has)
    }

    /// Pushes on the condition that the broker is still in the state that `status` tells: a clear that came
    /// in between is not undone.
    fn push(
        &mut self,
        prepared: Prepared,
        origin: &Origin,
        digest: digest::Digest,
        status: StatusResponse,
        cause: Cause,
    ) -> Result<Attempt, WatchError> {
        let StatusResponse { instance_id, generation: expected, .. } = status;
        let names: Vec<_> = prepared.payload.secrets.keys().cloned().collect();
        let Some(client) = self.link.client() else { return Ok(Attempt::Done) };
        match client.request::<_, PushResponse>(&prepared.at_generation(expected)) {
            Ok(response) => {
                let PushResponse { secret_count, generation, .. } = response;
                self.refused = None;
                self.journal.pushed(&response, &instance_id, &names);
                self.record(&instance_id, generation, &origin.contents);
                self.well(origin)?;
                self.seen = Some(Seen { instance_id: instance_id.clone(), generation, cleared: false });
                self.pushed = Some(Pushed { digest, instance_id, generation });
                let plural = if secret_count == 1 { "" } else { "s" };
                info!("pushed {secret_count} secret{plural}, generation {generation} ({cause})");
            }
            Err(ClientError::Refused(response)) => {
                // The code says no more than that something is wrong with the request; the generation does.
                if response.code == ErrorCode::InvalidPayload {
                    match client.status() {
                        Ok(now) if now.generation != expected => return Ok(Attempt::Overtaken),
                        Ok(_) => {}
                        Err(error) => return self.broken(error),
                    }
                }
                let problem = format!("the broker refuses the push: {response}");
                if matches!(response.code, ErrorCode::InvalidPayload | ErrorCode::PayloadTooLarge) {
                    // The same content would be refused again.
                    error!("{problem}");
                    self.refused = Some(RefusedPush { digest, instance_id, problem: problem.clone() });
                    self.report(State::Refused, Some(problem), Some(REFUSED_HINT.to_owned()))?;
                } else {
                    self.failed(State::Refused, problem, Some(REFUSED_HINT.to_owned()))?;
                }
                if response.code == ErrorCode::PayloadTooLarge {
                    self.link.ended();
                }
            }
            Err(error) => return self.broken(error),
        }
        Ok(Attempt::Done)
    }

    /// The connection failed while a request was under way.
    fn broken(&mut self, error: ClientError) -> Result<Attempt, WatchError> {
        match error {
            ClientError::Version { .. } | ClientError::Malformed { .. } => Err(WatchError::Protocol(error)),
            error => {
                self.link.lost(&error);
                Ok(Attempt::Done)
            }
        }
    }
}

/// What [`Watcher::wait`] found.
#[derive(Debug, Clone, Copy)]
struct Ready {
    files: bool,
    connection: bool,
}
