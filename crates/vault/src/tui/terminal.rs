//! The terminal: taken over, drawn on, and given back in every way that this can end.

use std::io::{self, IsTerminal as _, Stdout, Write as _};
use std::os::fd::AsFd as _;
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::{Frame, Terminal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{OptionalActions, QueueSelector, tcflush, tcgetattr, tcgetwinsize, tcsetattr};
use zeroize::Zeroize as _;

use super::keys::{Decoder, Input};
use crate::failure::Failure;

/// One read of what was typed, in bytes.
const READ_MAX: usize = 4096;

/// A paste of which nothing came for this time has lost its end.
const PASTE_PAUSE_MAX: Duration = Duration::from_secs(5);

/// A terminal in our hands. Dropping it gives it back as it was.
#[derive(Debug)]
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    decoder: Decoder,
    /// When bytes came last.
    last_read: Instant,
}

impl Screen {
    /// Takes the terminal over: an own screen, keys one by one, no echo, pastes marked as such.
    ///
    /// # Errors
    /// When standard input or output is no terminal, or the terminal refuses.
    pub fn open() -> Result<Self, Failure> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(Failure::usage("this view needs a terminal for its keys and its screen")
                .hint("run it without a pipe; in scripts use: remo-vault list --json"));
        }
        let refused = |error: io::Error| Failure::new(format!("cannot take over the terminal: {error}"));
        give_back_on_panic();
        let opened = enter().and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())));
        match opened {
            Ok(terminal) => Ok(Self { terminal, decoder: Decoder::default(), last_read: Instant::now() }),
            Err(error) => {
                give_back();
                Err(refused(error))
            }
        }
    }

    /// Columns and rows.
    pub fn size() -> io::Result<(u16, u16)> {
        let size = tcgetwinsize(io::stdout())?;
        Ok((size.ws_col, size.ws_row))
    }

    /// Draws one frame; only what changed goes to the terminal.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(view).map(|_| ())
    }

    /// Reads what was typed and appends it to `inputs`; waits for nothing.
    ///
    /// # Errors
    /// `UnexpectedEof` when the terminal is gone.
    pub fn read(&mut self, inputs: &mut Vec<Input>) -> io::Result<()> {
        let mut bytes = [0; READ_MAX];
        let read = rustix::io::retry_on_intr(|| rustix::io::read(io::stdin(), &mut bytes));
        if let Ok(length) = read {
            self.decoder.feed(&bytes[..length], inputs);
        }
        bytes.zeroize();
        self.last_read = Instant::now();
        match read? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Whether the bytes so far end in the middle of a key.
    pub fn is_waiting_for_more(&self) -> bool {
        self.decoder.is_waiting()
    }

    /// No more bytes came: completes the key.
    pub fn settle(&mut self, inputs: &mut Vec<Input>) {
        self.decoder.settle(inputs);
    }

    /// Ends a paste that has stopped coming.
    pub fn end_stalled_paste(&mut self, inputs: &mut Vec<Input>) {
        if self.decoder.is_in_a_paste() && self.last_read.elapsed() > PASTE_PAUSE_MAX {
            self.decoder.give_up_paste(inputs);
        }
    }

    /// Throws away everything that was typed up to now.
    pub fn discard_typed(&mut self) -> io::Result<()> {
        let mut dropped = Vec::new();
        // Read first: the rest of a paste that has begun has to be known as one.
        while is_readable()? {
            self.read(&mut dropped)?;
            dropped.clear();
        }
        self.decoder.discard();
        Ok(tcflush(io::stdin(), QueueSelector::IFlush)?)
    }

    /// Gives the terminal back, stops this process until somebody continues it, and takes the terminal again.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        kill_process(getpid(), Signal::STOP)?;
        enter()?;
        self.take_again()
    }

    /// Takes the terminal once more after this process was stopped and continued by somebody else, who may have set
    /// the terminal to echo. What was typed meanwhile is thrown away.
    pub fn take_again(&mut self) -> io::Result<()> {
        // By hand: the library believes that nothing has changed.
        let mut modes = tcgetattr(io::stdin())?;
        modes.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Flush, &modes)?;
        enter()?;
        self.discard_typed()?;
        self.terminal.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn is_readable() -> io::Result<bool> {
    let stdin = io::stdin();
    let stdin = stdin.as_fd();
    let mut ready = [PollFd::new(&stdin, PollFlags::IN)];
    let none = Timespec { tv_sec: 0, tv_nsec: 0 };
    Ok(rustix::io::retry_on_intr(|| poll(&mut ready, Some(&none)))? > 0)
}

/// Whether the terminal is in our hands. To give it back twice would move the cursor of whoever has it by then.
static HELD: AtomicBool = AtomicBool::new(false);

fn enter() -> io::Result<()> {
    HELD.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)
}

/// Gives the terminal back. What fails is not reported: there is no place left to report it to.
fn give_back() {
    if !HELD.swap(false, Ordering::SeqCst) {
        return;
    }
    let _ = execute!(io::stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

/// From here on a panic gives the terminal back first, and then says where it happened and not what with: the words of
/// a panic may quote data. Needed beside `Drop`, because a release build ends at once.
fn give_back_on_panic() {
    panic::set_hook(Box::new(|what| {
        give_back();
        let place = what.location().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(
            io::stderr(),
            "error: a fault in remo-vault ended it ({place})\nhint: nothing of the store is lost by this; start it \
             again, and report that place"
        );
    }));
}
