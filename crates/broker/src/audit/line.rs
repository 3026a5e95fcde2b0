//! Events as lines.
//!
//! Most lines are `fetch` lines, one for every secret that is asked for, and writing them is the largest part of
//! the broker's own work on a `get`. `serde_json` looks at every byte of a key or a text to see whether it has to
//! be escaped; here the keys are constant pieces and the names are known to need nothing. A test holds the
//! result equal to what `serde_json` writes.

use super::event::{Decision, Event, Outcome};

impl Event<'_> {
    /// Appends the line of this event. After an error the lines are as they were.
    pub fn append_line(&self, timestamp: &str, lines: &mut Vec<u8>) -> serde_json::Result<()> {
        let start = lines.len();
        lines.extend_from_slice(br#"{"timestamp":""#);
        lines.extend_from_slice(timestamp.as_bytes());
        lines.push(b'"');
        if let Err(error) = self.append_members(lines) {
            lines.truncate(start);
            return Err(error);
        }
        lines.push(b'\n');
        Ok(())
    }

    /// Appends everything behind the timestamp, the closing brace included.
    fn append_members(&self, lines: &mut Vec<u8>) -> serde_json::Result<()> {
        let &Event::Fetch {
            project,
            secret_name,
            decision,
            outcome,
            reason,
            peer_pid,
            peer_uid,
            container,
            generation,
            latency_ms,
        } = self
        else {
            let brace = lines.len();
            serde_json::to_writer(&mut *lines, self)?;
            // The event's own object goes on behind the timestamp.
            lines[brace] = b',';
            return Ok(());
        };
        lines.extend_from_slice(br#","event":"fetch","project":"#);
        append_text(lines, project)?;
        lines.extend_from_slice(br#","secret_name":"#);
        match secret_name {
            Some(name) => append_text(lines, name)?,
            None => lines.extend_from_slice(b"null"),
        }
        lines.extend_from_slice(match decision {
            Decision::Allow => br#","decision":"allow","outcome":"#,
            Decision::Deny => br#","decision":"deny","outcome":"#,
        });
        lines.extend_from_slice(match outcome {
            Outcome::Ok => br#""ok","reason":"#,
            Outcome::Denied => br#""denied","reason":"#,
            Outcome::NotFound => br#""not_found","reason":"#,
        });
        append_text(lines, reason)?;
        lines.extend_from_slice(br#","peer_pid":"#);
        serde_json::to_writer(&mut *lines, &peer_pid)?;
        lines.extend_from_slice(br#","peer_uid":"#);
        serde_json::to_writer(&mut *lines, &peer_uid)?;
        if let Some(container) = container {
            lines.extend_from_slice(br#","container":"#);
            append_text(lines, container)?;
        }
        lines.extend_from_slice(br#","generation":"#);
        serde_json::to_writer(&mut *lines, &generation)?;
        lines.extend_from_slice(br#","latency_ms":"#);
        serde_json::to_writer(&mut *lines, &latency_ms)?;
        lines.push(b'}');
        Ok(())
    }
}

/// Appends a JSON text. What the product itself names needs no escape; anything else goes through `serde_json`.
fn append_text(lines: &mut Vec<u8>, text: &str) -> serde_json::Result<()> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b' ');
    if !text.bytes().all(plain) {
        return serde_json::to_writer(lines, text);
    }
    lines.push(b'"');
    lines.extend_from_slice(text.as_bytes());
    lines.push(b'"');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::event::Record;
    use super::*;

    const TIMESTAMP: &str = "2026-01-01T00:00:00.000Z";

    fn assert_same_as_serde(event: &Event<'_>) {
        let mut lines = Vec::new();
        event.append_line(TIMESTAMP, &mut lines).unwrap();
        let whole = serde_json::to_string(&Record { timestamp: TIMESTAMP, event }).unwrap();
        assert_eq!(String::from_utf8(lines).unwrap(), whole + "\n");
    }

    #[test]
    fn a_line_is_one_object_with_the_time_first() {
        assert_same_as_serde(&Event::RateLimited { project: "web", reason: "requests", count: 3 });
        assert_same_as_serde(&Event::AuditLost { count: 1 });
    }

    #[test]
    fn fetch_lines_are_what_serde_would_write() {
        for decision in [Decision::Allow, Decision::Deny] {
            for outcome in [Outcome::Ok, Outcome::Denied, Outcome::NotFound] {
                for (secret_name, container) in
                    [(Some("gh"), None), (None, Some("0123abc")), (Some("a\"\n\u{1f}ä"), None)]
                {
                    for latency_ms in [0.0, 0.025, 1.5, 12345.678] {
                        assert_same_as_serde(&Event::Fetch {
                            project: "project-a",
                            secret_name,
                            decision,
                            outcome,
                            reason: "not in the pin",
                            peer_pid: 4242,
                            peer_uid: u32::MAX,
                            container,
                            generation: u64::MAX,
                            latency_ms,
                        });
                    }
                }
            }
        }
    }
}
