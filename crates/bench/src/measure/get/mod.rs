//! `get` under load, next to servers that do less.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::{Bench, token};
use crate::failure::Failure;
use crate::instance::{CONFIGURATION_NOTE, Instance, push};
use crate::load::Exchange;
use crate::placement::Placement;
use crate::report::{Bar, Line, Report, Unit, figure};
use crate::statistics::number;

use others::Others;
use target::Target;

mod others;
mod rounds;
mod target;

/// Kept connections of each level.
const LEVELS: [usize; 3] = [1, 16, 64];
/// Rounds of each level and server.
const ROUNDS: usize = 11;
/// Length of a round.
const ROUND: Duration = Duration::from_secs(1);
/// With `--quick`.
const QUICK_ROUND: Duration = Duration::from_millis(200);
/// The bar of the memory right after the load.
const LOADED_MEMORY_MAX: f64 = 16.0 * 1024.0 * 1024.0;
/// How far an answer's length may move: its time to live counts down and loses a digit.
const ANSWER_SLACK: usize = 3;

pub(super) fn measure(bench: &Bench) -> Result<Report, Failure> {
    let instance = Instance::started(&bench.programs, &bench.work_dir)?;
    let mut admin = instance.admin()?;
    let (secret, value) = ("bench_token".to_owned(), token(1));
    let socket = instance.add_project(&mut admin, "load", std::slice::from_ref(&secret))?;
    push(&mut admin, &[(secret.clone(), value.clone())])?;
    let exchange = our_exchange(&socket, &secret, &value)?;

    let mut report = Report::default();
    report.notes.push(CONFIGURATION_NOTE.to_owned());
    let answer_bytes = exchange.answer_length.end() - ANSWER_SLACK;
    report.notes.push(format!(
        "a get answers {answer_bytes} bytes, the null echo as many; redis GET has the same value of {} bytes",
        value.len()
    ));
    let mut targets = vec![
        Target::ours(&instance, socket, exchange.clone())?,
        Target::null_echo(bench, &exchange, answer_bytes)?,
    ];
    match Target::redis(bench, &secret, &value)? {
        Some(redis) => targets.push(redis),
        None => report.skipped.push("redis-server as a floor: it is not installed".to_owned()),
    }

    let placement = Placement::apart()?;
    match &placement {
        Some(placement) => {
            for target in &targets {
                placement.place_server(target.process())?;
            }
            report.notes.push("under load the client has one core and the servers another".to_owned());
        }
        None => report.notes.push("one core only: the load client and the servers share it".to_owned()),
    }

    let others = Others::begin(&targets)?;
    let mut audit = instance.audit_log()?;
    let mut answered = 0;
    let mut recorded = 0;
    for level in LEVELS {
        let duration = if bench.quick { QUICK_ROUND } else { ROUND };
        let figures = rounds::run(&mut targets, level, bench.rounds(ROUNDS), duration, |ours| {
            answered += ours;
            recorded += audit.take()?;
            Ok(())
        })?;
        report.extend(rounds::lines(level, &figures)?);
    }
    report.notes.extend(others.end(&targets)?);
    let memory = targets[0].memory()?;
    let ratio = if recorded == answered { 1.0 } else { number(recorded) / number(answered) };
    let label = format!("audit lines for each of {answered} answered gets");
    report.lines.push(Line::new(label, Unit::Count, ratio, Some(Bar::Exactly(1.0))));
    let bar = Some(Bar::AtMost(LOADED_MEMORY_MAX));
    report.lines.push(Line::new("memory right after that load", Unit::Bytes, number(memory.resident), bar));
    let anonymous = number(memory.anonymous);
    report.lines.push(Line::new("… of it anonymous (RssAnon)", Unit::Bytes, anonymous, None));
    Ok(report)
}

/// The `get` of `secret` and what the broker answers to it, learned by asking once.
pub(super) fn our_exchange(socket: &Path, secret: &str, value: &str) -> Result<Exchange, Failure> {
    let request = format!("{{\"op\":\"get\",\"name\":\"{secret}\"}}\n").into_bytes();
    let answer_start = format!("{{\"ok\":true,\"value\":\"{value}\",").into_bytes();
    let mut answer = Vec::new();
    let stream = UnixStream::connect(socket)
        .map_err(Failure::because(format!("cannot connect to {}", socket.display())))?;
    (&stream).write_all(&request).map_err(Failure::because("cannot send a request"))?;
    BufReader::new(&stream)
        .read_until(b'\n', &mut answer)
        .map_err(Failure::because("cannot read an answer"))?;
    if !answer.starts_with(&answer_start) {
        return Err(Failure::new(format!(
            "a get is answered with {}",
            String::from_utf8_lossy(&answer).trim_end()
        )));
    }
    let length = answer.len();
    Ok(Exchange {
        request,
        answer_start,
        answer_length: length.saturating_sub(ANSWER_SLACK)..=length + ANSWER_SLACK,
    })
}

/// A level as it is named in the table.
fn label(what: &str, level: usize) -> String {
    let plural = if level == 1 { "" } else { "s" };
    format!("get {what}, {} connection{plural}", figure(level))
}
