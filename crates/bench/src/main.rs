//! `remo-bench`: runs the measures one after the other and prints the table.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser as _, ValueEnum as _};

use remo_bench::arguments::Arguments;
use remo_bench::failure::Failure;
use remo_bench::measure::Bench;
use remo_bench::report::Report;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything ran and, when that was asked for, every bar is met.
fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let bench = Bench::new(arguments, std::env::var_os("PATH").unwrap_or_default());
    let mut report = Report::default();
    for name in arguments.names() {
        let shown = name.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let start = Instant::now();
        match bench.run(name) {
            Ok(found) => report.extend(found),
            Err(failure) => report.failed.push(format!("{shown}: {failure}")),
        }
        let _ = writeln!(std::io::stderr(), "measured: {shown} ({:.1} s)", start.elapsed().as_secs_f64());
    }
    if arguments.quick {
        report.notes.push("--quick: these figures show that everything runs, not how fast it is".to_owned());
    }
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    report
        .notes
        .push(format!("{cores} cores; ratios are medians of paired rounds, other figures are medians"));
    let written = writeln!(std::io::stdout(), "{}", report.table());
    written.map_err(Failure::because("cannot write the table"))?;
    if let Some(file) = &arguments.json {
        let json = serde_json::to_vec_pretty(&report).map_err(Failure::because("cannot write JSON"))?;
        std::fs::write(file, json).map_err(Failure::because(format!("cannot write {}", file.display())))?;
    }
    Ok(report.failed.is_empty() && !(arguments.enforce && report.missed() > 0))
}
