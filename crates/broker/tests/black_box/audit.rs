//! R-5.6: every attempt is on record, before its answer leaves, and never with a value.

use std::fs;
use std::process::Command;

use remo_testkit::{
    Broker, Needle, PrivateDirectory, Project, Scan, SmallDisk, audit, file_scan, skip, wait,
};
use serde_json::{Value, json};

use crate::support::{Instance, ask, binary, get_value, options, refused};

fn fetches(instance: &Instance) -> Vec<Value> {
    audit::events(&instance.directory.audit_log(), "fetch")
}

#[test]
fn every_attempt_is_one_line_for_each_secret() {
    let instance = Instance::start();
    instance.project("project-a", &["gh", "npm"]);
    instance.unapproved("project-b", &["gh"]);
    let generation = instance.broker.push(&[("gh", "x")]).generation;
    let cases: [(&str, &str, Vec<Value>); 6] = [
        ("project-a", r#"{"op":"get","name":"gh"}"#, vec![json!(["gh", "allow", "ok"])]),
        ("project-a", r#"{"op":"get","name":"npm"}"#, vec![json!(["npm", "allow", "not_found"])]),
        ("project-a", r#"{"op":"get","name":"aws"}"#, vec![json!(["aws", "deny", "denied"])]),
        (
            "project-a",
            r#"{"op":"fetch"}"#,
            vec![json!(["gh", "allow", "ok"]), json!(["npm", "allow", "not_found"])],
        ),
        ("project-b", r#"{"op":"get","name":"gh"}"#, vec![json!(["gh", "deny", "denied"])]),
        ("project-b", r#"{"op":"fetch"}"#, vec![json!([null, "deny", "denied"])]),
    ];
    let mut before = 0;
    for (project, request, expected) in cases {
        ask(&instance.broker, project, request);
        // The answer has arrived, so the lines are there.
        let lines = fetches(&instance);
        let new = &lines[before..];
        before = lines.len();
        let told: Vec<Value> =
            new.iter().map(|line| json!([line["secret_name"], line["decision"], line["outcome"]])).collect();
        assert_eq!(told, expected, "{project} {request}");
        for line in new {
            assert_eq!(line["project"], project);
            assert_eq!(line["peer_pid"], std::process::id());
            assert_eq!(line["peer_uid"], rustix::process::geteuid().as_raw());
            assert_eq!(line["generation"], generation);
            assert!(!line["reason"].as_str().unwrap().is_empty());
            assert!(line["latency_ms"].as_f64().unwrap() >= 0.0);
            let time = line["timestamp"].as_str().unwrap();
            assert!(time.ends_with('Z') && time.contains('T') && time.starts_with("20"), "{time}");
        }
    }
    // What asks for no secret leaves no such line.
    for request in [r#"{"op":"ping"}"#, r#"{"op":"info"}"#, r#"{"op":"watch"}"#, "no request"] {
        ask(&instance.broker, "project-a", request);
    }
    assert_eq!(fetches(&instance).len(), before);
}

#[test]
fn the_life_of_a_broker_is_on_record() {
    let mut instance = Instance::start();
    let project = instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "x"), ("npm", "y")]);
    instance.broker.clear();
    instance.broker.unregister(&project).unwrap();
    assert_eq!(instance.broker.terminate(wait::PATIENCE).code(), Some(0));
    let lines = audit::lines(&instance.directory.audit_log());
    let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(
        events,
        [
            "started",
            "project.registered",
            "manifest.approved",
            "secrets.pushed",
            "secrets.cleared",
            "project.unregistered",
            "shutdown"
        ]
    );
    assert_eq!(lines[3]["secret_count"], 2);
    let times: Vec<&str> = lines.iter().map(|line| line["timestamp"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn names_are_escaped_and_values_never_written() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "tripwire-in-the-store")]);
    let mut connection = instance.broker.raw("project-a");
    get_value(&mut connection, "gh");
    connection.ask(r#"{"op":"fetch"}"#);
    // Names that would forge a line, or that are values by mistake.
    for name in
        [r#"x\"}\n{\"event\":\"forged\"}"#, r"a\u0000b\u001b[31m", r"tripwire-as-a-name", r"\u2028\u202e"]
    {
        refused(&connection.ask(&format!(r#"{{"op":"get","name":"{name}"}}"#)), "denied");
    }
    let long = "n".repeat(60_000);
    refused(&connection.ask(&format!(r#"{{"op":"get","name":"{long}"}}"#)), "denied");
    let lines = fetches(&instance);
    assert_eq!(lines.len(), 7, "each attempt has its line");
    assert!(audit::events(&instance.directory.audit_log(), "forged").is_empty());
    let text = fs::read_to_string(instance.directory.audit_log()).unwrap();
    assert!(text.lines().all(|line| line.len() < 1000), "no line grows with its input");
    assert!(
        text.bytes().all(|byte| byte == b'\n' || (0x20..0x7f).contains(&byte)),
        "nothing that a terminal obeys"
    );
    let needles = [
        Needle::new("the value", b"tripwire-in-the-store"),
        Needle::new("the name that is none", b"tripwire-as-a-name"),
    ];
    assert!(matches!(file_scan(&[instance.directory.path()], &needles), Scan::Clean { .. }));
}

#[test]
fn lines_are_there_when_the_answer_is() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    let mut connection = instance.broker.raw("project-a");
    for number in 1..=300 {
        get_value(&mut connection, "gh");
        assert_eq!(fetches(&instance).len(), number);
    }
}

#[test]
fn a_log_that_is_renamed_from_outside_is_followed() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    let log = instance.directory.audit_log();
    let moved = instance.directory.log_dir().join("audit.log-moved");
    let mut connection = instance.broker.raw("project-a");
    get_value(&mut connection, "gh");
    fs::rename(&log, &moved).unwrap();
    let mut answered = 1;
    wait::until_true(wait::PATIENCE, "a line in the new log", || {
        get_value(&mut connection, "gh");
        answered += 1;
        log.exists() && !audit::events(&log, "fetch").is_empty()
    });
    let total = audit::events(&log, "fetch").len() + audit::events(&moved, "fetch").len();
    assert_eq!(total, answered, "no line is lost on the way");
}

#[test]
fn the_log_is_rotated_by_size_and_loses_nothing() {
    const REQUESTS: usize = 600;
    let instance = Instance::with_config("[audit]\nrotate_bytes = 20000\nkeep_files = 20\n");
    instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    let mut connection = instance.broker.raw("project-a");
    for _ in 0..REQUESTS {
        get_value(&mut connection, "gh");
    }
    let files: Vec<_> =
        fs::read_dir(instance.directory.log_dir()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 3, "{files:?}");
    let mut total = 0;
    for file in &files {
        let size = fs::metadata(file).unwrap().len();
        assert!(size < 20_000 + 4096, "{} has {size} bytes", file.display());
        total += audit::events(file, "fetch").len();
    }
    assert_eq!(total, REQUESTS);
}

#[test]
fn only_as_many_old_logs_are_kept_as_configured() {
    let instance = Instance::with_config("[audit]\nrotate_bytes = 4096\nkeep_files = 2\n");
    instance.project("project-a", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    let mut connection = instance.broker.raw("project-a");
    for _ in 0..200 {
        get_value(&mut connection, "gh");
    }
    let mut names: Vec<String> = fs::read_dir(instance.directory.log_dir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["audit.log", "audit.log.1", "audit.log.2"]);
}

/// A broker whose log is on a disk that will be full.
fn on_small_disk(test: &str, policy: &str) -> Option<(Broker, SmallDisk, PrivateDirectory)> {
    if skip::without_root(test) {
        return None;
    }
    let directory = PrivateDirectory::new();
    let disk = match SmallDisk::mount(&directory.log_dir(), 256) {
        Ok(disk) => disk,
        Err(reason) => {
            skip::skipped(test, &format!("no tmpfs can be mounted: {reason}"));
            return None;
        }
    };
    let broker = Broker::start(&directory, &options(&format!("[audit]\non_failure = \"{policy}\"\n")));
    let project = Project::new(&directory, "project-a", &["gh"]);
    broker.approve(&project);
    broker.push(&[("gh", "x")]);
    Some((broker, disk, directory))
}

#[test]
fn on_a_full_disk_serve_goes_on_and_writes_later() {
    let Some((broker, disk, directory)) =
        on_small_disk("on_a_full_disk_serve_goes_on_and_writes_later", "serve")
    else {
        return;
    };
    let log = directory.audit_log();
    disk.fill();
    let mut connection = broker.raw("project-a");
    for _ in 0..100 {
        assert_eq!(get_value(&mut connection, "gh"), "x");
    }
    assert!(audit::events(&log, "fetch").len() < 100, "the disk is full");
    disk.relieve();
    wait::until_true(wait::PATIENCE, "the lines that waited", || audit::events(&log, "fetch").len() == 100);
    assert!(audit::events(&log, "audit.lost").is_empty());
    assert!(broker.stderr().contains(log.to_str().unwrap()), "the problem was said: {}", broker.stderr());
    drop(broker);
}

#[test]
fn on_a_full_disk_what_does_not_fit_into_memory_is_counted() {
    const ATTEMPTS: u64 = 2500;
    let test = "on_a_full_disk_what_does_not_fit_into_memory_is_counted";
    let Some((broker, disk, directory)) = on_small_disk(test, "serve") else { return };
    let log = directory.audit_log();
    disk.fill();
    let before = audit::events(&log, "fetch").len() as u64;
    let mut connection = broker.raw("project-a");
    for _ in 0..ATTEMPTS {
        get_value(&mut connection, "gh");
    }
    let while_full = audit::events(&log, "fetch").len() as u64 - before;
    disk.relieve();
    let lost = audit::wait_for(&log, "audit.lost", |_| true)["count"].as_u64().unwrap();
    wait::until_true(wait::PATIENCE, "every attempt to be written or counted", || {
        audit::events(&log, "fetch").len() as u64 - before + lost == ATTEMPTS
    });
    assert_eq!(ATTEMPTS - while_full - lost, 1000, "the last 1,000 were kept");
    drop(broker);
}

#[test]
fn on_a_full_disk_refuse_vends_nothing_without_a_record() {
    let Some((broker, disk, directory)) =
        on_small_disk("on_a_full_disk_refuse_vends_nothing_without_a_record", "refuse")
    else {
        return;
    };
    let log = directory.audit_log();
    disk.fill();
    let mut vended = 0;
    for request in [r#"{"op":"get","name":"gh"}"#, r#"{"op":"fetch"}"#].repeat(20) {
        let answer = ask(&broker, "project-a", request);
        if answer["ok"] == true {
            vended += 1;
        } else {
            let message = refused(&answer, "internal_error");
            assert!(message.contains("audit"), "{message}");
            assert!(answer.get("value").is_none() && answer.get("secrets").is_none());
        }
    }
    assert_eq!(audit::events(&log, "fetch").iter().filter(|line| line["outcome"] == "ok").count(), vended);
    assert!(vended < 20, "the disk is full");
    // What carries no secret goes on, so that a person can see what is wrong.
    assert_eq!(ask(&broker, "project-a", r#"{"op":"ping"}"#)["ok"], true);
    assert_eq!(broker.status().secret_count, 1);
    disk.relieve();
    wait::until_true(wait::PATIENCE, "vending again", || {
        ask(&broker, "project-a", r#"{"op":"get","name":"gh"}"#)["ok"] == true
    });
    drop(broker);
}

fn reader(log: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let config = log.parent().unwrap().join("config-for-reader.toml");
    fs::write(
        &config,
        format!("[paths]\nprojects_root = \"/p\"\n[audit]\npath = {:?}\n", log.to_str().unwrap()),
    )
    .unwrap();
    let output = Command::new(binary())
        .arg("audit")
        .arg("--config")
        .arg(&config)
        .args(arguments)
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn an_event_that_there_is_not_is_refused_with_those_that_there_are() {
    let directory = remo_testkit::PrivateDirectory::new();
    let (code, stdout, stderr) = reader(&directory.audit_log(), &["--event", "fetsch"]);
    assert_eq!((code, stdout.as_str()), (Some(64), ""), "{stderr}");
    assert!(
        stderr.contains("fetsch") && stderr.contains("fetch") && stderr.contains("audit.lost"),
        "{stderr}"
    );
}

#[test]
fn the_reader_filters_and_prints_as_table_or_json() {
    let instance = Instance::start();
    instance.project("project-a", &["gh"]);
    instance.project("project-b", &["gh"]);
    instance.broker.push(&[("gh", "x")]);
    for project in ["project-a", "project-b", "project-b"] {
        get_value(&mut instance.broker.raw(project), "gh");
    }
    let log = instance.directory.audit_log();
    let json_lines = |arguments: &[&str]| -> Vec<Value> {
        let (code, stdout, stderr) = reader(&log, arguments);
        assert_eq!(code, Some(0), "{stderr}");
        stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    assert_eq!(json_lines(&["--json"]), audit::lines(&log));
    let filtered = json_lines(&["--json", "--project", "project-b", "--event", "fetch"]);
    assert_eq!(filtered.len(), 2);
    assert!(filtered.iter().all(|line| line["project"] == "project-b" && line["event"] == "fetch"));
    assert_eq!(json_lines(&["--json", "--since", "2999-01-01T00:00:00Z"]), Vec::<Value>::new());
    let (code, table, _) = reader(&log, &["--project", "project-a"]);
    assert_eq!(code, Some(0));
    assert!(table.contains("project-a") && table.contains("gh") && !table.contains("project-b"), "{table}");
    assert!(!table.contains('{'), "a table, not JSON: {table}");
    let (code, _, stderr) = reader(&log, &["--since", "yesterday-ish"]);
    assert_eq!(code, Some(64), "{stderr}");
}

/// A folder of the log that is not there at the start is like a disk that is full: said, and waited for.
#[test]
fn a_missing_log_folder_is_said_and_its_lines_come_when_it_is_there() {
    for policy in ["serve", "refuse"] {
        let directory = PrivateDirectory::new();
        fs::remove_dir(directory.log_dir()).unwrap();
        let log = directory.audit_log();
        let broker =
            match Broker::try_start(&directory, &options(&format!("[audit]\non_failure = \"{policy}\"\n"))) {
                Ok(broker) => broker,
                Err(ended) => {
                    assert_eq!(policy, "refuse", "serve goes on: {}", ended.stderr);
                    assert!(ended.stderr.contains(log.to_str().unwrap()), "{}", ended.stderr);
                    continue;
                }
            };
        assert!(broker.stderr().contains(log.to_str().unwrap()), "{}", broker.stderr());
        broker.approve(&Project::new(&directory, "project-a", &["gh"]));
        broker.push(&[("gh", "x")]);
        let answer = ask(&broker, "project-a", r#"{"op":"get","name":"gh"}"#);
        assert_eq!(answer["ok"], policy == "serve", "{policy}: {answer}");
        fs::create_dir(directory.log_dir()).unwrap();
        audit::wait_for(&log, "started", |_| true);
        wait::until_true(wait::PATIENCE, "vending", || {
            ask(&broker, "project-a", r#"{"op":"get","name":"gh"}"#)["ok"] == true
        });
    }
}

/// What was refused for want of a record is not told as vended later, when the disk has room again.
#[test]
fn refuse_never_records_an_answer_that_did_not_leave() {
    let test = "refuse_never_records_an_answer_that_did_not_leave";
    let Some((broker, disk, directory)) = on_small_disk(test, "refuse") else { return };
    let log = directory.audit_log();
    disk.fill();
    let (mut vended, mut withheld) = (0_u64, 0_u64);
    let mut ask_and_count = |request: &str| {
        let vends = ask(&broker, "project-a", request)["ok"] == true;
        *(if vends { &mut vended } else { &mut withheld }) += 1;
        vends
    };
    for request in [r#"{"op":"get","name":"gh"}"#, r#"{"op":"fetch"}"#].repeat(30) {
        ask_and_count(request);
    }
    disk.relieve();
    wait::until_true(wait::PATIENCE, "vending again", || ask_and_count(r#"{"op":"get","name":"gh"}"#));
    assert!(withheld > 20, "the disk was full");
    let told: Vec<Value> = audit::events(&log, "fetch").iter().map(|line| line["outcome"].clone()).collect();
    assert_eq!(told.iter().filter(|outcome| *outcome == "ok").count() as u64, vended, "{told:?}");
    let lost: u64 =
        audit::events(&log, "audit.lost").iter().map(|line| line["count"].as_u64().unwrap()).sum();
    assert_eq!(lost, withheld, "what was withheld is counted");
}

/// Somebody else's rotation and the broker's own get along: each attempt is in exactly one file, and no archive
/// gives way for a rotation that found nothing to rename.
#[test]
fn rotation_beside_a_rename_from_outside_keeps_every_archive() {
    const NAMES: usize = 600;
    let instance = Instance::with_config("[audit]\nrotate_bytes = 4096\nkeep_files = 50\n");
    let names: Vec<String> = (0..NAMES).map(|number| format!("s{number}")).collect();
    instance.project("project-a", &names.iter().map(String::as_str).collect::<Vec<_>>());
    let secrets: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    instance.broker.push(&secrets);
    let folder = instance.directory.log_dir();
    let mut connection = instance.broker.raw("project-a");
    for (number, name) in names.iter().enumerate() {
        get_value(&mut connection, name);
        if number == NAMES / 2 {
            fs::rename(instance.directory.audit_log(), folder.join("moved")).unwrap();
        }
    }
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!((20..50).contains(&files.len()), "several archives, and room for all: {files:?}");
    let mut told: Vec<String> = files
        .iter()
        .flat_map(|file| audit::events(file, "fetch"))
        .map(|line| line["secret_name"].as_str().unwrap().to_owned())
        .collect();
    told.sort();
    let mut expected = names;
    expected.sort();
    assert_eq!(told, expected, "each attempt is in exactly one file");
}

/// A log that is a device is written and never renamed.
#[test]
fn a_log_that_is_a_device_stays_where_it_is() {
    use std::os::unix::fs::FileTypeExt as _;

    use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
    let test = "a_log_that_is_a_device_stays_where_it_is";
    if skip::without_root(test) {
        return;
    }
    let directory = PrivateDirectory::new();
    let log = directory.audit_log();
    // The null device.
    let mode = Mode::from_raw_mode(0o666);
    if let Err(error) = mknodat(CWD, &log, FileType::CharacterDevice, mode, makedev(1, 3)) {
        return skip::skipped(test, &format!("no device can be made: {error}"));
    }
    let broker = Broker::start(&directory, &options("[audit]\nrotate_bytes = 4096\n"));
    broker.approve(&Project::new(&directory, "project-a", &["gh"]));
    broker.push(&[("gh", "x")]);
    let mut connection = broker.raw("project-a");
    for _ in 0..100 {
        get_value(&mut connection, "gh");
    }
    let names: Vec<_> =
        fs::read_dir(directory.log_dir()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["audit.log"]);
    assert!(fs::symlink_metadata(&log).unwrap().file_type().is_char_device());
}
