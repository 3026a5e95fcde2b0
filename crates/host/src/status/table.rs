//! The lines as a table, with what to do about what is old.

use std::fmt::Write as _;

use remo_present::table::{Column, Table, wrapped};
use remo_present::width;
use remo_wire::admin::ManifestState;

use super::line::{Line, State};

/// Digits of a container's id that are shown, as the engine does.
const ID_SHOWN: usize = 12;

pub(super) fn text(lines: &[Line]) -> String {
    if lines.is_empty() {
        return "There is no project yet; clone one: remo clone ADDRESS\n".to_owned();
    }
    let mut table = Table::new([
        Column::whole("PROJECT"),
        Column::whole("MANIFEST"),
        Column::whole("CONTAINER"),
        Column::whole("STARTED WITH"),
        Column::whole("FILES"),
        Column::whole("CURRENT"),
    ]);
    for line in lines {
        table.row([
            line.project.clone(),
            line.manifest.map_or_else(|| "-".to_owned(), |manifest| manifest.to_string()),
            state(line.container).to_owned(),
            number(line.view_at_start),
            match &line.files {
                Some(files) if !files.followed => format!("view {}, not followed", files.view),
                files => number(files.as_ref().map(|files| files.view)),
            },
            number(line.view),
        ]);
        for further in &line.further {
            let id = further.id.as_deref().map(|id| id.get(..ID_SHOWN).unwrap_or(id));
            let name = id.map_or_else(|| "also one not known".to_owned(), |id| format!("also {id}"));
            table.row([
                String::new(),
                String::new(),
                name,
                number(None),
                number(Some(further.view)),
                String::new(),
            ]);
        }
    }
    let mut text = table.render(width());
    for line in lines {
        let mut say = |problem: &str, remedy: &str| {
            let _ = write!(
                text,
                "{}{}",
                wrapped("- ", &format!("{}: {problem}", line.project), width()),
                wrapped("  > ", remedy, width())
            );
        };
        let name = &line.project;
        if line.needs_restart {
            say(
                &environment(line),
                &format!("end its shells and processes and start it again: remo up {name} --rebuild"),
            );
        }
        if let Some(files) = &line.files {
            if files.followed && line.files_are_old() {
                say(
                    "what keeps its files fresh does not take what is new",
                    &format!(
                        "look in it for a stopped remo-fetch-secrets watch, or make it again: remo up {name} --rebuild"
                    ),
                );
            } else if !files.followed {
                // What it was given last need not be in its files, so that this is said of the current view too.
                say(
                    "nothing keeps its files fresh: it was ended, or is switched off",
                    &format!(
                        "the next shell starts it again, unless it is switched off: remo shell -p {name}"
                    ),
                );
            }
        }
        let manifest = line.manifest.filter(|manifest| {
            matches!(manifest, ManifestState::Unapproved | ManifestState::Changed | ManifestState::Invalid)
        });
        if let Some(manifest) = manifest {
            say(&format!("its manifest is {manifest}"), &format!("remo trust {name}"));
        }
    }
    text
}

fn number(number: Option<u64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| format!("view {number}"))
}

fn state(container: State) -> &'static str {
    match container {
        State::None => "-",
        State::Running => "running",
        State::StartedElsewhere => "running, started elsewhere",
        State::Stopped => "stopped",
        State::Unknown => "docker does not say",
    }
}

/// What is to be said about an environment that is old, or may be.
fn environment(line: &Line) -> String {
    match &line.changed_variables {
        Some(changed) => format!("changed since its environment was made: {}", changed.join(", ")),
        None if line.container == State::StartedElsewhere => {
            "variables of its environment may be older than what is current: it was started elsewhere".to_owned()
        }
        None => "variables of its environment may be older than what is current: the broker was started since, and \
                 does not know what changed"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::line::tests::{at_broker, found, id, line};
    use super::*;

    fn of(held: u64, containers: &serde_json::Value) -> String {
        text(&[line(&at_broker(5, containers), held, &found(true, "t1"))])
    }

    #[test]
    fn what_needs_a_restart_is_named_with_the_command() {
        let text = of(3, &json!([]));
        assert!(text.contains("- a: changed since its environment was made: GH_TOKEN"), "{text}");
        assert!(text.contains("> end its shells"), "{text}");
        assert!(!of(4, &json!([])).contains("- a:"));
        assert!(of(1, &json!([])).contains("does not know what changed"));
    }

    #[test]
    fn files_that_do_not_follow_are_said_with_what_to_do_whatever_they_were_given() {
        let own = |view, watching| {
            of(5, &json!([{"container": id("a"), "watching": watching, "view": view, "fetched_at": null}]))
        };
        assert!(!own(5, true).contains("- a:"));
        let ended = own(5, false);
        assert!(ended.contains("view 5, not followed"), "{ended}");
        for text in [ended, own(4, false)] {
            assert!(text.contains("nothing keeps its files fresh"), "{text}");
            assert!(text.contains("> the next shell starts it again"), "{text}");
        }
        assert!(own(4, true).contains("does not take what is new"));
    }
}
