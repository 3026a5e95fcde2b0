//! `remo-vault env`: shell code after which a plain `fnox` works on the store.
//!
//! fnox takes its configuration from the working directory and has no variable for another one, so the name is made
//! a function, which steps aside where another is named. The key is named by its file; its content stays out of every environment.

use std::path::{Path, absolute};

use crate::cli::{EnvArguments, Locations, ShellKind, SourceKind};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;

pub(super) fn run(locations: &Locations, arguments: &EnvArguments) -> Result<ExitStatus, Failure> {
    if locations.source_kind() == SourceKind::Embedded {
        return Err(Failure::new("the embedded store is not fnox's; fnox cannot be used on it")
            .hint("use remo-vault set, get, list and remove"));
    }
    let shell = arguments.shell;
    let store = quoted(locations.store_path(), shell)?;
    let key_file = quoted(&locations.key_file, shell)?;
    let program = match &locations.fnox {
        Some(program) => quoted(program, shell)?,
        None => "fnox".to_owned(),
    };
    output::line(&match shell {
        ShellKind::Sh => sh(&program, &store, &key_file),
        ShellKind::Fish => fish(&program, &store, &key_file),
    })?;
    Ok(ExitStatus::Success)
}

// Both step aside for somebody who names another configuration, which fnox takes once only. What belongs to the
// command of `fnox exec` is none of fnox's options.

fn sh(program: &str, store: &str, key_file: &str) -> String {
    format!(
        r#"export FNOX_AGE_KEY_FILE={key_file}
fnox() (
    running=
    for argument do
        case $argument in
            --) break ;;
            -c* | --config | --config=*) command {program} "$@"; exit ;;
            exec | x) running=yes ;;
            -*) ;;
            *) [ -z "$running" ] || break ;;
        esac
    done
    command {program} --config {store} "$@"
)"#
    )
}

fn fish(program: &str, store: &str, key_file: &str) -> String {
    format!(
        r"set -gx FNOX_AGE_KEY_FILE {key_file}
function fnox
    set -l running
    for argument in $argv
        switch $argument
            case --
                break
            case '-c*' --config '--config=*'
                command {program} $argv
                return
            case exec x
                set running yes
            case '-*'
            case '*'
                test -z $running; or break
        end
    end
    command {program} --config {store} $argv
end"
    )
}

/// An absolute path as one word of the shell.
fn quoted(path: &Path, shell: ShellKind) -> Result<String, Failure> {
    let text = absolute(path).ok().and_then(|path| path.to_str().map(str::to_owned));
    let text = text.ok_or_else(|| {
        Failure::new(format!("{} cannot be written as a word of a shell", path.display()))
            .hint("use a path of UTF-8 characters")
    })?;
    Ok(match shell {
        ShellKind::Sh => format!("'{}'", text.replace('\'', "'\\''")),
        ShellKind::Fish => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
    })
}
