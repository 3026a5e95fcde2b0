//! `remo-testbed`: the engine of the tests for a person or a script, such as `cargo xtask try --containers`.

#![expect(clippy::print_stdout, reason = "facts about the engine are data, for standard output")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use remo_testbed::images::Image;
use remo_testbed::{Engine, bootstrap, feature};
use rustix::process::{Signal, set_parent_process_death_signal};
use serde_json::json;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// What is needed is missing and cannot be installed by this process (sysexits.h: `EX_UNAVAILABLE`).
const UNAVAILABLE: u8 = 69;

/// A real container engine of one's own, as the tests have it: in namespaces of its own, without a network to the
/// outside, gone with this program.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Installs and makes everything that takes long: packages, the Dev Containers tooling, images, the feature
    ///
    /// Packages are installed as root of a Debian system; the rest is kept below .cache and target of the repository.
    /// Prints where it is, as one line of JSON.
    Prepare,
    /// Starts an engine, prints where it is as one line of JSON, and ends it with the signal that ends this program
    ///
    /// It ends with the program that started it, too.
    Engine {
        /// What its containers see as /run/remo-broker of the host
        #[arg(long, value_name = "DIR")]
        sockets: PathBuf,
    },
}

fn main() -> ExitCode {
    let done = match CommandLine::parse().task {
        Task::Prepare => prepare(),
        Task::Engine { sockets } => engine(&sockets),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            bootstrap::progress(&reason);
            ExitCode::from(UNAVAILABLE)
        }
    }
}

/// Images of the engines that this program starts.
const IMAGES: [Image; 1] = [Image::Tools];

fn prepare() -> Result<(), String> {
    bootstrap::ready()?;
    for image in IMAGES {
        let _ = image.tarball();
    }
    let facts = json!({
        "node": bootstrap::node(),
        "tooling": bootstrap::tooling(),
        "docker": bootstrap::docker(),
        "feature": feature::packaged().join("oci"),
        "image": Image::Tools.name(),
    });
    println!("{facts}");
    Ok(())
}

fn engine(sockets: &std::path::Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot take over signals: {error}");
    // Before anything is started, so that nothing stays behind.
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(failed)?;
    set_parent_process_death_signal(Some(Signal::TERM)).map_err(|error| failed(error.into()))?;
    let engine = Engine::start(sockets)?;
    for image in IMAGES {
        engine.import(image);
    }
    println!("{}", json!({ "socket": engine.socket() }));
    let _ = signals.forever().next();
    drop(engine);
    Ok(())
}
