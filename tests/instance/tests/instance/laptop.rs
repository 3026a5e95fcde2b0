//! What another machine does over SSH: the menu of a login, and `project-launch`.

use std::time::Duration;

use remo_testbed::Instance;
use remo_testbed::instance::Laptop;
use remo_testkit::{Terminal, wait};

use crate::{boot, product};

/// What the whole machine takes a while for.
const PATIENCE: Duration = Duration::from_mins(3);

/// Commands with all that a shell reads, and what each prints: written down, put into quotes for one shell as a laptop
/// does, and read by the shell of the login, the launcher and the shell in the container.
const COMMANDS: [(&str, &str); 5] = [
    ("echo plain words", "plain words\n"),
    (r#"printf '%s|' "two words" 'it'"'"'s' "say \"hi\"""#, r#"two words|it's|say "hi"|"#),
    (r#"X='a  b'; printf '%s' "$X" '$X' \$X "$(echo sub)" `echo tick`"#, "a  b$X$Xsubtick"),
    ("printf 'one\ntwo\n'\nprintf '%s\\n' three", "one\ntwo\nthree\n"),
    (r"printf '%s' '; | & > < * ? ~ # ! \ ü'", r"; | & > < * ? ~ # ! \ ü"),
];

#[test]
fn a_laptop_runs_commands_as_typed_and_sees_the_menu() {
    let name = "a_laptop_runs_commands_as_typed_and_sees_the_menu";
    if Terminal::is_missing(name) {
        return;
    }
    let Some(instance) = boot(name) else { return };
    product::install(&instance);
    product::store(&instance, "gh", "vended-over-ssh");
    product::project(&instance, "project-a", "");
    let laptop = Laptop::new(&instance);

    // The first start asks, and a laptop without a terminal is told what to do.
    let refused = launch(&laptop, "true");
    assert_eq!(refused.code(), Some(1), "{refused:?}");
    assert!(refused.stderr.contains("nothing is approved for project-a"), "{refused:?}");
    product::up(&instance, "project-a");

    for (command, printed) in COMMANDS {
        let said = launch(&laptop, command).succeeded();
        assert_eq!(said.stdout, printed, "{command}");
    }
    let said = launch(&laptop, r#"echo "$(id -un) $REMO_INSTANCE $REMO_PROJECT $GH_TOKEN"; exit 42"#);
    assert_eq!(said.code(), Some(42), "{said:?}");
    assert_eq!(said.stdout, "dev box project-a vended-over-ssh\n");

    detached(&instance, &laptop);
    menu(&instance, &laptop);
}

fn launch(laptop: &Laptop<'_>, command: &str) -> remo_testbed::Ended {
    laptop.run(&format!("~/.local/bin/project-launch --project project-a --exec {}", quoted(command)))
}

/// As the laptop's side puts a word into quotes for the shell of the login.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r#"'"'"'"#))
}

/// A command in the background goes on when the laptop has gone, and writes into the log.
fn detached(instance: &Instance, laptop: &Laptop<'_>) {
    let command =
        r#"i=0; while [ ! -e /tmp/go ]; do sleep 0.1; done; printf '%s\n' "it's $REMO_PROJECT" 'a  $b'"#;
    let said = laptop
        .run(&format!("~/.local/bin/project-launch --project project-a --detach --exec {}", quoted(command)))
        .succeeded();
    assert!(said.stderr.contains(".local/state/remo/project-a.log"), "{said:?}");
    let log = || instance.as_user("cat ~/.local/state/remo/project-a.log");
    assert!(!log().contains("it's project-a"), "{}", log());
    let _ = launch(laptop, "touch /tmp/go").succeeded();
    wait::until_true(PATIENCE, "the end of the command in the background", || {
        log().contains("it's project-a\na  $b\n")
    });
}

/// A login with a terminal gets the menu, the vault first; staying is a shell on the instance, leaving ends the login.
fn menu(instance: &Instance, laptop: &Laptop<'_>) {
    instance.as_user("echo '~/.local/bin/project-menu || exit' >>~/.profile");
    let terminal = login(laptop);
    let screen = terminal.wait_for("stay in the shell");
    let entries: Vec<&str> =
        screen.lines().filter(|line| line.contains("_remo-vault") || line.contains("project-a")).collect();
    assert!(entries.len() == 2 && entries[0].contains("> _remo-vault"), "{screen}");
    open_project(&terminal);
    terminal.write("echo in-$REMO_PROJECT\n");
    terminal.wait_for("in-project-a");
    // It comes back after each shell.
    terminal.write("exit\n");
    terminal.wait_for("stay in the shell");
    terminal.write("leave");
    terminal.press(&["Enter"]);
    terminal.wait_for_end();
    let terminal = login(laptop);
    terminal.wait_for("stay in the shell");
    terminal.write("stay");
    terminal.press(&["Enter"]);
    terminal.wait_for("dev@box:~$");
    terminal.write("exit\n");
    assert_eq!(terminal.wait_for_end(), 0);
}

/// Chooses the project in the menu.
fn open_project(terminal: &Terminal) {
    terminal.wait_for("stay in the shell");
    terminal.write("project-a");
    terminal.press(&["Enter"]);
    terminal.wait_for("dev@");
}

fn login(laptop: &Laptop<'_>) -> Terminal {
    let ssh = laptop.ssh(&["-t"]);
    let words: Vec<_> = ssh.get_args().map(std::ffi::OsStr::to_owned).collect();
    Terminal::start((100, 30), &environment(&ssh), ssh.get_program(), &words)
}

fn environment(command: &std::process::Command) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect()
}
