//! Memory with many projects and many idle connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::get::our_exchange;
use super::{Bench, token};
use crate::failure::Failure;
use crate::instance::{Instance, push};
use crate::load::BlockingClient;
use crate::report::{Bar, Line, Report, Unit};
use crate::statistics::number;

const PROJECTS: usize = 1_000;
const CONNECTIONS_EACH: usize = 10;
/// With `--quick`.
const QUICK_PROJECTS: usize = 50;
/// The bar.
const RESIDENT_MAX: f64 = 100.0 * 1024.0 * 1024.0;
/// Descriptors that this process and the broker need beside the connections and listeners.
const SPARE_DESCRIPTORS: u64 = 200;

pub(super) fn measure(bench: &Bench) -> Result<Report, Failure> {
    let projects = if bench.quick { QUICK_PROJECTS } else { PROJECTS };
    let connections = projects * CONNECTIONS_EACH;
    let needed = u64::try_from(connections + projects).unwrap_or(u64::MAX) + SPARE_DESCRIPTORS;
    let limit = getrlimit(Resource::Nofile);
    if limit.maximum.is_some_and(|maximum| maximum < needed) {
        let skipped =
            format!("scale: {needed} open files are needed, the hard limit here is lower (ulimit -Hn)");
        return Ok(Report { skipped: vec![skipped], ..Report::default() });
    }
    // The broker inherits it, as it would from its service unit.
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })
        .map_err(Failure::because("cannot raise the limit of open files"))?;

    let instance = Instance::started(&bench.programs, &bench.work_dir)?;
    let mut admin = instance.admin()?;
    let secret = "bench_token".to_owned();
    push(&mut admin, &[(secret.clone(), token(1))])?;
    let mut idle = Vec::with_capacity(connections);
    for index in 0..projects {
        let name = format!("project-{index}");
        let socket = instance.add_project(&mut admin, &name, std::slice::from_ref(&secret))?;
        let exchange = our_exchange(&socket, &secret, &token(1))?;
        for _ in 0..CONNECTIONS_EACH {
            let mut client = BlockingClient::connect(&socket, &exchange)?;
            client.exchange()?;
            idle.push(client);
        }
    }
    let memory = instance.broker()?.memory()?;
    // All of them were idle, not gone: each still gets an answer.
    for client in &mut idle {
        client.exchange()?;
    }
    let label = format!("memory, {projects} projects, {connections} idle connections");
    let mut lines =
        vec![Line::new(label, Unit::Bytes, number(memory.resident), Some(Bar::AtMost(RESIDENT_MAX)))];
    lines.push(Line::new("… of it anonymous (RssAnon)", Unit::Bytes, number(memory.anonymous), None));
    Ok(Report { lines, ..Report::default() })
}
