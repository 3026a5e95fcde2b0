//! `[cache]`: the limits of the project's leases.

use remo_wire::admin::CacheLimits;

use crate::problem::Rule;
use crate::reader::{Reader, Section};

/// The longest lease, in seconds: a day.
pub(crate) const TTL_SECONDS_MAX: u32 = 86_400;

/// The most leases of one project.
pub(crate) const ENTRIES_MAX: u32 = 1024;

const TTL: &str = "default_ttl_seconds";
const ENTRIES: &str = "default_max_entries";

pub(crate) fn read(reader: &mut Reader<'_>, section: &Section<'_>) -> Option<CacheLimits> {
    reader.only(section, &[TTL, ENTRIES]);
    let default_ttl_seconds = limit(reader, section, TTL, "default_ttl_seconds = 900", TTL_SECONDS_MAX);
    let default_max_entries = limit(reader, section, ENTRIES, "default_max_entries = 50", ENTRIES_MAX);
    Some(CacheLimits { default_ttl_seconds: default_ttl_seconds?, default_max_entries: default_max_entries? })
}

/// The outer `None` says that a problem was reported, the inner one that the key is not there.
#[expect(clippy::option_option, reason = "absent is allowed, unusable is not: two different answers")]
fn limit(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    name: &str,
    example: &str,
    highest: u32,
) -> Option<Option<u32>> {
    let Some(entry) = section.get(name) else { return Some(None) };
    let number = reader.integer(&entry, example)?;
    let within = u32::try_from(number).ok().filter(|number| (1..=highest).contains(number));
    if within.is_none() {
        reader.report(
            Rule::CacheRange,
            (entry.offset, &entry.path),
            format!("{number} is outside the range 1 to {highest}"),
            format!("write for example: {example}"),
        );
    }
    within.map(Some)
}
