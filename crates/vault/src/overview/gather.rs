//! Asking every part. Nothing here fails as a whole, and no part is waited for without end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use remo_wire::admin::{AdminRequest, ListResponse, ManifestResponse, StatusResponse};
use remo_wire::client::{Client, ClientError};

use super::facts::{BrokerAnswers, Facts, StoreFacts, Trouble, is_of};
use super::key::KeyView;
use crate::failure::Failure;
use crate::login;
use crate::pushed::Pushed;
use crate::source::{Reading, Source, SourceError};
use crate::watch::report;

/// How long the commands wait for all answers of the broker together.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How often the broker is asked at most until all its answers are about one snapshot.
const ROUNDS: u32 = 3;

/// Between two looks at the broker and at the record of the last push.
const RECORD_PAUSE: Duration = Duration::from_millis(50);

/// Where the parts are.
#[derive(Clone)]
pub struct Places<'a> {
    /// The store, as a source.
    pub source: &'a dyn Source,
    /// The store's file, which the watcher's report lies beside.
    pub store: &'a Path,
    /// The key file.
    pub key_file: &'a Path,
    /// The broker's admin socket.
    pub admin_socket: &'a Path,
}

impl std::fmt::Debug for Places<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Places")
            .field("store", &self.store)
            .field("key_file", &self.key_file)
            .field("admin_socket", &self.admin_socket)
            .finish_non_exhaustive()
    }
}

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Everything.
    Full,
    /// Everything but the store itself: the watcher's report stands in for it. No value is decrypted.
    Quick,
}

/// Gathers everything. The broker's answers may take `patience` together.
pub fn gather(places: &Places<'_>, depth: Depth, patience: Duration) -> Facts {
    let (broker, pushed) = ask_broker_and_record(places, patience);
    let reading = (depth == Depth::Full).then(|| places.source.read_all());
    let logins = match &reading {
        Some(Ok(reading)) => login::current(places.store, places.key_file, reading),
        _ => login::known(places.store, places.key_file),
    };
    Facts {
        taken_at: Timestamp::now(),
        admin_socket: places.admin_socket.to_owned(),
        broker,
        store_file: places.store.to_owned(),
        store: reading.map(store_facts),
        pushed,
        watcher: report::read(places.store).map_err(|error| unreadable_report(places.store, &error)),
        key: KeyView::look(places.key_file),
        logins: logins.map_err(|error| Failure::from(error).into()),
    }
}

/// The broker's answers, and the record of the push that became them. Who pushes writes it down a moment after the
/// broker has answered, so two that do not fit are looked at again.
fn ask_broker_and_record(
    places: &Places<'_>,
    patience: Duration,
) -> (Result<BrokerAnswers, Trouble>, Option<Pushed>) {
    let mut round = 1;
    loop {
        let broker = ask_broker(places.admin_socket, patience);
        let pushed = Pushed::read(places.store);
        let fits = broker.as_ref().map_or(true, |broker| {
            broker.secrets.is_empty() || pushed.as_ref().is_some_and(|it| is_of(it, &broker.status))
        });
        if fits || round == ROUNDS {
            return (broker.map_err(|error| Failure::from(error).into()), pushed);
        }
        round += 1;
        thread::park_timeout(RECORD_PAUSE);
    }
}

fn store_facts(reading: Result<Reading, SourceError>) -> Result<StoreFacts, Trouble> {
    reading.map(StoreFacts::from).map_err(|error| Failure::from(error).into())
}

fn unreadable_report(store: &Path, error: &std::io::Error) -> Trouble {
    let path: PathBuf = report::path(store);
    let failure = Failure::new(format!("cannot read the watcher's report {}: {error}", path.display()))
        .hint(format!("see whose it is: ls -l {}", path.display()));
    failure.into()
}

/// Everything that the broker says, on one connection, within `patience`: about one snapshot, unless the broker gets
/// another one each time that it is asked.
fn ask_broker(socket: &Path, patience: Duration) -> Result<BrokerAnswers, ClientError> {
    let deadline = Instant::now() + patience;
    let mut client = Client::connect_within(socket, patience)?;
    let mut status = status(&mut client, deadline)?;
    for _ in 1..ROUNDS {
        let answers = ask_about(status, &mut client, deadline)?;
        let after = self::status(&mut client, deadline)?;
        if is_same(&answers.status, &after) {
            return Ok(answers);
        }
        status = after;
    }
    ask_about(status, &mut client, deadline)
}

/// Whether nothing came between two answers that changes what the others say.
fn is_same(before: &StatusResponse, after: &StatusResponse) -> bool {
    let names = |status: &StatusResponse| -> Vec<_> {
        status.projects.iter().map(|project| project.name.clone()).collect()
    };
    before.generation == after.generation && before.cleared == after.cleared && names(before) == names(after)
}

fn answer_until(client: &mut Client, deadline: Instant) {
    client.answer_within(deadline.saturating_duration_since(Instant::now()));
}

fn status(client: &mut Client, deadline: Instant) -> Result<StatusResponse, ClientError> {
    answer_until(client, deadline);
    // The first answer says which version the broker speaks.
    client.status()
}

/// What belongs to `status`.
fn ask_about(
    status: StatusResponse,
    client: &mut Client,
    deadline: Instant,
) -> Result<BrokerAnswers, ClientError> {
    answer_until(client, deadline);
    let ListResponse { secrets, .. } = client.request(&AdminRequest::List)?;
    let mut manifests = BTreeMap::new();
    for project in &status.projects {
        answer_until(client, deadline);
        let name = project.name.clone();
        let answer: Result<ManifestResponse, _> =
            client.request(&AdminRequest::Manifest { name: name.clone() });
        match answer {
            Err(error @ ClientError::Refused(_)) => {
                manifests.insert(name, Err(Failure::from(error).into()));
            }
            // What comes after a broken or late answer belongs to no question any more.
            answer => {
                manifests.insert(name, Ok(answer?));
            }
        }
    }
    Ok(BrokerAnswers { status, secrets, manifests })
}
