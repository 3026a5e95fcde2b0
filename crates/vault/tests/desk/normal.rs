//! Output without what differs from run to run.

use crate::room::Room;

/// `text` line by line: no time, no path of the room, no version; blanks between columns as two.
pub(crate) fn normal(text: &str, room: &Room) -> String {
    text.lines().map(|line| normal_line(line, room) + "\n").collect()
}

fn normal_line(line: &str, room: &Room) -> String {
    let room = room.path().to_str().expect("a path");
    let line = line.replace(room, "[ROOM]").replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
    let indent = line.len() - line.trim_start().len();
    // Columns are apart by at least two blanks; how many says only how wide their widest cell is.
    let columns: Vec<String> =
        line.trim().split("  ").filter(|column| !column.is_empty()).map(normal_words).collect();
    format!("{}{}", " ".repeat(indent), columns.join("  "))
}

fn normal_words(column: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in column.trim().split(' ') {
        let bare = word.trim_end_matches([',', ';', ':', '"', ')']);
        let rest = &word[bare.len()..];
        match (words.as_slice(), bare) {
            ([.., number, unit], "ago") if is_span(number, unit) => {
                words.truncate(words.len() - 2);
                words.push(format!("[AGO]{rest}"));
            }
            ([.., just], "now") if just == "just" => {
                words.pop();
                words.push(format!("[AGO]{rest}"));
            }
            ([.., up, number], unit) if up == "up" && is_span(number, unit) => {
                words.pop();
                words.push(format!("[SPAN]{rest}"));
            }
            _ if is_time(bare.trim_start_matches('"')) => {
                words.push(word.replace(bare.trim_start_matches('"'), "[TIME]"));
            }
            _ => words.push(word.to_owned()),
        }
    }
    words.join(" ")
}

fn is_span(number: &str, unit: &str) -> bool {
    number.parse::<u64>().is_ok() && ["s", "min", "h", "d"].contains(&unit)
}

fn is_time(word: &str) -> bool {
    word.len() == "2026-05-31T02:30:00Z".len() && word.ends_with('Z') && word.as_bytes()[10] == b'T'
}

#[test]
fn only_what_differs_from_run_to_run_is_taken_out() {
    let room = Room::empty();
    let text = "gh   scalar  3 min ago  just now   yes\n  answers: up 0 s\n\"at\": \"2026-05-31T02:30:00Z\",\n3 min\n";
    assert_eq!(
        normal(text, &room),
        "gh  scalar  [AGO]  [AGO]  yes\n  answers: up [SPAN]\n\"at\": \"[TIME]\",\n3 min\n"
    );
}
