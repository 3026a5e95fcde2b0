//! Rounds of one level: ours, floor, floor, ours, floor, floor, …, and what they say together.

use std::time::Duration;

use super::label;
use super::target::Target;
use crate::failure::Failure;
use crate::measure::{median, nanoseconds};
use crate::report::{Bar, Floor, Line, Report, Unit};
use crate::statistics::{median_ratio, number};

/// Length of the round in front that nobody counts: connections, caches and branch predictors settle.
const WARM_UP: Duration = Duration::from_millis(200);
/// A client that is on the processor for this share of a round has no more to give.
const CLIENT_SATURATED: f64 = 0.95;
/// A server below this share has.
const SERVER_UNSATURATED: f64 = 0.90;

/// The figures of one server at one level, one entry a round.
#[derive(Debug)]
pub(super) struct Figures {
    name: &'static str,
    per_second: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    server_cpu: Vec<f64>,
    server_share: Vec<f64>,
    client_share: Vec<f64>,
}

/// Picks one series out of the figures of a server.
type Series = fn(&Figures) -> &Vec<f64>;

/// Runs the rounds. `answered` is told how many requests of ours were answered, after each of our rounds,
/// the uncounted one too.
pub(super) fn run(
    targets: &mut [Target<'_>],
    level: usize,
    rounds: usize,
    duration: Duration,
    mut answered: impl FnMut(u64) -> Result<(), Failure>,
) -> Result<Vec<Figures>, Failure> {
    let mut connections = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        let mut connection = target.connect(level)?;
        let round = connection.round(WARM_UP)?;
        if index == 0 {
            answered(round.latencies.total())?;
        }
        connections.push(connection);
    }
    let mut figures: Vec<Figures> = targets.iter().map(|target| Figures::new(target.name)).collect();
    for _ in 0..rounds {
        for (index, target) in targets.iter().enumerate() {
            let cpu = target.cpu_time()?;
            let round = connections[index].round(duration)?;
            let cpu = nanoseconds(target.cpu_time()?.saturating_sub(cpu));
            let count = number(round.latencies.total());
            let elapsed = nanoseconds(round.elapsed);
            let figures = &mut figures[index];
            figures.per_second.push(count / elapsed * 1e9);
            figures.p50.push(number(round.latencies.quantile(500)));
            figures.p99.push(number(round.latencies.quantile(990)));
            figures.server_cpu.push(cpu / count);
            figures.server_share.push(cpu / elapsed);
            figures.client_share.push(nanoseconds(round.client_cpu) / elapsed);
            if index == 0 {
                answered(round.latencies.total())?;
            }
        }
    }
    Ok(figures)
}

/// The lines of one level.
pub(super) fn lines(level: usize, figures: &[Figures]) -> Result<Report, Failure> {
    let mut report = Report::default();
    let Some((ours, floors)) = figures.split_first() else { return Ok(report) };
    let measures: [(&str, Unit, Series); 4] = [
        ("p50", Unit::Nanoseconds, |figures| &figures.p50),
        ("p99", Unit::Nanoseconds, |figures| &figures.p99),
        ("throughput", Unit::PerSecond, |figures| &figures.per_second),
        ("server CPU each", Unit::Nanoseconds, |figures| &figures.server_cpu),
    ];
    for (what, unit, series) in measures {
        for floor in floors {
            let (ours, floor_series) = (series(ours), series(floor));
            let mut line = Line::new(label(what, level), unit, median(ours)?, bar(what, level, floor.name));
            let ratio =
                median_ratio(ours, floor_series).ok_or_else(|| Failure::new("a floor has no figure"))?;
            line.floor = Some(Floor { name: floor.name, value: median(floor_series)?, ratio });
            line.rounds.clone_from(ours);
            report.lines.push(line);
        }
    }
    for server in figures {
        let (client, own) = (median(&server.client_share)?, median(&server.server_share)?);
        if client >= CLIENT_SATURATED && own < SERVER_UNSATURATED {
            report.notes.push(format!(
                "{}, {level} connections: the load client was the bottleneck (client {:.0}% of its core, server \
                 {:.0}%); server CPU a request is the sharper figure",
                server.name,
                client * 100.0,
                own * 100.0
            ));
        }
    }
    Ok(report)
}

/// The quality bars on ratios.
fn bar(what: &str, level: usize, floor: &str) -> Option<Bar> {
    match (what, level, floor) {
        ("p50", 1, "null echo") => Some(Bar::AtMost(1.2)),
        ("throughput", 64, "null echo") => Some(Bar::AtLeast(0.85)),
        ("throughput", 64, "redis") => Some(Bar::AtLeast(1.0)),
        ("server CPU each", 64, "null echo") => Some(Bar::AtMost(1.5)),
        _ => None,
    }
}

impl Figures {
    fn new(name: &'static str) -> Self {
        let empty = Vec::new;
        Self {
            name,
            per_second: empty(),
            p50: empty(),
            p99: empty(),
            server_cpu: empty(),
            server_share: empty(),
            client_share: empty(),
        }
    }
}
