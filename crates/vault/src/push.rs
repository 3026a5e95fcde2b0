//! Turning a reading into a push, and saying why when it does not fit.

use std::fmt;
use std::io;

use remo_wire::admin::{AdminRequest, PushPayload};
use remo_wire::limits::PUSH_LINE_MAX;
use remo_wire::names::SecretName;
use serde::Serialize;

use crate::source::Reading;

/// How many entries a [`TooLarge`] names.
const NAMED_MAX: usize = 5;

/// What the line of a push has around its content, at most: content that fits does so at every generation.
const AROUND_CONTENT: usize = r#""op":"push-creds",,"if_generation":18446744073709551615"#.len();

/// A push that is ready to be sent.
#[derive(Debug)]
pub struct Prepared {
    /// The content; it holds the values, and no condition.
    pub payload: PushPayload,
    /// What a person should know about what is not in it.
    pub remarks: Remarks,
}

impl Prepared {
    /// The request that replaces whatever the broker has.
    pub fn unconditional(self) -> AdminRequest {
        AdminRequest::PushCreds(PushPayload { if_generation: None, ..self.payload })
    }

    /// The request that counts only while the broker's generation is `generation`.
    pub fn at_generation(self, generation: u64) -> AdminRequest {
        AdminRequest::PushCreds(PushPayload { if_generation: Some(generation), ..self.payload })
    }
}

/// What a push leaves out, in words without values.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Remarks(Vec<String>);

impl Remarks {
    /// One line a remark.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The remarks that `before` did not have.
    pub fn new_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = &'a str> {
        self.lines().filter(|remark| !before.lines().any(|known| known == *remark))
    }
}

/// The snapshot does not fit into one push.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLarge {
    size: usize,
    /// Names with their encoded sizes, the largest first.
    largest: Vec<(SecretName, usize)>,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the store makes a push of {} bytes, and one push carries at most {PUSH_LINE_MAX}; the largest: ",
            self.size
        )?;
        for (index, (name, size)) in self.largest.iter().enumerate() {
            write!(formatter, "{}{name} ({size} bytes)", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl std::error::Error for TooLarge {}

impl TooLarge {
    /// The size of the push, in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// What to do about it.
    pub fn hint(&self) -> String {
        match self.largest.first() {
            Some((name, _)) => {
                format!("take out what is no credential, for example: remo-vault remove {name}")
            }
            None => "take out what is no credential with: remo-vault remove NAME".to_owned(),
        }
    }
}

/// Makes the push of everything in `reading`.
pub fn prepare(reading: Reading) -> Result<Prepared, TooLarge> {
    let mut remarks = Vec::new();
    for (name, fault) in &reading.faults {
        remarks.push(format!("{name} cannot be read, so the broker keeps what it has: {fault}"));
    }
    for name in &reading.unpushable {
        remarks
            .push(format!("{} is left out: it is not a secret name (A-Z, a-z, 0-9, _)", name.escape_debug()));
    }
    let payload = PushPayload {
        secrets: reading.secrets.into_iter().map(|(name, entry)| (name, entry.value)).collect(),
        keep: reading.faults.into_keys().collect(),
        if_generation: None,
    };
    let size = encoded_size(&payload).saturating_add(AROUND_CONTENT);
    if size <= PUSH_LINE_MAX {
        return Ok(Prepared { payload, remarks: Remarks(remarks) });
    }
    let mut largest: Vec<_> =
        payload.secrets.iter().map(|(name, value)| (name.clone(), encoded_size(value))).collect();
    largest.sort_by(|(_, a), (_, b)| b.cmp(a));
    largest.truncate(NAMED_MAX);
    Err(TooLarge { size, largest })
}

/// How many bytes `value` takes on the wire, without keeping any of them.
fn encoded_size(value: &impl Serialize) -> usize {
    struct Counter(usize);
    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    match serde_json::to_writer(&mut counter, value) {
        Ok(()) => counter.0,
        // What cannot be encoded cannot be sent either.
        Err(_) => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use remo_secret::Secret;
    use remo_wire::admin::PushedSecret;

    use super::*;
    use crate::source::{Entry, Fault};

    fn reading(secrets: &[(&str, usize)]) -> Reading {
        let entry = |length: usize| Entry {
            value: PushedSecret::Scalar(Secret::new(vec![b'x'; length])),
            changed_at: None,
        };
        Reading {
            secrets: secrets
                .iter()
                .map(|(name, length)| (SecretName::new(name).unwrap(), entry(*length)))
                .collect(),
            ..Reading::default()
        }
    }

    #[test]
    fn what_cannot_be_read_is_kept_and_what_cannot_be_pushed_is_left_out() {
        let mut reading = reading(&[("gh", 3)]);
        reading.faults.insert(SecretName::new("npm").unwrap(), Fault::new("sealed for another key"));
        reading.unpushable.push("a-b\n".to_owned());
        let prepared = prepare(reading).unwrap();
        assert_eq!(
            prepared.remarks.lines().collect::<Vec<_>>(),
            [
                "npm cannot be read, so the broker keeps what it has: sealed for another key",
                "a-b\\n is left out: it is not a secret name (A-Z, a-z, 0-9, _)",
            ]
        );
        assert_eq!(
            serde_json::to_string(&prepared.unconditional()).unwrap(),
            r#"{"op":"push-creds","secrets":{"gh":"xxx"},"keep":["npm"]}"#
        );
    }

    #[test]
    fn the_limit_is_the_wire_limit_to_the_byte() {
        let overhead = encoded_size(&prepare(reading(&[("a", 0)])).unwrap().at_generation(u64::MAX));
        let largest = prepare(reading(&[("a", PUSH_LINE_MAX - overhead)])).unwrap();
        assert_eq!(encoded_size(&largest.at_generation(u64::MAX)), PUSH_LINE_MAX);
        let error = prepare(reading(&[("a", PUSH_LINE_MAX - overhead + 1)])).unwrap_err();
        assert_eq!(error.size, PUSH_LINE_MAX + 1);
    }

    #[test]
    fn a_push_that_is_too_large_names_the_largest_entries() {
        let error = prepare(reading(&[("a", 10), ("b", 700_000), ("c", 500_000)])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the store makes a push of 1200099 bytes, and one push carries at most 1048576; the largest: \
             b (700002 bytes), c (500002 bytes), a (12 bytes)"
        );
        assert!(error.hint().ends_with("remo-vault remove b"));
    }
}
