//! What is shown and what a key does: no input or output in here.
//!
//! The driver hands in keys, pictures and results; it gets back what to do as [`Effect`]s. A question that appears is
//! not armed at first: the driver draws it, throws away what was typed before it was there, and arms it
//! ([`State::arm`]). Only then it can be answered.

mod answer;
mod dialog;
mod entry;
mod list;
mod question;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use remo_wire::names::ProjectName;

pub use dialog::{Dialog, Trouble};
pub use entry::{NameEntry, Stage, ValueEntry};
pub use list::Position;
pub use question::{Question, Step};

use super::audit::{Lines, Record, Stream};
use super::job::{Done, Job};
use super::keys::{Input, Key};
use crate::overview::{BrokerState, Overview, ProjectView, SecretView};

/// The parts of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the word on its tab")]
pub enum Tab {
    Secrets,
    Projects,
    Audit,
    Status,
}

impl Tab {
    /// All of them, from left to right.
    pub const ALL: [Self; 4] = [Self::Secrets, Self::Projects, Self::Audit, Self::Status];

    /// The word on the tab.
    pub fn title(self) -> &'static str {
        match self {
            Self::Secrets => "Secrets",
            Self::Projects => "Projects",
            Self::Audit => "Audit",
            Self::Status => "Status",
        }
    }

    fn index(self) -> usize {
        Self::ALL.iter().position(|tab| *tab == self).unwrap_or_default()
    }

    fn step(self, by: usize) -> Self {
        Self::ALL[(self.index() + by) % Self::ALL.len()]
    }
}

/// What the driver has to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// End.
    Quit,
    /// Stop until somebody continues the process.
    Suspend,
    /// Gather everything anew.
    Refresh,
    /// Carry this out in the background.
    Start(Job),
}

/// Everything that the view shows.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent fact, and no two make a state together"
)]
pub struct State {
    /// The part that is open.
    pub tab: Tab,
    /// The last picture; `None` before the first.
    pub overview: Option<Overview>,
    /// Whether there is a store at all; without one, every name is new.
    pub there_is_a_store: bool,
    /// The end of the audit log.
    pub audit: Stream,
    /// What is open on top of the tab.
    pub dialog: Option<Dialog>,
    /// Whether what is open can be answered: it was on the screen before anything was typed.
    pub armed: bool,
    /// One line about what was done last.
    pub note: Option<String>,
    /// What runs in the background, in words.
    pub busy: Option<String>,
    /// Whether a filter is being typed.
    pub filtering: bool,
    /// Since when a picture is waited for.
    pub waiting_since: Option<Timestamp>,
    /// The present.
    pub now: Timestamp,
    /// Columns and rows of the screen.
    pub size: (u16, u16),
    positions: [Position; Tab::ALL.len()],
    leaving: bool,
    /// What runs in the background changes nothing.
    looking: bool,
}

impl State {
    /// The state before anything is known.
    pub fn new(now: Timestamp, size: (u16, u16)) -> Self {
        Self {
            tab: Tab::Secrets,
            overview: None,
            there_is_a_store: true,
            audit: Stream::default(),
            dialog: None,
            armed: true,
            note: None,
            busy: None,
            filtering: false,
            waiting_since: None,
            now,
            size,
            positions: Default::default(),
            leaving: false,
            looking: false,
        }
    }

    /// Where the open tab stands.
    pub fn position(&self) -> &Position {
        &self.positions[self.tab.index()]
    }

    fn position_mut(&mut self) -> &mut Position {
        &mut self.positions[self.tab.index()]
    }

    /// The secrets that match the filter of their tab.
    pub fn secrets(&self) -> Vec<&SecretView> {
        let filter = self.positions[Tab::Secrets.index()].filter();
        let all = self.overview.iter().flat_map(|overview| &overview.secrets);
        all.filter(|secret| contains(secret.name.as_str(), filter)).collect()
    }

    /// The projects that match the filter of their tab.
    pub fn projects(&self) -> Vec<&ProjectView> {
        let filter = self.positions[Tab::Projects.index()].filter();
        let all = self.overview.iter().flat_map(|overview| &overview.projects);
        all.filter(|project| contains(project.name.as_str(), filter)).collect()
    }

    /// The records that match the filter of their tab, the oldest first.
    pub fn records(&self) -> Vec<&Record> {
        let filter = self.positions[Tab::Audit.index()].filter();
        self.audit.records().filter(|record| record.matches(filter)).collect()
    }

    /// The secret under the cursor.
    pub fn selected_secret(&self) -> Option<&SecretView> {
        let secrets = self.secrets();
        secrets.get(self.positions[Tab::Secrets.index()].cursor(secrets.len())).copied()
    }

