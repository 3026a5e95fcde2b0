//! `watch`: keeps files fresh while secrets change.

use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use remo_wire::client::Client;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

use super::signals;
use crate::exit_status::ExitStatus;
use crate::failure::Failure;
use crate::injection::{self, FailedMarker, Injected, Injection, Occupied, RETIREMENT, Roots};
use crate::pause::Pause;
use crate::report;
use crate::settings::Settings;
use crate::storage::{Storage, WatchRight, journal};
use crate::vend::{Broker, Connection, Fault, Vended, incomplete};

/// The longest pause between two attempts to reach the broker.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// How long to wait after the broker has denied to tell of changes, or after a set could not be brought in: it takes a
/// person to change that, or the end of whoever fills the memory, and each attempt is on record.
const LONG_PAUSE: Duration = Duration::from_secs(5);

/// How long the broker has to be followed before the next attempt comes as soon as the first: one that closes
/// right after each answer is not asked for every secret many times a second.
const STEADY: Duration = Duration::from_secs(5);

/// How long the rest of an event may take once its first byte is there.
const EVENT_MAX: Duration = Duration::from_secs(1);

/// How long one answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(15);

/// `detached`: started in the background by a run that has brought the secrets in just now, with the right to watch.
pub(super) fn run(settings: &Settings, detached: bool) -> Result<ExitStatus, Failure> {
    let termination = signals::termination()?;
    Roots::refuse_foreign_home(settings)?;
    let storage = Storage::open(&settings.secrets_dir)?;
    let handed_over = if detached { WatchRight::handed_over(&storage) } else { None };
    let right = match handed_over {
        Some(right) => right,
        None => WatchRight::take(&storage)?.ok_or_else(|| another_watches(settings))?,
    };
    let shown = if detached { injection::ready(&storage)?.map(|ready| ready.view) } else { None };
    let mut watch = Watch {
        settings,
        storage: &storage,
        right,
        broker: Broker::new(settings),
        termination,
        shown,
        retire_at: None,
        said: None,
    };
    watch.run().map(|Ended| ExitStatus::Success).inspect_err(|failure| {
        if let Err(marker) = FailedMarker::leave(&storage, failure) {
            report::failure(&marker);
        }
    })
}

fn another_watches(settings: &Settings) -> Failure {
    Failure::unavailable(format!(
        "another process keeps the files in {} fresh already",
        settings.secrets_dir.display()
    ))
    .hint("there is nothing to do; for a directory of your own, name it with --secrets-dir")
}

/// Somebody asked this process to end, or another one has its task now.
struct Ended;

/// What ended a wait.
enum Woken {
    Terminated,
    Event,
    Timer,
}

struct Watch<'a> {
    settings: &'a Settings,
    storage: &'a Storage,
    right: WatchRight,
    broker: Broker,
    termination: UnixStream,
    /// The view of the set in force, when the first connection may go on from there without asking for everything.
    shown: Option<u64>,
    /// When sets that were replaced are removed.
    retire_at: Option<Instant>,
    /// What was said last about the broker, so that it is not said again at each attempt.
    said: Option<String>,
}

