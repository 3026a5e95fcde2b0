//! Keys and what they do, and how that looks, without a terminal.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use remo_secret::Secret;
use remo_wire::admin::{ManifestResponse, ManifestState};
use remo_wire::names::SecretName;
use remo_wire::ok::OkTrue;

use super::super::view::{Palette, draw};
use super::*;

const USUAL: (u16, u16) = (80, 24);

fn state() -> State {
    State::new(Timestamp::UNIX_EPOCH, USUAL)
}

fn key(state: &mut State, key: Key) -> Vec<Effect> {
    state.input(Input::Key(key))
}

fn type_text(state: &mut State, text: &str) {
    for character in text.chars() {
        assert_eq!(key(state, Key::Char(character)), []);
    }
}

fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    state.input(Input::Paste(Some(Secret::from_text(text.to_owned()))))
}

fn screen(state: &State, size: (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    terminal.draw(|frame| draw(frame, state, Palette { colour: true })).unwrap();
    terminal.backend().to_string()
}

fn manifest(state: ManifestState, added: &[&str]) -> ManifestResponse {
    ManifestResponse {
        ok: OkTrue,
        state,
        pinned: None,
        file: None,
        sha256: "0123abcd".to_owned(),
        added: added.iter().map(|&line| line.to_owned()).collect(),
        removed: Vec::new(),
        problems: vec!["line 1: \u{1b}[2J".to_owned()],
    }
}

fn project() -> ProjectName {
    ProjectName::new("project-a").unwrap()
}

/// A state that asks whether to approve `added`.
fn asked(added: &[&str]) -> State {
    let mut state = state();
    state.done(Done::Compared(project(), Box::new(manifest(ManifestState::Changed, added))));
    state
}

/// The name is entered, and the value asked for.
fn at_the_value() -> State {
    let mut state = state();
    state.there_is_a_store = false;
    state.overview = None;
    key(&mut state, Key::Char('s'));
    type_text(&mut state, "gh");
    key(&mut state, Key::Enter);
    // Nothing is known of the store, so it asks.
    state.arm();
    key(&mut state, Key::Char('y'));
    state.arm();
    state
}

#[test]
fn a_question_is_not_answered_before_it_is_armed() {
    let mut state = asked(&["npm: variable NPM"]);
    assert!(state.needs_arming());
    assert!(!screen(&state, USUAL).contains("y = approve"));
    assert_eq!(key(&mut state, Key::Char('y')), []);
    assert!(matches!(state.dialog, Some(Dialog::Question(_))));
    state.arm();
    assert!(screen(&state, USUAL).contains("y = approve"));
    let expected = Job::Approve { project: project(), sha256: "0123abcd".to_owned() };
    assert_eq!(key(&mut state, Key::Char('y')), [Effect::Start(expected)]);
}

#[test]
fn every_answer_but_y_is_no() {
    for answer in [Key::Enter, Key::Escape, Key::Char('n'), Key::Char('q')] {
        let mut state = asked(&["npm"]);
        state.arm();
        assert_eq!(key(&mut state, answer), []);
        assert!(state.dialog.is_none() && state.busy.is_none());
    }
    for ignored in [Key::Char('a'), Key::Char(' '), Key::Tab, Key::Other] {
        let mut state = asked(&["npm"]);
        state.arm();
        assert_eq!(key(&mut state, ignored), []);
        assert!(state.dialog.is_some(), "{ignored:?}");
    }
    let mut state = asked(&["npm"]);
    state.arm();
    assert_eq!(paste(&mut state, "y"), []);
    assert!(state.dialog.is_some());
}

#[test]
fn a_question_has_to_be_read_to_its_end() {
    let added: Vec<_> = (0..40).map(|number| format!("secret_{number}: variable X")).collect();
    let added: Vec<_> = added.iter().map(String::as_str).collect();
    let mut state = asked(&added);
    state.arm();
    assert_eq!(key(&mut state, Key::Char('y')), []);
    assert!(screen(&state, USUAL).contains("lines below"));
    key(&mut state, Key::PageDown);
    key(&mut state, Key::PageDown);
    key(&mut state, Key::PageDown);
    assert!(screen(&state, USUAL).contains("secret_39"));
    assert_eq!(key(&mut state, Key::Char('y')).len(), 1);
}

#[test]
fn no_text_in_a_difference_can_look_like_another_line_of_it() {
    let state =
        asked(&["gh: a note that is long enough to be broken, and then goes on like this - npm: removed"]);
    let Some(Dialog::Question(question)) = &state.dialog else { panic!("no question") };
    for width in 3..80 {
        let starts: Vec<_> =
            question.lines(width).into_iter().filter(|it| it.starts_with(['+', '-'])).collect();
        assert_eq!(starts.len(), 1, "{starts:?}");
    }
}

#[test]
fn what_cannot_be_approved_is_a_trouble_or_a_note() {
    let mut state = state();
    state.done(Done::Compared(project(), Box::new(manifest(ManifestState::Invalid, &[]))));
    assert!(matches!(state.dialog, Some(Dialog::Trouble(_))));
    assert!(screen(&state, USUAL).contains(r"line 1: \u{1b}[2J"));
    let mut state = self::state();
    state.done(Done::Compared(project(), Box::new(manifest(ManifestState::Pinned, &[]))));
    assert!(state.dialog.is_none() && state.note.is_some());
}

#[test]
fn a_typed_value_is_asked_for_twice_and_a_paste_once() {
    let mut state = at_the_value();
    type_text(&mut state, "tripwire");
    assert_eq!(key(&mut state, Key::Enter), []);
    type_text(&mut state, "tripwirx");
    key(&mut state, Key::Backspace);
    type_text(&mut state, "e");
    assert!(!screen(&state, USUAL).contains("tripwir"));
    let name = SecretName::new("gh").unwrap();
    let value = Secret::from_text("tripwire".to_owned());
    assert_eq!(key(&mut state, Key::Enter), [Effect::Start(Job::Set(name.clone(), value))]);

    let mut state = at_the_value();
    paste(&mut state, "one\ntwo\n");
    let value = Secret::from_text("one\ntwo\n".to_owned());
    assert_eq!(key(&mut state, Key::Enter), [Effect::Start(Job::Set(name.clone(), value))]);

    // A paste into what was typed is typed.
    let mut state = at_the_value();
    type_text(&mut state, "x");
    paste(&mut state, "y\n");
    assert_eq!(key(&mut state, Key::Enter), []);
    paste(&mut state, "xy\n");
    let value = Secret::from_text("xy".to_owned());
    assert_eq!(key(&mut state, Key::Enter), [Effect::Start(Job::Set(name, value))]);
}

#[test]
fn an_empty_value_and_a_too_large_one_are_refused() {
    let mut state = at_the_value();
    assert_eq!(key(&mut state, Key::Enter), []);
    assert!(screen(&state, USUAL).contains("! nothing is entered yet"));
    state.input(Input::Paste(None));
    assert!(screen(&state, USUAL).contains("too large"));
    paste(&mut state, "é");
    key(&mut state, Key::Backspace);
    assert_eq!(key(&mut state, Key::Enter), []);
    assert!(screen(&state, USUAL).contains("! nothing is entered yet"));
}

#[test]
fn one_change_at_a_time_and_none_is_cut_off_by_leaving() {
    let mut state = state();
    assert_eq!(key(&mut state, Key::Char('p')), [Effect::Start(Job::Push { undoes: None })]);
    assert!(state.is_changing());
    assert_eq!(key(&mut state, Key::Char('p')), []);
    assert!(screen(&state, USUAL).contains("still pushing"));
    assert_eq!(key(&mut state, Key::Char('q')), []);
    assert_eq!(state.done(Done::Note("pushed".to_owned())), [Effect::Quit]);
    assert_eq!(key(&mut self::state(), Key::Control('c')), [Effect::Quit]);
}

#[test]
fn a_look_holds_up_no_leaving_and_a_second_control_c_leaves_at_once() {
    for leave in [Key::Char('q'), Key::Control('c')] {
        let mut state = state();
        assert_eq!(state.start(Job::Compare(project())).len(), 1);
        assert!(!state.is_changing());
        assert_eq!(key(&mut state, leave), [Effect::Quit]);
    }
    let mut state = state();
    key(&mut state, Key::Char('p'));
    assert_eq!(key(&mut state, Key::Control('c')), []);
    assert_eq!(key(&mut state, Key::Char('q')), []);
    assert_eq!(key(&mut state, Key::Control('c')), [Effect::Quit]);
}

#[test]
fn a_clear_is_undone_only_by_a_yes_to_that_clear() {
    let mut state = state();
    key(&mut state, Key::Char('p'));
    state.done(Done::Cleared { generation: 7 });
    state.arm();
    assert_eq!(key(&mut state, Key::Enter), []);
    assert!(state.dialog.is_none());
    state.done(Done::Cleared { generation: 7 });
    state.arm();
    assert_eq!(key(&mut state, Key::Char('y')), [Effect::Start(Job::Push { undoes: Some(7) })]);
}

#[test]
fn a_value_is_given_up_when_the_process_was_stopped_and_a_question_is_armed_anew() {
    let mut state = at_the_value();
    type_text(&mut state, "half");
    state.continued();
    assert!(state.dialog.is_none() && screen(&state, USUAL).contains("nothing was stored"));
    let mut state = asked(&["npm"]);
    state.arm();
    state.continued();
    assert!(state.needs_arming());
    assert_eq!(key(&mut state, Key::Char('y')), []);
}

#[test]
fn a_name_is_shown_as_it_was_typed_and_refused_with_a_suggestion() {
    let mut state = state();
    key(&mut state, Key::Char('s'));
    type_text(&mut state, "github-tok\u{202e}én");
    assert!(screen(&state, USUAL).contains(r"name: github-tok\u{202e}\u{e9}n_"), "{}", screen(&state, USUAL));
    assert_eq!(key(&mut state, Key::Enter), []);
    let shown = screen(&state, USUAL);
    assert!(shown.contains("1 to 128 characters") && shown.contains("github_tok__n"), "{shown}");
    key(&mut state, Key::Control('u'));
    type_text(&mut state, &"é".repeat(300));
    for size in [(1, 1), (20, 10), USUAL] {
        screen(&state, size);
    }
    assert!(screen(&state, USUAL).contains("has at most 128"));
    assert_eq!(key(&mut state, Key::Enter), []);
    assert!(matches!(state.dialog, Some(Dialog::Name(_))));
}

#[test]
fn every_size_is_drawn_whatever_is_open() {
    let mut state = state();
    for _ in 0..2 {
        for tab in ["1", "2", "3", "4"] {
            type_text(&mut state, tab);
            for dialog in [None, Some('?'), Some('s')] {
                dialog.map(|open| key(&mut state, Key::Char(open)));
                for size in [(1, 1), (2, 2), (3, 4), (7, 3), (40, 10), (80, 24), (250, 3)] {
                    state.resize(size);
                    screen(&state, size);
                }
                key(&mut state, Key::Escape);
            }
        }
        state.audit.fail(std::path::Path::new("/x"), &std::io::ErrorKind::NotFound.into());
    }
    let mut state = asked(&["gh: variable GH"]);
    state.arm();
    for size in [(1, 1), (3, 3), (10, 2), (40, 10)] {
        state.resize(size);
        screen(&state, size);
    }
}

#[test]
fn older_records_stay_where_they_are_while_new_ones_come() {
    let lines = |from: usize, to: usize| Lines {
        lines: (from..to).map(|it| format!(r#"{{"timestamp":"t","event":"e{it}"}}"#).into_bytes()).collect(),
        ..Lines::default()
    };
    let chosen = |state: &State| {
        let records = state.records();
        records[records.len() - 1 - state.position().cursor(records.len())].event.clone()
    };
    let mut state = state();
    state.tab = Tab::Audit;
    state.audit_lines(&lines(0, 10));
    assert_eq!(chosen(&state), "e9");
    state.audit_lines(&lines(10, 12));
    assert_eq!(chosen(&state), "e11");
    key(&mut state, Key::Up);
    state.audit_lines(&lines(12, 20));
    assert_eq!(chosen(&state), "e10");
    key(&mut state, Key::Char('G'));
    assert_eq!(chosen(&state), "e19");
}
