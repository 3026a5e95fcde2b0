//! The words of `--help`, and wrong command lines.

use crate::stage::Stage;

/// What the help has to name: changing it is changing the interface.
#[test]
fn the_help_names_every_command_and_exit_code() {
    let stage = Stage::new();
    let ended = stage.remo(&["--help"]).expect(0, "Exit codes:");
    for command in [
        "shell",
        "up",
        "trust",
        "status",
        "doctor",
        "clone",
        "delete",
        "adopt-vault",
        "vault",
        "install",
        "uninstall",
    ] {
        assert!(ended.out.contains(&format!("  {command} ")), "{command}: {}", ended.out);
        stage.remo(&[command, "--help"]).expect(0, "Usage:");
    }
    let ended = stage.under("project-launch", &["--help"]).expect(0, "--project <NAME>");
    assert!(ended.out.contains("--detach") && ended.out.contains("--exec <SHELL_COMMAND>"), "{}", ended.out);
    stage.under("project-menu", &["--help"]).expect(0, "project-menu || exit");
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let stage = Stage::new();
    for words in
        [&[][..], &["nonsense"], &["up"], &["shell", "--exec", "x"], &["trust", "a", "--revoke", "--yes"]]
    {
        assert_eq!(stage.remo(words).code, 2, "{words:?}");
    }
    assert_eq!(stage.under("project-launch", &[]).code, 2);
}
