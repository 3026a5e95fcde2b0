//! A push until it is answered, on a kept admin connection.

use std::time::Instant;

use remo_wire::admin::{AdminRequest, PushResponse};
use remo_wire::client::Client;
use remo_wire::limits::PUSH_LINE_MAX;

use super::{Bench, median, nanoseconds, token};
use crate::failure::Failure;
use crate::instance::{Instance, push_request};
use crate::report::{Bar, Line, Report, Unit};

const ROUNDS: usize = 201;
const SECRETS: usize = 10;
/// Room for names and punctuation around ten values in the longest line that is allowed.
const PUNCTUATION: usize = 1024;

pub(super) fn measure(bench: &Bench) -> Result<Report, Failure> {
    let instance = Instance::started(&bench.programs, &bench.work_dir)?;
    let mut admin = instance.admin()?;
    let tokens: Vec<_> = (0..SECRETS).map(|index| (format!("secret_{index}"), token(index))).collect();
    let large: Vec<_> = (0..SECRETS)
        .map(|index| (format!("secret_{index}"), "v".repeat((PUSH_LINE_MAX - PUNCTUATION) / SECRETS)))
        .collect();
    let rounds = bench.rounds(ROUNDS);
    let mut lines = Vec::new();
    for (label, secrets, bar) in
        [("push of 10 secrets, median", tokens, 1e6), ("push of 1 MiB, median", large, 10e6)]
    {
        let request = push_request(&secrets)?;
        let figures: Vec<f64> = (0..rounds).map(|_| timed(&mut admin, &request)).collect::<Result<_, _>>()?;
        let mut line = Line::new(label, Unit::Nanoseconds, median(&figures)?, Some(Bar::AtMost(bar)));
        line.rounds = figures;
        lines.push(line);
    }
    Ok(Report { lines, ..Report::default() })
}

/// Nanoseconds from the request, its writing as JSON included, to the answer.
fn timed(admin: &mut Client, request: &AdminRequest) -> Result<f64, Failure> {
    let start = Instant::now();
    let response: PushResponse = admin.request(request)?;
    let elapsed = nanoseconds(start.elapsed());
    if response.secret_count == u64::try_from(SECRETS).unwrap_or_default() {
        Ok(elapsed)
    } else {
        Err(Failure::new("a push was answered with another count of secrets"))
    }
}
