//! The table of all attacks, held against the one in the documentation.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use crate::attack::Row;

/// Set to `1` to write the documentation's table instead of comparing with it.
const UPDATE: &str = "REMO_UPDATE_SNAPSHOTS";

/// Letters of each column.
const WIDTHS: [usize; 4] = [44, 25, 46, 70];

const HEAD: [&str; 4] = ["attack", "as whom", "what happened", "audit line, or message"];

const LEGEND: &str = "\
remote user                the user of the container that shells and commands of the project run as
root in the container      user 0 there, with the capabilities that Docker gives to every container
root in a further service  of the project's Compose file, with the whole folder of the project to write to
the repository             what the project's files say: written by a container, or cloned like that
an editor's tooling        the reference tooling with the options of an editor, past the launcher
";

/// Compares, or writes.
pub(crate) fn compare(rows: &[Row]) -> Result<(), String> {
    let text = text(rows);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/captures/hostile.txt");
    if std::env::var_os(UPDATE).is_some_and(|value| value == "1") {
        return std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()));
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    if kept == text {
        return Ok(());
    }
    let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile.txt");
    std::fs::write(&new, &text).map_err(|error| format!("{}: {error}", new.display()))?;
    let different = kept.lines().zip(text.lines()).find(|(kept, now)| kept != now);
    let _ = write!(std::io::stderr(), "\n{text}\n");
    Err(format!(
        "docs/captures/hostile.txt shows something else than {} ({different:?}); {UPDATE}=1 writes it",
        new.display()
    ))
}

/// Whether the documentation's table has this row; always while it is written.
pub(crate) fn has(row: &Row) -> Result<(), String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/captures/hostile.txt");
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    let mut text = String::new();
    of_row(&mut text, row);
    if kept.contains(&text) || std::env::var_os(UPDATE).is_some_and(|value| value == "1") {
        return Ok(());
    }
    Err(format!("docs/captures/hostile.txt does not have this row, {UPDATE}=1 writes it:\n{text}"))
}

fn of_row(text: &mut String, Row { attack, outcome }: &Row) {
    line(text, [attack.what, attack.whom.words(), &outcome.happened, &outcome.record]);
}

fn text(rows: &[Row]) -> String {
    let mut text = String::new();
    line(&mut text, HEAD);
    let mut theme = "";
    for row in rows {
        let now = row.attack.name.split("::").next().unwrap_or_default();
        if now != theme {
            theme = now;
            let _ = write!(text, "\n[{theme}]\n");
        }
        of_row(&mut text, row);
    }
    format!("{text}\n{LEGEND}")
}

/// A line of the table, as many lines high as its highest cell.
fn line(text: &mut String, cells: [&str; 4]) {
    let mut columns =
        cells.map(str::to_owned).into_iter().zip(WIDTHS).map(|(cell, width)| wrapped(&cell, width));
    let columns: [Vec<String>; 4] = std::array::from_fn(|_| columns.next().unwrap_or_default());
    let height = columns.iter().map(Vec::len).max().unwrap_or_default();
    for row in 0..height {
        let mut line = String::new();
        for (column, width) in columns.iter().zip(WIDTHS) {
            let cell = column.get(row).map_or("", String::as_str);
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// Words in lines of at most `width` letters; a longer word has a line of its own.
fn wrapped(cell: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in cell.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}
