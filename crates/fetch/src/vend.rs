//! Fetching from the broker: where its socket is, which faults pass by waiting, and the waiting itself.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use remo_wire::binding::Bindings;
use remo_wire::client::Client;
use remo_wire::names::ProjectName;
use remo_wire::ok::OkTrue;
use remo_wire::project::FetchedSecrets;

use crate::failure::Failure;
use crate::pause::{Pause, rest};
use crate::plan::{Plan, can_heal};
use crate::report;

pub(crate) use broker::{Broker, Connection};
pub(crate) use fault::Fault;

mod broker;
mod fault;

/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// How long to rely on the broker's word that nothing has changed before asking again.
const WATCH_MAX: Duration = Duration::from_secs(2);

/// How long a wait is silent: as long as one does not wonder.
const SILENT_MAX: Duration = Duration::from_secs(1);

/// How long an answer may take at least, however little time is left: one attempt is always made in earnest.
const ANSWER_MIN: Duration = Duration::from_secs(1);

/// A response and what follows from it.
#[derive(Debug)]
pub(crate) struct Vended {
    /// The project that the broker serves here.
    pub project: ProjectName,
    /// The response; its values are in `plan` as well.
    pub fetched: FetchedSecrets,
    /// What to inject.
    pub plan: Plan,
    /// Whether anything is approved.
    pub approved: bool,
}

impl Vended {
    /// What a response says.
    pub(crate) fn new(project: ProjectName, fetched: FetchedSecrets) -> Self {
        let plan = Plan::new(&fetched);
        Self { project, fetched, plan, approved: true }
    }

    /// What follows when nothing is approved any more: nothing is injected, and that is not complete.
    pub(crate) fn nothing(project: ProjectName) -> Self {
        let fetched = FetchedSecrets {
            ok: OkTrue,
            generation: 0,
            view: 0,
            secrets: BTreeMap::new(),
            missing: Vec::new(),
            bindings: Bindings::new(),
            awaits_push: false,
        };
        Self { project, fetched, plan: Plan::default(), approved: false }
    }

    /// What to inject, and for whom. The response, which holds every value as well, is dropped: taken apart in
    /// place, it would live on in its owner's scope.
    pub(crate) fn into_plan(self) -> (ProjectName, Plan) {
        (self.project, self.plan)
    }

    /// Whether a start may go on with it.
    pub(crate) fn complete(&self) -> bool {
        self.approved && self.plan.complete()
    }
}

/// Fetches until nothing required is missing, for at most `timeout`.
pub(crate) fn fetch_required(broker: &Broker, timeout: Duration) -> Result<Vended, Failure> {
    let began = Instant::now();
    let deadline = began + timeout;
    let mut told = false;
    let left = || deadline.saturating_duration_since(Instant::now());
    let mut pause = Pause::up_to(PAUSE_MAX);
    let mut connection = None;
    let mut watch = None;
    loop {
        let attempt = attempt(broker, &mut connection, left());
        let (unavailable, minimum, awaited) = match attempt {
            Ok(vended) if vended.plan.complete() => return Ok(vended),
            Ok(vended) if !can_heal(vended.plan.fatal()) => return Err(incomplete(&vended, None)),
            Ok(vended) => {
                if watch.is_none() {
                    watch = broker.watch(Some(vended.fetched.view), left().max(ANSWER_MIN)).ok();
                }
                (incomplete(&vended, Some(timeout)), None, names(&vended.plan))
            }
            Err(Fault::Denied(failure) | Fault::Final(failure)) => return Err(failure),
            Err(Fault::Passing { failure, retry_after }) => {
                connection = None;
                watch = None;
                (failure, retry_after, "the broker".to_owned())
            }
        };
        let next = pause.take(minimum);
        // A broker that asks for more patience than there is will not change its mind.
        if left().is_zero() || minimum.is_some_and(|minimum| minimum > left()) {
            return Err(unavailable);
        }
        if !told && began.elapsed() >= SILENT_MAX {
            report::note(format!("waiting up to {} s for: {awaited}", timeout.as_secs_f64()));
            told = true;
        }
        let silent = if told { left() } else { SILENT_MAX.saturating_sub(began.elapsed()).min(left()) };
        wait(&mut watch, next, silent);
    }
}

/// The secrets that hold a start up.
fn names(plan: &Plan) -> String {
    let names: Vec<_> = plan.fatal().map(|problem| problem.secret.as_str()).collect();
    names.join(", ")
}

/// One `fetch` on a connection that is kept between attempts.
fn attempt(broker: &Broker, connection: &mut Option<Connection>, left: Duration) -> Result<Vended, Fault> {
    let began = Instant::now();
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(broker.connect(left.max(ANSWER_MIN))?),
    };
    // Connecting may have taken most of the time; and what was left when a kept connection was made is over.
    connection.client.answer_within(left.saturating_sub(began.elapsed()).max(ANSWER_MIN));
    connection.fetch()
}

/// Waits for a change of the view where the broker tells, otherwise for the pause.
fn wait(watch: &mut Option<Client>, pause: Duration, left: Duration) {
    if let Some(client) = watch {
        match client.next_event(WATCH_MAX.min(left)) {
            Ok(_) => return,
            Err(_) => *watch = None,
        }
    }
    rest(pause.min(left));
}

/// The failure that lists every fatal problem of a plan.
pub(crate) fn incomplete(vended: &Vended, waited: Option<Duration>) -> Failure {
    let plan = &vended.plan;
    let count = plan.fatal().count();
    let secrets = if count == 1 { "a required secret is" } else { "required secrets are" };
    let after = match waited {
        Some(waited) if !waited.is_zero() => format!(" after {} s", waited.as_secs_f64()),
        _ => String::new(),
    };
    let mut failure = Failure::unavailable(format!("{secrets} not available for {}{after}", vended.project));
    for problem in plan.fatal() {
        failure = failure.detail(problem.to_string());
    }
    match plan.fatal().next() {
        Some(first) => failure.hint(first.hint()),
        None => failure,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::os::unix::net::UnixListener;

    use remo_wire::names::ProjectName;

    use super::*;
    use crate::cli::Options;
    use crate::settings::{Environment, Settings};

    /// Far longer than [`ANSWER_MIN`], and what the connection was made with.
    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn a_broker_that_does_not_answer_has_the_time_that_is_left_and_not_that_of_the_connection() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("s.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let peer = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            BufReader::new(stream.try_clone().unwrap()).read_line(&mut String::new()).unwrap();
            let answer = "{\"ok\":true,\"broker_version\":\"9\",\"protocol_version\":2,\"project\":\"a\"}\n";
            stream.write_all(answer.as_bytes()).unwrap();
            // Says nothing more until the other side gives up.
            stream.read_to_end(&mut Vec::new()).unwrap();
        });
        let options = Options { socket: Some(socket), ..Options::default() };
        let broker = Broker::new(&Settings::new(options, Environment::default()).unwrap());
        let mut connection = Some(broker.connect(LONG).unwrap());
        assert_eq!(
            connection.as_ref().map(|connection| &connection.project),
            ProjectName::new("a").ok().as_ref()
        );
        let began = Instant::now();
        let fault = attempt(&broker, &mut connection, Duration::ZERO).unwrap_err();
        assert!(matches!(fault, Fault::Passing { .. }), "{fault:?}");
        assert!(began.elapsed() < LONG / 2, "{:?}", began.elapsed());
        drop(connection);
        peer.join().unwrap();
    }
}
