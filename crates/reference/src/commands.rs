//! Command lines: one page for each program, man pages, completions.

use std::fmt::Write as _;
use std::io;

use clap::Command;
use clap_complete::Shell;

use crate::artifacts::Artifacts;

/// Columns of a help text on a page.
const WIDTH: usize = 100;

/// The programs of the product.
fn programs() -> Vec<Command> {
    let vault = remo_vault::cli::Program::ALL.map(remo_vault::cli::Program::command);
    let others = [remo_broker::command_line::command(), remo_fetch_secrets::command_line()];
    let host = remo_host::cli::Program::ALL.map(remo_host::cli::Program::command);
    others.into_iter().chain(vault).chain(host).collect()
}

/// Adds what is made from the command lines.
pub(crate) fn add(artifacts: &mut Artifacts) -> io::Result<()> {
    for command in programs() {
        let name = command.get_name().to_owned();
        artifacts.add(format!("docs/reference/{name}.md"), page(&command));
        // Pages of subcommands link to each other by these names.
        let mut command = command.disable_help_subcommand(true);
        command.build();
        man_pages(artifacts, &command, &name)?;
        for (directory, file, shell) in [
            ("bash", name.clone(), Shell::Bash),
            ("zsh", format!("_{name}"), Shell::Zsh),
            ("fish", format!("{name}.fish"), Shell::Fish),
        ] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command.clone(), &name, &mut script);
            artifacts.add(format!("completions/{directory}/{file}"), script);
        }
    }
    Ok(())
}

/// The help of a program and of all its subcommands.
fn page(command: &Command) -> String {
    let name = command.get_name().to_owned();
    let mut page =
        format!("# {name}\n\nMade by `cargo xtask gen` from `{name} --help`; edits here are overwritten.\n");
    // With a width of its own: the help of a terminal depends on the terminal.
    let mut command = command.clone().term_width(WIDTH).disable_help_subcommand(true);
    command.build();
    section(&mut page, command, 2);
    page
}

fn section(page: &mut String, mut command: Command, level: usize) {
    let title = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let help = command.render_long_help().to_string();
    let heading = "#".repeat(level);
    let _ = write!(page, "\n{heading} {title}\n\n```text\n{}\n```\n", trimmed(&help));
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        section(page, subcommand.clone().term_width(WIDTH), level);
    }
}

/// Without blanks at the ends of lines, which editors take away.
fn trimmed(text: &str) -> String {
    text.trim_end().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn man_pages(artifacts: &mut Artifacts, command: &Command, name: &str) -> io::Result<()> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).title(name).render(&mut page)?;
    artifacts.add(format!("docs/reference/man/{name}.1"), page);
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        let mut name = format!("{name}-{}", subcommand.get_name());
        // `remo vault` is not the program remo-vault, whose page this would be.
        if programs().iter().any(|program| program.get_name() == name) {
            name += "-container";
        }
        man_pages(artifacts, subcommand, &name)?;
    }
    Ok(())
}
