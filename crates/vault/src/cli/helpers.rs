//! The command lines of the helper commands, and what their help teaches.

use clap::{Args, Parser};

use super::Locations;

/// Shows what is stored, and whether it has reached the broker. Never a value.
///
/// BROKER says `yes` when the broker has what is stored, `older` when it has what was stored before the last change,
/// `no` when it does not have it. PUSHED is when what the broker has was handed over, EXPIRES when a login ends.
#[derive(Debug, Parser)]
#[command(name = "remo-list-creds", version, after_help = LIST_CREDS_HELP)]
pub struct ListCredsCommandLine {
    /// How to answer.
    #[command(flatten)]
    pub answer: AnswerArguments,
    /// Where things are.
    #[command(flatten)]
    pub locations: Locations,
}

const LIST_CREDS_HELP: &str = "\
Examples:
  remo-list-creds                                       a table
  remo-list-creds --json | jq -r '.secrets[].name'      names only
  remo-vault push                                       when BROKER does not say yes

Exit codes:
  0  the broker has every secret as it is stored
  1  it has not, or a secret cannot be read or has ended; what to do is said below the table
  2  the command line is wrong
  3  the broker speaks another protocol version
  4  the broker is out of reach; what is stored is shown all the same";

/// Tests what a start of a project would get: every secret of its manifest, without a value.
///
/// Shows for each binding whether somebody approved it, whether the broker has the secret, whether it fits where it
/// goes, and where that is. Nothing is fetched, and nothing goes on the project's record.
#[derive(Debug, Parser)]
#[command(name = "remo-test-project", version, override_usage = "remo-test-project [OPTIONS] <PROJECT>", after_help = TEST_PROJECT_HELP)]
pub struct TestProjectCommandLine {
    /// The project, as its directory is named
    #[arg(value_name = "PROJECT")]
    pub name: String,
    /// How to answer.
    #[command(flatten)]
    pub answer: AnswerArguments,
    /// Where things are.
    #[command(flatten)]
    pub locations: Locations,
}

const TEST_PROJECT_HELP: &str = "\
Examples:
  remo-test-project web               every binding of the project web
  remo-test-project web && echo ok    whether a start would get all that it requires
  remo-reload web                     approve what the manifest asks for by now

Exit codes:
  0  a start gets every required secret, as the manifest asks for it
  1  it does not, or the manifest is missing, invalid or not approved
  2  the command line is wrong
  3  the broker speaks another protocol version
  4  the broker is out of reach";

/// Says how everything stands: broker, watcher, key, store and projects. Never a value.
///
/// Ends with `All is well.` only when nothing required is missing anywhere. Otherwise each problem is named, with what
/// to type about it.
#[derive(Debug, Parser)]
#[command(name = "remo-vend-status", version, after_help = VEND_STATUS_HELP)]
pub struct VendStatusCommandLine {
    /// How to answer.
    #[command(flatten)]
    pub answer: AnswerArguments,
    /// Where things are.
    #[command(flatten)]
    pub locations: Locations,
}

const VEND_STATUS_HELP: &str = "\
Examples:
  remo-vend-status                              how everything stands
  remo-vend-status --json | jq .findings        what is wrong, for a script

A project may change its own manifest at any time. That is shown as something to look at and is no problem: only what
you approved is in force.

Exit codes:
  0  all is well
  1  there is a problem
  2  the command line is wrong
  3  the broker speaks another protocol version
  4  the broker is out of reach";

/// Shows what a project's manifest asks for beyond what you approved, asks, and approves exactly that.
///
/// Nothing of a manifest is in force before somebody approves it here. When the file changes between the question and
/// the answer, nothing is approved, and the new difference is shown.
#[derive(Debug, Parser)]
#[command(name = "remo-reload", version, override_usage = "remo-reload [OPTIONS] <PROJECT>", after_help = RELOAD_HELP)]
pub struct ReloadCommandLine {
    /// The project, as its directory is named
    #[arg(value_name = "PROJECT")]
    pub name: String,
    /// Approve without asking, for scripts: whatever the file asks for at this moment
    #[arg(long)]
    pub yes: bool,
    /// How to answer.
    #[command(flatten)]
    pub answer: AnswerArguments,
    /// Where things are.
    #[command(flatten)]
    pub locations: Locations,
}

const RELOAD_HELP: &str = "\
In the difference:
  +  a secret that the project does not get yet
  ~  a change of how it gets one
  -  a secret that it would not get any more

Examples:
  remo-reload web            see, decide, approve
  remo-reload web --yes      approve without a question
  remo-test-project web      see whether the project gets it all

Exit codes:
  0  approved, or there was nothing to approve
  1  not approved: you said no, the manifest is missing or invalid, or it changed meanwhile
  2  the command line is wrong, or there is no terminal to ask on and no --yes
  3  the broker speaks another protocol version
  4  the broker is out of reach";

/// How a helper command answers.
#[derive(Debug, Clone, Copy, Args)]
pub struct AnswerArguments {
    /// As JSON, with times in UTC and nothing cut (docs/json.md)
    #[arg(long)]
    pub json: bool,
}
