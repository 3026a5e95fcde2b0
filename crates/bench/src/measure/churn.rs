//! Memory before and after many connections came and went: what a closed connection leaves behind.

use super::{Bench, token};
use crate::failure::Failure;
use crate::instance::{Instance, push};
use crate::load::BlockingClient;
use crate::report::{Bar, Line, Report, Unit};
use crate::statistics::number;

use super::get::our_exchange;

/// Connections that come and go, each with one request.
const CONNECTIONS: usize = 200_000;
/// With `--quick`.
const QUICK_CONNECTIONS: usize = 5_000;
/// Connections that are open at once before the first look, so that buffers have their working size.
const WARM: usize = 64;
/// The bar.
const GROWTH_MAX: f64 = 1024.0 * 1024.0;

pub(super) fn measure(bench: &Bench) -> Result<Report, Failure> {
    let instance = Instance::started(&bench.programs, &bench.work_dir)?;
    let mut admin = instance.admin()?;
    let secret = "bench_token".to_owned();
    let socket = instance.add_project(&mut admin, "churn", std::slice::from_ref(&secret))?;
    push(&mut admin, &[(secret.clone(), token(1))])?;
    let exchange = our_exchange(&socket, &secret, &token(1))?;
    let mut audit = instance.audit_log()?;

    let mut warm = Vec::new();
    for _ in 0..WARM {
        let mut client = BlockingClient::connect(&socket, &exchange)?;
        client.exchange()?;
        warm.push(client);
    }
    drop(warm);
    let connections = if bench.quick { QUICK_CONNECTIONS } else { CONNECTIONS };
    let before = instance.broker()?.memory()?;
    for _ in 0..connections {
        BlockingClient::connect(&socket, &exchange)?.exchange()?;
    }
    let after = instance.broker()?.memory()?;
    let recorded = audit.take()?;
    let answered = WARM + connections;
    if usize::try_from(recorded) != Ok(answered) {
        return Err(Failure::new(format!("{answered} answers have {recorded} audit lines")));
    }
    let growth = number(after.resident) - number(before.resident);
    let label = format!("memory grown over {connections} connections");
    Ok(Report {
        lines: vec![Line::new(label, Unit::Bytes, growth, Some(Bar::AtMost(GROWTH_MAX)))],
        ..Report::default()
    })
}
