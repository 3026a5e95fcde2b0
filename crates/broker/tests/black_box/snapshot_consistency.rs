//! R-3.5: each reader sees the old or the new snapshot, never a mixture, and nothing older once a push was
//! answered.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use remo_testkit::{Broker, RawConnection, wait};
use serde_json::Value;

use crate::support::Instance;

/// Pushes while readers hammer.
const PUSHES: u64 = 1000;

const NAMES: [&str; 6] = ["a", "b", "c", "d", "big", "bundle"];

/// Readers of each kind.
const QUICK: usize = 12;
const PIPELINING: usize = 4;
const SLOW: usize = 4;

/// Enough that an answer does not fit into a socket's buffer.
const BIG: usize = 300_000;

/// What readers share: the newest generation that was answered, and what they saw.
struct Watchtower {
    answered: AtomicU64,
    stop: AtomicBool,
    /// Tags that were seen with each generation.
    seen: Mutex<BTreeMap<u64, String>>,
    responses: AtomicU64,
}

impl Watchtower {
    /// Checks one answer against `floor`, the newest generation that had been answered before the request
    /// was sent, and against every other answer of the same generation.
    fn judge(&self, answer: &Value, floor: u64) {
        assert_eq!(answer["ok"], true, "{:.200}", answer.to_string());
        let generation = answer["generation"].as_u64().unwrap();
        assert!(generation >= floor, "an answer of generation {generation} after {floor} was pushed");
        let mut tags: Vec<String> = Vec::new();
        match answer["secrets"].as_object() {
            Some(secrets) => {
                assert_eq!(secrets.len(), NAMES.len(), "all of the pin is there");
                tags.extend(secrets.values().map(|secret| tag_of(secret["value"].as_str().unwrap())));
            }
            None => tags.push(tag_of(answer["value"].as_str().unwrap())),
        }
        let mut seen = self.seen.lock().unwrap();
        let expected = seen.entry(generation).or_insert_with(|| tags[0].clone());
        for tag in &tags {
            assert_eq!(tag, expected, "values of two snapshots under generation {generation}");
        }
        self.responses.fetch_add(1, Ordering::Relaxed);
    }

    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }
}

/// The tag in a value: `tag-17-…`, or inside the JSON of a bundle, where every field has the same.
fn tag_of(value: &str) -> String {
    if value.starts_with('{') {
        let fields: BTreeMap<String, String> = serde_json::from_str(value).unwrap();
        let tags: Vec<String> = fields.values().map(|field| tag_of(field)).collect();
        assert!(tags.iter().all(|tag| *tag == tags[0]), "a mixed bundle");
        return tags[0].clone();
    }
    value.split('-').nth(1).unwrap().to_owned()
}

