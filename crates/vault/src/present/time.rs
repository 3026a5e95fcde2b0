//! Times as they are spoken.

use jiff::Timestamp;

use crate::login::duration_in_words;

/// A dash for a time that is not known.
const UNKNOWN: &str = "-";

/// How long ago `time` was at `now`, such as `3 min ago`.
pub fn ago(time: Option<Timestamp>, now: Timestamp) -> String {
    match time {
        None => UNKNOWN.to_owned(),
        // A clock that was set back does not make a future.
        Some(time) if now.duration_since(time).as_secs() < 1 => "just now".to_owned(),
        Some(time) => format!("{} ago", duration_in_words(now.duration_since(time))),
    }
}

/// How long `time` is away at `now`, such as `in 3 h`, or that it is over.
pub fn until(time: Option<Timestamp>, now: Timestamp) -> String {
    match time {
        None => UNKNOWN.to_owned(),
        Some(time) if time <= now => format!("ended {}", ago(Some(time), now)),
        Some(time) => format!("in {}", duration_in_words(time.duration_since(now))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_from_now() {
        let at = |text: &str| format!("2026-05-31T{text}Z").parse::<Timestamp>().unwrap();
        let now = at("12:00:00");
        assert_eq!(ago(None, now), "-");
        assert_eq!(ago(Some(at("11:57:00")), now), "3 min ago");
        assert_eq!(ago(Some(at("12:00:01")), now), "just now");
        assert_eq!(until(Some(at("15:00:00")), now), "in 3 h");
        assert_eq!(until(Some(at("11:00:00")), now), "ended 1 h ago");
    }
}
