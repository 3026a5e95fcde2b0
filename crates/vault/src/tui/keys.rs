//! What is typed: bytes of a terminal, as keys and pastes.
//!
//! This reader is our own because a value may be typed. The reader of the terminal library keeps what it has read in
//! buffers that nobody wipes, and reads ahead; here a byte that was read is in a wiped buffer or in the [`Secret`] of
//! a paste, and what was typed ahead can be thrown away before a question is asked.

use remo_secret::Secret;
use remo_wire::limits::PUSH_LINE_MAX;
use zeroize::{Zeroize as _, Zeroizing};

const ESCAPE: u8 = 0x1b;
/// Ctrl-C.
const INTERRUPT: u8 = 0x03;
/// What a terminal puts around a paste once it was asked to (bracketed paste).
const PASTE_BEGIN: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";
/// No key has a longer sequence; what is longer is none.
const SEQUENCE_MAX: usize = 32;

/// One thing that was typed.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// A paste, its line ends made `\n`; `None` when it holds more than one push could carry, or did not come whole.
    Paste(Option<Secret>),
}

/// A key, as far as it means something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what is printed on the key")]
pub enum Key {
    Char(char),
    Control(char),
    Enter,
    Escape,
    Backspace,
    Tab,
    BackTab,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    /// A key that means nothing here.
    Other,
}

/// Cuts what arrives into keys and pastes. Holds what is not complete yet.
#[derive(Debug, Default)]
pub struct Decoder {
    pending: Zeroizing<Vec<u8>>,
    paste: Option<Paste>,
}

#[derive(Debug)]
struct Paste {
    content: Secret,
    overflow: bool,
    /// The last byte so far is Ctrl-C.
    interrupted: bool,
}

impl Decoder {
    /// Takes `bytes` and appends what they complete to `inputs`.
    pub fn feed(&mut self, bytes: &[u8], inputs: &mut Vec<Input>) {
        for byte in bytes {
            self.push(*byte, inputs);
        }
    }

    /// Whether something began that the next bytes, or that none come, would decide.
    pub fn is_waiting(&self) -> bool {
        match &self.paste {
            Some(paste) => paste.interrupted,
            None => !self.pending.is_empty(),
        }
    }

    /// Whether a paste has begun and not ended.
    pub fn is_in_a_paste(&self) -> bool {
        self.paste.is_some()
    }

    /// Ends a paste whose end does not come; nothing of it is kept.
    pub fn give_up_paste(&mut self, inputs: &mut Vec<Input>) {
        if self.paste.take().is_some() {
            self.clear();
            inputs.push(Input::Paste(None));
        }
    }

    /// Nothing more came: what began with an escape was the key of that name.
    pub fn settle(&mut self, inputs: &mut Vec<Input>) {
        if !self.is_waiting() {
            return;
        }
        if self.paste.is_some() {
            // Alone, it was a key that somebody pressed; a paste goes on behind one that it holds.
            self.give_up_paste(inputs);
        } else {
            inputs.push(Input::Key(if *self.pending == [ESCAPE] { Key::Escape } else { Key::Other }));
            self.clear();
        }
    }

    /// Forgets what is not complete. The rest of a paste that has begun is still known as one, and is dropped.
    pub fn discard(&mut self) {
        self.clear();
        if let Some(paste) = &mut self.paste {
            paste.content.wipe();
            paste.overflow = true;
        }
    }

    fn clear(&mut self) {
        self.pending.zeroize();
    }

    fn push(&mut self, byte: u8, inputs: &mut Vec<Input>) {
        self.hold(byte);
        if let Some(paste) = &mut self.paste {
            paste.interrupted = byte == INTERRUPT;
            self.push_pasted(inputs);
            return;
        }
        match decode(&self.pending) {
            Decoded::Incomplete if self.pending.len() < SEQUENCE_MAX => {}
            Decoded::Incomplete => {
                self.clear();
                inputs.push(Input::Key(Key::Other));
            }
            Decoded::Paste => {
                self.clear();
                self.paste =
                    Some(Paste { content: Secret::new(Vec::new()), overflow: false, interrupted: false });
            }
            Decoded::Key(key) => {
                self.clear();
                inputs.push(Input::Key(key));
            }
            Decoded::EscapeThen => {
                self.clear();
                inputs.push(Input::Key(Key::Escape));
                self.push(byte, inputs);
            }
        }
    }