    /// The project under the cursor.
    pub fn selected_project(&self) -> Option<&ProjectView> {
        let projects = self.projects();
        projects.get(self.positions[Tab::Projects.index()].cursor(projects.len())).copied()
    }

    /// Takes a new picture. The cursor stays on what it was on.
    pub fn picture(&mut self, overview: Overview) {
        let secret = self.selected_secret().map(|secret| secret.name.clone());
        let project = self.selected_project().map(|project| project.name.clone());
        self.overview = Some(overview);
        self.waiting_since = None;
        if let Some(index) = self.secrets().iter().position(|it| Some(&it.name) == secret.as_ref()) {
            self.positions[Tab::Secrets.index()].move_to(index);
        }
        if let Some(index) = self.projects().iter().position(|it| Some(&it.name) == project.as_ref()) {
            self.positions[Tab::Projects.index()].move_to(index);
        }
    }

    /// Takes what came into the audit log. Who looks at older records keeps seeing those.
    pub fn audit_lines(&mut self, lines: &Lines) {
        let before = self.audit.arrived();
        self.audit.append(lines);
        let filter = self.positions[Tab::Audit.index()].filter().to_owned();
        let arrived = usize::try_from(self.audit.arrived() - before).unwrap_or(usize::MAX);
        let fresh = self.audit.records().rev().take(arrived).filter(|it| it.matches(&filter)).count();
        self.positions[Tab::Audit.index()].grow_from_the_end(fresh);
    }

    /// Takes the result of what ran in the background.
    pub fn done(&mut self, done: Done) -> Vec<Effect> {
        self.busy = None;
        match done {
            Done::Note(note) => self.note = Some(note),
            Done::Failed(trouble) => self.open(Dialog::Trouble(trouble)),
            Done::Compared(project, manifest) => self.compared(&project, &manifest),
            Done::Cleared { generation } => {
                self.open(Dialog::Question(Question::push_after_clear(generation)));
            }
        }
        if self.leaving { vec![Effect::Quit] } else { vec![Effect::Refresh] }
    }

    /// Whether something is open that must not be answered by what was typed before it was there.
    pub fn needs_arming(&self) -> bool {
        self.dialog.is_some() && !self.armed
    }

    /// What is open was drawn, and what was typed before is gone.
    pub fn arm(&mut self) {
        self.armed = true;
        self.note_what_was_seen();
    }

