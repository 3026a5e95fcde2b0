//! A value to look for, in every form in which it could be left behind.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem::Finder;

/// Bytes that base64 turns into four letters at a time.
const BASE64_GROUP: usize = 3;

/// The forms of one value: raw, as inside a JSON string, and in base64 at any place of a longer text.
#[derive(Debug)]
pub struct Needle {
    /// For reports: which value it is. Never the value itself.
    pub label: String,
    pub(crate) forms: Vec<(&'static str, Finder<'static>)>,
}

impl Needle {
    /// The needle for `value`, called `label` in reports.
    ///
    /// # Panics
    /// When the value is shorter than 12 bytes: such a needle would be found by chance.
    pub fn new(label: &str, value: &[u8]) -> Self {
        assert!(value.len() >= 12, "a needle has at least 12 bytes");
        let mut forms = vec![("raw", value.to_vec())];
        let escaped = std::str::from_utf8(value).map(|text| serde_json::Value::from(text).to_string());
        if let Ok(escaped) = escaped {
            let inner = escaped.as_bytes()[1..escaped.len() - 1].to_vec();
            if inner != value {
                forms.push(("json", inner));
            }
        }
        for before in 0..BASE64_GROUP {
            forms.push(("base64", base64_core(value, before)));
        }
        let forms = forms.into_iter().map(|(form, bytes)| (form, Finder::new(&bytes).into_owned())).collect();
        Self { label: label.to_owned(), forms }
    }

    /// The form in which the value occurs in `text`, if it does.
    pub fn found_in(&self, text: &[u8]) -> Option<&'static str> {
        self.forms.iter().find(|(_, finder)| finder.find(text).is_some()).map(|(form, _)| *form)
    }

    /// The longest form, in bytes: how much two windows of a scan have to overlap.
    pub(crate) fn longest(&self) -> usize {
        self.forms.iter().map(|(_, finder)| finder.needle().len()).max().unwrap_or_default()
    }
}

/// The letters that `value` alone decides when it begins `before` bytes behind a group's start.
fn base64_core(value: &[u8], before: usize) -> Vec<u8> {
    let mut padded = vec![0; before];
    padded.extend_from_slice(value);
    let whole_groups = padded.len() / BASE64_GROUP * BASE64_GROUP;
    let text = STANDARD.encode(&padded[..whole_groups]);
    // The letters of the first group mix with what stands before.
    let first = if before == 0 { 0 } else { 4 };
    text.as_bytes()[first..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(needle: &Needle, text: &[u8]) -> Vec<&'static str> {
        needle.forms.iter().filter(|(_, finder)| finder.find(text).is_some()).map(|(form, _)| *form).collect()
    }

    #[test]
    fn a_value_is_found_in_every_form() {
        let value = "tripwire \"quoted\"\n\\value";
        let needle = Needle::new("value", value.as_bytes());
        assert_eq!(found(&needle, format!("..{value}..").as_bytes()), ["raw"]);
        assert_eq!(found(&needle, serde_json::json!({ "a": value }).to_string().as_bytes()), ["json"]);
        for before in 0..7 {
            for after in 0..4 {
                let text = format!("{}{value}{}", "a".repeat(before), "z".repeat(after));
                assert_eq!(found(&needle, STANDARD.encode(text).as_bytes()), ["base64"], "{before} {after}");
            }
        }
        assert!(found(&needle, b"tripwire quoted value").is_empty());
        assert_eq!(needle.found_in(format!("..{value}..").as_bytes()), Some("raw"));
        assert_eq!(needle.found_in(b"tripwire quoted value"), None);
    }
}
