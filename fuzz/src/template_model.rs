//! A second implementation of templates, as simple as it can be, and readers for what the filters write.
//!
//! It is used only for templates that the product has accepted, and knows nothing of the engine behind it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use remo_manifest::template::Filter;
use remo_secret::Secret;

/// A stretch of a template.
#[derive(Debug, PartialEq, Eq)]
pub enum Part<'t> {
    /// Text that stays.
    Text(&'t str),
    /// A value, and the filters that it goes through.
    Value {
        /// What is inserted.
        name: &'t str,
        /// In this order.
        filters: Vec<Filter>,
    },
}

/// Takes an accepted template apart.
pub fn parts(template: &str) -> Vec<Part<'_>> {
    let (mut parts, mut rest) = (Vec::new(), template);
    while let Some((text, behind)) = rest.split_once("{{") {
        parts.push(Part::Text(text));
        let inside = behind.trim_start();
        if let Some(quote) = inside.chars().next().filter(|character| matches!(character, '"' | '\'')) {
            // One of the openers, written as a literal.
            let (literal, behind) = inside[1..].split_once(quote).expect("an accepted literal ends");
            parts.push(Part::Text(literal));
            rest = behind.trim_start().strip_prefix("}}").expect("an accepted literal stands alone");
        } else {
            let (expression, behind) = inside.split_once("}}").expect("an accepted placeholder ends");
            let mut words = expression.split('|').map(str::trim);
            let name = words.next().unwrap_or_default();
            let filters =
                words.map(|word| Filter::by_name(word).expect("an accepted filter is known")).collect();
            parts.push(Part::Value { name, filters });
            rest = behind;
        }
    }
    parts.push(Part::Text(rest));
    parts
}

/// What a template becomes; `None` when a value is missing or does not fit.
pub fn render<'v>(parts: &[Part<'_>], value_of: impl Fn(&str) -> Option<&'v [u8]>) -> Option<Vec<u8>> {
    let mut output = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) => output.extend_from_slice(text.as_bytes()),
            Part::Value { name, filters } => {
                let mut value = Secret::new(value_of(name)?.to_vec());
                for filter in filters {
                    value = filter.apply(&value)?;
                }
                value.expose_text()?;
                output.extend_from_slice(value.expose());
            }
        }
    }
    Some(output)
}

/// Every filter's literal reads back as the value, or the filter refuses a value that has no literal.
pub fn check_filters(value: &Secret) {
    let text = value.expose_text();
    for filter in Filter::ALL {
        let fits = match filter {
            Filter::Base64 => true,
            Filter::Shell => text.is_some_and(|text| !text.contains('\0')),
            Filter::Json | Filter::Toml => text.is_some(),
        };
        let literal = filter.apply(value);
        assert_eq!(literal.is_some(), fits, "{}", filter.name());
        if let Some(literal) = literal {
            let literal = literal.expose_text().expect("a literal is text");
            assert_eq!(read_back(*filter, literal), value.expose(), "{}: {literal}", filter.name());
        }
    }
}

fn read_back(filter: Filter, literal: &str) -> Vec<u8> {
    match filter {
        Filter::Json => serde_json::from_str::<String>(literal).expect("a JSON string").into_bytes(),
        Filter::Toml => {
            let table: toml::Table = toml::from_str(&format!("key = {literal}\n")).expect("a TOML document");
            assert_eq!(table.len(), 1);
            table["key"].as_str().expect("a TOML string").as_bytes().to_vec()
        }
        Filter::Shell => shell_word(literal).into_bytes(),
        Filter::Base64 => STANDARD.decode(literal).expect("base64"),
    }
}

/// The one word that a POSIX shell makes of it: only single quotes and escaped single quotes occur.
fn shell_word(literal: &str) -> String {
    let (mut word, mut rest) = (String::new(), literal);
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix("\\'") {
            word.push('\'');
            rest = behind;
        } else {
            let quoted = rest.strip_prefix('\'').expect("a shell would see an unquoted character");
            let (text, behind) = quoted.split_once('\'').expect("a quote ends");
            word.push_str(text);
            rest = behind;
        }
    }
    word
}
