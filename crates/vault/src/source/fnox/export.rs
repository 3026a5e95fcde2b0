//! What `fnox export --format json` prints, its strings decoded straight into secrets.

use std::collections::BTreeMap;

use remo_secret::Secret;
use serde::Deserialize;

#[derive(Deserialize)]
struct Export {
    secrets: BTreeMap<String, Secret>,
}

/// The secrets of an answer; `None` when it is no such answer. What the decoder says is dropped, because it may
/// quote a value.
pub(crate) fn decode(answer: &Secret) -> Option<BTreeMap<String, Secret>> {
    serde_json::from_slice::<Export>(answer.expose()).ok().map(|export| export.secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Option<BTreeMap<String, Secret>> {
        decode(&Secret::from_text(text.to_owned()))
    }

    #[test]
    fn strings_are_exact_and_everything_else_is_no_answer() {
        let found =
            decoded(r#"{"secrets":{"a":" \u0001\r\n\u00e4 ","b":""},"metadata":{"profile":"default"}}"#);
        let found = found.unwrap();
        assert_eq!(found["a"].expose_text(), Some(" \u{1}\r\n\u{e4} "));
        assert!(found["b"].is_empty());
        for other in ["", "{}", r#"{"secrets":{"a":"#, r#"{"secrets":{"a":1}}"#, r#"{"secrets":{}} more"#] {
            assert!(decoded(other).is_none(), "{other}");
        }
    }
}
