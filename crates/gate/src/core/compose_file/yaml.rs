//! YAML, read so that no other reader could understand it in another way.
//!
//! One document, no tags, no key twice, at most one merge in a table, aliases within a limit. Words that only
//! some readers take for something else than text (`yes`, `0755`, `12:30`) stay text here.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

use crate::core::flags::Unreadable;

/// More values than any Compose project has; what aliases repeat counts each time.
const MOST_VALUES: usize = 100_000;

/// Deeper than any Compose project.
const DEEPEST: usize = 64;

/// Reads one document.
pub fn read(text: &str) -> Result<Value, Unreadable> {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), values: 0 };
    reader.document().map_err(|problem| Unreadable(format!("YAML: {problem}")))
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    anchors: HashMap<usize, Value>,
    values: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Event<'a>, String> {
        match self.parser.next() {
            Some(Ok((event, _))) => Ok(event),
            Some(Err(error)) => {
                let at = error.marker();
                Err(format!("line {}, column {}: {}", at.line(), at.col() + 1, error.info()))
            }
            None => Err("ends too early".to_owned()),
        }
    }

    fn document(&mut self) -> Result<Value, String> {
        let Event::StreamStart = self.next()? else { return Err("does not begin".to_owned()) };
        let value = match self.next()? {
            Event::StreamEnd => return Ok(Value::Null),
            Event::DocumentStart(_) => {
                let first = self.next()?;
                self.value(first, 0)?
            }
            _ => return Err("does not begin with a document".to_owned()),
        };
        match (self.next()?, self.next()?) {
            (Event::DocumentEnd, Event::StreamEnd) => Ok(value),
            _ => Err("has more than one document".to_owned()),
        }
    }

    fn count(&mut self, more: usize) -> Result<(), String> {
        self.values += more;
        if self.values > MOST_VALUES { Err("has too many values".to_owned()) } else { Ok(()) }
    }

    fn value(&mut self, event: Event<'a>, depth: usize) -> Result<Value, String> {
        if depth > DEEPEST {
            return Err("is nested too deeply".to_owned());
        }
        self.count(1)?;
        let (value, anchor) = match event {
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).cloned().ok_or("has an alias of itself")?;
                self.count(size(&value))?;
                return Ok(value);
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => return Err("has a tag".to_owned()),
            Event::Scalar(text, style, anchor, None) => (scalar(&text, style)?, anchor),
            Event::SequenceStart(anchor, None) => (self.sequence(depth)?, anchor),
            Event::MappingStart(anchor, None) => (self.mapping(depth)?, anchor),
            _ => return Err("has no value where one is needed".to_owned()),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, String> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(Value::Array(items)),
                event => items.push(self.value(event, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, String> {
        let mut own = Map::new();
        let mut merged = None;
        loop {
            let (key, is_merge) = match self.next()? {
                Event::MappingEnd => break,
                Event::Scalar(_, _, _, Some(_)) => return Err("has a tag".to_owned()),
                Event::Scalar(_, _, anchor, None) if anchor != 0 => {
                    return Err("has an anchor on a key".to_owned());
                }
                Event::Scalar(text, style, _, None) => {
                    let is_merge = text == "<<" && style == ScalarStyle::Plain;
                    (text.into_owned(), is_merge)
                }
                _ => return Err("has a key that is no text".to_owned()),
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
