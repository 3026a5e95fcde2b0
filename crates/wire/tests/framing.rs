//! Framing under any cutting of the stream.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

use proptest::prelude::*;
use remo_wire::framing::{LineAssembler, LineTooLong, Step};
use remo_wire::limits::{PUSH_LINE_MAX, REQUEST_LINE_MAX};

/// All lines of `chunks`, or where it was too long; checks on the way that no more than the limit is held.
fn assemble<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
    limit: usize,
) -> (Vec<Vec<u8>>, Result<(), LineTooLong>) {
    let mut assembler = LineAssembler::new(limit);
    let mut lines = Vec::new();
    for chunk in chunks {
        let mut input = chunk;
        loop {
            match assembler.next_line(&mut input) {
                Ok(Step::Line(line)) => {
                    assert!(line.len() <= limit);
                    lines.push(line.to_vec());
                }
                Ok(Step::Incomplete) => break,
                Err(error) => {
                    assert!(!assembler.has_partial(), "what was held is wiped");
                    return (lines, Err(error));
                }
            }
        }
        assert!(input.is_empty());
    }
    (lines, Ok(()))
}

/// `stream` cut into pieces of the given lengths, the rest as the last.
fn cut<'a>(mut stream: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    for length in lengths {
        let (chunk, rest) = stream.split_at((*length).min(stream.len()));
        chunks.push(chunk);
        stream = rest;
    }
    chunks.push(stream);
    chunks
}

proptest! {
    #[test]
    fn any_cutting_gives_the_same_lines(
        lines in prop::collection::vec(prop::collection::vec(any::<u8>().prop_filter("", |byte| *byte != b'\n'), 0..40), 0..20),
        open in prop::collection::vec(1_u8..=9, 0..10),
        lengths in prop::collection::vec(0_usize..30, 0..60),
    ) {
        let mut stream: Vec<u8> = lines.iter().flat_map(|line| line.iter().copied().chain([b'\n'])).collect();
        stream.extend(&open);
        let (found, end) = assemble(cut(&stream, &lengths), 40);
        prop_assert_eq!(end, Ok(()));
        prop_assert_eq!(found, lines);
    }

    #[test]
    fn lines_before_one_that_is_too_long_come_out(
        before in prop::collection::vec(prop::collection::vec(b'a'..=b'z', 0..16), 0..5),
        excess in 1_usize..100,
        lengths in prop::collection::vec(0_usize..30, 0..60),
    ) {
        let mut stream: Vec<u8> = before.iter().flat_map(|line| line.iter().copied().chain([b'\n'])).collect();
        stream.extend(vec![b'x'; 16 + excess]);
        stream.extend(b"\nnever\n");
        let (found, end) = assemble(cut(&stream, &lengths), 16);
        prop_assert_eq!(end, Err(LineTooLong));
        prop_assert_eq!(found, before);
    }
}

#[test]
fn the_limits_of_both_planes_are_exact() {
    for limit in [REQUEST_LINE_MAX, PUSH_LINE_MAX] {
        for chunk in [1000, 4096, 16 * 1024, 2 * PUSH_LINE_MAX] {
            let mut stream = vec![b'x'; limit];
            stream.push(b'\n');
            let (lines, end) = assemble(stream.chunks(chunk), limit);
            assert_eq!((lines.len(), lines[0].len(), end), (1, limit, Ok(())));
            stream.insert(0, b'x');
            let (lines, end) = assemble(stream.chunks(chunk), limit);
            assert_eq!((lines.len(), end), (0, Err(LineTooLong)));
            // Refused as soon as it is known, not when the newline arrives.
            stream.pop();
            assert_eq!(assemble(stream.chunks(chunk), limit).1, Err(LineTooLong));
        }
    }
    assert_eq!((REQUEST_LINE_MAX, PUSH_LINE_MAX), (65_536, 1_048_576));
}
