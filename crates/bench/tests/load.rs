//! The load client against the real null echo server: what it counts is what happened.

#![expect(clippy::unwrap_used, reason = "set-up of tests outside of the test functions themselves")]

use std::process::Command;
use std::time::Duration;

use remo_bench::load::{BlockingClient, Exchange, PollingClient};
use remo_bench::process::{Process, wait_for_socket};
use tempfile::TempDir;

const ANSWER_BYTES: usize = 120;
const ROUND: Duration = Duration::from_millis(200);

struct Echo {
    process: Process,
    directory: TempDir,
}

impl Echo {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("echo.sock");
        let process = Process::start(
            Command::new(env!("CARGO_BIN_EXE_remo-null-echo")).arg(&socket).arg(ANSWER_BYTES.to_string()),
        )
        .unwrap();
        wait_for_socket(&socket).unwrap();
        Self { process, directory }
    }

    fn socket(&self) -> std::path::PathBuf {
        self.directory.path().join("echo.sock")
    }
}

fn exchange(answer_start: &str, answer_bytes: usize) -> Exchange {
    Exchange {
        request: b"{\"op\":\"get\",\"name\":\"x\"}\n".to_vec(),
        answer_start: answer_start.as_bytes().to_vec(),
        answer_length: answer_bytes..=answer_bytes,
    }
}

#[test]
fn one_connection_answers_one_after_the_other() {
    let echo = Echo::start();
    let mut client = BlockingClient::connect(&echo.socket(), &exchange("xxxx", ANSWER_BYTES)).unwrap();
    let before = echo.process.cpu_time().unwrap();
    let round = client.round(ROUND).unwrap();
    assert!(round.latencies.total() > 100, "{round:?}");
    assert!(round.elapsed >= ROUND);
    assert!(round.latencies.quantile(500) > 0);
    assert!(round.latencies.quantile(500) <= round.latencies.quantile(990));
    assert!(echo.process.cpu_time().unwrap() > before, "the server worked and no time was seen");
}

#[test]
fn many_connections_are_kept_from_round_to_round() {
    let echo = Echo::start();
    let mut client = PollingClient::connect(&echo.socket(), 64, &exchange("xxxx", ANSWER_BYTES)).unwrap();
    for _ in 0..2 {
        let round = client.round(ROUND).unwrap();
        assert!(round.latencies.total() > 1000, "{round:?}");
        assert!(round.client_cpu > Duration::ZERO && round.client_cpu <= round.elapsed);
    }
}

#[test]
fn a_wrong_answer_ends_the_round() {
    let echo = Echo::start();
    let wrong_start = exchange("{\"ok\":true", ANSWER_BYTES);
    let wrong_length = exchange("xxxx", ANSWER_BYTES - 1);
    for exchange in [&wrong_start, &wrong_length] {
        let failure = PollingClient::connect(&echo.socket(), 4, exchange).unwrap().round(ROUND).unwrap_err();
        assert!(failure.to_string().contains("not what it should be"), "{failure}");
        let failure = BlockingClient::connect(&echo.socket(), exchange).unwrap().round(ROUND).unwrap_err();
        assert!(failure.to_string().contains("not what it should be"), "{failure}");
    }
}

#[test]
fn a_server_that_dies_ends_the_round() {
    let echo = Echo::start();
    let mut client = PollingClient::connect(&echo.socket(), 4, &exchange("xxxx", ANSWER_BYTES)).unwrap();
    client.round(ROUND).unwrap();
    echo.process.kill().unwrap();
    assert!(client.round(ROUND).is_err());
}
