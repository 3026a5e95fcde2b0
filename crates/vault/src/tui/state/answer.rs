//! Keys while something is open on top of a tab.

use super::super::job::Job;
use super::super::keys::{Input, Key};
use super::super::view::{dialog_room, help_lines, trouble_lines};
use super::{Dialog, Effect, Question, State, Step, ValueEntry};

impl State {
    pub(super) fn answer(&mut self, input: Input) -> Vec<Effect> {
        if !self.armed {
            return Vec::new();
        }
        let room = dialog_room(self.size);
        match &mut self.dialog {
            None => {}
            Some(Dialog::Help { top }) => {
                let count = help_lines(room.0).len();
                if !scroll(top, &input, count, room.1) && is_dismissal(&input) {
                    self.dialog = None;
                }
            }
            Some(Dialog::Trouble(trouble)) => {
                let count = trouble_lines(trouble, room.0).len();
                if !scroll(&mut trouble.top, &input, count, room.1) && is_dismissal(&input) {
                    self.dialog = None;
                }
            }
            Some(Dialog::Question(question)) => {
                let count = question.lines(room.0).len();
                scroll(&mut question.top, &input, count, room.1);
                question.look(self.size);
                match input {
                    Input::Key(Key::Char('y' | 'Y')) if question.seen => return self.yes(),
                    Input::Key(Key::Char('n' | 'N' | 'q') | Key::Enter | Key::Escape) => {
                        self.dialog = None;
                        self.note = Some("nothing was changed".to_owned());
                    }
                    // A yes to what was not read to its end is neither yes nor no.
                    _ => {}
                }
            }
            Some(Dialog::Name(_) | Dialog::Value(_)) if input == Input::Key(Key::Escape) => {
                self.dialog = None;
                self.note = Some("nothing was stored".to_owned());
            }
            Some(Dialog::Name(entry)) => {
                if let Some(name) = entry.input(&input) {
                    if self.is_new(name.as_str()) {
                        self.open(Dialog::Value(ValueEntry::new(name)));
                    } else {
                        self.open(Dialog::Question(Question::replace(name)));
                    }
                }
            }
            Some(Dialog::Value(entry)) => {
                if let Some(value) = entry.input(input) {
                    let name = entry.name.clone();
                    self.dialog = None;
                    return self.start(Job::Set(name, value));
                }
            }
        }
        Vec::new()
    }

    fn yes(&mut self) -> Vec<Effect> {
        let Some(Dialog::Question(question)) = self.dialog.take() else { return Vec::new() };
        match question.into_step() {
            Step::Remove(name) => self.start(Job::Remove(name)),
            Step::Push { generation } => self.start(Job::Push { undoes: Some(generation) }),
            Step::Approve { project, sha256 } => self.start(Job::Approve { project, sha256 }),
            Step::Replace(name) => {
                self.open(Dialog::Value(ValueEntry::new(name)));
                Vec::new()
            }
        }
    }
}

/// Moves `top` when the key is one for that.
fn scroll(top: &mut usize, input: &Input, count: usize, height: usize) -> bool {
    let last = count.saturating_sub(height);
    *top = match input {
        Input::Key(Key::Up | Key::Char('k')) => top.saturating_sub(1),
        Input::Key(Key::Down | Key::Char('j')) => (*top + 1).min(last),
        Input::Key(Key::PageUp) => top.saturating_sub(height),
        Input::Key(Key::PageDown | Key::Char(' ')) => (*top + height).min(last),
        Input::Key(Key::Home | Key::Char('g')) => 0,
        Input::Key(Key::End | Key::Char('G')) => last,
        _ => return false,
    };
    true
}

fn is_dismissal(input: &Input) -> bool {
    matches!(input, Input::Key(Key::Enter | Key::Escape | Key::Char('q' | '?')))
}
