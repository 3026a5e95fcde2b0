//! `remo-list-creds`: what is stored, and whether it has reached the broker.

use jiff::Timestamp;
use serde::Serialize;

use super::{json, overview, without_broker};
use crate::cli::{AnswerArguments, Locations};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::overview::{Depth, Finding, FindingCode, InBroker, PATIENCE, SecretView};
use crate::present::{Column, Table, ago, findings, until, width};

/// The answer as JSON.
#[derive(Serialize)]
struct Listing<'a> {
    taken_at: Timestamp,
    secrets: &'a [SecretView],
    findings: Vec<&'a Finding>,
}

pub(super) fn run(locations: &Locations, answer: AnswerArguments) -> Result<ExitStatus, Failure> {
    let overview = overview(locations, Depth::Full, PATIENCE);
    let found: Vec<&Finding> =
        overview.findings.iter().filter(|finding| concerns_secrets(finding.code)).collect();
    let negative = found.iter().any(|finding| finding.is_problem());
    let status = without_broker(&overview.broker).unwrap_or(if negative {
        ExitStatus::Failure
    } else {
        ExitStatus::Success
    });
    if answer.json {
        json(&Listing { taken_at: overview.taken_at, secrets: &overview.secrets, findings: found })?;
        return Ok(status);
    }
    let width = width();
    let mut text = String::new();
    if !overview.secrets.is_empty() {
        text += &table(&overview.secrets, overview.taken_at).render(width);
    }
    if !text.is_empty() && !found.is_empty() {
        text.push('\n');
    }
    text += &findings(found.into_iter(), width);
    output::data(text.as_bytes())?;
    Ok(status)
}

/// Whether a finding of this kind says something about what this command shows.
fn concerns_secrets(code: FindingCode) -> bool {
    matches!(
        code,
        FindingCode::BrokerUnreachable
            | FindingCode::BrokerProtocol
            | FindingCode::BrokerCleared
            | FindingCode::StoreUnreadable
            | FindingCode::StoreEmpty
            | FindingCode::EntryFault
            | FindingCode::NameUnpushable
            | FindingCode::NotPushed
            | FindingCode::BrokerContentUnknown
            | FindingCode::RemovedStillServed
            | FindingCode::LoginExpired
            | FindingCode::LoginExpiring
            | FindingCode::LoginsUnknown
    )
}

fn table(secrets: &[SecretView], now: Timestamp) -> Table<7> {
    let mut table = Table::new([
        Column::cut("NAME"),
        Column::whole("KIND"),
        Column::whole("CHANGED"),
        Column::whole("PUSHED"),
        Column::whole("BROKER"),
        Column::whole("EXPIRES"),
        Column::cut("FIELDS"),
    ]);
    for secret in secrets {
        let fields: Vec<&str> = secret.fields.iter().map(remo_wire::names::FieldName::as_str).collect();
        table.row([
            secret.name.to_string(),
            secret.kind.map_or_else(|| "?".to_owned(), |kind| kind.to_string()),
            ago(secret.changed_at, now),
            ago(secret.pushed_at, now),
            in_broker(secret.in_broker).to_owned(),
            until(secret.expires_at, now),
            if fields.is_empty() { "-".to_owned() } else { fields.join(", ") },
        ]);
    }
    table
}

fn in_broker(state: InBroker) -> &'static str {
    match state {
        InBroker::Yes => "yes",
        InBroker::Older => "older",
        InBroker::No => "no",
        InBroker::Unknown => "?",
    }
}