    /// Keeps the buffer from moving: a block that is left behind is wiped only when the allocator does so.
    fn hold(&mut self, byte: u8) {
        let room = SEQUENCE_MAX.saturating_sub(self.pending.len());
        self.pending.reserve_exact(room);
        self.pending.push(byte);
    }

    /// Moves what cannot be the beginning of the end of the paste into it.
    fn push_pasted(&mut self, inputs: &mut Vec<Input>) {
        if *self.pending == PASTE_END {
            self.clear();
            if let Some(paste) = self.paste.take() {
                inputs.push(Input::Paste((!paste.overflow).then(|| with_line_ends(&paste.content))));
            }
            return;
        }
        let Some(paste) = &mut self.paste else { return };
        while !PASTE_END.starts_with(&self.pending) {
            if paste.content.len() < PUSH_LINE_MAX && !paste.overflow {
                paste.content.append(&self.pending[..1]);
            } else {
                paste.overflow = true;
                paste.content.wipe();
            }
            self.pending.remove(0);
        }
    }
}

/// Terminals send the line ends of a paste as the key Enter, `\r`.
fn with_line_ends(pasted: &Secret) -> Secret {
    let bytes = pasted.expose();
    let mut text = Vec::with_capacity(bytes.len());
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'\r' => text.push(b'\n'),
            b'\n' if index > 0 && bytes[index - 1] == b'\r' => {}
            other => text.push(*other),
        }
    }
    Secret::new(text)
}

enum Decoded {
    Incomplete,
    Paste,
    Key(Key),
    /// A lone escape, and then something that begins anew.
    EscapeThen,
}

fn decode(bytes: &[u8]) -> Decoded {
    let key = match *bytes {
        [] | [ESCAPE | 0xc2..=0xf4] => return Decoded::Incomplete,
        [ESCAPE, b'[' | b'O', ..] => return sequence(bytes),
        [ESCAPE, ..] => return Decoded::EscapeThen,
        [b'\r' | b'\n'] => Key::Enter,
        [b'\t'] => Key::Tab,
        [0x7f | 0x08] => Key::Backspace,
        [control @ 1..=26] => Key::Control(char::from(control - 1 + b'a')),
        [0 | 28..=31] => Key::Other,
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.chars().next().map_or(Key::Other, Key::Char),
            Err(error) if error.error_len().is_none() => return Decoded::Incomplete,
            Err(_) => Key::Other,
        },
    };
    Decoded::Key(key)
}

