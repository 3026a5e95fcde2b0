//! What is shipped: sizes of the programs, number of packages they are built from.

use std::path::Path;

use super::Bench;
use crate::failure::Failure;
use crate::report::{Bar, Line, Report, Unit, figure};
use crate::statistics::number;

const MEBIBYTE: f64 = 1024.0 * 1024.0;

pub(super) fn measure(bench: &Bench) -> Result<Report, Failure> {
    let size = |path: &Path| {
        std::fs::metadata(path)
            .map(|metadata| number(metadata.len()))
            .map_err(Failure::because(format!("cannot look at {}", path.display())))
    };
    let broker = size(&bench.programs.broker)?;
    let helper = size(&bench.programs.helper)?;
    let dependencies = figure(bench.broker_dependencies);
    Ok(Report {
        lines: vec![
            Line::new("broker program, stripped", Unit::Bytes, broker, Some(Bar::AtMost(5.0 * MEBIBYTE))),
            Line::new("fetch helper, static", Unit::Bytes, helper, Some(Bar::AtMost(3.0 * MEBIBYTE))),
            Line::new(
                "packages the broker is built from",
                Unit::Count,
                dependencies,
                Some(Bar::AtMost(90.0)),
            ),
        ],
        ..Report::default()
    })
}
