//! R-5.7: flooding limits the one who floods.

use std::time::Instant;

use remo_testkit::{RawConnection, audit, wait};

use crate::support::{Instance, get_value, refused};

#[test]
fn denied_requests_have_a_burst_and_then_a_rate() {
    let instance = Instance::with_config("[limits]\ndenied_burst = 10\ndenied_per_second = 2\n");
    instance.project("project-a", &["gh"]);
    instance.project("project-b", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    let since = Instant::now();
    let mut connection = instance.broker.raw("project-a");
    let (mut denied, mut limited) = (0_u64, 0_u64);
    for number in 0..500 {
        let answer = connection.ask(&format!(r#"{{"op":"get","name":"guess_{number}"}}"#));
        if answer["code"] == "denied" {
            denied += 1;
        } else {
            refused(&answer, "rate_limited");
            let seconds = answer["retry_after_seconds"].as_u64().unwrap();
            assert!((1..=60).contains(&seconds), "{answer}");
            limited += 1;
        }
    }
    let refilled = since.elapsed().as_secs() * 2 + 2;
    assert!((10..=10 + refilled).contains(&denied), "{denied} were let through");
    // Neither what is allowed nor anybody else suffers.
    assert_eq!(get_value(&mut connection, "gh"), "x");
    assert_eq!(connection.ask(r#"{"op":"fetch"}"#)["ok"], true);
    refused(&instance.broker.raw("project-b").ask(r#"{"op":"get","name":"npm"}"#), "denied");

    // Each denied attempt has its line; what was limited is counted, about one line a second.
    let log = instance.directory.audit_log();
    let lines =
        |event: &str| audit::events(&log, event).into_iter().filter(|line| line["project"] == "project-a");
    assert_eq!(lines("fetch").filter(|line| line["decision"] == "deny").count() as u64, denied);
    wait::until_true(wait::PATIENCE, "all limited requests counted", || {
        lines("rate.limited").map(|line| line["count"].as_u64().unwrap()).sum::<u64>() == limited
    });
    assert!((lines("rate.limited").count() as u64) <= since.elapsed().as_secs() + 2);
    // The rate comes back by itself.
    wait::until_true(wait::PATIENCE, "another denied request", || {
        connection.ask(r#"{"op":"get","name":"npm"}"#)["code"] == "denied"
    });
}

/// An unapproved project that asks again and again is limited as well, with fetch as with get.
#[test]
fn an_unapproved_project_is_limited_too() {
    let instance = Instance::with_config("[limits]\ndenied_burst = 5\ndenied_per_second = 1\n");
    instance.unapproved("project-a", &["gh"]);
    let mut connection = instance.broker.raw("project-a");
    let codes: Vec<String> =
        (0..50).map(|_| connection.ask(r#"{"op":"fetch"}"#)["code"].as_str().unwrap().to_owned()).collect();
    assert!(codes[..5].iter().all(|code| code == "denied"), "{codes:?}");
    assert!(codes.iter().filter(|code| *code == "rate_limited").count() > 30, "{codes:?}");
}

#[test]
fn the_audit_budget_of_a_project_limits_only_that_project() {
    let instance = Instance::with_config("[limits]\naudit_bytes_per_hour = 20000\n");
    instance.project("project-a", &["gh"]);
    instance.project("project-b", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    let mut connection = instance.broker.raw("project-a");
    let mut answered = 0;
    let limited = loop {
        let answer = connection.ask(r#"{"op":"get","name":"gh"}"#);
        if answer["ok"] == false {
            break answer;
        }
        answered += 1;
        assert!(answered < 10_000, "no limit");
    };
    refused(&limited, "rate_limited");
    assert!(limited["retry_after_seconds"].as_u64().unwrap() >= 1);
    assert!(answered > 20, "20,000 bytes are more than {answered} lines");
    refused(&connection.ask(r#"{"op":"fetch"}"#), "rate_limited");
    refused(&connection.ask(r#"{"op":"get","name":"npm"}"#), "rate_limited");
    // What writes no line of a secret goes on.
    assert_eq!(connection.ask(r#"{"op":"ping"}"#)["ok"], true);
    assert_eq!(get_value(&mut instance.broker.raw("project-b"), "gh"), "x");
    let size = std::fs::metadata(instance.directory.audit_log()).unwrap().len();
    for _ in 0..2000 {
        connection.ask(r#"{"op":"get","name":"gh"}"#);
    }
    let grown = std::fs::metadata(instance.directory.audit_log()).unwrap().len() - size;
    assert!(grown < 20_000, "2,000 limited requests wrote {grown} bytes");
}

/// Requests that are no requests write no lines, so they cannot fill the log.
#[test]
fn malformed_requests_do_not_grow_the_log() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let mut connection = instance.broker.raw("project-a");
    let before = audit::lines(&instance.directory.audit_log()).len();
    for _ in 0..500 {
        refused(&connection.ask(r#"{"op":"tripwire"}"#), "protocol_error");
    }
    let after = audit::lines(&instance.directory.audit_log()).len();
    assert!(after - before <= 3, "{} lines", after - before);
}

/// One connection that pipelines without end does not keep others waiting.
#[test]
fn a_flooding_connection_does_not_starve_others() {
    use std::io::{Read as _, Write as _};
    let instance = Instance::with_config("[limits]\naudit_bytes_per_hour = 1000000000000\n");
    instance.project("project-a", &["gh"]);
    instance.project("project-b", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    let flooding = instance.broker.raw("project-a");
    let stream = flooding.stream();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let batch = b"{\"op\":\"get\",\"name\":\"gh\"}\n".repeat(2000);
            let mut writer = stream;
            while writer.write_all(&batch).is_ok() {}
        });
        scope.spawn(|| {
            let mut reader = stream;
            let mut buffer = [0; 16 * 1024];
            while matches!(reader.read(&mut buffer), Ok(1..)) {}
        });
        let since = Instant::now();
        let mut other = instance.broker.raw("project-b");
        for _ in 0..500 {
            assert_eq!(get_value(&mut other, "gh"), "x");
        }
        instance.broker.push(&[("gh", "y")]);
        let took = since.elapsed();
        stream.shutdown(std::net::Shutdown::Both).unwrap();
        assert!(took < wait::PATIENCE / 2, "500 requests beside a flood took {took:?}");
    });
}

/// Answers that a flood may have had when one request of another project is answered, at the median: a turn holds
/// 128 KiB for the flood, which are two answers of this test, and some turns pass until this client looks.
/// Without that limit all of its connections were answered first.
const FLOOD_ANSWERS: u64 = 20;

/// A project is not served more for having many connections and a large pin.
#[test]
fn a_project_with_many_connections_and_large_answers_leaves_others_their_part() {
    use rustix::process::Signal;
    const CONNECTIONS: usize = 60;
    const ROUNDS: usize = 25;
    let instance = Instance::start();
    let names: Vec<String> = (0..1500).map(|number| format!("secret_{number}")).collect();
    instance.project("project-a", &names.iter().map(String::as_str).collect::<Vec<_>>());
    instance.project("project-b", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    let mut other = instance.broker.raw("project-b");
    let mut flood: Vec<RawConnection> = (0..CONNECTIONS).map(|_| instance.broker.raw("project-a")).collect();
    let info = r#"{"op":"info"}"#;
    let mut answer_length = 0;
    for connection in &mut flood {
        connection.send_line(info);
        answer_length = connection.line().unwrap().len() as u64 + 1;
    }
    assert!(answer_length > 64 * 1024, "a large answer: {answer_length} bytes");
    let stop = || {
        instance.broker.signal(Signal::STOP);
        let stat = format!("/proc/{}/stat", instance.broker.process());
        wait::until_true(wait::PATIENCE, "the broker to stand still", || {
            std::fs::read_to_string(&stat).unwrap().rsplit(')').next().unwrap().starts_with(" T ")
        });
    };
    let mut before_the_other: Vec<u64> = (0..ROUNDS)
        .map(|_| {
            // Everything has arrived when the broker looks, the other project's request last.
            stop();
            for connection in &mut flood {
                connection.send_line(info);
            }
            other.send_line(r#"{"op":"get","name":"gh"}"#);
            instance.broker.signal(Signal::CONT);
            assert_eq!(other.answer()["value"], "x");
            stop();
            let arrived = |connection: &RawConnection| {
                rustix::io::ioctl_fionread(connection.stream()).unwrap() / answer_length
            };
            let answered = flood.iter().map(arrived).sum();
            instance.broker.signal(Signal::CONT);
            for connection in &mut flood {
                assert!(connection.line().is_some());
            }
            answered
        })
        .collect();
    before_the_other.sort_unstable();
    assert!(before_the_other[ROUNDS / 2] <= FLOOD_ANSWERS, "{before_the_other:?}");
}

/// Rereading the configuration gives a project a fresh burst, but does not forget what was counted.
#[test]
fn refusals_that_were_counted_survive_a_new_configuration() {
    use rustix::process::Signal;
    const REQUESTS: u64 = 200;
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    let mut connection = instance.broker.raw("project-a");
    for number in 1..=REQUESTS {
        assert_eq!(connection.ask(r#"{"op":"get","name":"npm"}"#)["ok"], false);
        if number % 40 == 0 {
            instance.broker.signal(Signal::HUP);
        }
    }
    let log = instance.directory.audit_log();
    let on_record = || -> u64 {
        let denied = audit::events(&log, "fetch").iter().filter(|line| line["outcome"] == "denied").count();
        let counted = audit::events(&log, "rate.limited");
        denied as u64 + counted.iter().map(|line| line["count"].as_u64().unwrap()).sum::<u64>()
    };
    wait::until_true(wait::PATIENCE, "every request on record", || on_record() >= REQUESTS);
    assert_eq!(on_record(), REQUESTS, "none twice");
}
