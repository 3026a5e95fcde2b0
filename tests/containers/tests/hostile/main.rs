//! Attacks on the whole chain: launcher, gate, engine, tooling, containers, broker and its log, all real. Each attack
//! is a test with a name; what came of all of them is a table.
//!
//! One engine and a handful of containers serve every attack, so they run one after the other and leave things as they
//! found them; those that use something up come last. The usual harness has no end at which a shared stage could be
//! taken down, hence another one with the same words and options.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop at the first surprise"
)]

mod admin;
mod attack;
mod clone;
mod configuration;
mod files;
mod floods;
mod host;
mod identity;
mod manifest;
mod names;
mod table;
mod theft;
mod traces;
mod world;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};

use attack::{Attack, Row};
use world::World;

/// Everything, in the order of the table.
fn all() -> Vec<Attack> {
    [
        theft::ALL,
        admin::ALL,
        manifest::ALL,
        files::ALL,
        configuration::ALL,
        names::ALL,
        identity::ALL,
        clone::ALL,
        host::ALL,
        floods::ALL,
        traces::ALL,
    ]
    .concat()
}

/// How the start of what is attacked ended.
enum Start {
    Ready(Box<World>),
    /// Reported as skipped.
    Skipped,
    /// Not tried again for each attack.
    Failed,
}

/// What the attacks share.
#[derive(Default)]
struct Shared {
    start: OnceLock<Start>,
    rows: Mutex<Vec<Row>>,
}

impl Shared {
    fn carry_out(&self, attack: &Attack) -> Result<(), Failed> {
        let start = self.start.get_or_init(|| match std::panic::catch_unwind(World::start) {
            Ok(Some(world)) => Start::Ready(Box::new(world)),
            Ok(None) => Start::Skipped,
            Err(_) => Start::Failed,
        });
        let world = match start {
            Start::Ready(world) => world,
            Start::Skipped => return Ok(()),
            Start::Failed => panic!("what is attacked did not start"),
        };
        let row = Row { attack: *attack, outcome: (attack.run)(world) };
        let known = table::has(&row);
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
        known.map_err(Failed::from)
    }

    fn compare(&self, count: usize) -> Result<(), Failed> {
        if matches!(self.start.get(), None | Some(Start::Skipped)) {
            return Ok(());
        }
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.len() != count {
            return Err(format!("{} of {count} attacks have a row", rows.len()).into());
        }
        table::compare(&rows).map_err(Failed::from)
    }
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let shared = Arc::new(Shared::default());
    let attacks = all();
    let count = attacks.len();
    let mut trials: Vec<Trial> = attacks
        .into_iter()
        .map(|attack| {
            let shared = Arc::clone(&shared);
            Trial::test(attack.name, move || shared.carry_out(&attack))
        })
        .collect();
    let last = Arc::clone(&shared);
    trials.push(Trial::test("table::is_what_the_documentation_shows", move || last.compare(count)));
    libtest_mimic::run(&arguments, trials).exit_code()
}