impl Watch<'_> {
    /// Follows the broker, again and again, until somebody asks this process to end.
    fn run(&mut self) -> Result<Ended, Failure> {
        let mut pause = Pause::up_to(PAUSE_MAX);
        loop {
            if !self.has_right() {
                return Ok(Ended);
            }
            journal::keep_short();
            let began = Instant::now();
            let followed = self.follow();
            if began.elapsed() >= STEADY {
                pause.restart();
            }
            let length = match followed {
                Ok(Ended) => return Ok(Ended),
                Err(Fault::Final(failure)) => return Err(failure),
                Err(Fault::Denied(failure)) => {
                    self.say(&failure);
                    LONG_PAUSE
                }
                Err(Fault::Passing { failure, retry_after }) => {
                    self.say(&failure);
                    pause.take(retry_after)
                }
            };
            let until = Instant::now() + length;
            while Instant::now() < until {
                if let Woken::Terminated = self.sleep(None, Some(until))? {
                    return Ok(Ended);
                }
            }
        }
    }

    /// Connects, and brings every change into the files, until something ends it.
    fn follow(&mut self) -> Result<Ended, Fault> {
        let mut connection = self.broker.connect(ANSWER_MAX)?;
        self.storage.claim(&connection.project).map_err(Fault::Final)?;
        // Only once: a broker that was left may be another one by now, with the same numbers.
        let mut shown = self.shown.take();
        // The watch begins before the fetch: a change in between is an event that waits.
        let mut events = self.broker.watch(shown, ANSWER_MAX)?;
        if shown.is_none() {
            shown = self.update(&mut connection)?;
        }
        self.said = None;
        loop {
            match self.sleep(Some(&events), None).map_err(Fault::Final)? {
                Woken::Terminated => return Ok(Ended),
                Woken::Timer => {}
                Woken::Event => {
                    let newest = newest(&mut events).or_else(|fault| self.denied(&connection, fault))?;
                    if !self.has_right() {
                        return Ok(Ended);
                    }
                    journal::keep_short();
                    if newest.is_some_and(|view| Some(view) != shown) {
                        shown = self.update(&mut connection)?;
                    }
                }
            }
        }
    }

    /// Takes away what was injected when the broker says, instead of an event, that nothing is for this project any
    /// more.
    fn denied<T>(&mut self, connection: &Connection, fault: Fault) -> Result<T, Fault> {
        if let Fault::Denied(failure) = &fault {
            self.bring_in(&Vended::nothing(connection.project.clone()), Some(failure.clone()))?;
        }
        Err(fault)
    }

    /// Whether this is the process that keeps the files fresh. Code of the same user may have put another file into
    /// the lock's place; where nobody holds that, it is taken as well.
    fn has_right(&mut self) -> bool {
        if self.right.is_in_place(self.storage) {
            return true;
        }
        match WatchRight::take(self.storage) {
            Ok(Some(right)) => {
                self.right = right;
                true
            }
            Ok(None) => {
                report::note("another process keeps the files fresh now; this one ends");
                false
            }
            Err(failure) => {
                report::failure(&failure);
                false
            }
        }
    }

    /// Fetches and injects; returns the view that is shown now, if anything is approved.
    fn update(&mut self, connection: &mut Connection) -> Result<Option<u64>, Fault> {
        let mut vended = match connection.fetch() {
            Ok(vended) => vended,
            Err(Fault::Denied(failure)) => {
                // Nothing is approved any more: what was injected is taken away.
                self.bring_in(&Vended::nothing(connection.project.clone()), Some(failure))?;
                return Ok(None);
            }
            Err(fault) => return Err(fault),
        };
        if vended.fetched.awaits_push && injection::is_in_force(self.storage) {
            // Started anew, the broker holds nothing until the vault pushes: nothing was taken back.
            report::note("the broker was started again and waits for the vault; what is there stays");
            return Ok(Some(vended.fetched.view));
        }
        let missing = |vended: &Vended| (!vended.complete()).then(|| incomplete(vended, None));
        if self.bring_in_unless_overtaken(&vended, missing(&vended))?.is_none() {
            vended = connection.fetch()?;
            self.bring_in(&vended, missing(&vended))?;
        }
        Ok(Some(vended.fetched.view))
    }

    fn bring_in(&mut self, vended: &Vended, missing: Option<Failure>) -> Result<(), Fault> {
        let injected = self.injection(vended).inject(vended, Occupied::Report);
        self.concluded(vended, missing, injected)
    }

    /// `None` when another process has brought in a later view meanwhile.
    fn bring_in_unless_overtaken(
        &mut self,
        vended: &Vended,
        missing: Option<Failure>,
    ) -> Result<Option<()>, Fault> {
        match self.injection(vended).inject_unless_overtaken(vended, Occupied::Report).transpose() {
            None => Ok(None),
            Some(injected) => self.concluded(vended, missing, injected).map(Some),
        }
    }

    fn injection(&self, vended: &Vended) -> Injection<'_> {
        Injection::new(self.storage, self.settings, vended.project.clone())
    }

    /// What became of an injection. One that failed is tried again: a full memory may have room later. Until then at
    /// least what is gone is taken away, which needs none.
    fn concluded(
        &mut self,
        vended: &Vended,
        missing: Option<Failure>,
        injected: Result<Injected, Failure>,
    ) -> Result<(), Fault> {
        let told = match injected {
            Ok(injected) => self.tell(vended, missing, injected),
            Err(failure) => Err(failure),
        };
        told.map_err(|failure| {
            let withdrawn = injection::withdraw(self.storage, vended);
            for further in [withdrawn, FailedMarker::leave(self.storage, &failure)] {
                if let Err(further) = further {
                    report::failure(&further);
                }
            }
            Fault::Passing { failure, retry_after: Some(LONG_PAUSE) }
        })
    }

    /// Leaves word for those who wait; `missing` says why it is not all that is required.
    fn tell(&mut self, vended: &Vended, missing: Option<Failure>, injected: Injected) -> Result<(), Failure> {
        if injected.replaced {
            self.retire_at.get_or_insert(Instant::now() + RETIREMENT);
        }
        super::note_left_out(&vended.plan);
        report::note(format_args!(
            "{}: view {}, {} in the environment, {} as files{}",
            vended.project,
            vended.fetched.view,
            vended.plan.variables.len(),
            vended.plan.files.len() - injected.faults.len(),
            super::by_helpers(&vended.plan)
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

/// The view that the events say which have arrived: several changes are one.
fn newest(events: &mut Client) -> Result<Option<u64>, Fault> {
    let mut newest = events.next_event(EVENT_MAX)?;
    while let Some(event) = events.next_event(Duration::ZERO)? {
        newest = Some(event);
    }
    Ok(newest.map(|event| event.view))
}
