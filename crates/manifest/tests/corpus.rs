//! Samples of manifests, each with what must come of it.
//!
//! `tests/corpus/valid/NAME.toml` has the normal form beside it as JSON, `tests/corpus/invalid/NAME.toml`
//! every problem as it is shown to people. `REMO_UPDATE_EXPECTED=1 cargo test -p remo-manifest --test corpus`
//! writes the expected files anew; read the difference before committing it.

#![expect(clippy::expect_used, reason = "also the functions around the tests may stop at the first surprise")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use remo_manifest::{MANIFEST_PATH, Manifest, Problems, Rule, parse_bytes};
use remo_wire::limits::MANIFEST_MAX;
use remo_wire::names::ProjectName;

/// When set to anything, expected files are written instead of compared.
const UPDATE: &str = "REMO_UPDATE_EXPECTED";

fn project() -> ProjectName {
    ProjectName::new("project-a").expect("a project name")
}

fn read(bytes: &[u8]) -> Result<Manifest, Problems> {
    parse_bytes(bytes, MANIFEST_PATH, &project())
}

fn samples(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let mut samples: Vec<_> = fs::read_dir(&folder)
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    samples.sort();
    samples
}

/// Compares `actual` with the file beside the sample; says which file is wrong instead of stopping.
fn differs(sample: &Path, actual: &str) -> Option<String> {
    let expected_path = sample.with_extension("expected");
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&expected_path, actual).expect("the expected file can be written");
        return None;
    }
    let expected = fs::read_to_string(&expected_path).unwrap_or_default();
    (expected != actual)
        .then(|| format!("{}\n--- expected\n{expected}\n--- actual\n{actual}", expected_path.display()))
}

fn assert_all_fit(faults: &[String]) {
    assert!(faults.is_empty(), "{} samples differ (see {UPDATE}):\n{}", faults.len(), faults.join("\n\n"));
}

#[test]
fn valid_manifests_have_the_expected_normal_form() {
    let samples = samples("valid");
    assert!(samples.len() >= 15, "{} samples", samples.len());
    let mut faults = Vec::new();
    for sample in samples {
        match read(&fs::read(&sample).expect("a sample")) {
            Ok(manifest) => {
                let json = serde_json::to_string_pretty(&manifest.summary()).expect("JSON");
                faults.extend(differs(&sample, &(json + "\n")));
            }
            Err(problems) => faults.push(format!("{} is valid\n{problems}", sample.display())),
        }
    }
    assert_all_fit(&faults);
}

#[test]
fn invalid_manifests_have_the_expected_problems() {
    let samples = samples("invalid");
    assert!(samples.len() >= 60, "{} samples", samples.len());
    let mut faults = Vec::new();
    for sample in samples {
        match read(&fs::read(&sample).expect("a sample")) {
            Ok(_) => faults.push(format!("{} is invalid, but was accepted", sample.display())),
            Err(problems) => faults.extend(differs(&sample, &format!("{problems}\n"))),
        }
    }
    assert_all_fit(&faults);
}

#[test]
fn every_rule_has_a_sample_that_breaks_it() {
    let mut broken: BTreeSet<Rule> = samples("invalid")
        .iter()
        .filter_map(|sample| read(&fs::read(sample).expect("a sample")).err())
        .flat_map(|problems| problems.iter().map(|problem| problem.rule).collect::<Vec<_>>())
        .collect();
    // The one sample that would be too large to keep.
    let oversized = read(&vec![b'#'; MANIFEST_MAX + 1]).expect_err("too large");
    broken.extend(oversized.iter().map(|problem| problem.rule));
    let unbroken: Vec<_> = Rule::ALL.iter().filter(|rule| !broken.contains(rule)).collect();
    assert!(unbroken.is_empty(), "no sample breaks {unbroken:?}");
}

#[test]
fn the_largest_manifest_is_read() {
    let mut source = b"schema_version = 1\nproject = \"project-a\"\n#".to_vec();
    source.resize(MANIFEST_MAX, b'x');
    assert!(read(&source).is_ok());
    source.push(b'x');
    assert_eq!(read(&source).expect_err("too large").as_slice()[0].rule, Rule::Size);
}

#[test]
fn problems_are_complete_and_in_the_order_of_the_file() {
    for sample in samples("invalid") {
        let Err(problems) = read(&fs::read(&sample).expect("a sample")) else { continue };
        let label = sample.display();
        assert!(!problems.as_slice().is_empty(), "{label}");
        assert!(problems.as_slice().is_sorted_by_key(|problem| problem.line), "{label}");
        for problem in &problems {
            assert_eq!(problem.file, MANIFEST_PATH, "{label}");
            assert!(problem.line >= 1, "{label}");
            assert!(!problem.key.is_empty() && !problem.remedy.is_empty(), "{label}: {problem}");
            let shown = problem.to_string();
            assert_eq!(shown.lines().count(), 2, "{label}: {shown:?}");
            assert!(shown.chars().all(|character| character == '\n' || !character.is_control()), "{label}");
            // The one message that is long is the list of what a name may be.
            assert!(shown.len() < 500, "{label}: {} bytes", shown.len());
        }
    }
}

#[test]
fn the_normal_form_is_a_manifest_of_the_same_meaning() {
    for sample in samples("valid") {
        let manifest = read(&fs::read(&sample).expect("a sample")).expect("valid");
        let mut table = toml::Table::new();
        table.insert("schema_version".into(), manifest.schema_version.into());
        table.insert("project".into(), manifest.project.as_str().into());
        table.insert("secrets".into(), toml::Value::try_from(&manifest.bindings).expect("TOML"));
        table.insert("cache".into(), toml::Value::try_from(manifest.cache).expect("TOML"));
        let normal = toml::to_string(&table).expect("TOML");
        assert_eq!(read(normal.as_bytes()), Ok(manifest), "{}\n{normal}", sample.display());
    }
}

#[cfg(feature = "schema")]
#[test]
fn what_the_parser_accepts_fits_the_types_of_the_schema() {
    for sample in samples("valid") {
        let text = fs::read_to_string(&sample).expect("text");
        let read = toml::from_str::<remo_manifest::schema::ManifestFile>(&text);
        assert!(read.is_ok(), "{}: {read:?}", sample.display());
    }
}

#[cfg(feature = "schema")]
#[test]
fn the_schema_is_strict_at_every_level() {
    fn walk(value: &serde_json::Value, objects: &mut usize) {
        if let Some(object) = value.as_object() {
            if object.get("type").is_some_and(|kind| kind == "object") && object.contains_key("properties") {
                *objects += 1;
                assert_eq!(object.get("additionalProperties"), Some(&false.into()), "{value:#}");
            }
            for value in object.values() {
                walk(value, objects);
            }
        } else if let Some(array) = value.as_array() {
            for value in array {
                walk(value, objects);
            }
        }
    }
    let mut objects = 0;
    let schema = remo_manifest::schema::json_schema();
    assert!(!schema.to_string().contains("null"), "TOML has no null: {schema:#}");
    walk(&schema, &mut objects);
    assert_eq!(
        objects, 10,
        "the file, three kinds of bindings, three helpers, two kinds of their fields, and the cache"
    );
}
