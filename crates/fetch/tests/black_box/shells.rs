//! `env` and `env.sh`, read back by real shells.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};

use remo_testkit::skip;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::stage::{Stage, ended};

const BINDINGS: &str = "[secrets.gh]\nenv_var = \"TOKEN\"\n[secrets.next]\n";

/// Everything that a shell could take for something else.
const VALUES: &[&str] = &[
    "plain",
    "",
    " blanks  inside and around ",
    "it's 'quoted' \"twice\"",
    "$HOME ${HOME} $(id) `id` !! ~ * ? [a-z] {a,b}",
    "back\\slash \\n \\' \\\\ at the end \\",
    "line one\nline two\n\nends with newlines\n\n",
    "tab\there\rreturn \u{1} \u{1b}[31m \u{7f}",
    "ünïcödé 🔑 \u{2028} 日本語",
    "'; rm -rf /nonexistent; echo '",
    "-n",
    "=a=b#c;d&e|f<g>h(i)",
];

fn shells() -> [(&'static str, &'static [&'static str]); 5] {
    [
        ("sh", &["sh", "-c"]),
        ("bash", &["bash", "-c"]),
        ("zsh", &["zsh", "-c"]),
        ("busybox sh", &["busybox", "sh", "-c"]),
        ("fish", &["fish", "--no-config", "-c"]),
    ]
}

fn present(program: &str) -> bool {
    Command::new(program).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// What the shell holds in `TOKEN` after the script has loaded it.
fn token_in(stage: &Stage, shell: &[&str], load: &str) -> String {
    let template = stage.command(&[]);
    let mut command = Command::new(shell[0]);
    command
        .env_clear()
        .envs(template.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("HELPER", template.get_program())
        .env("SET", stage.secrets.join("current"))
        .args(&shell[1..])
        .arg(format!("{load}\nprintf %s \"$TOKEN\""))
        .stdin(Stdio::null());
    let ended = ended(&command.output().unwrap());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended.stdout
}

#[test]
fn every_value_survives_every_shell() {
    let stage = Stage::new(BINDINGS);
    for (name, shell) in shells() {
        if !present(shell[0]) {
            skip::skipped("shells::every_value_survives_every_shell", &format!("{name} is not installed"));
            continue;
        }
        let (eval, file) = match name {
            "fish" => ("$HELPER env --shell fish | source", "source $SET/env.fish"),
            _ => ("eval \"$(\"$HELPER\" env)\"", ". \"$SET/env.sh\""),
        };
        for value in VALUES {
            stage.broker.push(&[("gh", value), ("next", "x")]);
            assert_eq!(token_in(&stage, shell, eval), *value, "{name}, eval");
        }
        let all = VALUES.concat();
        stage.broker.push(&[("gh", &all), ("next", "x")]);
        stage.run(&[]).succeeded();
        assert_eq!(token_in(&stage, shell, file), all, "{name}, file");
    }
}

#[test]
fn the_exact_form_holds_names_and_values_between_nuls() {
    let stage = Stage::new(BINDINGS);
    let all = VALUES.concat();
    stage.broker.push(&[("gh", &all), ("next", "x=y")]);
    stage.run(&[]).succeeded();
    let text = fs::read_to_string(stage.current("env.nul")).unwrap();
    assert_eq!(text, format!("TOKEN={all}\0NEXT=x=y\0"));
}

#[test]
fn no_value_is_printed_when_a_secret_is_missing() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "tripwire")]);
    let ended = stage.run(&["env", "--timeout", "0"]);
    ended.failed(69, &["next: not in the vault"]);
    assert_eq!(ended.stdout, "false\n");
}

#[test]
fn a_shell_that_evaluates_a_failure_does_not_go_on() {
    const TEST: &str = "shells::a_shell_that_evaluates_a_failure_does_not_go_on";
    let stage = Stage::new(BINDINGS);
    for (name, shell) in shells() {
        if !present(shell[0]) {
            skip::skipped(TEST, &format!("{name} is not installed"));
            continue;
        }
        // Nothing in the vault; an unusable option; an unusable environment.
        for (variable, arguments) in [("0", ""), ("0", "--no-such-option"), ("soon", "")] {
            let script = match name {
                "fish" => format!("$HELPER env --shell fish {arguments} | source; or exit 9; echo STARTED"),
                _ => format!("set -e; eval \"$(\"$HELPER\" env {arguments})\"; echo STARTED"),
            };
            let template = stage.command(&[]);
            let mut command = Command::new(shell[0]);
            command
                .env_clear()
                .envs(template.get_envs().filter_map(|(name, value)| Some((name, value?))))
                .env("REMO_FETCH_SECRETS_TIMEOUT_SECONDS", variable)
                .env("HELPER", template.get_program())
                .args(&shell[1..])
                .arg(&script)
                .stdin(Stdio::null());
            let ended = ended(&command.output().unwrap());
            assert_ne!(ended.code, Some(0), "{name}: {script}: {ended:?}");
            assert_eq!(ended.stdout, "", "{name}: {script}");
        }
    }
    // For `exec`, the output belongs to the command.
    assert_eq!(stage.run(&["exec", "--timeout", "soon", "--", "env"]).stdout, "");
    assert_eq!(stage.run(&["exec", "--no-such-option", "--", "env"]).stdout, "");
}

#[test]
fn a_terminal_gets_values_only_when_asked_for() {
    let stage = Stage::new(BINDINGS);
    stage.broker.push(&[("gh", "tripwire-terminal"), ("next", "x")]);
    let on_terminal = |arguments: &[&str]| {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&controller).unwrap();
        unlockpt(&controller).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap().into_string().unwrap();
        let terminal = fs::File::options().read(true).write(true).open(name).unwrap();
        let mut child = stage
            .command(arguments)
            .stdout(terminal.try_clone().unwrap())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let code = child.wait().unwrap().code();
        drop(terminal);
        let mut shown = Vec::new();
        // Reading from a terminal whose other side is closed ends with an error.
        let _ = fs::File::from(controller).read_to_end(&mut shown);
        (code, String::from_utf8(shown).unwrap())
    };
    assert_eq!(on_terminal(&["env"]), (Some(64), String::new()));
    let (code, shown) = on_terminal(&["env", "--reveal"]);
    assert_eq!(code, Some(0));
    assert!(shown.contains("export TOKEN='tripwire-terminal'"), "{shown}");
}
