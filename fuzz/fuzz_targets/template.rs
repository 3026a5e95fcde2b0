//! Templates and values. `fuzz/README.md` says what is checked.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use remo_fuzz::echo;
use remo_fuzz::manifest_rules::{PROBLEM_TEXT_MAX, assert_harmless};
use remo_fuzz::template_model::{Part, check_filters, parts, render};
use remo_manifest::template::{FILTERS_MAX, TEMPLATE_MAX, Template};
use remo_secret::Secret;
use remo_wire::names::SecretName;
use remo_wire::value::Kind;

/// As in every binary of the product: it is part of what is tested.
#[global_allocator]
static ALLOCATOR: remo_sys::WipingAllocator = remo_sys::WipingAllocator;

/// Ends the template, and each value but the last. No UTF-8 text holds this byte.
const SEPARATOR: u8 = 0xff;

/// The secret, and so one of the two names of a scalar.
const SECRET: &str = "gh";

/// The fields of a bundle, as far as there are values for them.
const FIELDS: &[&str] = &["user", "password", "a"];

/// The longest value that has every filter tried on it, in bytes.
const FILTERED_MAX: usize = 16 * 1024;

fuzz_target!(|input: &[u8]| {
    let mut pieces = input.splitn(2, |byte| *byte == SEPARATOR);
    let template = pieces.next().unwrap_or_default();
    // Without a value of its own, a template is inserted into itself: what is inserted is not looked at again.
    let value = pieces.next().unwrap_or(template);
    if value.len() <= FILTERED_MAX {
        check_filters(&Secret::new(value.to_vec()));
    }
    let Ok(source) = std::str::from_utf8(template) else { return };
    match Template::compile(source) {
        Ok(template) => {
            let parts = accepted(source, &template);
            render_scalar(&template, &parts, value);
            render_bundle(&template, &parts, value);
        }
        Err(first) => refused(source, &first),
    }
});

/// The second implementation reads it in the same way.
fn accepted<'t>(source: &'t str, template: &Template) -> Vec<Part<'t>> {
    assert!(Template::problems(source).is_empty());
    assert!(source.len() <= TEMPLATE_MAX);
    let parts = parts(source);
    let read: Vec<_> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Value { name, filters } => Some((*name, filters)),
            Part::Text(_) => None,
        })
        .collect();
    let stated: Vec<_> = template
        .placeholders()
        .iter()
        .map(|placeholder| (placeholder.name.as_str(), &placeholder.filters))
        .collect();
    assert_eq!(read, stated);
    assert!(!stated.is_empty() && stated.iter().all(|(_, filters)| filters.len() <= FILTERS_MAX));
    let lines = source.split('\n').count();
    assert!(
        template.placeholders().iter().all(|placeholder| (1..=lines).contains(&(placeholder.line as usize)))
    );
    parts
}

fn refused(source: &str, first: &remo_manifest::template::TemplateProblem) {
    let problems = Template::problems(source);
    assert_eq!(problems.first(), Some(first));
    let lines = source.split('\n').count();
    for problem in &problems {
        assert!((1..=lines).contains(&(problem.line as usize)), "{problem} of {lines} lines");
        assert_harmless(&problem.to_string(), 1);
        assert!(problem.to_string().len() <= PROBLEM_TEXT_MAX, "{problem}");
    }
}

fn render_scalar(template: &Template, parts: &[Part<'_>], value: &[u8]) {
    let known = ["value", SECRET];
    let expected = render(parts, |name| known.contains(&name).then_some(value));
    check(template, parts, Kind::Scalar, &known, |alter| Secret::new(alter(value)), expected);
}

fn render_bundle(template: &Template, parts: &[Part<'_>], value: &[u8]) {
    let fields: BTreeMap<&str, String> = FIELDS
        .iter()
        .copied()
        .zip(value.split(|byte| *byte == SEPARATOR))
        .map(|(name, value)| (name, String::from_utf8_lossy(value).into_owned()))
        .collect();
    let known: Vec<&str> = fields.keys().copied().collect();
    let expected = render(parts, |name| fields.get(name).map(String::as_bytes));
    let json = |alter: fn(&[u8]) -> Vec<u8>| {
        let fields: BTreeMap<&str, String> = fields
            .iter()
            .map(|(name, value)| (*name, String::from_utf8(alter(value.as_bytes())).expect("still text")))
            .collect();
        Secret::from_text(serde_json::to_string(&fields).expect("an object of strings"))
    };
    check(template, parts, Kind::Bundle, &known, json, expected);
}

/// The product renders what the second implementation does, or fails where that fails, and says why.
///
/// `value` is the secret with each of its texts changed by a function.
fn check(
    template: &Template,
    parts: &[Part<'_>],
    kind: Kind,
    known: &[&str],
    value: impl Fn(fn(&[u8]) -> Vec<u8>) -> Secret,
    expected: Option<Vec<u8>>,
) {
    let secret = SecretName::new(SECRET).expect("a secret name");
    let is_known = |part: &Part<'_>| match part {
        Part::Value { name, .. } => known.contains(name),
        Part::Text(_) => true,
    };
    let resolved = template.resolves(&secret, kind, known);
    assert_eq!(resolved.is_ok(), parts.iter().all(is_known), "an unknown placeholder is an error");
    match (template.render(&secret, kind, &value(<[u8]>::to_vec)), expected) {
        (Ok(rendered), Some(expected)) => assert_eq!(rendered.expose(), expected),
        (Err(problem), None) => {
            assert!(resolved.is_ok() || resolved == Err(problem.clone()), "{problem}");
            assert_harmless(&problem.to_string(), 1);
            assert!(problem.to_string().len() <= PROBLEM_TEXT_MAX, "{problem}");
            let other = template.render(&secret, kind, &value(echo::altered));
            assert_eq!(other.err(), Some(problem), "an error depends on the letters of a value");
        }
        (Ok(_), None) => panic!("rendered although a value is missing or does not fit"),
        (Err(problem), Some(_)) => panic!("{problem}"),
    }
}
