//! Typing a name and a value.

use remo_secret::Secret;
use remo_wire::limits::PUSH_LINE_MAX;
use remo_wire::names::{SECRET_NAME_MAX, SecretName};

use super::super::keys::{Input, Key};
use crate::input::LineEnd;

/// The most that is taken of a name, in characters: what is longer than a name may be is refused as a whole.
const TYPED_MAX: usize = SECRET_NAME_MAX + 1;

/// The name of a secret, while it is typed.
#[derive(Debug, Default)]
pub struct NameEntry {
    /// What was typed so far.
    pub text: String,
    /// What is wrong with it.
    pub problem: Option<String>,
}

impl NameEntry {
    /// Takes what was typed; the name once it is complete.
    pub(super) fn input(&mut self, input: &Input) -> Option<SecretName> {
        self.problem = None;
        match input {
            Input::Key(Key::Enter) => match SecretName::new(&self.text) {
                Ok(name) => return Some(name),
                Err(rule) => self.problem = Some(self.refusal(&rule.to_string())),
            },
            Input::Key(Key::Backspace) => {
                self.text.pop();
            }
            Input::Key(Key::Control('u')) => self.text.clear(),
            // Also what no name may have: a character that is left out unseen makes another name.
            Input::Key(Key::Char(character)) if self.text.chars().count() < TYPED_MAX => {
                self.text.push(*character);
            }
            Input::Key(Key::Char(_)) => {
                self.problem = Some(format!("a name has at most {SECRET_NAME_MAX} characters"));
            }
            // It could be a value, and a name is shown.
            Input::Paste(_) => {
                self.problem = Some("a name is typed, not pasted: a paste could be a value".to_owned());
            }
            Input::Key(_) => {}
        }
        None
    }

    /// The rule, and a name that keeps it where one is near.
    fn refusal(&self, rule: &str) -> String {
        let allowed = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
        match SecretName::new(&self.text.chars().map(allowed).collect::<String>()) {
            Ok(name) => format!("{rule}; write it with _ in the place of other characters: {name}"),
            Err(_) => rule.to_owned(),
        }
    }
}

/// Which of the two times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Stage {
    First,
    Again,
}

/// A value, while it is typed. Nothing of it is shown, nor how long it is.
#[derive(Debug)]
pub struct ValueEntry {
    /// The secret that it is for.
    pub name: SecretName,
    /// Which of the two times.
    pub stage: Stage,
    /// What is wrong.
    pub problem: Option<&'static str>,
    first: Secret,
    current: Secret,
    /// What is entered is one paste and nothing else.
    pasted: bool,
}

impl ValueEntry {
    /// Nothing typed yet.
    pub fn new(name: SecretName) -> Self {
        Self { name, stage: Stage::First, problem: None, first: empty(), current: empty(), pasted: false }
    }

    /// Whether anything was typed this time.
    pub fn has_something(&self) -> bool {
        !self.current.is_empty()
    }

    /// Takes what was typed; the value once it is complete.
    pub(super) fn input(&mut self, input: Input) -> Option<Secret> {
        self.problem = None;
        match input {
            Input::Key(Key::Enter) => return self.enter(),
            Input::Key(Key::Backspace) => self.take_last_off(),
            Input::Key(Key::Control('u')) => self.restart(None),
            Input::Key(Key::Char(character)) => {
                self.pasted = false;
                self.append(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Input::Key(Key::Tab) => {
                self.pasted = false;
                self.append(b"\t");
            }
            Input::Paste(Some(paste)) => {
                self.pasted = self.current.is_empty();
                self.append(paste.expose());
            }
            Input::Paste(None) => {
                self.restart(Some(
                    "the paste did not come whole, or is too large (1 MiB at most); nothing of it was taken",
                ));
            }
            Input::Key(_) => {}
        }
        None
    }

    fn append(&mut self, bytes: &[u8]) {
        if self.current.len() + bytes.len() <= PUSH_LINE_MAX {
            self.current.append(bytes);
        } else {
            self.restart(Some("this is too large: all secrets together have at most 1 MiB"));
        }
    }

    fn take_last_off(&mut self) {
        let text = self.current.expose();
        let end = text.iter().rposition(|byte| byte & 0xc0 != 0x80).unwrap_or_default();
        self.current = Secret::new(text[..end].to_vec());
        self.pasted = false;
    }

    fn restart(&mut self, problem: Option<&'static str>) {
        self.stage = Stage::First;
        self.first = empty();
        self.current = empty();
        self.pasted = false;
        self.problem = problem;
    }

    fn enter(&mut self) -> Option<Secret> {
        let typed = std::mem::replace(&mut self.current, empty());
        let pasted = std::mem::take(&mut self.pasted);
        let typed = Secret::new(LineEnd::Single.value_of(typed.expose()).to_vec());
        if typed.is_empty() {
            self.problem = Some("nothing is entered yet");
            return None;
        }
        match self.stage {
            // A paste is not mistyped.
            Stage::First if pasted => Some(typed),
            Stage::First => {
                self.first = typed;
                self.stage = Stage::Again;
                None
            }
            Stage::Again if typed == self.first => Some(typed),
            Stage::Again => {
                self.restart(Some("the two entries differ; once more from the beginning"));
                None
            }
        }
    }
}

fn empty() -> Secret {
    Secret::new(Vec::new())
}
