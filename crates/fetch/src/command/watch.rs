//! `watch`: keeps files fresh while secrets change.

use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use remo_wire::client::Client;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

use super::signals;
use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::injection::{self, FailedMarker, Injection, Occupied, RETIREMENT, Roots};
use crate::pause::Pause;
use crate::report;
use crate::settings::Settings;
use crate::storage::Storage;
use crate::vend::{Broker, Connection, Fault, Vended, incomplete};

/// The longest pause between two attempts to reach the broker.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// How long to wait after the broker has denied to tell of changes: only a person can change that.
const DENIED_PAUSE: Duration = Duration::from_secs(5);

/// How long the broker has to be followed before the next attempt comes as soon as the first: one that closes
/// right after each answer is not asked for every secret many times a second.
const STEADY: Duration = Duration::from_secs(5);

/// How long the rest of an event may take once its first byte is there.
const EVENT_MAX: Duration = Duration::from_secs(1);

/// How long one answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(15);

pub(super) fn run(settings: &Settings) -> Result<ExitStatus, Failure> {
    let termination = signals::termination()?;
    Roots::refuse_foreign_home(settings)?;
    let storage = Storage::open(&settings.secrets_dir)?;
    let mut watch = Watch {
        settings,
        storage: &storage,
        broker: Broker::new(settings),
        termination,
        retire_at: None,
        said: None,
    };
    watch.run().map(|Terminated| ExitStatus::Success).inspect_err(|failure| {
        if let Err(marker) = FailedMarker::leave(&storage, failure) {
            report::failure(&marker);
        }
    })
}

/// Somebody asked this process to end.
struct Terminated;

/// What ended a wait.
enum Woken {
    Terminated,
    Event,
    Timer,
}

struct Watch<'a> {
    settings: &'a Settings,
    storage: &'a Storage,
    broker: Broker,
    termination: UnixStream,
    /// When sets that were replaced are removed.
    retire_at: Option<Instant>,
    /// What was said last about the broker, so that it is not said again at each attempt.
    said: Option<String>,
}

impl Watch<'_> {
    /// Follows the broker, again and again, until somebody asks this process to end.
    fn run(&mut self) -> Result<Terminated, Failure> {
        let mut pause = Pause::up_to(PAUSE_MAX);
        loop {
            let began = Instant::now();
            let followed = self.follow();
            if began.elapsed() >= STEADY {
                pause.restart();
            }
            let length = match followed {
                Ok(Terminated) => return Ok(Terminated),
                Err(Fault::Final(failure)) => return Err(failure),
                Err(Fault::Denied(failure)) => {
                    self.say(&failure);
                    DENIED_PAUSE
                }
                Err(Fault::Passing { failure, retry_after }) => {
                    self.say(&failure);
                    pause.take(retry_after)
                }
            };
            let until = Instant::now() + length;
            while Instant::now() < until {
                if let Woken::Terminated = self.sleep(None, Some(until))? {
                    return Ok(Terminated);
                }
            }
        }
    }

    /// Connects, and brings every change into the files, until something ends it.
    fn follow(&mut self) -> Result<Terminated, Fault> {
        let mut connection = self.broker.connect(ANSWER_MAX)?;
        self.storage.claim(&connection.project).map_err(Fault::Final)?;
        // The watch begins before the fetch: a change in between is an event that waits.
        let mut events = self.broker.watch(None, ANSWER_MAX)?;
        let mut shown = self.update(&mut connection)?;
        self.said = None;
        loop {
            match self.sleep(Some(&events), None).map_err(Fault::Final)? {
                Woken::Terminated => return Ok(Terminated),
                Woken::Timer => {}
                Woken::Event => {
                    let mut newest = events.next_event(EVENT_MAX)?;
                    // What has arrived as well is brought in at once: several changes are one.
                    while let Some(event) = events.next_event(Duration::ZERO)? {
                        newest = Some(event);
                    }
                    if newest.is_some_and(|event| Some(event.view) != shown) {
                        shown = self.update(&mut connection)?;
                    }
                }
            }
        }
    }

    /// Fetches and injects; returns the view that is shown now, if anything is approved.
    fn update(&mut self, connection: &mut Connection) -> Result<Option<u64>, Fault> {
        match connection.fetch() {
            Ok(vended) => {
                let missing = (!vended.complete()).then(|| incomplete(&vended, None));
                self.inject(&vended, missing).map_err(Fault::Final)?;
                Ok(Some(vended.fetched.view))
            }
            Err(Fault::Denied(failure)) => {
                // Nothing is approved any more: what was injected is taken away.
                self.inject(&Vended::nothing(connection.project.clone()), Some(failure))
                    .map_err(Fault::Final)?;
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }

    /// Injects, and leaves word for those who wait; `missing` says why it is not all that is required.
    fn inject(&mut self, vended: &Vended, missing: Option<Failure>) -> Result<(), Failure> {
        let mut injection = Injection::new(self.storage, self.settings, vended.project.clone());
        let injected = injection.inject(vended, Occupied::Report)?;
        if injected.replaced {
            self.retire_at.get_or_insert(Instant::now() + RETIREMENT);
        }
        super::note_left_out(&vended.plan);
        report::note(format_args!(
            "{}: view {}, {} in the environment, {} as files",
            vended.project,
            vended.fetched.view,
            vended.plan.variables.len(),
            vended.plan.files.len() - injected.faults.len()
        ));
        if !injected.changed_variables.is_empty() {
            report::note(format_args!(
                "changed: {}; programs that are running keep what they have: restart them, or open a new shell",
                injected.changed_variables.join(", ")
            ));
        }
        let failures: Vec<Failure> = missing.into_iter().chain(injected.faults).collect();
        failures.iter().for_each(report::failure);
        match failures.first() {
            Some(failure) => FailedMarker::leave(self.storage, failure),
            None => FailedMarker::clear(self.storage),
        }
    }

    /// Waits for an event, the end of this process, a set that is to be removed, or the time `until`.
    fn sleep(&mut self, events: Option<&Client>, until: Option<Instant>) -> Result<Woken, Failure> {
        let wake = self.retire_at.into_iter().chain(until).min();
        let timeout =
            wake.and_then(|wake| Timespec::try_from(wake.saturating_duration_since(Instant::now())).ok());
        let mut descriptors = vec![PollFd::new(&self.termination, PollFlags::IN)];
        descriptors.extend(events.map(|events| PollFd::new(events.stream(), PollFlags::IN)));
        match poll(&mut descriptors, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Failure::internal("wait for events", &std::io::Error::from(error))),
        }
        let ready: Vec<bool> =
            descriptors.iter().map(|descriptor| !descriptor.revents().is_empty()).collect();
        if self.retire_at.is_some_and(|at| at <= Instant::now()) {
            let younger = injection::remove_retired(self.storage)?;
            self.retire_at = younger.then(|| Instant::now() + RETIREMENT);
        }
        Ok(match ready.as_slice() {
            [true, ..] => Woken::Terminated,
            [_, true] => Woken::Event,
            _ => Woken::Timer,
        })
    }

    fn say(&mut self, failure: &Failure) {
        let text = failure.to_string();
        if self.said.as_ref() != Some(&text) {
            report::note(&text);
            self.said = Some(text);
        }
    }
}
