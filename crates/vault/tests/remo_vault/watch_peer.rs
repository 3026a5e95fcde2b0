//! The watcher and the other commands in front of a broker that misbehaves.

use std::fs;
use std::time::{Duration, Instant};

use remo_testkit::wait::{self, PATIENCE};
use remo_vault::watch::report::{self, Found, Report, State};
use rustix::process::Signal;

use crate::admin_peer::{Answer, Asked, listen};
use crate::room::Room;
use crate::watcher::Watcher;

const OTHER_VERSION: Answer = Answer::Line(r#"{"ok":true,"protocol_version":3}"#);
const BROKEN: Answer = Answer::Line(r#"{"ok":false,"code":"internal_error","message":"no luck"}"#);
const INVALID: Answer = Answer::Line(r#"{"ok":false,"code":"invalid_payload","message":"no such thing"}"#);
const TOO_LARGE: Answer =
    Answer::Line(r#"{"ok":false,"code":"payload_too_large","message":"no more than this"}"#);
const NOT_OURS: Answer = Answer::Line("HTTP/1.1 400 Bad Request");

/// A question answered and a push that is not, eight times.
const ANSWER_AND_CLOSE: [Answer; 16] = {
    let mut script = [Answer::Well; 16];
    let mut at = 1;
    while at < script.len() {
        script[at] = Answer::Close;
        at += 2;
    }
    script
};

fn room() -> Room {
    let room = Room::with_key();
    room.set("gh", "tripwire");
    room
}

#[track_caller]
fn next(asked: &Asked) -> String {
    asked.recv_timeout(PATIENCE).expect("a request in time")
}

/// Fails the test when a request comes within `time`.
#[track_caller]
fn nothing_within(asked: &Asked, time: Duration) {
    assert!(asked.recv_timeout(time).is_err(), "a request that should not have been made");
}

/// The report of the living watcher, once it says `state`.
#[track_caller]
fn running(room: &Room, state: State) -> Report {
    wait::until(PATIENCE, &format!("the state {state:?}"), || match report::read(&room.store()).unwrap() {
        Found::Running(report) if report.state == state => Some(report),
        _ => None,
    })
}

#[test]
fn another_protocol_version_ends_every_command_with_three() {
    for (arguments, script) in [
        (&["push"][..], &[OTHER_VERSION][..]),
        (&["clear"], &[OTHER_VERSION]),
        (&["watch"], &[OTHER_VERSION]),
        (&["push"], &[NOT_OURS]),
        (&["watch"], &[NOT_OURS]),
    ] {
        let room = room();
        let asked = listen(&room.admin_socket(), script);
        let refused = room.run(arguments).expect(3);
        assert!(refused.stderr.contains("\nhint: install the broker and remo-vault out of the same release"));
        if script[0] == OTHER_VERSION {
            assert!(
                refused.stderr.contains("protocol version 3, this program version 2"),
                "{}",
                refused.stderr
            );
        }
        assert_eq!(next(&asked), "status");
        nothing_within(&asked, Duration::ZERO);
    }
}

#[test]
fn a_refused_push_is_an_error_of_the_command() {
    let room = room();
    let _asked = listen(&room.admin_socket(), &[Answer::Well, INVALID]);
    let refused = room.run(&["push"]).expect(1);
    assert_eq!(
        refused.stderr,
        "error: invalid_payload: no such thing\nhint: look into the broker's log; it says what it did with the \
         request\n"
    );
    assert!(refused.stdout.is_empty());
}

#[test]
fn a_broker_that_goes_away_is_out_of_reach() {
    let room = room();
    let _asked = listen(&room.admin_socket(), &[Answer::Well, Answer::Close]);
    assert!(room.run(&["push"]).expect(4).stderr.contains("the broker closed it"));
}

#[test]
fn what_was_refused_is_offered_again_only_after_a_change() {
    let room = room();
    let asked = listen(&room.admin_socket(), &[Answer::Well, INVALID]);
    let watcher = Watcher::start(&room);
    watcher.wait_for("the broker refuses the push: invalid_payload: no such thing");
    assert_eq!((next(&asked), next(&asked)), ("status".into(), "push-creds".into()));
    assert_eq!(next(&asked), "status", "whether the generation is another");
    wait::holds(Duration::from_secs(1), "the same is not pushed again", || {
        asked.try_iter().all(|operation| operation == "status")
    });
    let said = running(&room, State::Refused);
    assert_eq!(said.problem.as_deref(), Some("the broker refuses the push: invalid_payload: no such thing"));
    assert!(said.hint.is_some() && said.last_push.is_none(), "{said:?}");
    room.set("gh", "another");
    watcher.wait_for("pushed 1 secret, generation 1 (the store changed)");
    assert_eq!(running(&room, State::UpToDate).problem, None);
    assert!(watcher.stop(Signal::TERM).success());
}

#[test]
fn a_broker_in_trouble_is_tried_again_with_growing_pauses() {
    let room = room();
    let asked = listen(
        &room.admin_socket(),
        &[Answer::Well, BROKEN, Answer::Well, BROKEN, Answer::Well, BROKEN, Answer::Well, BROKEN],
    );
    let watcher = Watcher::start(&room);
    let mut times = Vec::new();
    for _ in 0..5 {
        assert_eq!((next(&asked), next(&asked)), ("status".into(), "push-creds".into()));
        times.push(Instant::now());
    }
    watcher.wait_for("pushed 1 secret, generation 1 (tried again)");
    assert_eq!(watcher.count("internal_error: no luck"), 1, "said once: {:#?}", watcher.log());
    let pauses: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses[3] > Duration::from_millis(700) && pauses[1] < pauses[3], "{pauses:?}");
}

#[test]
fn a_broker_that_hangs_is_given_up_and_found_again() {
    let room = room();
    let asked = listen(&room.admin_socket(), &[Answer::Well, Answer::Never]);
    let watcher = Watcher::start(&room);
    assert_eq!((next(&asked), next(&asked)), ("status".into(), "push-creds".into()));
    watcher.wait_for("the broker did not answer in time");
    watcher.wait_for("pushed 1 secret, generation 1");
    assert!(watcher.stop(Signal::INT).success());
}

#[test]
fn a_broker_that_closes_every_connection_is_not_hammered() {
    let room = room();
    let asked = listen(&room.admin_socket(), &[Answer::Close; 8]);
    let watcher = Watcher::start(&room);
    let begin = Instant::now();
    watcher.wait_for("pushed 1 secret, generation 1");
    // The pauses before the nine attempts: 20, 40, 80, 160, 320, 640 ms, then 1 s each.
    assert!(begin.elapsed() > Duration::from_secs(3), "{:?}", begin.elapsed());
    assert_eq!(watcher.count("; waiting for it"), 1, "said once: {:#?}", watcher.log());
    assert_eq!(watcher.count("the broker answers at"), 1);
    assert_eq!((next(&asked), next(&asked)), ("status".into(), "push-creds".into()));
}

#[test]
fn a_broker_that_answers_and_then_closes_is_not_hammered_either() {
    let room = room();
    let _asked = listen(&room.admin_socket(), &ANSWER_AND_CLOSE);
    let watcher = Watcher::start(&room);
    let begin = Instant::now();
    watcher.wait_for("pushed 1 secret, generation 1");
    // The same pauses as for one that closes at once.
    assert!(begin.elapsed() > Duration::from_secs(3), "{:?}", begin.elapsed());
}

/// What was refused stays so in the report, whatever was reported in between.
#[test]
fn a_refusal_is_reported_again_after_other_trouble() {
    let room = room();
    let asked = listen(&room.admin_socket(), &[Answer::Well, INVALID]);
    let watcher = Watcher::start(&room);
    let refused = running(&room, State::Refused).problem;
    let whole = fs::read(room.store()).unwrap();
    fs::write(room.store(), "").unwrap();
    running(&room, State::StoreUnreadable);
    fs::write(room.store(), whole).unwrap();
    assert_eq!(running(&room, State::Refused).problem, refused);
    watcher
        .wait_for("the store can be read again; the broker refuses the push: invalid_payload: no such thing");
    assert_eq!(asked.try_iter().filter(|operation| operation == "push-creds").count(), 1);

    let room = self::room();
    let asked = listen(&room.admin_socket(), &[Answer::Well, TOO_LARGE]);
    let _watcher = Watcher::start(&room);
    // The broker ends the connection with such an answer, so the watcher waits for it, and asks again.
    assert_eq!([next(&asked), next(&asked), next(&asked)], ["status", "push-creds", "status"]);
    let said = running(&room, State::Refused);
    assert_eq!(
        said.problem.as_deref(),
        Some("the broker refuses the push: payload_too_large: no more than this")
    );
    wait::holds(Duration::from_millis(300), "it stays at that", || {
        matches!(report::read(&room.store()).unwrap(), Found::Running(Report { state: State::Refused, .. }))
    });
}
