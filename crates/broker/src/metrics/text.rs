//! The Prometheus text format, version 0.0.4. Names follow the conventions of Prometheus: base units, `_total` for
//! counters.

use prometheus::TextEncoder;
use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use super::tally::{Attempts, BOUNDS, Tally};
use crate::VERSION;

/// How the broker stands at this moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct State {
    /// When the broker started, in seconds since 1970.
    pub started_at: f64,
    /// When the loaded snapshot was pushed, in seconds since 1970; `None` while none is loaded.
    pub loaded_at: Option<f64>,
    /// Secrets in the snapshot.
    pub secrets: usize,
    /// The generation.
    pub generation: u64,
    /// Projects with an approved manifest.
    pub approved_projects: usize,
    /// Projects without.
    pub unapproved_projects: usize,
    /// Open connections on the admin socket.
    pub admin_connections: usize,
    /// Open connections on project sockets.
    pub project_connections: usize,
    /// Bytes of answers that wait for their readers.
    pub unsent_bytes: usize,
    /// Audit lines that wait in memory because the log cannot be written.
    pub waiting_lines: usize,
    /// Whether the audit log can be written.
    pub audit_works: bool,
}

/// Everything as text. Fails only when a family without a sample was made, which no family here is.
pub fn text(tally: &Tally, state: &State) -> Result<String, prometheus::Error> {
    let mut families = standing(state);
    families.extend(counts(tally));
    TextEncoder::new().encode_to_string(&families)
}

/// How the broker stands.
fn standing(state: &State) -> Vec<MetricFamily> {
    let mut families = vec![
        gauge(
            "remo_broker_info",
            "The version of the broker that runs.",
            [(&[("version", VERSION)][..], 1.0)],
        ),
        one_gauge(
            "remo_broker_start_time_seconds",
            "When the broker started, in seconds since 1970.",
            state.started_at,
        ),
        one_gauge("remo_broker_snapshot_secrets", "Secrets in the loaded snapshot.", number(state.secrets)),
        one_gauge(
            "remo_broker_generation",
            "Number that rises with each accepted push or clear.",
            whole(state.generation),
        ),
        gauge(
            "remo_broker_projects",
            "Registered projects, by whether their manifest was approved.",
            [
                (&[("manifest", "approved")][..], number(state.approved_projects)),
                (&[("manifest", "unapproved")][..], number(state.unapproved_projects)),
            ],
        ),
        gauge(
            "remo_broker_connections",
            "Open connections.",
            [
                (&[("plane", "admin")][..], number(state.admin_connections)),
                (&[("plane", "project")][..], number(state.project_connections)),
            ],
        ),
        one_gauge(
            "remo_broker_unsent_bytes",
            "Bytes of answers that wait for their readers.",
            number(state.unsent_bytes),
        ),
        one_gauge(
            "remo_broker_audit_works",
            "Whether the audit log can be written.",
            f64::from(u8::from(state.audit_works)),
        ),
        one_gauge(
            "remo_broker_audit_waiting_lines",
            "Audit lines in memory until the log can be written again.",
            number(state.waiting_lines),
        ),
    ];
    if let Some(loaded_at) = state.loaded_at {
        families.push(one_gauge(
            "remo_broker_snapshot_time_seconds",
            "When the loaded snapshot was pushed, in seconds since 1970.",
            loaded_at,
        ));
    }
    families
}

/// What happened since it started.
fn counts(tally: &Tally) -> Vec<MetricFamily> {
    let mut families = vec![
        counter(
            "remo_broker_fetches_total",
            "Fetch attempts, one a secret, by how they ended.",
            attempts(&tally.attempts, None),
        ),
        histogram(tally),
    ];
    for (name, help, value) in [
        ("remo_broker_pushes_total", "Snapshots that were taken over.", tally.pushes),
        ("remo_broker_clears_total", "Times that the store was emptied on request.", tally.clears),
        ("remo_broker_approvals_total", "Manifests that were approved.", tally.approvals),
        (
            "remo_broker_invalid_manifests_total",
            "Manifests that could not be approved because they are invalid.",
            tally.invalid_manifests,
        ),
        (
            "remo_broker_unexpected_peers_total",
            "Connections of users that are not recorded for the project.",
            tally.unexpected_peers,
        ),
        (
            "remo_broker_rate_limited_total",
            "Requests and connections that were refused because there were too many.",
            tally.rate_limited,
        ),
        (
            "remo_broker_recovered_sockets_total",
            "Sockets of projects that were gone or replaced, and made again.",
            tally.recovered_sockets,
        ),
        (
            "remo_broker_audit_lost_lines_total",
            "Audit lines that could not be put on record.",
            tally.lost_lines,
        ),
    ] {
        families.push(counter(name, help, vec![(Vec::new(), value)]));
    }
    if let Some(by_project) = tally.by_project.as_ref().filter(|by_project| !by_project.is_empty()) {
        let samples = by_project.iter().flat_map(|(name, counted)| attempts(counted, Some(name))).collect();
        families.push(counter(
            "remo_broker_project_fetches_total",
            "Fetch attempts of each project, one a secret, by how they ended.",
            samples,
        ));
    }
    families
}

