//! `remo-broker audit`: reads the log back, filters it, follows it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::command_line::AuditOptions;

/// How often a followed log is looked at. Nobody notices a shorter wait.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(200);

/// The highest number of a rotated log (`audit.keep_files` goes no further).
const ROTATED_MAX: usize = 1000;

/// Fields that have a column of their own.
const COLUMNS: [&str; 3] = ["timestamp", "event", "project"];

/// Details that a person looks for first, in this order; the others follow.
const FIRST_DETAILS: [&str; 5] = ["secret_name", "outcome", "reason", "count", "secret_count"];

/// Which lines to show.
#[derive(Debug)]
pub struct Filter {
    project: Option<String>,
    events: Vec<String>,
    since: Option<Timestamp>,
}

impl Filter {
    /// The filter that the options ask for.
    ///
    /// # Errors
    /// A sentence when `--since` is no time.
    pub fn new(options: &AuditOptions) -> Result<Self, String> {
        let since = options.since.as_deref().map(|text| parse_since(text, Timestamp::now())).transpose()?;
        Ok(Self { project: options.project.clone(), events: options.event.clone(), since })
    }

    fn matches(&self, record: &Map<String, Value>) -> bool {
        let text = |key: &str| record.get(key).and_then(Value::as_str);
        self.project.as_deref().is_none_or(|project| text("project") == Some(project))
            && (self.events.is_empty()
                || text("event").is_some_and(|event| self.events.iter().any(|e| e == event)))
            && self.since.is_none_or(|since| {
                text("timestamp").and_then(|at| at.parse::<Timestamp>().ok()).is_some_and(|at| at >= since)
            })
    }
}

/// A point in time, or how long before `now`: a number with s, m, h or d.
fn parse_since(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let problem = || format!("--since {} is neither a time nor a duration", text.escape_debug());
    let unit = text.chars().last().ok_or_else(problem)?;
    let seconds_each = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(problem()),
    };
    let count: i64 = text[..text.len() - 1].parse().map_err(|_| problem())?;
    let seconds = count.checked_mul(seconds_each).filter(|seconds| *seconds >= 0).ok_or_else(problem)?;
    now.checked_sub(SignedDuration::from_secs(seconds)).map_err(|_| problem())
}

/// Writes the matching lines of the log, the files that it was rotated to first.
pub fn read(
    path: &Path,
    filter: &Filter,
    follow: bool,
    json: bool,
    output: &mut impl Write,
) -> io::Result<()> {
    if !json {
        writeln!(output, "{:<24}  {:<18}  {:<16}  DETAILS", "TIME", "EVENT", "PROJECT")?;
    }
    // A number may be missing where somebody took a file away.
    let rotated: Vec<_> =
        (1..=ROTATED_MAX).map(|number| numbered(path, number)).filter(|file| file.exists()).collect();
    for older in rotated.iter().rev() {
        show_all(&mut BufReader::new(File::open(older)?), filter, json, output)?;
    }
    let mut file = BufReader::new(File::open(path)?);
    let mut partial = show_all(&mut file, filter, json, output)?;
    output.flush()?;
    if !follow {
        return Ok(());
    }
    loop {
        wait(FOLLOW_INTERVAL);
        partial = show_more(&mut file, partial, filter, json, output)?;
        if was_replaced(path, file.get_ref()) {
            // What was still written to the old file before it was replaced has been shown just now.
            file = BufReader::new(File::open(path)?);
            partial = String::new();
        }
        output.flush()?;
    }
}

fn numbered(path: &Path, number: usize) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// Whether another file has taken the place of the one that is open. While there is none, it has not.
fn was_replaced(path: &Path, open: &File) -> bool {
    match (std::fs::metadata(path), open.metadata()) {
        (Ok(there), Ok(open)) => there.ino() != open.ino() || there.dev() != open.dev(),
        _ => false,
    }
}

fn show_all(
    file: &mut impl BufRead,
    filter: &Filter,
    json: bool,
    output: &mut impl Write,
) -> io::Result<String> {
    show_more(file, String::new(), filter, json, output)
}

/// Shows whole lines; returns the beginning of one that is not complete yet.
fn show_more(
    file: &mut impl BufRead,
    mut partial: String,
    filter: &Filter,
    json: bool,
    output: &mut impl Write,
) -> io::Result<String> {
    loop {
        let mut bytes = Vec::new();
        file.read_until(b'\n', &mut bytes)?;
        partial.push_str(&String::from_utf8_lossy(&bytes));
        let Some(line) = partial.strip_suffix('\n') else { return Ok(partial) };
        show(line, filter, json, output)?;
        partial.clear();
    }
}

fn show(line: &str, filter: &Filter, json: bool, output: &mut impl Write) -> io::Result<()> {
    // The rest of a line that a crash of the machine cut off is no record.
    let Ok(Value::Object(record)) = serde_json::from_str(line) else { return Ok(()) };
    if !filter.matches(&record) {
        return Ok(());
    }
    if json {
        return writeln!(output, "{line}");
    }
    let column = |key: &str| record.get(key).map(plain).unwrap_or_default();
    let first = FIRST_DETAILS.iter().filter_map(|key| record.get_key_value(*key));
    let others = record
        .iter()
        .filter(|(key, _)| !COLUMNS.contains(&key.as_str()) && !FIRST_DETAILS.contains(&key.as_str()));
    let details: Vec<String> = first
        .chain(others)
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| format!("{key}={}", plain(value)))
        .collect();
    let details = details.join(" ");
    writeln!(
        output,
        "{:<24}  {:<18}  {:<16}  {details}",
        column("timestamp"),
        column("event"),
        column("project")
    )
}

/// A value for a person: text without quotes, with control characters escaped.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.escape_debug().to_string(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn wait(duration: Duration) {
    std::thread::park_timeout(duration);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = concat!(
        r#"{"timestamp":"2026-01-01T00:00:00.000Z","event":"started","broker_version":"1"}"#,
        "\n",
        r#"{"timestamp":"2026-01-02T00:00:00.000Z","event":"fetch","project":"web","secret_name":"gh"}"#,
        "\ngarbage\n",
        r#"{"timestamp":"2026-01-03T00:00:00.000Z","event":"fetch","project":"api","secret_name":"gh"}"#,
        "\n",
    );

    fn shown(filter: &Filter, json: bool) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.log");
        std::fs::write(&path, LOG).unwrap();
        let mut output = Vec::new();
        read(&path, filter, false, json, &mut output).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn filters_combine() {
        let all = Filter { project: None, events: vec![], since: None };
        assert_eq!(shown(&all, true).lines().count(), 3);
        let web = Filter { project: Some("web".into()), events: vec!["fetch".into()], since: None };
        assert!(shown(&web, true).contains(r#""project":"web""#));
        assert_eq!(shown(&web, true).lines().count(), 1);
        let late =
            Filter { project: None, events: vec![], since: Some("2026-01-02T12:00:00Z".parse().unwrap()) };
        assert!(shown(&late, false).contains("secret_name=gh"));
        assert_eq!(shown(&late, false).lines().count(), 2);
    }

    #[test]
    fn times_are_points_or_durations() {
        let now: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
        assert_eq!(parse_since("1d", now).unwrap().to_string(), "2026-01-01T00:00:00Z");
        assert_eq!(parse_since("90s", now).unwrap().to_string(), "2026-01-01T23:58:30Z");
        assert!(parse_since("2026-01-01T00:00:00Z", now).is_ok());
        for bad in ["", "m", "5x", "-5m", "ä", "99999999999999999999d"] {
            assert!(parse_since(bad, now).is_err(), "{bad}");
        }
    }
}
