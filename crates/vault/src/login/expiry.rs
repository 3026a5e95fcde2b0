//! How long a credential lasts, in states and in words.

use jiff::{SignedDuration, Timestamp};

/// What the clock says about a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does not expire by itself, as far as its recipe knows.
    Lasting,
    /// It expires after this time.
    Valid(SignedDuration),
    /// It still works for this time, but is to be refreshed.
    Due(SignedDuration),
    /// It expired this long ago.
    Expired(SignedDuration),
}

impl Standing {
    /// The standing at `now` of what expires at `expires_at` and is due for a refresh `early` before.
    pub fn at(now: Timestamp, expires_at: Option<Timestamp>, early: SignedDuration) -> Self {
        let Some(expires_at) = expires_at else { return Self::Lasting };
        let left = expires_at.duration_since(now);
        if left <= SignedDuration::ZERO {
            Self::Expired(-left)
        } else if left <= early {
            Self::Due(left)
        } else {
            Self::Valid(left)
        }
    }

    /// Whether a refresh is due, or overdue.
    pub fn is_due(self) -> bool {
        matches!(self, Self::Due(_) | Self::Expired(_))
    }

    /// In words, such as `expires in 3 h` or `expired 2 d ago`.
    pub fn in_words(self) -> String {
        match self {
            Self::Lasting => "no expiry is known".to_owned(),
            Self::Valid(left) | Self::Due(left) => format!("expires in {}", duration_in_words(left)),
            Self::Expired(ago) => format!("expired {} ago", duration_in_words(ago)),
        }
    }
}

/// A span in its largest whole unit, such as `50 s`, `12 min`, `3 h` or `9 d`; a negative one as if positive.
pub fn duration_in_words(span: SignedDuration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    match span.as_secs().unsigned_abs() {
        seconds @ ..MINUTE => format!("{seconds} s"),
        seconds @ MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        // Up to two days in hours: "1 d" could be nearly two.
        seconds if seconds < 2 * DAY => format!("{} h", seconds / HOUR),
        seconds => format!("{} d", seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_their_largest_unit() {
        for (seconds, words) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3599, "59 min"),
            (3 * 3600 + 5, "3 h"),
            (47 * 3600, "47 h"),
            (48 * 3600, "2 d"),
            (-120, "2 min"),
        ] {
            assert_eq!(duration_in_words(SignedDuration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn the_standing_follows_the_clock() {
        let now: Timestamp = "2026-05-31T12:00:00Z".parse().unwrap();
        let early = SignedDuration::from_mins(30);
        let at = |text: &str| Standing::at(now, Some(text.parse().unwrap()), early);
        assert_eq!(Standing::at(now, None, early), Standing::Lasting);
        assert_eq!(at("2026-05-31T15:00:00Z").in_words(), "expires in 3 h");
        assert!(!at("2026-05-31T15:00:00Z").is_due());
        assert_eq!(at("2026-05-31T12:30:00Z"), Standing::Due(early));
        assert!(at("2026-05-31T12:00:00Z").is_due());
        assert_eq!(at("2026-05-31T11:00:00Z").in_words(), "expired 1 h ago");
    }
}