    /// Takes another size of the screen.
    pub fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
        self.note_what_was_seen();
    }

    fn note_what_was_seen(&mut self) {
        if let (true, Some(Dialog::Question(question))) = (self.armed, &mut self.dialog) {
            question.look(self.size);
        }
    }

    fn open(&mut self, dialog: Dialog) {
        // What asks for nothing and tells nothing new may be answered at once.
        self.armed = matches!(dialog, Dialog::Help { .. } | Dialog::Name(_));
        self.dialog = Some(dialog);
        self.filtering = false;
    }

    fn start(&mut self, job: Job) -> Vec<Effect> {
        if let Some(busy) = &self.busy {
            self.note = Some(format!("still {busy}; try again when that is done"));
            return Vec::new();
        }
        self.busy = Some(job.in_words());
        self.looking = job.is_a_look();
        self.note = None;
        vec![Effect::Start(job)]
    }

    /// Handles one thing that was typed.
    pub fn input(&mut self, input: Input) -> Vec<Effect> {
        match input {
            Input::Key(Key::Control('c')) if self.leaving => vec![Effect::Quit],
            Input::Key(Key::Control('c')) => self.leave(),
            Input::Key(Key::Control('z')) => vec![Effect::Suspend],
            input if self.dialog.is_some() => self.answer(input),
            Input::Key(key) if self.filtering => self.filter_key(key),
            Input::Key(key) => self.key(key),
            Input::Paste(_) => {
                self.note = Some("a paste was dropped; press s to store a value".to_owned());
                Vec::new()
            }
        }
    }

    /// Whether something runs in the background that should come to its end.
    pub fn is_changing(&self) -> bool {
        self.busy.is_some() && !self.looking
    }

    /// The process was stopped, and somebody continued it. What was typed meanwhile is gone, and nobody can say how
    /// much of a value that was.
    pub fn continued(&mut self) {
        if matches!(self.dialog, Some(Dialog::Value(_))) {
            self.dialog = None;
            self.note = Some("this was stopped while a value was typed; nothing was stored".to_owned());
        }
        self.armed = false;
    }

    /// Ends, but not in the middle of a change.
    fn leave(&mut self) -> Vec<Effect> {
        self.dialog = None;
        match &self.busy {
            None => vec![Effect::Quit],
            Some(_) if self.looking => vec![Effect::Quit],
            Some(busy) => {
                self.note = Some(format!("still {busy}; this ends when that is done (Ctrl-C: at once)"));
                self.leaving = true;
                Vec::new()
            }
        }
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        self.note = None;
        match key {
            Key::Char('q') => return self.leave(),
            Key::Char('?') => self.open(Dialog::Help { top: 0 }),
            Key::Char('r') => return vec![Effect::Refresh],
            Key::Char('/') => self.filtering = self.tab != Tab::Status,
            Key::Escape => self.position_mut().set_filter(String::new()),
            Key::Char(digit @ '1'..='4') => {
                self.tab = Tab::ALL[usize::from(u8::try_from(digit).unwrap_or(b'1') - b'1')];
            }
            Key::Tab | Key::Right => self.tab = self.tab.step(1),
            Key::BackTab | Key::Left => self.tab = self.tab.step(Tab::ALL.len() - 1),
            Key::Char('s') => self.open(Dialog::Name(NameEntry::default())),
            Key::Char('d') => self.ask_to_remove(),
            // The job asks the broker whether it was cleared: a picture may be old.
            Key::Char('p') => return self.start(Job::Push { undoes: None }),
            Key::Char('a') => return self.compare(),
            other => self.scroll(other),
        }
        Vec::new()
    }

    fn filter_key(&mut self, key: Key) -> Vec<Effect> {
        let mut filter = self.position().filter().to_owned();
        match key {
            Key::Enter => self.filtering = false,
            Key::Escape => {
                self.filtering = false;
                filter.clear();
            }
            Key::Backspace => {
                filter.pop();
            }
            Key::Control('u') => filter.clear(),
            Key::Char(character) if filter.len() < list::FILTER_MAX => filter.push(character),
            Key::Up | Key::Down | Key::PageUp | Key::PageDown => self.scroll(key),
            _ => {}
        }
        self.position_mut().set_filter(filter);
        Vec::new()
    }

    fn scroll(&mut self, key: Key) {
        let count = match self.tab {
            Tab::Secrets => self.secrets().len(),
            Tab::Projects => self.projects().len(),
            Tab::Audit => self.records().len(),
            Tab::Status => super::view::status_lines(self).len(),
        };
        let from_the_end = self.tab == Tab::Audit;
        let page = usize::from(self.size.1).saturating_sub(6).max(1);
        self.position_mut().scroll(key, count, page, from_the_end);
    }

    fn ask_to_remove(&mut self) {
        let Some(secret) = self.on_tab(Tab::Secrets).then(|| self.selected_secret()).flatten() else {
            self.note = Some("choose a secret first: 1, then j and k".to_owned());
            return;
        };
        let (name, in_store) = (secret.name.clone(), secret.in_store);
        if in_store == Some(false) {
            self.open(Dialog::Trouble(Trouble::new(
                format!("{name} is not in the store; only the broker still has it"),
                Some("press p: a push replaces everything that the broker has".to_owned()),
            )));
        } else {
            self.open(Dialog::Question(Question::remove(name)));
        }
    }

    /// Asks the broker for the difference: it is approved as it is shown, not as it was when the picture was taken.
    fn compare(&mut self) -> Vec<Effect> {
        let project = self.on_tab(Tab::Projects).then(|| self.selected_project()).flatten();
        let Some(name) = project.map(|project| project.name.clone()) else {
            self.note = Some("choose a project first: 2, then j and k".to_owned());
            return Vec::new();
        };
        self.start(Job::Compare(name))
    }

    fn compared(&mut self, project: &ProjectName, manifest: &remo_wire::admin::ManifestResponse) {
        match Question::approve(project, manifest) {
            Ok(question) => self.open(Dialog::Question(question)),
            Err(answer) => match answer {
                Ok(note) => self.note = Some(note),
                Err(trouble) => self.open(Dialog::Trouble(trouble)),
            },
        }
    }

    fn on_tab(&self, tab: Tab) -> bool {
        self.tab == tab
    }

    /// Whether the store is known to hold nothing under `name`.
    fn is_new(&self, name: &str) -> bool {
        let Some(overview) = &self.overview else { return false };
        let stored = overview.secrets.iter().find(|secret| secret.name.as_str() == name);
        let is_known = overview.store.readable == Some(true);
        !self.there_is_a_store || is_known && stored.is_none_or(|secret| secret.in_store == Some(false))
    }

    /// Whether the broker answered when the picture was taken.
    pub fn broker_answers(&self) -> bool {
        self.overview.as_ref().is_some_and(|overview| overview.broker.state == BrokerState::Answers)
    }
}

fn contains(name: &str, filter: &str) -> bool {
    name.to_lowercase().contains(&filter.to_lowercase())
}