/// A sequence that begins with `ESC [` or `ESC O`.
fn sequence(bytes: &[u8]) -> Decoded {
    if bytes == PASTE_BEGIN {
        return Decoded::Paste;
    }
    let [_, _, body @ .., last] = bytes else { return Decoded::Incomplete };
    if bytes.len() == 2 || !(0x40..=0x7e).contains(last) {
        return Decoded::Incomplete;
    }
    let number: &[u8] = body.split(|byte| *byte == b';').next().unwrap_or_default();
    Decoded::Key(match (last, number) {
        (b'A', _) => Key::Up,
        (b'B', _) => Key::Down,
        (b'C', _) => Key::Right,
        (b'D', _) => Key::Left,
        (b'H', _) | (b'~', b"1" | b"7") => Key::Home,
        (b'F', _) | (b'~', b"4" | b"8") => Key::End,
        (b'Z', _) => Key::BackTab,
        (b'M', _) if bytes[1] == b'O' => Key::Enter,
        (b'~', b"5") => Key::PageUp,
        (b'~', b"6") => Key::PageDown,
        _ => Key::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(bytes: &[u8]) -> Vec<Input> {
        let mut decoder = Decoder::default();
        let mut inputs = Vec::new();
        decoder.feed(bytes, &mut inputs);
        decoder.settle(&mut inputs);
        inputs
    }

    fn keys(bytes: &[u8]) -> Vec<Key> {
        inputs(bytes)
            .into_iter()
            .map(|input| match input {
                Input::Key(key) => key,
                Input::Paste(_) => panic!("a paste"),
            })
            .collect()
    }

    fn paste(text: &str) -> Input {
        Input::Paste(Some(Secret::from_text(text.to_owned())))
    }

    #[test]
    fn keys_are_known_by_their_bytes() {
        assert_eq!(
            keys(b"a/\r\t\x7f"),
            [Key::Char('a'), Key::Char('/'), Key::Enter, Key::Tab, Key::Backspace]
        );
        assert_eq!(keys("é名".as_bytes()), [Key::Char('é'), Key::Char('名')]);
        assert_eq!(keys(b"\x1b[A\x1bOB\x1b[5~\x1b[6~"), [Key::Up, Key::Down, Key::PageUp, Key::PageDown]);
        assert_eq!(keys(b"\x1b[1~\x1b[F\x1b[1;5C\x1b[Z"), [Key::Home, Key::End, Key::Right, Key::BackTab]);
        assert_eq!(keys(b"\x03\x1a"), [Key::Control('c'), Key::Control('z')]);
        assert_eq!(keys(b"\x1b"), [Key::Escape]);
        assert_eq!(keys(b"\x1bq"), [Key::Escape, Key::Char('q')]);
        assert_eq!(keys(b"\x1b\x1b[B"), [Key::Escape, Key::Down]);
        assert_eq!(keys(b"\xff\x80\x00"), [Key::Other, Key::Other, Key::Other]);
        assert_eq!(keys(b"\x1b[38;5;1;2;3;4;5;6;7;8;9;10;11;12;13m").first(), Some(&Key::Other));
    }

    #[test]
    fn a_paste_is_one_input_whatever_is_in_it() {
        assert_eq!(
            inputs(b"\x1b[200~dyq\r\x1b[A\x1b[201~q"),
            [paste("dyq\n\x1b[A"), Input::Key(Key::Char('q'))]
        );
        assert_eq!(inputs(b"\x1b[200~a\r\nb\rc\n\x1b[201~"), [paste("a\nb\nc\n")]);
        assert_eq!(inputs(b"\x1b[200~\x1b[201~"), [paste("")]);
        assert_eq!(inputs(b"\x1b[200~\x1b[20\x1b[201~"), [paste("\x1b[20")]);
    }

    #[test]
    fn bytes_may_come_one_by_one() {
        let mut decoder = Decoder::default();
        let mut inputs = Vec::new();
        for byte in b"\x1b[200~key\r\x1b[201~\x1b[B" {
            decoder.feed(&[*byte], &mut inputs);
        }
        assert_eq!(inputs, [paste("key\n"), Input::Key(Key::Down)]);
        assert!(!decoder.is_waiting());
    }

    #[test]
    fn a_paste_that_no_push_could_carry_is_dropped_as_a_whole() {
        let mut bytes = PASTE_BEGIN.to_vec();
        bytes.resize(bytes.len() + PUSH_LINE_MAX + 1, b'x');
        bytes.extend_from_slice(PASTE_END);
        assert_eq!(inputs(&bytes), [Input::Paste(None)]);
    }

    #[test]
    fn a_paste_without_end_is_ended_by_control_c_alone_and_by_time() {
        let mut decoder = Decoder::default();
        let mut inputs = Vec::new();
        decoder.feed(b"\x1b[200~half q", &mut inputs);
        decoder.settle(&mut inputs);
        assert!(inputs.is_empty() && decoder.is_in_a_paste() && !decoder.is_waiting());
        decoder.feed(b"\x03", &mut inputs);
        assert!(inputs.is_empty() && decoder.is_waiting());
        decoder.settle(&mut inputs);
        decoder.feed(b"q", &mut inputs);
        assert_eq!(inputs, [Input::Paste(None), Input::Key(Key::Char('q'))]);
        inputs.clear();
        decoder.feed(b"\x1b[200~half\x1b[20", &mut inputs);
        decoder.give_up_paste(&mut inputs);
        decoder.feed(b"q", &mut inputs);
        assert_eq!(inputs, [Input::Paste(None), Input::Key(Key::Char('q'))]);
        // Inside of a paste it is a byte of it: what is behind it must not become keys.
        assert_eq!(self::inputs(b"\x1b[200~a\x03dy\x1b[201~"), [paste("a\x03dy")]);
    }

    #[test]
    fn the_rest_of_a_discarded_paste_does_not_become_keys() {
        let mut decoder = Decoder::default();
        let mut inputs = Vec::new();
        decoder.feed(b"\x1b[200~half", &mut inputs);
        decoder.discard();
        decoder.feed(b"yyy\r\x1b[201~n", &mut inputs);
        assert_eq!(inputs, [Input::Paste(None), Input::Key(Key::Char('n'))]);
    }
}
