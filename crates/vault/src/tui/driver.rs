//! The loop: waits for keys, signals and news, and draws.

use std::env;
use std::io;
use std::os::fd::AsFd as _;
use std::sync::mpsc::Sender as Channel;
use std::time::Duration;

use jiff::Timestamp;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::keys::Input;
use super::mail::{Letter, Mailbox, Sender};
use super::signals::Signals;
use super::state::{Effect, State};
use super::terminal::Screen;
use super::view::{Palette, draw};
use super::{background, mail};
use crate::cli::{Locations, TuiArguments};
use crate::exit::ExitStatus;
use crate::failure::Failure;

/// An escape that nothing follows within this time is the key of that name, in nanoseconds.
const ESCAPE_WAIT: i64 = 50_000_000;

/// How often ages are drawn anew, in seconds.
const TICK: i64 = 1;

/// How long a change that is under way may take when the process is told to end.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// Runs the view until it is left.
pub(crate) fn run(locations: &Locations, arguments: &TuiArguments) -> Result<ExitStatus, Failure> {
    let mut screen = Screen::open()?;
    let lost = |error: io::Error| Failure::new(format!("the terminal is lost: {error}"));
    let driver = Driver::new(locations, arguments).map_err(lost)?;
    match driver.run(&mut screen) {
        // Whoever closed the terminal wanted the end.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(ExitStatus::Success),
        Err(error) => {
            drop(screen);
            Err(lost(error))
        }
        Ok(()) => Ok(ExitStatus::Success),
    }
}

struct Driver<'a> {
    locations: &'a Locations,
    arguments: &'a TuiArguments,
    palette: Palette,
    signals: Signals,
    mailbox: Mailbox,
    mail: Sender,
    ask: Channel<()>,
    state: State,
}

impl<'a> Driver<'a> {
    fn new(locations: &'a Locations, arguments: &'a TuiArguments) -> io::Result<Self> {
        let signals = Signals::catch()?;
        let (mailbox, mail) = mail::Mailbox::new()?;
        let ask = background::pictures(locations, mail.clone())?;
        background::audit(arguments.audit_log.clone(), mail.clone())?;
        let colour = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let state = State::new(Timestamp::now(), Screen::size()?);
        Ok(Self { locations, arguments, palette: Palette { colour }, signals, mailbox, mail, ask, state })
    }

    fn run(mut self, screen: &mut Screen) -> io::Result<()> {
        loop {
            self.draw(screen)?;
            if self.state.needs_arming() {
                screen.discard_typed()?;
                self.state.arm();
                self.draw(screen)?;
            }
            let mut inputs = self.wait(screen)?;
            if self.signals.end() {
                if self.state.is_changing() {
                    self.mailbox.wait_for_job(LAST_WAIT);
                }
                return Ok(());
            }
            if self.signals.take_suspend() {
                screen.suspend()?;
            }
            if self.signals.take_continued() {
                // Whoever stopped this process may have had the terminal, and its keys, since.
                screen.take_again()?;
                inputs.clear();
                self.state.continued();
            }
            let mut effects = Vec::new();
            for letter in self.mailbox.take() {
                effects.extend(self.read(letter));
            }
            for input in inputs {
                // What was typed ahead of a question is no answer to it.
                if !self.state.needs_arming() {
                    effects.extend(self.state.input(input));
                }
            }
            for effect in effects {
                match effect {
                    Effect::Quit => return Ok(()),
                    Effect::Suspend => screen.suspend()?,
                    // Without a listener there will be no pictures, and the view says so.
                    Effect::Refresh => drop(self.ask.send(())),
                    Effect::Start(job) => background::work(self.locations, job, self.mail.clone())?,
                }
            }
        }
    }

    fn draw(&mut self, screen: &mut Screen) -> io::Result<()> {
        self.state.now = Timestamp::now();
        self.state.resize(Screen::size()?);
        screen.draw(|frame| draw(frame, &self.state, self.palette))
    }

    /// Waits until there is something to do, and reads what was typed.
    fn wait(&self, screen: &mut Screen) -> io::Result<Vec<Input>> {
        let stdin = io::stdin();
        let stdin = stdin.as_fd();
        let mut ready = [
            PollFd::new(&stdin, PollFlags::IN),
            PollFd::new(&self.signals, PollFlags::IN),
            PollFd::new(&self.mailbox, PollFlags::IN),
        ];
        let wait = if screen.is_waiting_for_more() {
            Timespec { tv_sec: 0, tv_nsec: ESCAPE_WAIT }
        } else {
            Timespec { tv_sec: TICK, tv_nsec: 0 }
        };
        let came = match poll(&mut ready, Some(&wait)) {
            Ok(came) => came,
            Err(rustix::io::Errno::INTR) => 0,
            Err(error) => return Err(error.into()),
        };
        let typed = !ready[0].revents().is_empty();
        if !ready[1].revents().is_empty() {
            self.signals.take_wakes();
        }
        let mut inputs = Vec::new();
        if typed {
            screen.read(&mut inputs)?;
        } else if came == 0 {
            screen.settle(&mut inputs);
        }
        if !typed {
            screen.end_stalled_paste(&mut inputs);
        }
        Ok(inputs)
    }

    fn read(&mut self, letter: Letter) -> Vec<Effect> {
        match letter {
            Letter::Asking => self.state.waiting_since = Some(Timestamp::now()),
            Letter::Picture(overview, there_is_a_store) => {
                self.state.there_is_a_store = there_is_a_store;
                self.state.picture(*overview);
            }
            Letter::Audit(Ok(lines)) => self.state.audit_lines(&lines),
            Letter::Audit(Err(error)) => self.state.audit.fail(&self.arguments.audit_log, &error),
            Letter::Done(done) => return self.state.done(done),
        }
        Vec::new()
    }
}
