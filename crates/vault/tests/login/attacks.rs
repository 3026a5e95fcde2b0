//! Tools and recipes that mean harm, or that fail in the worst way.

use std::fs;

use crate::scene::Scene;

const VALUE: &str = "credential = { value = { file = \"d/token\" } }";

#[test]
fn a_recipe_stays_in_the_home() {
    let scene = Scene::new();
    fs::write(scene.room.path().join("outside"), "tripwire").unwrap();
    for path in ["../../outside", "/etc/hostname", "a/../../b", "", "."] {
        scene.scripted("some", "true", &format!("credential = {{ value = {{ file = \"{path}\" }} }}"));
        let refused = scene.run(&["some"]).expect(1);
        assert!(refused.stderr.contains("does not stay in the tool's home"), "{path}: {refused:?}");
    }
    for (line, problem) in [
        ("home = { HOME = \"x/\" }", "cannot be set by a recipe"),
        ("environment = { LD_PRELOAD = \"/x\" }", "cannot be set by a recipe"),
        (
            "environment = { NODE_OPTIONS = \"--require /x\" }",
            "environment.NODE_OPTIONS: this variable cannot",
        ),
        ("environment = { BASH_ENV = \"/x\" }", "environment.BASH_ENV: this variable cannot"),
        ("environment = { PYTHONPATH = \"/x\" }", "environment.PYTHONPATH: this variable cannot"),
        ("environment = { GIT_SSH_COMMAND = \"x\" }", "environment.GIT_SSH_COMMAND: this variable cannot"),
        ("home = { PYTHONPATH = \"x/\" }", "home.PYTHONPATH: this variable cannot"),
        // What moves a tool's files moves them within the home only, and a switch has one value.
        ("environment = { CARGO_HOME = \"/x\" }", "environment.CARGO_HOME: this variable cannot"),
        (
            "environment = { NPM_CONFIG_BROWSER = \"x\" }",
            "environment.NPM_CONFIG_BROWSER: this variable cannot",
        ),
        ("home = { npm_config_userconfig = \"x\" }", "home.npm_config_userconfig: this variable cannot"),
        ("file = [{ path = \"../x\", content = \"\" }]", "does not stay in the tool's home"),
        ("refresh = { keep = [\"..\"] }", "does not stay in the tool's home"),
        (
            "question = [{ key = \"pin\", prompt = \"p\", secret = true }]\nenvironment = { PIN = \"{{pin}}\" }",
            "is a secret",
        ),
    ] {
        scene.scripted("some", "true", &format!("{VALUE}\n{line}"));
        let refused = scene.run(&["some"]).expect(1);
        assert!(refused.stderr.contains(problem), "{line}: {refused:?}");
    }
}

#[test]
fn what_lies_in_the_place_of_the_credential_is_judged() {
    let scene = Scene::new();
    let outside = scene.room.path().join("outside");
    fs::write(&outside, "tripwire-outside\n").unwrap();
    let outside = outside.display();
    let twin = scene.memory().join("twin");
    fs::write(&twin, "tripwire-twin\n").unwrap();
    let twin = twin.display();
    for (script, problem) in [
        (format!("mkdir d; ln -s {outside} d/token"), "symbolic link"),
        (format!("ln -s {} d; true", scene.room.path().display()), "symbolic link"),
        (format!("mkdir d; ln {twin} d/token"), "second name"),
        ("mkdir d; mkfifo d/token".to_owned(), "not a regular file"),
        ("mkdir -p d/token".to_owned(), "not a regular file"),
        ("mkdir d; truncate -s 1T d/token".to_owned(), "larger than"),
        ("mkdir d; : > d/token".to_owned(), "is empty"),
        ("mkdir d; printf '\\n' > d/token".to_owned(), "is empty"),
        ("mkdir d; printf 'a\\nb\\n' > d/token".to_owned(), "not one line"),
        ("mkdir d; printf 'a\\033[2Jb' > d/token".to_owned(), "not one line"),
        ("mkdir d; printf '\\377' > d/token".to_owned(), "not UTF-8"),
        ("mkdir d; head -c 100000 /dev/zero | tr '\\0' x > d/token".to_owned(), "longer than"),
        ("true".to_owned(), "it is not there"),
        ("mkdir d; echo tripwire-failed > d/token; exit 3".to_owned(), "ended with status 3"),
    ] {
        scene.scripted("some", &script, VALUE);
        let refused = scene.run(&["some"]).expect(1);
        assert!(refused.stderr.contains(problem), "{script}: {refused:?}");
        assert!(!refused.stderr.contains("tripwire"), "{refused:?}");
        assert!(scene.names().is_empty(), "{script}");
        assert_eq!(scene.home(), None, "{script}");
    }
    assert_eq!(fs::read_to_string(scene.room.path().join("outside")).unwrap(), "tripwire-outside\n");
    assert_eq!(fs::read_to_string(scene.memory().join("twin")).unwrap(), "tripwire-twin\n");
}

