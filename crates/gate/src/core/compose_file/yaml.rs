//! YAML, read so that no other reader could understand it in another way.
//!
//! The grammar is libyaml's, which both generations of Compose share. One document, no tags, no key twice, at
//! most one merge in a table, aliases within a limit. Words that only some readers take for something else than
//! text (`yes`, `0755`, `12:30`) stay text here.

use std::collections::HashMap;

use libyaml_safer::{EventData, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

use crate::core::flags::Unreadable;

/// More values than any Compose project has; what aliases repeat counts each time.
const MOST_VALUES: usize = 100_000;

/// Deeper than any Compose project.
const DEEPEST: usize = 64;

/// Reads one document.
pub fn read(text: &str) -> Result<Value, Unreadable> {
    if has_a_tag_before_a_comma(text) {
        return Err(Unreadable("YAML: an exclamation mark right before a comma reads as a tag".to_owned()));
    }
    let mut parser = Parser::new();
    let mut bytes = text.as_bytes();
    parser.set_input_string(&mut bytes);
    let mut reader = Reader { parser, anchors: HashMap::new(), values: 0 };
    reader.document().map_err(|problem| Unreadable(format!("YAML: {problem}")))
}

/// The library ends the program at a tag that a comma follows in a list. A tag begins where no word goes on, and has no
/// blank in it; text in quotes that looks like one is not told apart.
fn has_a_tag_before_a_comma(text: &str) -> bool {
    let mut backwards = text.chars().rev().peekable();
    let mut leads_to_a_comma = false;
    while let Some(character) = backwards.next() {
        let begins = character == '!' && !backwards.peek().is_some_and(|before| before.is_alphanumeric());
        if begins && leads_to_a_comma {
            return true;
        }
        if !is_of_a_tag(character) {
            leads_to_a_comma = character == ',';
        }
    }
    false
}

fn is_of_a_tag(character: char) -> bool {
    character.is_alphanumeric() || "-#;/?:@&=+$_.!~*'()%<>".contains(character)
}

struct Reader<'r, 'b> {
    parser: Parser<&'r mut &'b [u8]>,
    anchors: HashMap<String, Value>,
    values: usize,
}

impl Reader<'_, '_> {
    fn next(&mut self) -> Result<EventData, String> {
        self.parser.parse().map(|event| event.data).map_err(|error| error.to_string())
    }

    fn document(&mut self) -> Result<Value, String> {
        let EventData::StreamStart { .. } = self.next()? else { return Err("does not begin".to_owned()) };
        let value = match self.next()? {
            EventData::StreamEnd => return Ok(Value::Null),
            EventData::DocumentStart { version_directive: None, tag_directives, .. }
                if tag_directives.is_empty() =>
            {
                let first = self.next()?;
                self.value(first, 0)?
            }
            _ => return Err("does not begin with a document without directives".to_owned()),
        };
        match (self.next()?, self.next()?) {
            (EventData::DocumentEnd { .. }, EventData::StreamEnd) => Ok(value),
            _ => Err("has more than one document".to_owned()),
        }
    }

    fn count(&mut self, more: usize) -> Result<(), String> {
        self.values += more;
        if self.values > MOST_VALUES { Err("has too many values".to_owned()) } else { Ok(()) }
    }

    fn value(&mut self, event: EventData, depth: usize) -> Result<Value, String> {
        if depth > DEEPEST {
            return Err("is nested too deeply".to_owned());
        }
        self.count(1)?;
        let (value, anchor) = match event {
            EventData::Alias { anchor } => {
                let value = self.anchors.get(&anchor).cloned().ok_or("has an alias without its anchor")?;
                self.count(size(&value))?;
                return Ok(value);
            }
            EventData::Scalar { tag: Some(_), .. }
            | EventData::SequenceStart { tag: Some(_), .. }
            | EventData::MappingStart { tag: Some(_), .. } => return Err("has a tag".to_owned()),
            EventData::Scalar { value, style, anchor, .. } => (scalar(&value, style)?, anchor),
            EventData::SequenceStart { anchor, .. } => (self.sequence(depth)?, anchor),
            EventData::MappingStart { anchor, .. } => (self.mapping(depth)?, anchor),
            _ => return Err("has no value where one is needed".to_owned()),
        };
        if let Some(anchor) = anchor
            && self.anchors.insert(anchor, value.clone()).is_some()
        {
            return Err("has an anchor twice".to_owned());
        }
        Ok(value)
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, String> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                EventData::SequenceEnd => return Ok(Value::Array(items)),
                event => items.push(self.value(event, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, String> {
        let mut own = Map::new();
        let mut merged = None;
        loop {
            let (key, is_merge) = match self.next()? {
                EventData::MappingEnd => break,
                EventData::Scalar { tag: None, anchor: None, value, style, .. } => {
                    let is_merge = value == "<<" && style == ScalarStyle::Plain;
                    (value, is_merge)
                }
                _ => return Err("has a key that is no plain text".to_owned()),
            };
            let event = self.next()?;
            let value = self.value(event, depth + 1)?;
            if is_merge {
                if merged.is_some() {
                    return Err("has two merges in one table".to_owned());
                }
                merged = Some(merge_of(value)?);
            } else if own.contains_key(&key) {
                return Err(format!("has the key {key} twice"));
            } else {
                own.insert(key, value);
            }
        }
        for (key, value) in merged.into_iter().flatten() {
            own.entry(key).or_insert(value);
        }
        Ok(Value::Object(own))
    }
}

fn merge_of(value: Value) -> Result<Map<String, Value>, String> {
    match value {
        Value::Object(table) => Ok(table),
        Value::Array(mut list) if list.len() == 1 => merge_of(list.remove(0)),
        _ => Err("has a merge of something else than one table".to_owned()),
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(table) => 1 + table.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Result<Value, String> {
    if style != ScalarStyle::Plain {
        return Ok(Value::from(text));
    }
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text)?.unwrap_or_else(|| Value::from(text)),
    })
}

/// A decimal number that every reader takes for the same one.
fn number(text: &str) -> Result<Option<Value>, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().next().is_some_and(|first| first.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if !plain || leading_zero || digits.matches('.').count() > 1 || digits.ends_with('.') {
        return Ok(None);
    }
    if digits.contains('.') {
        let number = text.parse::<f64>().ok().and_then(Number::from_f64);
        return number
            .map(|number| Some(Value::Number(number)))
            .ok_or("has a number out of range".to_owned());
    }
    text.parse::<i64>()
        .map(|number| Some(Value::from(number)))
        .map_err(|_| "has a number out of range".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn what_the_dev_containers_cli_writes_is_read_as_compose_reads_it() {
        // Lines of a quoted text that are not indented: YAML 1.2 forbids them, libyaml takes them.
        let text = "services:\n  'app':\n    entrypoint: [\"/bin/sh\", \"-c\", \"a\\n\ntrap \\\"exit 0\\\" 15\\n\nwait $$!\", \"-\"]\n";
        let read = read(text).unwrap();
        assert_eq!(
            read,
            json!({"services": {"app": {"entrypoint": ["/bin/sh", "-c", "a\n trap \"exit 0\" 15\n wait $$!", "-"]}}})
        );
    }

    #[test]
    fn a_tag_that_the_library_does_not_expect_is_an_error() {
        assert!(read("a: \u{349}!b\u{349},").is_ok());
        for text in ["a: [!x,b]", "a: [!,b]", "a: {b: !<y>,c: d}", "a: [\"x\"!y,z]", "a: [! !!x,b]"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(read("a: hello!, b\nc: \"wait $$!\"").unwrap()["a"], "hello!, b");
    }

    #[test]
    fn anchors_and_one_merge_are_read() {
        let text = "x-a: &a {image: i, tty: true}\nservices: {app: {<<: *a, image: j}}\n";
        assert_eq!(read(text).unwrap()["services"], json!({"app": {"image": "j", "tty": true}}));
    }

    #[test]
    fn words_that_readers_disagree_about_stay_text() {
        let text = "[yes, off, 0755, 0o17, 0x1f, 1_000, 12:30, 1e3, .5, 2001-01-01, \"true\", 'null', =]";
        let all_text = read(text).unwrap().as_array().unwrap().iter().all(serde_json::Value::is_string);
        assert!(all_text, "{}", read(text).unwrap());
        assert_eq!(
            read("[true, null, ~, 12, -3, 1.5, 0]").unwrap(),
            json!([true, null, null, 12, -3, 1.5, 0])
        );
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_an_error() {
        for (text, problem) in [
            ("a: 1\na: 2\n", "the key a twice"),
            ("a: {b: 1, 'b': 2}\n", "the key b twice"),
            ("x: &x {a: 1}\ny: &y {a: 2}\nz: {<<: *x, <<: *y}\n", "two merges"),
            ("x: &x {a: 1}\ny: &y {a: 2}\nz: {<<: [*x, *y]}\n", "something else than one table"),
            ("x: &x {a: 1}\nx2: &x {a: 2}\nz: *x\n", "an anchor twice"),
            ("z: *x\n", "alias"),
            ("a: 1\n---\na: 2\n", "more than one document"),
            ("a: !!binary aGk=\n", "a tag"),
            ("a: !reset null\n", "a tag"),
            ("%TAG ! tag:x,2000:\n---\na: 1\n", "directives"),
            ("? {a: 1}\n: 2\n", "no plain text"),
            ("? &k a\n: 2\n", "no plain text"),
            ("a: [\n", "YAML"),
            ("a: 99999999999999999999\n", "out of range"),
        ] {
            let found = read(text).unwrap_err().to_string();
            assert!(found.contains(problem), "{text:?}: {found}");
        }
    }

    #[test]
    fn a_bomb_of_aliases_or_of_depth_is_an_error() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = level - 1;
            bomb = format!("{bomb}a{level}: &a{level} [{}]\n", vec![format!("*a{before}"); 10].join(", "));
        }
        assert!(read(&bomb).unwrap_err().to_string().contains("too many values"));
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        assert!(read(&deep).unwrap_err().to_string().contains("too deeply"));
    }
}
