//! Kills at random moments: no file ever holds a value, and the broker always comes back.

use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use remo_testkit::{Broker, Needle, PrivateDirectory, Project, Scan, file_scan, wait};
use remo_wire::admin::{AdminRequest, PushResponse};
use remo_wire::client::Client;

use crate::support::options;

/// Rounds unless `REMO_KILL_ROUNDS` says otherwise.
const ROUNDS: u32 = 200;

/// The latest moment of a kill after the broker's first answer.
const LATEST: Duration = Duration::from_millis(30);

/// A small generator of moments, another one in each run.
struct Moments(u64);

impl Moments {
    fn new() -> Self {
        let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
        Self(u64::from(seed) | 1)
    }

    /// Xorshift, by Marsaglia: enough to spread moments.
    fn next(&mut self) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        LATEST.mul_f64(f64::from(u32::try_from(self.0 >> 40).unwrap()) / f64::from(1_u32 << 24))
    }
}

/// Pushes, clears, reads and approves until the connection breaks.
fn work(directory: &PrivateDirectory, value: &str) {
    let Ok(mut admin) = Client::connect(&directory.admin_socket()) else { return };
    let Ok(mut reader) = Client::connect(&directory.project_socket("project-a")) else { return };
    let path = directory.projects_root().join("project-a");
    let register: serde_json::Value = serde_json::json!(
        {"op": "register", "name": "project-a", "project_path": path, "approve": true});
    for number in 0.. {
        let payload = remo_testkit::payload(&[("gh", value), ("big", &value.repeat(2000))]);
        if admin.request::<_, PushResponse>(&AdminRequest::PushCreds(payload)).is_err() {
            return;
        }
        if reader.fetch().is_err() || reader.get("gh").is_err() || reader.get(value).is_ok() {
            return;
        }
        let extra = match number % 4 {
            0 => admin.request::<_, serde_json::Value>(&AdminRequest::ClearCreds).is_ok(),
            1 => admin.request::<_, serde_json::Value>(&register).is_ok(),
            _ => true,
        };
        if !extra {
            return;
        }
    }
}

#[test]
fn kills_at_random_moments_leave_no_value_in_any_file() {
    let rounds = std::env::var("REMO_KILL_ROUNDS")
        .map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"));
    let directory = PrivateDirectory::new();
    let project = Project::new(&directory, "project-a", &["gh", "big"]);
    let mut broker = Broker::start(&directory, &options("[audit]\nrotate_bytes = 200000\n"));
    broker.approve(&project);
    let value = format!("tripwire-of-kill-rounds-{}", std::process::id());
    let needles = [Needle::new("the value", value.as_bytes())];
    let mut moments = Moments::new();
    let mut generation = 0;
    for round in 0..rounds {
        let (finish, finished) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                work(&directory, &value);
                drop(finish);
            });
            // The worker ends only by the kill; until then this is the wait for the moment.
            let early = finished.recv_timeout(moments.next());
            assert_eq!(
                early,
                Err(mpsc::RecvTimeoutError::Timeout),
                "round {round}: the broker refused its work"
            );
            broker.kill();
            worker.join().unwrap();
        });
        broker.restart();
        let status = broker.status();
        assert_eq!(status.projects.len(), 1, "round {round}: the project is back");
        assert!(status.generation >= generation, "round {round}: the generation does not fall");
        generation = status.generation;
        assert_eq!(status.secret_count, 0, "round {round}: the store is empty");
        if round % 20 == 0 || round + 1 == rounds {
            scan(&directory, &needles, round);
        }
    }
    assert!(
        generation > u64::from(rounds) / 4,
        "work was done: generation {generation} after {rounds} rounds"
    );
    assert_eq!(broker.terminate(wait::PATIENCE).code(), Some(0));
    scan(&directory, &needles, rounds);
    assert!(UnixStream::connect(directory.admin_socket()).is_err());
    // Every line of the log is whole, however the broker ended.
    assert!(remo_testkit::audit::lines(&directory.audit_log()).len() > 1);
}

fn scan(directory: &PrivateDirectory, needles: &[Needle], round: u32) {
    match file_scan(&[directory.path(), directory.secrets_dir()], needles) {
        Scan::Clean { bytes } => assert!(bytes > 0),
        other => panic!("round {round}: {other:?}"),
    }
}
