//! How long ago, in a few columns.

use jiff::Timestamp;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A span of seconds as one number with its unit.
pub(super) fn span(seconds: i64) -> String {
    match seconds.abs() {
        seconds @ 0..MINUTE => format!("{seconds} s"),
        seconds @ MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        seconds @ HOUR..DAY => format!("{} h", seconds / HOUR),
        seconds => format!("{} d", seconds / DAY),
    }
}

/// How long before `now` something was; `-` when that is not known.
pub(super) fn ago(now: Timestamp, then: Option<Timestamp>) -> String {
    // Clocks of two containers can differ by a moment.
    then.map_or_else(|| "-".to_owned(), |then| span((now.as_second() - then.as_second()).max(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_unit_that_fits_is_used() {
        for (seconds, words) in
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3599, "59 min"), (3600, "1 h"), (86_400, "1 d")]
        {
            assert_eq!(span(seconds), words);
        }
        assert_eq!(ago(Timestamp::UNIX_EPOCH, None), "-");
    }
}