type Labels<'a> = Vec<(&'a str, &'a str)>;

fn attempts<'a>(counted: &Attempts, project: Option<&'a str>) -> Vec<(Labels<'a>, u64)> {
    [("ok", counted.ok), ("denied", counted.denied), ("not_found", counted.not_found)]
        .into_iter()
        .map(|(outcome, count)| {
            let named = project.map(|project| ("project", project));
            (named.into_iter().chain([("outcome", outcome)]).collect(), count)
        })
        .collect()
}

fn histogram(tally: &Tally) -> MetricFamily {
    let mut below = 0;
    let buckets = BOUNDS.iter().zip(tally.decisions).map(|(bound, count)| {
        below += count;
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(*bound);
        bucket.set_cumulative_count(below);
        bucket
    });
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets.collect());
    histogram.set_sample_count(tally.decision_count);
    histogram.set_sample_sum(tally.decision_seconds);
    let mut metric = Metric::default();
    metric.set_histogram(histogram);
    family(
        "remo_broker_decision_seconds",
        "From the arrival of a fetch attempt until it was decided.",
        MetricType::HISTOGRAM,
        vec![metric],
    )
}

fn counter(name: &str, help: &str, samples: Vec<(Labels<'_>, u64)>) -> MetricFamily {
    let metrics = samples.into_iter().map(|(labels, value)| {
        let mut counter = Counter::default();
        counter.set_value(whole(value));
        let mut metric = Metric::from_label(pairs(&labels));
        metric.set_counter(counter);
        metric
    });
    family(name, help, MetricType::COUNTER, metrics.collect())
}

fn gauge<const N: usize>(name: &str, help: &str, samples: [(&[(&str, &str)], f64); N]) -> MetricFamily {
    let metrics = samples.into_iter().map(|(labels, value)| {
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        let mut metric = Metric::from_label(pairs(labels));
        metric.set_gauge(gauge);
        metric
    });
    family(name, help, MetricType::GAUGE, metrics.collect())
}

fn one_gauge(name: &str, help: &str, value: f64) -> MetricFamily {
    gauge(name, help, [(&[], value)])
}

fn family(name: &str, help: &str, kind: MetricType, metrics: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family.set_metric(metrics);
    family
}

fn pairs(labels: &[(&str, &str)]) -> Vec<LabelPair> {
    let pair = |(name, value): &(&str, &str)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    };
    labels.iter().map(pair).collect()
}

fn number(value: usize) -> f64 {
    whole(value as u64)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the format has floating-point numbers only; exact up to 2^53"
)]
fn whole(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_has_a_type_and_a_help() {
        let mut tally = Tally::default();
        tally.by_project(true);
        let text = text(&tally, &State { loaded_at: Some(1.0), ..State::default() }).unwrap();
        let mut described = Vec::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                described.push(rest.split(' ').next().unwrap().to_owned());
            } else if !line.starts_with('#') {
                let name = line.split(['{', ' ']).next().unwrap();
                let last = described.last().unwrap();
                assert!(name.starts_with(last.as_str()), "{name} follows the family {last}");
            }
        }
        assert_eq!(text.matches("# HELP ").count(), described.len());
        assert!(described.iter().all(|name| name.starts_with("remo_broker_")), "{described:?}");
    }

    #[test]
    fn buckets_hold_what_is_in_those_before() {
        let mut tally = Tally::default();
        (tally.decisions[0], tally.decisions[2], tally.decision_count) = (3, 4, 9);
        let text = text(&tally, &State::default()).unwrap();
        for line in [
            "remo_broker_decision_seconds_bucket{le=\"0.00001\"} 3",
            "remo_broker_decision_seconds_bucket{le=\"0.000025\"} 3",
            "remo_broker_decision_seconds_bucket{le=\"0.00005\"} 7",
            "remo_broker_decision_seconds_bucket{le=\"1\"} 7",
            "remo_broker_decision_seconds_bucket{le=\"+Inf\"} 9",
            "remo_broker_decision_seconds_count 9",
        ] {
            assert!(text.contains(&format!("{line}\n")), "{line} in\n{text}");
        }
    }

    #[test]
    fn nothing_is_said_about_a_snapshot_that_is_not_there() {
        let text = text(&Tally::default(), &State::default()).unwrap();
        assert!(!text.contains("snapshot_time"));
        assert!(!text.contains("project="));
    }
}
