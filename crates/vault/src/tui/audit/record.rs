//! One line of the audit log, as columns.

use serde_json::{Map, Value};

/// Fields that have a column of their own.
const COLUMNS: [&str; 3] = ["timestamp", "event", "project"];

/// Details that a person looks for first, in this order, without their names: `gh denied (not in the pin)`.
const WORDS: [&str; 3] = ["secret_name", "outcome", "reason"];

/// Longest text of the details that is kept, in bytes: a line of the screen shows far less.
const DETAILS_MAX: usize = 1024;

/// One event. Its texts are as they came: they go through [`super::super::text`] on their way to the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// RFC 3339 in UTC.
    pub timestamp: String,
    /// What happened.
    pub event: String,
    /// The project that it is about, or an empty text.
    pub project: String,
    /// Everything else: what a fetch asked for and how that ended, then `name=value` each.
    pub details: String,
    /// Whether somebody was refused something, or records were lost.
    pub alarming: bool,
}

impl Record {
    /// Reads one line, without its newline; `None` when it is no audit record.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let fields: Map<String, Value> = serde_json::from_slice(line).ok()?;
        let text = |key: &str| fields.get(key).and_then(Value::as_str);
        let (timestamp, event) = (text("timestamp")?, text("event")?);
        let alarming = text("decision") == Some("deny")
            || matches!(event, "peer.unexpected" | "rate.limited" | "manifest.invalid" | "audit.lost");
        let mut details = String::new();
        for key in WORDS {
            if let Some(value) = fields.get(key) {
                let word = value.as_str().unwrap_or("(no name)");
                append(&mut details, &if key == "reason" { format!("({word})") } else { word.to_owned() });
            }
        }
        for (key, value) in &fields {
            let key = key.as_str();
            // How a fetch ended says what was decided.
            if !COLUMNS.contains(&key) && !WORDS.contains(&key) && key != "decision" {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                append(&mut details, &format!("{key}={value}"));
            }
        }
        Some(Self {
            timestamp: bounded(timestamp),
            event: bounded(event),
            project: bounded(text("project").unwrap_or_default()),
            details,
            alarming,
        })
    }

    /// Whether any column contains `filter`, upper and lower case alike.
    pub fn matches(&self, filter: &str) -> bool {
        let filter = filter.to_lowercase();
        [&self.timestamp, &self.event, &self.project, &self.details]
            .iter()
            .any(|column| column.to_lowercase().contains(&filter))
    }
}

fn append(details: &mut String, words: &str) {
    if details.len() >= DETAILS_MAX {
        return;
    }
    if !details.is_empty() {
        details.push(' ');
    }
    details.push_str(&bounded(words));
}

fn bounded(text: &str) -> String {
    let mut end = text.len().min(DETAILS_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fetch_line_becomes_columns_with_the_name_first() {
        let line = br#"{"timestamp":"2026-05-31T02:30:00.123Z","event":"fetch","project":"project-a","secret_name":"gh","decision":"allow","outcome":"ok","reason":"pinned","peer_pid":7,"generation":3}"#;
        let record = Record::parse(line).unwrap();
        assert_eq!(record.event, "fetch");
        assert_eq!(record.project, "project-a");
        assert_eq!(record.details, "gh ok (pinned) generation=3 peer_pid=7");
        assert!(!record.alarming);
        assert!(record.matches("PROJECT-A") && record.matches("gh") && !record.matches("npm"));
    }

    #[test]
    fn refusals_stand_out() {
        let line = br#"{"timestamp":"t","event":"fetch","decision":"deny","secret_name":null}"#;
        let record = Record::parse(line).unwrap();
        assert!(record.alarming);
        assert_eq!(record.details, "(no name)");
    }

    #[test]
    fn what_is_no_record_is_none() {
        for line in
            [&b""[..], b"{", b"[]", b"{\"event\":\"x\"}", b"{\"timestamp\":1,\"event\":\"x\"}", b"\xff"]
        {
            assert_eq!(Record::parse(line), None);
        }
    }

    #[test]
    fn a_record_keeps_a_bounded_text() {
        let line = format!("{{\"timestamp\":\"t\",\"event\":\"e\",\"a\":\"{}\"}}", "é".repeat(100_000));
        assert!(Record::parse(line.as_bytes()).unwrap().details.len() <= 2 * DETAILS_MAX + 8);
    }
}
