//! `remo doctor`: every prerequisite and contract, each with its remedy.

mod checks;
mod contracts;
mod network;
mod past_the_gate;

use remo_present::table::wrapped;
use remo_present::width;
use serde::Serialize;

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::places::Places;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// Something works less well without it.
    Weak,
    /// Something does not work, or is not safe.
    Bad,
}

/// One check.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// What was looked at; stable, for scripts.
    pub code: &'static str,
    /// How it came out.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do; absent when all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Check {
    fn good(code: &'static str, found: impl Into<String>) -> Self {
        Self { code, verdict: Verdict::Good, found: found.into(), remedy: None }
    }

    fn of(code: &'static str, verdict: Verdict, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { code, verdict, found: found.into(), remedy: Some(remedy.into()) }
    }
}

/// Looks at everything and shows it; negative when something is bad.
pub fn doctor(places: &Places, as_json: bool) -> Result<ExitStatus, Failure> {
    let checks = checks::all(places);
    if as_json {
        let text = serde_json::to_string_pretty(&checks).map_err(|error| Failure::new(error.to_string()))?;
        output::data(&format!("{text}\n"))?;
    } else {
        output::data(&shown(&checks))?;
    }
    let is_bad = checks.iter().any(|check| check.verdict == Verdict::Bad);
    Ok(if is_bad { ExitStatus::Failure } else { ExitStatus::Success })
}

fn shown(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let mark = match check.verdict {
            Verdict::Good => "ok    ",
            Verdict::Weak => "weak  ",
            Verdict::Bad => "BAD   ",
        };
        text += &wrapped(mark, &format!("{}: {}", check.code, check.found), width());
        if let Some(remedy) = &check.remedy {
            text += &wrapped("      > ", remedy, width());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_bad_comes_with_its_remedy() {
        let checks = [Check::good("git", "2.39"), Check::of("broker", Verdict::Bad, "no\u{7}", "start it")];
        assert_eq!(shown(&checks), "ok    git: 2.39\nBAD   broker: no\\u{7}\n      > start it\n");
    }
}
