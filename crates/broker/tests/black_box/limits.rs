//! Time limits and numbers of connections (R-3.2).

use std::time::{Duration, Instant};

use remo_testkit::{RawConnection, wait};
use remo_wire::limits::{BLOCKED_WRITE_TIMEOUT, HALF_LINE_TIMEOUT};

use crate::support::{Instance, get_value, refused};

/// How much later than its limit a connection may end on a busy machine.
const SLACK: Duration = Duration::from_secs(8);

/// How much earlier: clocks are read at different moments.
const EARLY: Duration = Duration::from_millis(500);

#[track_caller]
fn ended_in_time(since: Instant, limit: Duration) {
    let took = since.elapsed();
    assert!(took + EARLY >= limit && took <= limit + SLACK, "ended after {took:?}, the limit is {limit:?}");
}

/// Half lines, one that grows a byte at a time, an idle connection and a reader that does not read, all in
/// one wait: each has its ten seconds.
#[test]
fn half_lines_and_blocked_writes_have_ten_seconds_and_idle_connections_stay() {
    let instance = Instance::start();
    instance.project("project-a", &["big", "gh"]);
    instance.project("project-b", &["gh"]);
    instance.broker.push(&[("big", &"x".repeat(900_000)), ("gh", "x")]);

    let mut idle = instance.broker.raw("project-a");
    let mut idle_admin = instance.broker.raw_admin();
    assert_eq!(idle.ask(r#"{"op":"ping"}"#)["ok"], true);
    assert_eq!(idle_admin.ask(r#"{"op":"list"}"#)["ok"], true);

    let started = Instant::now();
    let half = |mut connection: RawConnection| {
        connection.send(b"{\"op\":\"ping\"}\n{\"op\":\"pi");
        assert!(connection.line().is_some());
        connection
    };
    let mut halves = [half(instance.broker.raw("project-a")), half(instance.broker.raw_admin())];
    let mut blocked = instance.broker.raw("project-a");
    blocked.send(&b"{\"op\":\"get\",\"name\":\"big\"}\n".repeat(3));

    // A byte now and then does not buy more time: the limit holds for the line.
    let mut growing = instance.broker.raw("project-a");
    growing.send(b"{");
    let grows = std::thread::spawn(move || {
        let since = Instant::now();
        let mut next = Duration::ZERO;
        wait::until_true(HALF_LINE_TIMEOUT + SLACK, "the end of a line that grows slowly", || {
            if since.elapsed() < next {
                return false;
            }
            next += Duration::from_millis(300);
            growing.try_send(b" ").is_err()
        });
        ended_in_time(since, HALF_LINE_TIMEOUT);
    });

    for connection in &mut halves {
        connection.until_end(HALF_LINE_TIMEOUT + SLACK);
        ended_in_time(started, HALF_LINE_TIMEOUT);
    }
    // Not reading until the broker has given up; what it had sent by then comes, and then the end.
    wait::until_true(BLOCKED_WRITE_TIMEOUT + SLACK, "the blocked connection's end", || has_hung_up(&blocked));
    ended_in_time(started, BLOCKED_WRITE_TIMEOUT);
    let delivered = blocked.until_end(wait::PATIENCE);
    assert!(delivered.len() < 900_000, "not even one answer is whole: {}", delivered.len());
    grows.join().unwrap();

    assert!(started.elapsed() + EARLY >= HALF_LINE_TIMEOUT);
    assert_eq!(idle.ask(r#"{"op":"ping"}"#)["ok"], true, "idle between lines is allowed");
    assert_eq!(idle_admin.ask(r#"{"op":"list"}"#)["ok"], true);
    assert_eq!(get_value(&mut instance.broker.raw("project-b"), "gh"), "x");
}

fn has_hung_up(connection: &RawConnection) -> bool {
    use rustix::event::{PollFd, PollFlags, poll};
    let mut watched = [PollFd::new(connection.stream(), PollFlags::RDHUP)];
    poll(&mut watched, Some(&rustix::time::Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap();
    watched[0].revents().intersects(PollFlags::HUP | PollFlags::RDHUP)
}

/// The ten seconds are those of one line: a client that completes a line and begins the next one in the same
/// write, again and again, is never late.
#[test]
fn each_half_line_has_its_own_ten_seconds() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let pause = HALF_LINE_TIMEOUT.mul_f64(0.6);
    for mut connection in [instance.broker.raw("project-a"), instance.broker.raw_admin()] {
        connection.send(b"{\"op\":\"in");
        for _ in 0..2 {
            nothing_arrives(&connection, pause);
            connection.send(b"valid\"}\n{\"op\":\"in");
            let message = refused(&connection.answer(), "protocol_error");
            assert!(message.starts_with("unknown operation"), "{message}");
        }
    }
}

fn nothing_arrives(connection: &RawConnection, span: Duration) {
    use std::io::{ErrorKind, Read as _};
    let mut stream = connection.stream();
    let until = Instant::now() + span;
    loop {
        let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        stream.set_read_timeout(Some(left)).unwrap();
        match stream.read(&mut [0]) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            other => panic!("something arrived: {other:?}"),
        }
    }
}

/// Clients that do not read hold up nobody else, of the same project or of another.
#[test]
fn slow_readers_do_not_hold_up_others() {
    let instance = Instance::start();
    instance.project("project-a", &["big", "gh"]);
    instance.broker.push(&[("big", &"x".repeat(900_000)), ("gh", "x")]);
    let slow: Vec<RawConnection> = (0..4)
        .map(|_| {
            let mut connection = instance.broker.raw("project-a");
            connection.send(b"{\"op\":\"get\",\"name\":\"big\"}\n");
            connection
        })
        .collect();
    let mut quick = instance.broker.raw("project-a");
    let since = Instant::now();
    for _ in 0..200 {
        assert_eq!(get_value(&mut quick, "gh"), "x");
    }
    assert_eq!(instance.broker.status().secret_count, 2);
    assert!(since.elapsed() < BLOCKED_WRITE_TIMEOUT, "took {:?}", since.elapsed());
    // The slow ones get their answers once they read.
    for mut connection in slow {
        assert_eq!(connection.answer()["value"].as_str().unwrap().len(), 900_000);
    }
}

/// What waits for slow readers has an end as well: the project itself gets `rate_limited`.
#[test]
fn unread_answers_of_a_project_have_a_limit() {
    let instance = Instance::with_config("[limits]\nunsent_bytes = 2000000\n");
    instance.project("project-a", &["big"]);
    instance.project("project-b", &["big"]);
    instance.broker.push(&[("big", &"x".repeat(1_000_000))]);
    let mut slow = Vec::new();
    let limited = wait::until(wait::PATIENCE, "the limit of unread answers", || {
        let mut connection = instance.broker.raw("project-a");
        connection.send(b"{\"op\":\"get\",\"name\":\"big\"}\n");
        let begin = connection.some_bytes(20);
        slow.push(connection);
        assert!(slow.len() < 20, "no limit");
        begin.starts_with(br#"{"ok":false"#).then(|| slow.pop().unwrap())
    });
    drop(limited);
    assert!(slow.len() >= 2, "two answers fit");
    assert_eq!(get_value(&mut instance.broker.raw("project-b"), "big").len(), 1_000_000);
    drop(slow);
    wait::until_true(wait::PATIENCE, "room again", || {
        instance.broker.raw("project-a").ask(r#"{"op":"get","name":"big"}"#)["ok"] == true
    });
}

#[test]
fn too_many_connections_get_an_error_and_room_is_given_back() {
    let instance = Instance::with_config("[limits]\nproject_connections = 3\nadmin_connections = 3\n");
    instance.project("project-a", &["gh"]);
    instance.project("project-b", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    for admin in [false, true] {
        let request = if admin { r#"{"op":"list"}"# } else { r#"{"op":"info"}"# };
        let open = || if admin { instance.broker.raw_admin() } else { instance.broker.raw("project-a") };
        let mut held: Vec<RawConnection> = wait::until(wait::PATIENCE, "three connections", || {
            // Connections of earlier requests may still be ending.
            let mut held: Vec<RawConnection> = (0..3).map(|_| open()).collect();
            held.iter_mut()
                .all(|connection| {
                    connection.try_send(format!("{request}\n").as_bytes()).is_ok()
                        && connection.answer()["ok"] == true
                })
                .then_some(held)
        });
        let mut refused_connection = open();
        let answer = refused_connection.answer();
        refused(&answer, "rate_limited");
        assert!(answer["retry_after_seconds"].as_u64().is_some(), "{answer}");
        assert_eq!(refused_connection.line(), None, "an error, then the end");
        for connection in &mut held {
            assert_eq!(connection.ask(request)["ok"], true, "those who are in stay in");
        }
        if !admin {
            assert_eq!(get_value(&mut instance.broker.raw("project-b"), "gh"), "x");
        }
        held.pop();
        wait::until_true(wait::PATIENCE, "room for a connection", || {
            let mut connection = open();
            connection.try_send(format!("{request}\n").as_bytes()).is_ok()
                && connection.answer()["ok"] == true
        });
    }
}

/// Connections that come and go, in every way, are forgotten.
#[test]
fn connections_that_ended_do_not_count() {
    let instance = Instance::with_config("[limits]\nproject_connections = 8\n");
    instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    for number in 0..400 {
        wait::until_true(wait::PATIENCE, "a connection to be let in", || {
            let mut connection = instance.broker.raw("project-a");
            match number % 4 {
                0 => true,
                1 => connection.try_send(b"{\"op\":\"pi").is_ok(),
                2 => connection.try_send(b"{\"op\":\"watch\"}\n").is_ok(),
                _ => connection.try_send(b"{\"op\":\"ping\"}\n").is_ok() && connection.answer()["ok"] == true,
            }
        });
    }
    wait::until_true(wait::PATIENCE, "all eight places", || {
        let mut held: Vec<RawConnection> = (0..8).map(|_| instance.broker.raw("project-a")).collect();
        held.iter_mut().all(|connection| {
            connection.try_send(b"{\"op\":\"ping\"}\n").is_ok() && connection.answer()["ok"] == true
        })
    });
}

/// How long a client may go on sending behind its last answer.
const DRAIN_LIMIT: Duration = Duration::from_secs(2);

/// Behind a line that is too long a client has a moment to take the error, not for ever, whether the line comes
/// in one piece or in two.
#[test]
fn a_line_that_is_too_long_and_never_ends_is_cut_off() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    for pieces in [1, 2] {
        let mut connection = instance.broker.raw("project-a");
        for _ in 0..pieces {
            connection.send(&b"x".repeat(80_000 / pieces));
        }
        let since = Instant::now();
        refused(&connection.answer(), "protocol_error");
        wait::until_true(DRAIN_LIMIT + SLACK, "the end of a line that never ends", || {
            connection.try_send(b"y").is_err()
        });
        assert!(since.elapsed() >= EARLY, "the client had a moment");
        assert_eq!(connection.line(), None, "one error, then the end");
    }
    assert_eq!(instance.broker.raw("project-a").ask(r#"{"op":"ping"}"#)["ok"], true);
}

/// The moment to take the error begins when the error can be read: a slow reader gets all that was owed, and the
/// error behind it.
#[test]
fn a_slow_reader_gets_the_error_of_a_line_that_was_too_long() {
    let instance = Instance::start();
    instance.project("project-a", &["big"]);
    instance.broker.push(&[("big", &"x".repeat(900_000))]);
    let mut slow = instance.broker.raw("project-a");
    slow.send(b"{\"op\":\"get\",\"name\":\"big\"}\n");
    slow.send(&b"y".repeat(80_000));
    // Longer than the moment, shorter than what a blocked write has.
    wait::holds(DRAIN_LIMIT * 2, "the connection", || !has_hung_up(&slow));
    assert_eq!(slow.answer()["value"].as_str().unwrap().len(), 900_000);
    refused(&slow.answer(), "protocol_error");
    assert_eq!(slow.line(), None, "an error, then the end");
}
