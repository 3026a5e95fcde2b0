//! The load client: a closed loop over kept connections, each with one request under way.
//!
//! It does as little as it can and still notices a wrong answer: requests are made beforehand, an answer is
//! judged by its first bytes, its length and its newline. An answer that does not fit ends the measure.

use std::ops::RangeInclusive;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::failure::Failure;
use crate::histogram::Histogram;

pub use blocking::BlockingClient;
pub use polling::PollingClient;

mod blocking;
mod polling;

/// One request and what its answer looks like.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The request, with its newline.
    pub request: Vec<u8>,
    /// How every good answer begins.
    pub answer_start: Vec<u8>,
    /// How long an answer is, newline included. A range, because it may hold a number that counts.
    pub answer_length: RangeInclusive<usize>,
}

impl Exchange {
    /// Judges the bytes received so far.
    fn judge(&self, received: &[u8]) -> Answer {
        // Every protocol here ends an answer with a newline and has one connection wait for one answer. In
        // redis's, a newline also follows the length, so it counts only where an answer may end.
        if received.last() != Some(&b'\n') || received.len() < *self.answer_length.start() {
            let possible = received.len() < *self.answer_length.end() && !self.is_refusal(received);
            return if possible { Answer::Incomplete } else { Answer::Wrong };
        }
        if received.len() <= *self.answer_length.end() && received.starts_with(&self.answer_start) {
            Answer::Good
        } else {
            Answer::Wrong
        }
    }

    /// A whole line that does not begin as a good answer does.
    fn is_refusal(&self, received: &[u8]) -> bool {
        received.last() == Some(&b'\n') && !received.starts_with(&self.answer_start)
    }
}

/// What an answer turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Good,
    Incomplete,
    Wrong,
}

/// What one round of load saw.
#[derive(Debug, Default)]
pub struct Round {
    /// From a request's write to its answer, in nanoseconds.
    pub latencies: Histogram,
    /// How long the round took, until the last answer.
    pub elapsed: Duration,
    /// Processor time of this client.
    pub client_cpu: Duration,
}

/// Processor time of the calling thread.
fn thread_cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// The error for a [`Answer::Wrong`]. Its text is shown: the values in a bench are made up.
fn wrong_answer(received: &[u8]) -> Failure {
    let shown = String::from_utf8_lossy(&received[..received.len().min(200)]).trim_end().to_owned();
    Failure::new(format!("an answer is not what it should be: {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_judged_by_start_length_and_newline() {
        let exchange =
            Exchange { request: Vec::new(), answer_start: b"{\"ok\":true".to_vec(), answer_length: 12..=14 };
        assert_eq!(exchange.judge(b"{\"ok\":true}\n"), Answer::Good);
        assert_eq!(exchange.judge(b"{\"ok\":true,,,}"), Answer::Wrong);
        assert_eq!(exchange.judge(b"{\"ok\":true,"), Answer::Incomplete);
        assert_eq!(exchange.judge(b"{\"ok\":fals}\n"), Answer::Wrong);
        assert_eq!(exchange.judge(b"no\n"), Answer::Wrong);
        assert_eq!(exchange.judge(b"{\"ok\":true,1234}\n"), Answer::Wrong);
    }

    #[test]
    fn a_newline_in_front_of_the_end_does_not_end_a_redis_answer() {
        let exchange =
            Exchange { request: Vec::new(), answer_start: b"$3\r\n".to_vec(), answer_length: 9..=9 };
        assert_eq!(exchange.judge(b"$3\r\n"), Answer::Incomplete);
        assert_eq!(exchange.judge(b"$3\r\nabc\r\n"), Answer::Good);
        assert_eq!(exchange.judge(b"-ERR no\r\n"), Answer::Wrong);
    }
}