fn push(admin: &mut RawConnection, number: u64) -> u64 {
    let small = |name: &str| format!(r#""{name}":"tag-{number}-{name}""#);
    let big = format!(r#""big":"tag-{number}-{}""#, "x".repeat(BIG));
    let bundle = format!(r#""bundle":{{"one":"tag-{number}-1","two":"tag-{number}-2"}}"#);
    let scalars: Vec<String> = ["a", "b", "c", "d"].map(small).to_vec();
    let answer =
        admin.ask(&format!(r#"{{"op":"push-creds","secrets":{{{},{big},{bundle}}}}}"#, scalars.join(",")));
    assert_eq!(answer["ok"], true, "{answer}");
    answer["generation"].as_u64().unwrap()
}

fn quick_reader(broker: &Broker, tower: &Watchtower, number: usize) {
    let mut connection = broker.raw("project-a");
    let mut round = number;
    while tower.goes_on() {
        round += 1;
        let floor = tower.answered.load(Ordering::SeqCst);
        // Mostly small answers; the large ones would keep the whole machine busy with copying.
        let request = match round % 64 {
            0 => r#"{"op":"fetch"}"#.to_owned(),
            1 => r#"{"op":"get","name":"big"}"#.to_owned(),
            2..=20 => r#"{"op":"get","name":"bundle"}"#.to_owned(),
            other => format!(r#"{{"op":"get","name":"{}"}}"#, NAMES[other % 4]),
        };
        if connection.try_send(format!("{request}\n").as_bytes()).is_err() {
            connection = broker.raw("project-a");
            continue;
        }
        match read_answer(&mut connection, usize::MAX) {
            Some(answer) => tower.judge(&answer, floor),
            None => connection = broker.raw("project-a"),
        }
    }
}

fn pipelining_reader(broker: &Broker, tower: &Watchtower) {
    const BATCH: usize = 48;
    let batch: Vec<String> =
        NAMES[..4].iter().map(|name| format!("{{\"op\":\"get\",\"name\":\"{name}\"}}\n")).collect();
    let requests = batch.concat().repeat(BATCH / batch.len());
    let mut connection = broker.raw("project-a");
    while tower.goes_on() {
        let floor = tower.answered.load(Ordering::SeqCst);
        if connection.try_send(requests.as_bytes()).is_err() {
            connection = broker.raw("project-a");
            continue;
        }
        let mut last = floor;
        for _ in 0..BATCH {
            let Some(answer) = read_answer(&mut connection, usize::MAX) else {
                connection = broker.raw("project-a");
                break;
            };
            // Within a connection, snapshots never go back.
            tower.judge(&answer, last);
            last = answer["generation"].as_u64().unwrap();
        }
    }
}

/// Reads a little at a time. An answer may be cut off by the end of the connection, when a push threw it
/// away; what arrives whole is right.
fn slow_reader(broker: &Broker, tower: &Watchtower, cut: &AtomicU64) {
    while tower.goes_on() {
        let mut connection = broker.raw("project-a");
        for _ in 0..3 {
            let floor = tower.answered.load(Ordering::SeqCst);
            if connection.try_send(b"{\"op\":\"fetch\"}\n").is_err() {
                break;
            }
            let Some(answer) = read_answer(&mut connection, 2048) else {
                cut.fetch_add(1, Ordering::Relaxed);
                break;
            };
            tower.judge(&answer, floor);
        }
    }
}

/// One answer, read in pieces of at most `piece` bytes; `None` when the connection ended first.
fn read_answer(connection: &mut RawConnection, piece: usize) -> Option<Value> {
    let mut stream = connection.stream();
    stream.set_read_timeout(Some(wait::PATIENCE)).unwrap();
    let mut line = Vec::new();
    let mut buffer = vec![0; piece.min(64 * 1024)];
    loop {
        // One answer is asked for at a time or read to its newline, so nothing is read beyond it.
        let length = peeked(stream, &mut buffer).filter(|length| *length > 0)?;
        let end = buffer[..length].iter().position(|byte| *byte == b'\n').map(|end| end + 1);
        let wanted = end.unwrap_or(length);
        stream.read_exact(&mut buffer[..wanted]).unwrap();
        line.extend_from_slice(&buffer[..wanted]);
        if end.is_some() {
            return Some(serde_json::from_slice(&line).unwrap());
        }
        if piece < usize::MAX {
            std::thread::yield_now();
        }
    }
}

/// Looks at what has arrived without taking it.
fn peeked(stream: &std::os::unix::net::UnixStream, buffer: &mut [u8]) -> Option<usize> {
    match rustix::net::recv(stream, buffer, rustix::net::RecvFlags::PEEK) {
        Ok((length, _)) => Some(length),
        Err(rustix::io::Errno::CONNRESET) => None,
        Err(error) => panic!("no answer in time: {error}"),
    }
}

#[test]
fn readers_never_see_a_mixture_nor_anything_older_than_what_was_answered() {
    let instance = Instance::with_config("[limits]\naudit_bytes_per_hour = 1000000000000\n");
    instance.project("project-a", &NAMES);
    let broker = &instance.broker;
    let tower = Watchtower {
        answered: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        seen: Mutex::new(BTreeMap::new()),
        responses: AtomicU64::new(0),
    };
    let cut = AtomicU64::new(0);
    let mut admin = broker.raw_admin();
    let mut pushed = BTreeMap::new();
    let first = push(&mut admin, 0);
    pushed.insert(first, "0".to_owned());
    tower.answered.store(first, Ordering::SeqCst);
    std::thread::scope(|scope| {
        let stopper = Stopper(&tower);
        for number in 0..QUICK {
            let tower = &tower;
            scope.spawn(move || quick_reader(broker, tower, number * 7));
        }
        for _ in 0..PIPELINING {
            scope.spawn(|| pipelining_reader(broker, &tower));
        }
        for _ in 0..SLOW {
            scope.spawn(|| slow_reader(broker, &tower, &cut));
        }
        for number in 1..=PUSHES {
            let generation = push(&mut admin, number);
            tower.answered.store(generation, Ordering::SeqCst);
            pushed.insert(generation, number.to_string());
        }
        drop(stopper);
    });
    let seen = tower.seen.into_inner().unwrap();
    for (generation, tag) in &seen {
        assert_eq!(
            pushed.get(generation),
            Some(tag),
            "generation {generation} carries another push's values"
        );
    }
    let responses = tower.responses.into_inner();
    assert_eq!(pushed.len() as u64, PUSHES + 1, "each push has a generation of its own");
    assert!(responses > PUSHES && seen.len() > 100, "{responses} answers of {} generations", seen.len());
    assert!(cut.into_inner() > 0, "pushes met slow readers");
}

/// Lets the readers end, also when a push fails.
struct Stopper<'a>(&'a Watchtower);

impl Drop for Stopper<'_> {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

/// An answer of an older snapshot that waits for its reader is thrown away with its connection: what had
/// left is all that arrives.
#[test]
fn a_waiting_answer_of_an_older_snapshot_is_thrown_away() {
    let instance = Instance::start();
    instance.project("project-a", &["big"]);
    for clear in [false, true] {
        instance.broker.push(&[("big", &"old".repeat(300_000))]);
        for request in [r#"{"op":"get","name":"big"}"#, r#"{"op":"fetch"}"#] {
            instance.broker.push(&[("big", &"old".repeat(300_000))]);
            let mut reader = instance.broker.raw("project-a");
            reader.send_line(request);
            let begin = reader.some_bytes(1);
            assert_eq!(begin, b"{");
            if clear {
                instance.broker.clear();
            } else {
                instance.broker.push(&[("big", "new")]);
            }
            let rest = reader.until_end(Duration::from_secs(5));
            assert!(!rest.ends_with(b"\n") && rest.len() < 900_000, "only a part: {}", rest.len());
        }
    }
}

/// Requests that a client pipelined behind an unread answer are not answered from the old snapshot either.
#[test]
fn a_request_that_waits_behind_an_unread_answer_is_answered_from_the_new_snapshot_or_not_at_all() {
    let instance = Instance::start();
    instance.project("project-a", &["big", "a"]);
    instance.broker.push(&[("big", &"x".repeat(900_000)), ("a", "old")]);
    let mut reader = instance.broker.raw("project-a");
    reader.send(b"{\"op\":\"get\",\"name\":\"big\"}\n{\"op\":\"get\",\"name\":\"a\"}\n");
    assert_eq!(reader.some_bytes(1), b"{");
    instance.broker.push(&[("big", "y"), ("a", "new")]);
    let rest = String::from_utf8(reader.until_end(Duration::from_secs(5))).unwrap();
    assert!(!rest.contains("\"old\""), "nothing of the old snapshot behind the push");
}

/// A connection without a waiting answer outlives a push.
#[test]
fn a_push_closes_no_connection_that_has_taken_its_answers() {
    let instance = Instance::start();
    instance.project("project-a", &["a"]);
    instance.broker.push(&[("a", "0")]);
    let mut connection = instance.broker.raw("project-a");
    for number in 1..50 {
        instance.broker.push(&[("a", &number.to_string())]);
        let answer = connection.ask(r#"{"op":"get","name":"a"}"#);
        assert_eq!(answer["value"], number.to_string());
    }
}
