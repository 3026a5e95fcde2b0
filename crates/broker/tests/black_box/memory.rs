//! R-5.2: after `clear-creds` no copy of a value is left in the process, nor is one in any file.

use remo_secret::Secret;
use remo_testkit::{Broker, Needle, Scan, bundle, file_scan, memory_scan, payload, secret_name, skip};
use remo_wire::admin::{PushPayload, PushedSecret};
use std::io::Write as _;
use std::time::Duration;

use crate::support::Instance;

/// Values that are found nowhere by chance; one is no UTF-8, one needs escapes.
struct Tripwires {
    text: String,
    escaped: String,
    field: String,
    bytes: Vec<u8>,
    big: String,
}

impl Tripwires {
    fn new(tag: &str) -> Self {
        let mut bytes = format!("tripwire-bytes-{tag}-").into_bytes();
        bytes.extend([0xff, 0x00, 0xfe, 0x80, 0x0a, 0xc3]);
        Self {
            text: format!("tripwire-text-{tag}-4f1d"),
            escaped: format!("tripwire \"escaped\"\n\t\\{tag}\\\u{1} ä"),
            field: format!("tripwire-field-{tag}-77c0"),
            bytes,
            big: format!("tripwire-big-{tag}-").repeat(20_000),
        }
    }

    fn payload(&self) -> PushPayload {
        let mut payload = payload(&[("text", &self.text), ("escaped", &self.escaped), ("big", &self.big)]);
        payload
            .secrets
            .insert(secret_name("bundle"), bundle(&[("one", &self.field), ("two", &self.escaped)]));
        payload.secrets.insert(secret_name("bytes"), PushedSecret::Scalar(Secret::new(self.bytes.clone())));
        payload
    }

    fn needles(&self, tag: &str) -> Vec<Needle> {
        let label = |what: &str| format!("{what} of {tag}");
        vec![
            Needle::new(&label("text"), self.text.as_bytes()),
            Needle::new(&label("escaped"), self.escaped.as_bytes()),
            Needle::new(&label("field"), self.field.as_bytes()),
            Needle::new(&label("bytes"), &self.bytes),
            Needle::new(&label("big"), &self.big.as_bytes()[..17]),
        ]
    }
}

const NAMES: [&str; 6] = ["text", "escaped", "bundle", "bytes", "big", "missing"];

