//! R-3.7: leases.

use crate::support::{Instance, ask};
use remo_testkit::{Project, wait};

fn ttl(instance: &Instance, name: &str) -> u64 {
    let answer = ask(&instance.broker, "project-a", &format!(r#"{{"op":"get","name":"{name}"}}"#));
    assert_eq!(answer["ok"], true, "{answer}");
    answer["ttl_seconds"].as_u64().unwrap()
}

fn running(instance: &Instance) -> u64 {
    instance.broker.status().projects[0].cache_entries
}

fn approve_with_cache(instance: &Instance, cache: &str) -> Project {
    let project = Project::without_manifest(&instance.directory, "project-a");
    let manifest = project.manifest_for(&["a", "b", "c"]);
    project.write_manifest(&format!("{manifest}\n[cache]\n{cache}\n"));
    instance.broker.approve(&project);
    instance.broker.push(&[("a", "1"), ("b", "2"), ("c", "3")]);
    project
}

#[test]
fn a_lease_runs_down_ends_and_starts_again() {
    let instance = Instance::start();
    approve_with_cache(&instance, "default_ttl_seconds = 2");
    assert_eq!(running(&instance), 0);
    assert_eq!(ttl(&instance, "a"), 2);
    assert_eq!(running(&instance), 1);
    wait::until_true(wait::PATIENCE, "the lease to run down", || ttl(&instance, "a") == 1);
    // It is never 0 while it runs, and starts over when it has run out.
    wait::until_true(wait::PATIENCE, "the lease to start again", || match ttl(&instance, "a") {
        1 => false,
        2 => true,
        other => panic!("a ttl of {other} seconds out of 2"),
    });
    wait::until_true(wait::PATIENCE, "the lease to run out", || running(&instance) == 0);
}

#[test]
fn a_push_and_a_clear_end_every_lease() {
    let instance = Instance::start();
    approve_with_cache(&instance, "default_ttl_seconds = 600");
    for name in ["a", "b"] {
        assert_eq!(ttl(&instance, name), 600);
    }
    assert_eq!(running(&instance), 2);
    wait::until_true(wait::PATIENCE, "the lease to run down", || ttl(&instance, "a") < 600);
    instance.broker.push(&[("a", "1"), ("b", "2"), ("c", "3")]);
    assert_eq!(running(&instance), 0);
    assert_eq!(ttl(&instance, "a"), 600);
    instance.broker.clear();
    assert_eq!(running(&instance), 0);
}

#[test]
fn the_oldest_lease_gives_way() {
    let instance = Instance::start();
    approve_with_cache(&instance, "default_max_entries = 2");
    for name in ["a", "b", "c"] {
        ttl(&instance, name);
    }
    assert_eq!(running(&instance), 2);
}

#[test]
fn a_project_may_lower_the_brokers_limits_but_not_raise_them() {
    let instance = Instance::with_config("[cache]\ndefault_ttl_seconds = 60\ndefault_max_entries = 1\n");
    approve_with_cache(&instance, "default_ttl_seconds = 86400\ndefault_max_entries = 1024");
    assert_eq!(ttl(&instance, "a"), 60);
    assert_eq!(ttl(&instance, "b"), 60);
    assert_eq!(running(&instance), 1);
}

/// A fetch starts no lease, and a name that is not there has none.
#[test]
fn only_a_get_that_answers_starts_a_lease() {
    let instance = Instance::start();
    instance.project("project-a", &["a", "b"]);
    ask(&instance.broker, "project-a", r#"{"op":"get","name":"a"}"#);
    instance.broker.push(&[("a", "1")]);
    ask(&instance.broker, "project-a", r#"{"op":"get","name":"b"}"#);
    ask(&instance.broker, "project-a", r#"{"op":"get","name":"x"}"#);
    ask(&instance.broker, "project-a", r#"{"op":"fetch"}"#);
    assert_eq!(running(&instance), 0);
}
