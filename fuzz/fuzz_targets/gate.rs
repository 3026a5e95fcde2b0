//! Command lines through the launch gate's judgement. `fuzz/README.md` says what is checked.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use remo_fuzz::gate_world::{Host, assert_given_away_by_nobody, policy};
use remo_gate::core::command_line::{self, Invocation};
use remo_gate::core::finding::{Finding, Verdict};
use remo_gate::core::judge::judge;
use remo_gate::core::mounts::csv;
use remo_gate::core::policy::Policy;

static POLICY: LazyLock<Policy> = LazyLock::new(policy);

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    // No argument of a process has a NUL byte in it.
    if !text.contains('\0') {
        command(&text.split('\n').map(str::to_owned).collect::<Vec<_>>());
    }
});

/// Everything is approved that can be: what is left is never allowed.
fn is_refused(verdict: &Verdict) -> bool {
    verdict.findings.iter().any(|finding| matches!(finding, Finding::Never { .. }))
}

/// The words that would be passed on, if any: the command with its options, and the rest.
fn passed_on(words: &[String]) -> Option<(Vec<String>, Vec<String>)> {
    let (command, options, mut asked) = match command_line::read(words).ok()? {
        Invocation::Run { command, options, asked }
        | Invocation::Build { command, options, asked }
        | Invocation::Enter { command, options, asked, .. }
        | Invocation::End { command, options, asked }
        | Invocation::Name { command, options, asked } => (command, options, asked),
        Invocation::Look { command, options } => (command, options, Vec::new()),
        Invocation::Compose(_) => return None,
    };
    if is_refused(&judge(&mut asked, &POLICY, &Host)) {
        return None;
    }
    let words = command_line::canonical(&command, &options, &asked).ok()?;
    Some((words, options.rest))
}

fn command(words: &[String]) {
    let Some((options, rest)) = passed_on(words) else { return };
    for word in &options {
        let Some((option, value)) = word.split_once('=') else { continue };
        match option {
            // A volume without a source is a new one.
            "--volume" if !value.contains(':') => {}
            "--volume" | "--device" => {
                assert_given_away_by_nobody(value.split(':').next().unwrap_or_default());
            }
            "--mount" => {
                for field in csv(value).expect("a mount in the form of the engine") {
                    for key in ["source=", "src=", "volume-opt=device="] {
                        field.strip_prefix(key).into_iter().for_each(assert_given_away_by_nobody);
                    }
                }
            }
            "--env-file" | "--file" => assert_given_away_by_nobody(value),
            _ => {}
        }
    }
    if matches!(options[0].as_str(), "run" | "create" | "exec") {
        let again = passed_on(&[&options[..], &rest].concat());
        assert_eq!(again, Some((options, rest)), "what is passed on is read in another way");
    }
}
