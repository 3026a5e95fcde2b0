//! Reading options the way the Docker command line does (pflag), for options that are known by name.
//!
//! An option that is not in the table is an error that names it: what cannot be judged is not passed on. What
//! was read is written out again in one form only, `--name=value`, so that the real command cannot read it in
//! another way than this one did.

use std::fmt;

/// Whether an option takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// `--name value`, `--name=value`, `-n value`, `-nvalue`
    Value,
    /// `--name`, `--name=true`, `--name=false`
    Switch,
}

/// One option that is known.
#[derive(Debug, Clone, Copy)]
pub struct Known<M: 'static> {
    /// Without the dashes.
    pub long: &'static str,
    /// The letter, when it has one.
    pub short: Option<char>,
    /// Whether a value follows.
    pub takes: Takes,
    /// What it is to the gate.
    pub meaning: M,
}

/// One option as it was given.
#[derive(Debug, Clone)]
pub struct Given<M: 'static> {
    /// Its entry.
    pub known: &'static Known<M>,
    /// Its value; `true` or `false` for a switch.
    pub value: String,
}

impl<M> Given<M> {
    /// The one form in which it is passed on.
    pub fn canonical(&self) -> String {
        format!("--{}={}", self.known.long, self.value)
    }

    /// Where a finding about it says that it came from.
    pub fn origin(&self) -> String {
        match self.known.takes {
            Takes::Value => format!("--{} {}", self.known.long, self.value),
            Takes::Switch => format!("--{}", self.known.long),
        }
    }

    /// Whether a switch is on.
    pub fn is_on(&self) -> bool {
        self.value == "true"
    }
}

/// Options and what is left.
#[derive(Debug, Clone)]
pub struct Parsed<M: 'static> {
    /// In the order given.
    pub given: Vec<Given<M>>,
    /// What is no option.
    pub rest: Vec<String>,
}

/// A command line that cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(pub String);

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&super::finding::printable(&self.0))
    }
}

impl std::error::Error for Unreadable {}

/// Where options end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// At the first word that is no option: what follows belongs to another command.
    FirstWord,
    /// Options may stand between the words.
    End,
}

/// Reads `arguments` by `table`.
pub fn parse<M>(
    table: &'static [Known<M>],
    arguments: &[String],
    until: Until,
) -> Result<Parsed<M>, Unreadable> {
    let mut parsed = Parsed { given: Vec::new(), rest: Vec::new() };
    let mut left = arguments.iter();
    while let Some(argument) = left.next() {
        if argument.contains('\0') {
            return Err(Unreadable("an argument with a NUL byte".to_owned()));
        }
        if argument == "--" {
            let words: Vec<String> = left.cloned().collect();
            // Passed on without the --, such a word would be an option: no container, image or file here has one.
            let bare = if until == Until::FirstWord { words.get(..1) } else { Some(&words[..]) };
            let is_option = |word: &String| word.len() > 1 && word.starts_with('-');
            if bare.unwrap_or_default().iter().any(is_option) {
                return Err(Unreadable("a word behind -- that begins with -".to_owned()));
            }
            parsed.rest.extend(words);
            break;
        }
        if let Some(long) = argument.strip_prefix("--") {
            parsed.given.push(long_option(table, long, &mut left)?);
        } else if argument.len() > 1 && argument.starts_with('-') {
            letters(table, &argument[1..], &mut left, &mut parsed.given)?;
        } else {
            parsed.rest.push(argument.clone());
            if until == Until::FirstWord {
                parsed.rest.extend(left.cloned());
                break;
            }
        }
    }
    Ok(parsed)
}

fn long_option<'a, M>(
    table: &'static [Known<M>],
    text: &str,
    left: &mut impl Iterator<Item = &'a String>,
) -> Result<Given<M>, Unreadable> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let Some(known) = table.iter().find(|known| known.long == name) else {
        return Err(Unreadable(format!("the option --{name} is not known to the gate")));
    };
    let value = match (known.takes, value) {
        (Takes::Value, Some(value)) => value.to_owned(),
        (Takes::Value, None) => next(&format!("--{name}"), left)?,
        (Takes::Switch, None) => "true".to_owned(),
        (Takes::Switch, Some(value)) => boolean(&format!("--{name}"), value)?,
    };
    Ok(Given { known, value })
}

fn letters<'a, M>(
    table: &'static [Known<M>],
    cluster: &str,
    left: &mut impl Iterator<Item = &'a String>,
    given: &mut Vec<Given<M>>,
) -> Result<(), Unreadable> {
    for (at, letter) in cluster.char_indices() {
        let Some(known) = table.iter().find(|known| known.short == Some(letter)) else {
            return Err(Unreadable(format!("the option -{letter} is not known to the gate")));
        };
        let after = &cluster[at + letter.len_utf8()..];
        match (known.takes, after.strip_prefix('=')) {
            (Takes::Switch, Some(value)) => {
                let value = boolean(&format!("-{letter}"), value)?;
                given.push(Given { known, value });
                return Ok(());
            }
            (Takes::Switch, None) => given.push(Given { known, value: "true".to_owned() }),
            (Takes::Value, Some(value)) => {
                given.push(Given { known, value: value.to_owned() });
                return Ok(());
            }
            (Takes::Value, None) => {
                let value =
                    if after.is_empty() { next(&format!("-{letter}"), left)? } else { after.to_owned() };
                given.push(Given { known, value });
                return Ok(());
            }
        }
    }
    Ok(())
}

fn next<'a>(name: &str, left: &mut impl Iterator<Item = &'a String>) -> Result<String, Unreadable> {
    let value = left.next().ok_or_else(|| Unreadable(format!("the option {name} has no value")))?;
    if value.contains('\0') {
        return Err(Unreadable("an argument with a NUL byte".to_owned()));
    }
    Ok(value.clone())
}

/// The words that Docker takes for true and false.
fn boolean(name: &str, value: &str) -> Result<String, Unreadable> {
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok("true".to_owned()),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok("false".to_owned()),
        _ => Err(Unreadable(format!("the option {name} has a value that is neither true nor false"))),
    }
}
