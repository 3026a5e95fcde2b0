//! The kinds of containers that the feature works in, each with the same demands, as a table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

mod demands;
mod rows;
mod table;

use std::sync::{Mutex, PoisonError};

use remo_containers::Stage;
use remo_testbed::Engine;
use remo_testbed::images::Image;
use remo_testkit::{Needle, Scan, file_scan};

/// Rows at a time, each in an engine of its own.
const AT_ONCE: usize = 2;

const IMAGES: [Image; 2] = [Image::Debian, Image::Busybox];

#[test]
fn the_feature_works_in_every_kind_of_container() {
    let name = "matrix::the_feature_works_in_every_kind_of_container";
    let Some(stage) = Stage::start(name, &IMAGES) else { return };
    let further: Vec<Engine> = (1..AT_ONCE).map(|_| stage.another_engine(&IMAGES)).collect();
    let engines: Vec<&Engine> = further.iter().chain([&stage.engine]).collect();
    let waiting = Mutex::new(rows::all());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for engine in &engines {
            scope.spawn(|| {
                loop {
                    let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
                    let Some(row) = next else { return };
                    let outcome = row.run(&stage, engine);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
                }
            });
        }
    });
    let mut outcomes = done.into_inner().unwrap();
    outcomes.sort_by_key(|outcome| outcome.number);
    let needles = [Needle::new("token", stage.token.as_bytes()), Needle::new("key", stage.key.as_bytes())];
    let mut places = vec![stage.directory.path().to_owned()];
    for engine in engines {
        // What still runs would move files while they are looked at.
        let running = engine.docker(&["ps", "--quiet"]);
        engine.docker(&[&["kill"][..], &running.split_whitespace().collect::<Vec<_>>()].concat());
        // Everything that it keeps: images, containers' own layers, logs, volumes, its records of containers.
        places.push(engine.data());
    }
    let scan = file_scan(&places, &needles);
    table::print(&outcomes, &scan);
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.failures.is_empty()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(matches!(&scan, Scan::Clean { .. }), "{scan:?}");
}
