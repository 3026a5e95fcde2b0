//! `cargo xtask try`: the path of a secret, told with the real programs.
//!
//! Every result that is shown is the output of a program that ran just now, from the text that is shown as
//! typed; every step checks what it shows. Taken for granted: Linux with `/proc` and a place in memory, a POSIX
//! shell, `cat`, `grep` and `ls`.

use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;
use std::time::Instant;

use rustix::process::geteuid;

use crate::console;
use crate::failure::Failure;

mod arguments;
mod chapters;
mod command;
mod containers;
mod daemon;
mod ending;
mod interruption;
mod keep;
mod own;
mod own_command;
mod place;
mod process;
mod programs;
mod request;
mod samples;
mod stage;
mod story;

/// The overflow user (`/proc/sys/kernel/overflowuid`).
const OVERFLOW_UID: u32 = 65_534;

pub(crate) use arguments::{ABOUT, Arguments};
use chapters::{approval, arrival, change, record, recovery, refusal, supply};
use ending::{ExitStatus, Stop};
use interruption::Interruption;
use place::Place;
use programs::Programs;
use stage::Stage;
use story::Story;

/// Builds, tells, ends everything, and says how it went.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    if let Err(failure) = arguments.check() {
        console::say(&failure.to_string());
        return ExitStatus::Usage.into();
    }
    if arguments.containers {
        return containers::run(arguments);
    }
    let mut stage = match prepare(arguments) {
        Ok(stage) => stage,
        Err(failure) => {
            console::say(&failure.to_string());
            return ExitStatus::Failure.into();
        }
    };
    let begin = Instant::now();
    let told = tell(&mut stage, arguments);
    let stopped_in = stage.story.place();
    let last_words = stage.last_words();
    let interrupted = matches!(told, Err(Stop::Interrupted(_)));
    let (story, left) = stage.leaves(interrupted);
    let status = match &told {
        Ok(status) => *status,
        Err(stop) => {
            report(stop, &stopped_in, &last_words);
            stop.status()
        }
    };
    match left {
        Ok(killed) if told.is_ok() => match close(story, killed, arguments, begin) {
            Ok(()) => status.into(),
            Err(stop) => stop.status().into(),
        },
        Ok(_) => status.into(),
        Err(failure) => {
            console::say(&failure.to_string());
            ExitStatus::Failure.into()
        }
    }
}

/// Everything that can fail before there is anything to clean up.
fn prepare(arguments: &Arguments) -> Result<Stage, Failure> {
    if geteuid().as_raw() == OVERFLOW_UID {
        return Err(Failure::new(format!(
            "as user {OVERFLOW_UID} (nobody) the tour cannot work: the kernel shows every user without a number as \
             this one, so the broker never lets it in"
        ))
        .hint("run it as another user; it needs no root"));
    }
    if let Some(file) = &arguments.env_file {
        // Not opened here: it may be a pipe.
        file.metadata().map_err(Failure::because(format!("cannot read {}", file.display())))?;
    }
    let fnox = if arguments.fnox { Some(programs::fnox()?) } else { None };
    let programs = programs::locate(arguments.programs.as_deref())?;
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let interruption = Interruption::watch()?;
    process::adopt_orphans()?;
    let place = Place::make(variable("XDG_RUNTIME_DIR").map(Into::into), &["demo"])?;
    // A command of the user's has standard output to itself.
    let (to, terminal): (Box<dyn Write>, bool) = if arguments.command.is_empty() {
        (Box::new(io::stdout()), io::stdout().is_terminal())
    } else {
        (Box::new(io::stderr()), io::stderr().is_terminal())
    };
    let dumb = variable("TERM").is_none_or(|terminal| terminal == "dumb");
    let colour = terminal && !dumb && !arguments.plain && variable("NO_COLOR").is_none();
    let story = Story::new(to, colour, place.root());
    let path = std::env::var("PATH").ok();
    Stage::new(story, place, interruption, Programs { directory: programs, fnox }, path.as_deref())
}

fn tell(stage: &mut Stage, arguments: &Arguments) -> Result<ExitStatus, Stop> {
    let own_command = !arguments.command.is_empty();
    let has_own = !arguments.secrets.is_empty() || arguments.env_file.is_some();
    let samples = !has_own || !own_command;
    let origin =
        supply::Origin { prompted: &arguments.secrets, env_file: arguments.env_file.as_deref(), samples };
    opening(stage)?;
    let own = supply::vault(stage, &origin)?;
    let stored = own.len();
    supply::broker(stage)?;
    let own = approval::asks(stage, own, samples)?;
    approval::approves(stage)?;
    let status = if own_command {
        own_command::run(stage, &arguments.command)?
    } else {
        arrival::arrives(stage, &own)?;
        change::rotates(stage)?;
        change::revokes(stage)?;
        refusal::outside(stage)?;
        refusal::edited(stage)?;
        recovery::restarts(stage, stored, own.len())?;
        recovery::clears(stage)?;
        record::shows(stage)?;
        ExitStatus::Success
    };
    if arguments.keep {
        keep::explore(stage)?;
    }
    Ok(status)
}

fn opening(stage: &mut Stage) -> Result<(), Stop> {
    let root = stage.place.root().display().to_string();
    let story = &mut stage.story;
    story.title("The path of a secret, on this machine")?;
    story.gap()?;
    story.prose(
        "Everything below happens now, with the programs of this repository. Each `ok` is a check that would have \
         ended the story had it failed.",
    )?;
    story.gap()?;
    story.legend("$TRY", &format!("{root}: private, in memory, and gone at the end"))?;
    story.legend("vault$", "typed in the vault, where the encrypted store is")?;
    story.legend("host$", "typed on the instance, where the broker runs")?;
    story.legend("demo$", "typed in the container of the project demo (here it is a directory)")?;
    story.legend(
        "admin>",
        "a request line to the broker's admin socket, $TRY/run/admin.sock; of long answers only \
                 what matters",
    )?;
    story.legend("demo>", "a request line to the project's own socket, $TRY/run/demo.sock")
}

/// The last chapter, told when everything has gone.
fn close(mut story: Story, killed: usize, arguments: &Arguments, begin: Instant) -> Result<(), Stop> {
    story.chapter(
        "Nothing is left",
        "Every process was asked to end, those that ask before the broker that answers, and did.",
    )?;
    if killed > 0 {
        story.aside(&format!(
            "({killed} more process{} had been left behind and had to be killed)",
            if killed == 1 { "" } else { "es" }
        ))?;
    }
    let took = if arguments.keep || !arguments.command.is_empty() {
        String::new()
    } else {
        format!("; the tour took {:.1} s", begin.elapsed().as_secs_f64())
    };
    story.checked(&format!("no process is left, and no directory{took}"))
}

fn report(stop: &Stop, stopped_in: &str, last_words: &str) {
    match stop {
        Stop::Failed(failure) => {
            console::say(&format!("\n{failure}"));
            console::say(&format!("The story ends here, in {stopped_in}."));
            if !last_words.is_empty() {
                console::say(&format!(
                    "What was said last by those that were running:
{last_words}"
                ));
            }
        }
        Stop::Interrupted(_) => console::say("\ninterrupted; everything was ended and removed"),
        Stop::ReaderGone => {}
    }
}
