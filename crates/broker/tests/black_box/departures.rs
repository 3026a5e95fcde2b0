//! Clients that leave early: what they took is accounted for, and what they asked for counts.

use std::io::Read as _;

use remo_testkit::{audit, wait};

use crate::support::{Instance, get_value};

/// The socket's own buffer takes about a quarter of the value; the rest waits in the broker.
const BIG: usize = 900_000;

/// Clients that close in the middle of a large value leave nothing behind in what the project may have unread.
/// The broker is likely to be inside a write when a client closes, so each of them is a chance to count wrong.
#[test]
fn readers_that_leave_in_the_middle_of_a_value_do_not_lock_their_project_out() {
    const CLIENTS: usize = 1500;
    let instance = Instance::with_config(
        "[limits]\nunsent_bytes = 2000000\naudit_bytes_per_hour = 1000000000000\nproject_connections = 1000\n",
    );
    instance.project("project-a", &["big"]);
    instance.broker.push(&[("big", &"x".repeat(BIG))]);
    let mut chunk = vec![0; 64 * 1024];
    for number in 0..CLIENTS {
        let mut connection = instance.broker.raw("project-a");
        connection.send(b"{\"op\":\"get\",\"name\":\"big\"}\n");
        let mut stream = connection.stream();
        stream.set_read_timeout(Some(wait::PATIENCE)).unwrap();
        let length = stream.read(&mut chunk).unwrap();
        assert!(
            chunk[..length].starts_with(b"{\"ok\":true"),
            "client {number} is the only one and was refused"
        );
        for _ in 0..number % 9 {
            assert!(stream.read(&mut chunk).unwrap() > 0, "client {number}");
        }
    }
    // The broker learns of the last departures a moment later; what it counted wrong would stay for ever.
    wait::until_true(wait::PATIENCE, "room for an answer", || {
        instance.broker.raw("project-a").ask(r#"{"op":"get","name":"big"}"#)["ok"] == true
    });
    let mut together: Vec<_> = (0..2).map(|_| instance.broker.raw("project-a")).collect();
    for connection in &mut together {
        assert_eq!(get_value(connection, "big").len(), BIG, "all of the room is there again");
    }
}

/// Requests that have arrived are carried out, whether or not somebody still waits for the answers.
#[test]
fn admin_requests_count_although_their_client_has_gone() {
    const PUSHES: u64 = 50;
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    // Short requests that arrive at once, and long ones that arrive in several reads.
    for padding in [0, 8000] {
        let before = instance.broker.push(&[("gh", "before")]).generation;
        let padding = "x".repeat(padding);
        let request =
            |number| format!(r#"{{"op":"push-creds","secrets":{{"gh":"{padding}{number}"}}}}"#) + "\n";
        let requests: Vec<String> = (1..=PUSHES).map(request).collect();
        let mut connection = instance.broker.raw_admin();
        connection.send(requests.concat().as_bytes());
        drop(connection);
        wait::until_true(wait::PATIENCE, "the last of the pushes", || {
            get_value(&mut instance.broker.raw("project-a"), "gh") == format!("{padding}{PUSHES}")
        });
        assert_eq!(instance.broker.status().generation, before + PUSHES);
    }
    // One by one too.
    for _ in 0..PUSHES {
        instance.broker.push(&[("gh", "x")]);
        let mut connection = instance.broker.raw_admin();
        connection.send(b"{\"op\":\"clear-creds\"}\n");
        drop(connection);
        wait::until_true(wait::PATIENCE, "an empty store", || instance.broker.status().secret_count == 0);
    }
}

/// Nobody probes unseen by closing before the answer.
#[test]
fn denied_requests_are_on_record_although_their_client_has_gone() {
    const PROBES: usize = 10;
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let probes = |name: &str| {
        audit::events(&instance.directory.audit_log(), "fetch")
            .iter()
            .filter(|line| line["secret_name"] == name && line["outcome"] == "denied")
            .count()
    };
    let mut connection = instance.broker.raw("project-a");
    connection.send(&b"{\"op\":\"get\",\"name\":\"together\"}\n".repeat(PROBES));
    drop(connection);
    for _ in 0..PROBES {
        let mut connection = instance.broker.raw("project-a");
        connection.send(b"{\"op\":\"get\",\"name\":\"single\"}\n");
    }
    wait::until_true(wait::PATIENCE, "a line for each probe", || {
        probes("together") == PROBES && probes("single") == PROBES
    });
}
