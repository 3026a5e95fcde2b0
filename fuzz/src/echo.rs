//! Error messages that repeat their input.
//!
//! A message may share words with an input by chance, above all with inputs that the fuzzer made out of
//! messages. Whether a run of bytes is an echo shows when the input is sent again with other letters in that
//! place: words of the broker stay, an echo changes along.

use memchr::memmem;

/// The longest piece of input in a message that is no echo, in bytes. Names may be longer: they have been
/// checked when they are repeated.
const RUN_MAX: usize = 23;

/// How many places of one piece are looked at.
const PLACES_MAX: usize = 8;

/// A run of the input that is also in a message, if it is long and no name.
pub fn suspect<'m>(message: &'m str, sent: &[u8]) -> Option<&'m [u8]> {
    let message = message.as_bytes();
    // Every longer run covers one of these pieces.
    let piece = RUN_MAX.div_ceil(2);
    (0..message.len().saturating_sub(piece)).step_by(piece).find_map(|start| {
        memmem::find_iter(sent, &message[start..start + piece]).take(PLACES_MAX).find_map(|at| {
            let before = pairs_equal(message[..start].iter().rev(), sent[..at].iter().rev());
            let behind = pairs_equal(message[start..].iter(), sent[at..].iter());
            let run = &message[start - before..start + behind];
            (run.len() > RUN_MAX && !is_name(run)).then_some(run)
        })
    })
}

fn pairs_equal<'b>(left: impl Iterator<Item = &'b u8>, right: impl Iterator<Item = &'b u8>) -> usize {
    left.zip(right).take_while(|(left, right)| left == right).count()
}

fn is_name(run: &[u8]) -> bool {
    run.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// `run` with other letters and digits, of the same kind.
pub fn altered(run: &[u8]) -> Vec<u8> {
    run.iter()
        .map(|byte| match byte {
            b'z' => b'a',
            b'Z' => b'A',
            b'9' => b'0',
            b'a'..=b'y' | b'A'..=b'Y' | b'0'..=b'8' => byte + 1,
            _ => *byte,
        })
        .collect()
}

/// `sent` with every `run` in it altered.
pub fn with_altered(sent: &[u8], run: &[u8]) -> Vec<u8> {
    let mut result = sent.to_vec();
    for at in memmem::find_iter(sent, run) {
        result[at..at + run.len()].copy_from_slice(&altered(run));
    }
    result
}
