//! The `remo-vault` binary: protect the process, read the command line, run one command, report its end.

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use remo_vault::cli::{
    CommandLine, ListCredsCommandLine, LoginCommandLine, Program, ReloadCommandLine, TestProjectCommandLine,
    VendStatusCommandLine, WatcherCommandLine,
};
use remo_vault::exit::ExitStatus;
use remo_vault::{commands, output};

#[global_allocator]
static ALLOCATOR: remo_sys::WipingAllocator = remo_sys::WipingAllocator;

fn main() -> ExitCode {
    if let Err(error) = remo_sys::dumps::forbid() {
        output::note(&format!("warning: this process may write a core dump: {error}"));
    }
    let ended = match Program::of(env::args_os().next().as_deref()) {
        Program::Vault => CommandLine::try_parse().map(commands::run),
        Program::Watcher => WatcherCommandLine::try_parse().map(|it| commands::run_watcher(&it)),
        Program::Login => LoginCommandLine::try_parse().map(commands::run_login),
        Program::ListCreds => ListCredsCommandLine::try_parse().map(|it| commands::run_list_creds(&it)),
        Program::TestProject => TestProjectCommandLine::try_parse().map(|it| commands::run_test_project(&it)),
        Program::VendStatus => VendStatusCommandLine::try_parse().map(|it| commands::run_vend_status(&it)),
        Program::Reload => ReloadCommandLine::try_parse().map(|it| commands::run_reload(&it)),
    };
    match ended {
        Ok(Ok(status)) => status.into(),
        Ok(Err(failure)) => {
            let _ = writeln!(io::stderr(), "{failure}");
            failure.exit_status().into()
        }
        Err(error) => {
            // Help and version are no errors; they go to standard output with status 0.
            let _ = error.print();
            if error.use_stderr() { ExitStatus::Usage } else { ExitStatus::Success }.into()
        }
    }
}
