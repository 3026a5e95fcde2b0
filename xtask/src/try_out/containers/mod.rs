//! `cargo xtask try --containers`: the same path in real containers, with the launcher and tools that know nothing of
//! all this.

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::time::Instant;

use crate::console;
use crate::failure::Failure;
use crate::try_out::arguments::Arguments;
use crate::try_out::ending::{ExitStatus, Stop};
use crate::try_out::interruption::Interruption;
use crate::try_out::place::Place;
use crate::try_out::story::Story;
use crate::try_out::{process, report};

mod chapters;
mod keep;
mod programs;
mod samples;
mod stage;

use chapters::{change, instance, isolation, projects, recovery, removal, tools, vault};
use programs::Programs;
use stage::{PROJECTS, Stage};

/// Prepares, tells, ends everything, and says how it went.
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let mut stage = match prepare(arguments) {
        Ok(stage) => stage,
        Err(failure) => {
            console::say(&failure.to_string());
            return ExitStatus::Failure.into();
        }
    };
    let begin = Instant::now();
    let told = tell(&mut stage, arguments.keep);
    let stopped_in = stage.story.place();
    let last_words = stage.last_words();
    console::say("ending containers, engine, broker and vault …");
    let (mut story, left) = stage.leaves(told.is_err());
    if let Err(stop) = &told {
        report(stop, &stopped_in, &last_words);
    }
    let ended = match (told, left) {
        (Ok(()), Ok(_)) => close(&mut story, arguments.keep, begin),
        (told, Ok(_)) => told,
        (_, Err(failure)) => {
            console::say(&failure.to_string());
            return ExitStatus::Failure.into();
        }
    };
    ended.map_or_else(|stop| stop.status(), |()| ExitStatus::Success).into()
}

/// Everything that can fail before there is anything to clean up.
fn prepare(arguments: &Arguments) -> Result<Stage, Failure> {
    if !rustix::process::geteuid().is_root() {
        return Err(Failure::new("only root may start a container engine of its own").hint(
            "sudo cargo xtask try --containers; cargo xtask try, without --containers, needs no root",
        ));
    }
    let programs = Programs::prepare(arguments.programs.as_deref())?;
    let interruption = Interruption::watch()?;
    process::adopt_orphans()?;
    let place = Place::make_for_containers(&PROJECTS)?;
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let dumb = variable("TERM").is_none_or(|terminal| terminal == "dumb");
    let colour = io::stdout().is_terminal() && !dumb && !arguments.plain && variable("NO_COLOR").is_none();
    let story = Story::new(Box::new(io::stdout()), colour, place.root());
    Stage::new(story, place, interruption, programs)
}

fn tell(stage: &mut Stage, keep: bool) -> Result<(), Stop> {
    opening(stage)?;
    instance::comes_up(stage)?;
    vault::is_filled(stage)?;
    projects::ask(stage)?;
    projects::start(stage)?;
    tools::read(stage)?;
    isolation::shows(stage)?;
    change::rotates_a_file(stage)?;
    change::rotates_a_variable(stage)?;
    recovery::restarts(stage)?;
    change::revokes(stage)?;
    if keep {
        return keep::explore(stage);
    }
    removal::deletes(stage)
}

fn opening(stage: &mut Stage) -> Result<(), Stop> {
    let root = stage.place.root().display().to_string();
    let story = &mut stage.story;
    story.title("The path of a secret, into real containers")?;
    story.gap()?;
    story.prose(
        "Everything below happens now, with the programs of this repository, a container engine of its own and the \
         reference Dev Containers tooling. Each `ok` is a check that would have ended the story had it failed.",
    )?;
    story.gap()?;
    story.legend("$TRY", &format!("{root}: private, and gone at the end"))?;
    story.legend("host$", "typed on the instance, where broker and engine run")?;
    story.legend("vault$", "typed in the vault, where the encrypted store is")?;
    story.legend("web$", "typed in a shell in the container of the project web: remo shell -p web")?;
    story.legend("api$", "the same for the project api")
}

/// The last chapter, told when everything has gone.
fn close(story: &mut Story, keep: bool, begin: Instant) -> Result<(), Stop> {
    story.chapter(
        "Nothing is left",
        "The engine has ended with every container, image and volume in it, then vault and broker.",
    )?;
    let took =
        if keep { String::new() } else { format!("; the tour took {:.0} s", begin.elapsed().as_secs_f64()) };
    story.checked(&format!("no process is left, no directory, and nothing of the engine{took}"))
}