/// Reads everything over every operation, also with clients that leave in the middle.
fn read_everything(broker: &Broker) {
    let mut connection = broker.raw("project-a");
    for name in NAMES {
        connection.ask(&format!(r#"{{"op":"get","name":"{name}"}}"#));
    }
    for request in [r#"{"op":"fetch"}"#, r#"{"op":"info"}"#, r#"{"op":"ping"}"#] {
        assert_eq!(connection.ask(request)["ok"], true, "{request}");
    }
    connection.ask(r#"{"op":"watch"}"#);
    for _ in 0..3 {
        // Gone with an answer half read.
        let mut leaver = broker.raw("project-a");
        leaver.send(b"{\"op\":\"fetch\"}\n{\"op\":\"get\",\"name\":\"big\"}\n{\"op\":\"fetch\"}\n");
        leaver.some_bytes(100);
    }
    for request in [r#"{"op":"list"}"#, r#"{"op":"status"}"#, r#"{"op":"manifest","name":"project-a"}"#] {
        assert_eq!(broker.raw_admin().ask(request)["ok"], true, "{request}");
    }
}

/// Pushes that fail at every stage, each with values of `wires` in it.
fn fail_to_push(broker: &Broker, wires: &Tripwires) {
    let text = &wires.text;
    let escaped = serde_json::to_string(&wires.escaped).unwrap();
    let encoded = remo_wire::value::encode_base64(&wires.bytes);
    let encoded = encoded.expose_text().unwrap();
    for secrets in [
        format!(r#"{{"a":"{text}","b":{escaped},"c":5}}"#),
        format!(r#"{{"a":{escaped},"a":"{text}"}}"#),
        format!(r#"{{"{text}":"{text}"}}"#),
        format!(r#"{{"a":{{"x":"{text}","y":{escaped},"1":"z"}}}}"#),
        format!(r#"{{"a":{{"$b64":"{encoded}"}},"b":{{"$b64":"{encoded}!"}}}}"#),
        format!(r#"{{"a":["{text}"]}}"#),
        format!(r#""{text}""#),
        format!(r#"{{"a":{escaped},"b":"\ud800"}}"#),
        format!(r#"{{"a":"{text}""#),
    ] {
        let answer = broker.raw_admin().ask(&format!(r#"{{"op":"push-creds","secrets":{secrets}}}"#));
        assert_eq!(answer["ok"], false);
        assert!(!answer.to_string().contains("tripwire"), "{answer}");
    }
    // Another operation, and no operation at all, with values in them.
    for line in [format!(r#"{{"op":"list","x":{escaped}}}"#), format!("{text} {escaped}")] {
        broker.raw_admin().ask(&line);
        broker.raw("project-a").ask(&line);
    }
    // Too long, in one piece and without an end.
    let big = &wires.big;
    let oversized = format!(r#"{{"op":"push-creds","secrets":{{"a":"{}"}}}}"#, big.repeat(4));
    for line in [format!("{oversized}\n"), oversized] {
        let mut connection = broker.raw_admin();
        let mut writer = connection.stream().try_clone().unwrap();
        let sender = std::thread::spawn(move || drop(writer.write_all(line.as_bytes())));
        assert_eq!(connection.answer()["code"], "payload_too_large");
        drop(connection);
        sender.join().unwrap();
    }
    // Half a push, and gone.
    for length in [60, 5_000, 300_000] {
        let line = format!(r#"{{"op":"push-creds","secrets":{{"a":"{text}","b":"{big}"#);
        broker.raw_admin().send(&line.as_bytes()[..length.min(line.len())]);
    }
}

fn report(scan: &Scan) -> String {
    match scan {
        Scan::Found(findings) => {
            let shown: Vec<String> = findings.iter().take(12).map(ToString::to_string).collect();
            format!("{} copies, among them:\n{}", findings.len(), shown.join("\n"))
        }
        other => format!("{other:?}"),
    }
}

/// Waits until the broker has noticed that every client has gone.
fn settle(broker: &Broker) {
    // Requests are handled in the order of their arrival: an answer means that what came before is done.
    for _ in 0..3 {
        broker.status();
        broker.client("project-a").ping().unwrap();
    }
}

#[test]
fn after_a_clear_no_copy_is_left_in_memory_nor_in_any_file() {
    let name = "after_a_clear_no_copy_is_left_in_memory_nor_in_any_file";
    let instance = Instance::start();
    instance.project("project-a", &NAMES);
    let broker = &instance.broker;
    let (first, second, bad) = (Tripwires::new("first"), Tripwires::new("second"), Tripwires::new("bad"));
    let mut needles = first.needles("first");
    needles.extend(second.needles("second"));
    needles.extend(bad.needles("bad"));

    broker.push_payload(first.payload()).unwrap();
    read_everything(broker);
    match memory_scan(broker.process(), &needles) {
        Scan::Skipped(reason) => return skip::skipped(name, &reason),
        // The scan sees what is there, or it could not tell that nothing is.
        Scan::Found(findings) => assert!(findings.iter().any(|found| found.label.ends_with("first"))),
        Scan::Clean { .. } => panic!("the scan does not see the loaded secrets"),
    }
    // Replaced, kept, read by a client that is slow while the snapshot goes.
    let mut keeping = second.payload();
    keeping.secrets.remove("text");
    keeping.keep.insert(secret_name("text"));
    broker.push_payload(keeping).unwrap();
    read_everything(broker);
    broker.push_payload(second.payload()).unwrap();
    settle(broker);
    let replaced = memory_scan(broker.process(), &first.needles("first"));
    assert!(matches!(replaced, Scan::Clean { .. }), "after a replacing push: {}", report(&replaced));

    fail_to_push(broker, &bad);
    read_everything(broker);
    let mut slow = broker.raw("project-a");
    slow.send(b"{\"op\":\"fetch\"}\n{\"op\":\"fetch\"}\n");
    assert_eq!(slow.some_bytes(1), b"{");
    broker.clear();
    settle(broker);
    let cleared = memory_scan(broker.process(), &needles);
    assert!(matches!(cleared, Scan::Clean { .. }), "after clear-creds: {}", report(&cleared));
    slow.until_end(Duration::from_secs(5));

    let files = file_scan(&[instance.directory.path(), instance.directory.secrets_dir()], &needles);
    assert!(matches!(files, Scan::Clean { bytes } if bytes > 1000), "in files: {}", report(&files));
}

/// The answer to `clear-creds` is the promise: the very first look after it finds nothing.
#[test]
fn the_answer_to_clear_means_that_it_is_done() {
    let name = "the_answer_to_clear_means_that_it_is_done";
    let instance = Instance::start();
    instance.project("project-a", &NAMES);
    for round in 0..10 {
        let tag = format!("round-{round}");
        let wires = Tripwires::new(&tag);
        instance.broker.push_payload(wires.payload()).unwrap();
        instance.broker.raw("project-a").ask(r#"{"op":"fetch"}"#);
        instance.broker.clear();
        match memory_scan(instance.broker.process(), &wires.needles(&tag)) {
            Scan::Skipped(reason) => return skip::skipped(name, &reason),
            scan @ Scan::Found(_) => panic!("round {round}: {}", report(&scan)),
            Scan::Clean { .. } => {}
        }
    }
}

/// A core dump would hold everything: the process is not dumpable, and its core size is zero.
#[test]
fn the_process_is_kept_out_of_core_dumps() {
    let instance = Instance::start();
    let process = instance.broker.process();
    let limits = std::fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    // The files of a process that is not dumpable belong to root, whoever runs it.
    let owner =
        std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(format!("/proc/{process}/mem")).unwrap());
    assert_eq!(owner, 0);
    instance.broker.push(&[("gh", "x")]);
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let locked = status.lines().find(|line| line.starts_with("VmLck:")).unwrap();
    let kibibytes: u64 = locked.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kibibytes > 0, "the store is locked against swapping: {locked}");
}
