//! Bindings into files.

use remo_wire::binding::FileTarget;

use super::claims::Claims;
use crate::problem::Rule;
use crate::quote::quote;
use crate::reader::{Entry, Reader, Section};
use crate::template::Template;
use crate::{mode, placement, template};

/// Keys that only this mode has.
pub(super) const KEYS: &[&str] = &["file_path", "file_mode", "template"];

pub(super) fn read(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    claims: &mut Claims,
) -> Option<FileTarget> {
    let file_path = file_path(reader, section, claims);
    let file_mode = file_mode(reader, section);
    let template = match section.get("template") {
        Some(entry) => checked_template(reader, &entry).map(|text| Some(text.to_owned())),
        None => Some(None),
    };
    Some(FileTarget { file_path: file_path?, file_mode: file_mode?, template: template? })
}

fn file_path(reader: &mut Reader<'_>, section: &Section<'_>, claims: &mut Claims) -> Option<String> {
    let example = "file_path = \"~/.aws/credentials\"";
    let Some(entry) = section.get("file_path") else {
        reader.report(
            Rule::MissingFilePath,
            (section.offset, &section.path),
            "fetch_as = \"file\" needs a file_path",
            format!("write for example: {example}"),
        );
        return None;
    };
    let path = reader.text(&entry, example)?;
    if let Err(fault) = placement::check(path) {
        reader.report(
            Rule::FilePath,
            (entry.offset, &entry.path),
            format!("{} {fault}", quote(path)),
            fault.remedy(),
        );
        return None;
    }
    claims.path(path, entry.offset, &entry.path);
    Some(path.to_owned())
}

fn file_mode(reader: &mut Reader<'_>, section: &Section<'_>) -> Option<String> {
    let example = "file_mode = \"0600\"";
    let Some(entry) = section.get("file_mode") else { return Some(mode::DEFAULT.to_owned()) };
    let text = reader.text(&entry, example)?;
    if let Err(fault) = mode::check(text) {
        reader.report(
            Rule::FileMode,
            (entry.offset, &entry.path),
            format!("{} {fault}", quote(text)),
            fault.remedy(),
        );
        return None;
    }
    Some(text.to_owned())
}

fn checked_template<'t>(reader: &mut Reader<'_>, entry: &Entry<'t>) -> Option<&'t str> {
    let text = reader.text(entry, "template = \"token={{value}}\\n\"")?;
    let problems = Template::problems(text);
    let fine = problems.is_empty();
    for problem in problems {
        let offset = template::position::of_line(reader.source, entry.value.span(), problem.line);
        reader.report(Rule::Template, (offset, &entry.path), problem.message, problem.remedy);
    }
    fine.then_some(text)
}