#[test]
fn nothing_that_a_tool_writes_gets_into_a_log() {
    let scene = Scene::new();
    let script = "echo tripwire-loud >&2; echo tripwire-loud; mkdir d; echo tripwire-loud > d/token";
    scene.scripted("loud", script, VALUE);
    let done = scene.run(&["loud"]).expect(0);
    assert!(!format!("{done:?}").contains("tripwire"), "{done:?}");
    assert_eq!(scene.room.reveal("loud"), "tripwire-loud");
    scene.scripted("fails", &format!("{script}; exit 1"), VALUE);
    let failed = scene.run(&["fails"]).expect(1);
    assert!(!format!("{failed:?}").contains("tripwire"), "{failed:?}");
    assert!(failed.stderr.contains("--show-output"), "{failed:?}");
    let prints = scene.tool("prints", "echo tripwire-loud >&2; echo tripwire-loud; exit 1");
    let more = format!("credential = {{ value = {{ command = [\"{}\"] }} }}", prints.display());
    scene.scripted("taken", "true", &more);
    let failed = scene.run(&["taken"]).expect(1);
    assert!(!format!("{failed:?}").contains("tripwire"), "{failed:?}");
    // Only who asks for it sees it, and never on standard output.
    let shown = scene.run(&["fails", "--show-output"]).expect(1);
    assert_eq!(shown.stderr.matches("tripwire-loud").count(), 2, "{shown:?}");
    assert_eq!(shown.stdout, "");
    scene.expect_nothing_left(&["tripwire-failed"]);
}

#[test]
fn a_tool_that_prints_without_end_is_stopped() {
    let scene = Scene::new();
    let more = "credential = { value = { command = [\"yes\"] } }";
    scene.scripted("some", "true", more);
    let refused = scene.run(&["some"]).expect(1);
    assert!(refused.stderr.contains("yes printed more than"), "{refused:?}");
}

#[test]
fn answers_are_no_options_and_no_second_lines() {
    let scene = Scene::new();
    let more = "question = [{ key = \"host\", prompt = \"Host\" }, { key = \"pin\", prompt = \"Pin\", secret = true }]";
    scene.scripted("some", "mkdir d; echo x > d/token", &format!("{VALUE}\n{more}"));
    for (input, problem) in [
        ("--config=/etc/x\npin\n", "begins with -"),
        ("a\tb\npin\n", "control characters"),
        ("\npin\n", "no answer to: Host"),
        ("host\n", "standard input has no line for: Pin"),
        ("host\n\u{1b}tripwire\n", "control characters"),
    ] {
        let refused = scene.feed(&["some"], input).expect(1);
        assert!(refused.stderr.contains(problem), "{input:?}: {refused:?}");
        assert!(!refused.stderr.contains("tripwire"), "{refused:?}");
    }
    scene.feed(&["some"], "host\n-pin\n").expect(0);
}
