//! The test programs that Cargo built, and in which order they run.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Tells the tests that the programs they run were built with them, so that none of them calls Cargo.
const BUILT: (&str, &str) = ("REMO_TESTS_ARE_BUILT", "1");

/// What takes longest, the longest first: started last, one of them alone would decide how long everything takes.
const LONGEST_FIRST: &[&str] = &[
    "remo-instance instance",
    "xtask try_containers",
    "remo-broker black_box",
    "remo-vault key_ladder",
    "remo-vault remo_vault",
    "remo-fetch-secrets black_box",
    "remo-vault login",
    "remo-vault fnox",
    "xtask try_out",
];

/// What measures time so closely that it must not run beside others.
const ALONE: &[&str] = &[];

/// One test program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TestProgram {
    /// The package and the target, as people name them.
    pub(super) name: String,
    executable: PathBuf,
    /// The package's directory: where Cargo would start it.
    folder: PathBuf,
}

impl TestProgram {
    /// The program of one message of `cargo build --message-format json`, if that is about a test program.
    pub(super) fn of_message(message: &Value) -> Option<Self> {
        if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
            return None;
        }
        let target = message["target"]["name"].as_str()?;
        let package = package_name(message["package_id"].as_str()?);
        // Tests within the sources of a library or program, which may have one name.
        let within = match message["target"]["kind"][0].as_str()? {
            kind @ ("lib" | "bin") => format!(" ({kind})"),
            _ => String::new(),
        };
        Some(Self {
            name: format!("{package} {target}{within}"),
            executable: message["executable"].as_str()?.into(),
            folder: Path::new(message["manifest_path"].as_str()?).parent()?.to_owned(),
        })
    }

    /// How it is started.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder).env(BUILT.0, BUILT.1);
        command
    }

    /// Whether its name contains one of `words`; no words choose everything.
    pub(super) fn is_chosen(&self, words: &[String]) -> bool {
        words.is_empty() || words.iter().any(|word| self.name.contains(word.as_str()))
    }

    /// Whether it must have the machine to itself.
    pub(super) fn runs_alone(&self) -> bool {
        ALONE.contains(&self.name.as_str())
    }

    /// Its place in the order in which programs start.
    pub(super) fn rank(&self) -> usize {
        LONGEST_FIRST.iter().position(|name| *name == self.name).unwrap_or(LONGEST_FIRST.len())
    }
}

/// The name in a package's identity: `path+file:///…/bench#remo-bench@0.1.0`, or `path+file:///…/xtask#0.1.0` where it
/// is that of the directory.
fn package_name(identity: &str) -> &str {
    let (place, rest) = identity.rsplit_once('#').unwrap_or(("", identity));
    match rest.split_once('@') {
        Some((name, _)) => name,
        None => place.rsplit('/').next().unwrap_or(place),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(kind: &str, test: bool) -> Value {
        json!({
            "reason": "compiler-artifact",
            "package_id": "path+file:///somewhere/crates/broker#remo-broker@0.1.0",
            "manifest_path": "/somewhere/crates/broker/Cargo.toml",
            "target": {"name": "black_box", "kind": [kind]},
            "profile": {"test": test},
            "executable": "/somewhere/target/debug/deps/black_box-1234",
        })
    }

    #[test]
    fn only_test_programs_are_taken_out_of_the_messages() {
        let program = TestProgram::of_message(&message("test", true)).unwrap();
        assert_eq!(program.name, "remo-broker black_box");
        assert_eq!(program.folder, Path::new("/somewhere/crates/broker"));
        assert_eq!(
            TestProgram::of_message(&message("lib", true)).unwrap().name,
            "remo-broker black_box (lib)"
        );
        assert_eq!(TestProgram::of_message(&message("bin", false)), None);
        assert_eq!(TestProgram::of_message(&json!({"reason": "build-finished", "success": true})), None);
    }

    #[test]
    fn a_package_may_be_named_by_its_directory_alone() {
        assert_eq!(package_name("path+file:///somewhere/xtask#0.1.0"), "xtask");
        assert_eq!(package_name("path+file:///somewhere/crates/bench#remo-bench@0.1.0"), "remo-bench");
    }

    #[test]
    fn words_choose_by_any_part_of_the_name() {
        let program = TestProgram::of_message(&message("test", true)).unwrap();
        for (words, chosen) in
            [(vec![], true), (vec!["broker"], true), (vec!["x", "black"], true), (vec!["vault"], false)]
        {
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            assert_eq!(program.is_chosen(&words), chosen, "{words:?}");
        }
    }
}
