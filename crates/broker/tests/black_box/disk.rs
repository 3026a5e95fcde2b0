//! The state on a disk that is full or read-only: what cannot be remembered is refused, nothing is lost, and
//! clearing always works.

use std::path::Path;

use remo_testkit::{Broker, PrivateDirectory, Project, SmallDisk, registration, skip, wait};
use remo_wire::error::ErrorCode;

use crate::support::{ask, get_value, options, refused};

struct Constrained {
    broker: Broker,
    project: Project,
    disk: SmallDisk,
    directory: PrivateDirectory,
}

fn constrained(test: &str) -> Option<Constrained> {
    if skip::without_root(test) {
        return None;
    }
    let directory = PrivateDirectory::new();
    let disk = match SmallDisk::mount(&directory.state_dir(), 128) {
        Ok(disk) => disk,
        Err(reason) => {
            skip::skipped(test, &format!("no tmpfs can be mounted: {reason}"));
            return None;
        }
    };
    let broker = Broker::start(&directory, &options(""));
    let project = Project::new(&directory, "project-a", &["gh"]);
    broker.approve(&project);
    broker.push(&[("gh", "before")]);
    Some(Constrained { broker, project, disk, directory })
}

impl Constrained {
    /// Nothing can be written: what was in force stays in force.
    fn nothing_can_be_remembered(&self) {
        let (broker, project) = (&self.broker, &self.project);
        let other = Project::new(&self.directory, "project-b", &["gh"]);
        let error = broker.register_as(registration(&other, true)).unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::InternalError), "{error}");
        project.write_secrets(&["gh", "npm"]);
        let error = broker.reload(project, None).unwrap_err();
        assert_eq!(error.code(), Some(ErrorCode::InternalError), "{error}");
        assert_eq!(get_value(&mut broker.raw("project-a"), "gh"), "before");
        refused(&ask(broker, "project-a", r#"{"op":"get","name":"npm"}"#), "denied");
        assert_eq!(broker.status().projects.len(), 1, "what cannot be remembered is not there");
        // Pushes go on as long as no number has to be written, and then fail as a whole.
        let mut current = "before".to_owned();
        for number in 0..3000 {
            let value = format!("value-{number}");
            match broker.push_payload(remo_testkit::payload(&[("gh", &value)])) {
                Ok(_) => current = value,
                Err(error) => {
                    assert_eq!(error.code(), Some(ErrorCode::InternalError), "{error}");
                    break;
                }
            }
        }
        assert_eq!(get_value(&mut broker.raw("project-a"), "gh"), current);
    }

    fn works_again(&self) {
        self.project.write_secrets(&["gh", "npm"]);
        self.broker.reload(&self.project, None).unwrap();
        self.broker.push(&[("gh", "after"), ("npm", "after")]);
        assert_eq!(get_value(&mut self.broker.raw("project-a"), "npm"), "after");
    }
}

fn is_empty_of_leftovers(state: &Path) -> bool {
    let mut waiting = vec![state.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.file_name().unwrap().to_str().unwrap().contains("project-b") {
            return false;
        }
    }
    true
}

#[test]
fn on_a_full_disk_nothing_is_activated_that_could_not_be_remembered() {
    let test = "on_a_full_disk_nothing_is_activated_that_could_not_be_remembered";
    let Some(mut constrained) = constrained(test) else { return };
    let generation = constrained.broker.status().generation;
    constrained.disk.fill();
    constrained.nothing_can_be_remembered();
    // The one who clears wants the values gone, whatever else fails.
    constrained.broker.clear();
    assert_eq!(constrained.broker.status().secret_count, 0);
    refused(&ask(&constrained.broker, "project-a", r#"{"op":"get","name":"gh"}"#), "not_found");
    // A crash now: the old pin is back, whole.
    constrained.broker.kill();
    constrained.disk.relieve();
    constrained.broker.restart();
    let status = constrained.broker.status();
    assert!(status.generation >= generation);
    assert_eq!(status.projects.len(), 1);
    assert!(is_empty_of_leftovers(&constrained.directory.state_dir()));
    constrained.works_again();
}

/// A start on a read-only state says what is wrong, or serves what it can read; nothing is lost either way.
#[test]
fn a_start_on_a_read_only_state_loses_nothing() {
    let test = "a_start_on_a_read_only_state_loses_nothing";
    let Some(mut constrained) = constrained(test) else { return };
    constrained.broker.kill();
    if let Err(reason) = constrained.disk.set_read_only(true) {
        return skip::skipped(test, &format!("the state cannot be made read-only: {reason}"));
    }
    match Broker::try_start(&constrained.directory, &options("")) {
        Ok(broker) => assert_eq!(broker.status().projects.len(), 1),
        Err(ended) => {
            assert_eq!(ended.code(), Some(1), "{}", ended.stderr);
            let state = constrained.directory.state_dir();
            assert!(ended.stderr.contains(state.to_str().unwrap()), "{}", ended.stderr);
        }
    }
    constrained.disk.set_read_only(false).unwrap();
    constrained.broker.restart();
    constrained.works_again();
    assert_eq!(constrained.broker.terminate(wait::PATIENCE).code(), Some(0));
}

/// A clear on a full disk is saved as soon as the disk takes it, not only with the next change.
#[test]
fn a_clear_that_could_not_be_saved_is_saved_later() {
    let Some(mut constrained) = constrained("a_clear_that_could_not_be_saved_is_saved_later") else { return };
    constrained.disk.fill();
    constrained.broker.clear();
    let counters = constrained.directory.state_dir().join("counters.json");
    let before = std::fs::read(&counters).unwrap();
    constrained.disk.relieve();
    wait::until_true(wait::PATIENCE, "the clear to be saved", || std::fs::read(&counters).unwrap() != before);
    constrained.broker.kill();
    constrained.broker.restart();
    assert!(constrained.broker.status().cleared);
}
