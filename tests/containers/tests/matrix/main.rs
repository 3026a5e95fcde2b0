//! The kinds of containers that the feature works in, each with the same demands, as a table.

mod demands;
mod rows;
mod table;

use std::sync::{Mutex, PoisonError};

use remo_containers::Stage;
use remo_testbed::images::Image;
use remo_testkit::{Needle, Scan, file_scan};

/// Rows at a time: the tooling mostly waits for the engine, and the engine for the disk.
const AT_ONCE: usize = 3;

#[test]
fn the_feature_works_in_every_kind_of_container() {
    let name = "matrix::the_feature_works_in_every_kind_of_container";
    let Some(stage) = Stage::start(name, &[Image::Debian, Image::Busybox]) else { return };
    let waiting = Mutex::new(rows::all());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
                    let Some(row) = next else { return };
                    let outcome = row.run(&stage);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
                }
            });
        }
    });
    let mut outcomes = done.into_inner().unwrap();
    outcomes.sort_by_key(|outcome| outcome.number);
    let needles = [Needle::new("token", stage.token.as_bytes()), Needle::new("key", stage.key.as_bytes())];
    // What still runs would move files while they are looked at.
    let running = stage.engine.docker(&["ps", "--quiet"]);
    stage.engine.docker(&[&["kill"][..], &running.split_whitespace().collect::<Vec<_>>()].concat());
    // Everything that the engine keeps: images, containers' own layers, logs, volumes, its records of containers.
    let scan = file_scan(&[stage.engine.data(), stage.directory.path().to_owned()], &needles);
    table::print(&outcomes, &scan);
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.failures.is_empty()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(matches!(&scan, Scan::Clean { .. }), "{scan:?}");
}
