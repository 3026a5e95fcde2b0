//! What must be true of every manifest and of every list of problems.

use remo_manifest::{MANIFEST_PATH, Manifest, PROBLEMS_MAX, Problem, Problems, difference, parse_bytes};
use remo_wire::admin::ManifestSummary;
use remo_wire::names::ProjectName;

/// The longest problem as text, in bytes. Raw input in it is cut, so that a hostile manifest cannot fill a
/// screen; the longest are those that list reserved variables or allowed places.
pub const PROBLEM_TEXT_MAX: usize = 4 * 1024;

/// Parses as the broker does, and checks the result.
pub fn parse(bytes: &[u8], project: &ProjectName) -> Result<Manifest, Problems> {
    let parsed = parse_bytes(bytes, MANIFEST_PATH, project);
    match &parsed {
        Ok(manifest) => check_manifest(manifest, project),
        Err(problems) => check_problems(problems, bytes),
    }
    parsed
}

fn check_manifest(manifest: &Manifest, project: &ProjectName) {
    assert_eq!(manifest.project, *project);
    let summary = manifest.summary();
    let json = serde_json::to_vec(&summary).expect("a summary is JSON");
    assert_eq!(serde_json::from_slice::<ManifestSummary>(&json).expect("a summary reads back"), summary);
    assert!(difference(Some(&summary), &summary).is_empty());
    let new = difference(None, &summary);
    assert_eq!((new.added_names.len(), new.removed.len()), (summary.bindings.len(), 0));
    for phrase in &new.added {
        assert_harmless(phrase, 0);
    }
    let text = normal_form(manifest);
    assert_eq!(parse_bytes(text.as_bytes(), MANIFEST_PATH, project), Ok(manifest.clone()), "{text}");
}

/// The manifest with all defaults written out.
fn normal_form(manifest: &Manifest) -> String {
    let mut table = toml::Table::new();
    table.insert("schema_version".into(), manifest.schema_version.into());
    table.insert("project".into(), manifest.project.as_str().into());
    table.insert("secrets".into(), toml::Value::try_from(&manifest.bindings).expect("bindings are TOML"));
    table.insert("cache".into(), toml::Value::try_from(manifest.cache).expect("limits are TOML"));
    toml::to_string(&table).expect("a manifest is TOML")
}

fn check_problems(problems: &Problems, bytes: &[u8]) {
    assert!((1..=PROBLEMS_MAX).contains(&problems.as_slice().len()));
    let lines = bytes.split(|byte| *byte == b'\n').count();
    for problem in problems {
        let Problem { line, column, key, message, remedy, .. } = problem;
        assert!((1..=lines).contains(&(*line as usize)), "{problem} of {lines} lines");
        assert!(column.is_none_or(|column| column >= 1), "{problem}");
        assert!(!key.is_empty() && !message.is_empty() && !remedy.is_empty(), "{problem}");
    }
    for text in problems.to_texts() {
        assert_harmless(&text, 1);
        assert!(text.len() <= PROBLEM_TEXT_MAX, "a problem of {} bytes", text.len());
    }
}

/// No terminal obeys anything in it: it has at most `newlines`, and no other control or direction character.
pub fn assert_harmless(text: &str, newlines: usize) {
    let steers = |character: &char| {
        character.is_control() && *character != '\n'
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    assert!(text.matches('\n').count() <= newlines, "{text:?} has too many lines");
    assert_eq!(text.chars().find(steers), None, "{text:?}");
}
