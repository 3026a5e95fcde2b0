//! Our own writers on the store of fnox: through fnox, in one step, one at a time.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::ours::FnoxRoom;
use crate::room::mode;

#[test]
fn what_is_stored_is_read_by_both() {
    let Some(room) = FnoxRoom::empty("what_is_stored_is_read_by_both") else { return };
    room.set("gh", "tripwire-token");
    assert_eq!(mode(&room.store()), 0o600);
    assert_eq!(room.fnox(&["get", "gh"], b"").stdout, b"tripwire-token\n");
    room.fnox_set("npm", "tripwire-npm");
    assert_eq!(room.names(), ["gh", "npm"]);
    room.run(&["remove", "gh"]).expect(0);
    assert!(!room.fnox(&["get", "gh"], b"").status.success());
    assert_eq!(room.reveal("npm"), "tripwire-npm");
    let again = room.feed(&["set", "npm"], b"tripwire-npm").expect(0);
    assert!(again.stderr.contains("npm has this value already"), "{}", again.stderr);
    let refused = room.run(&["remove", "npm", "gone"]).expect(1);
    assert!(refused.stderr.contains("there is no secret gone; nothing was removed"), "{}", refused.stderr);
    assert_eq!(room.names(), ["npm"]);
    assert_eq!(room.files(), ["fnox.toml", "fnox.toml.lock", "fnox.toml.previous", "key.txt"]);
    room.expect_no_plaintext(&["tripwire-token", "tripwire-npm"]);
}

#[test]
fn values_are_kept_exactly() {
    let Some(room) = FnoxRoom::empty("values_are_kept_exactly") else { return };
    let long = "y".repeat(100 * 1024);
    let values: [(&str, &[u8]); 7] = [
        ("white", b" \t around \n\n"),
        ("crlf", b"a\r\nb\r\n"),
        ("long", long.as_bytes()),
        ("empty", b""),
        ("bytes", &[0, 0xff, b'\n', 0xfe]),
        ("nul", b"a\0b"),
        ("json", br#"{"$b64":"AP8="}"#),
    ];
    for (name, value) in values {
        room.feed(&["set", name, "--keep-newline", "--allow-empty", "--scalar"], value).expect(0);
    }
    room.feed(&["set", "text", "--scalar"], br#"{"user":"me"}"#).expect(0);
    room.feed(&["set", "bundle"], br#"{"user":"me","password":"x\u0000"}"#).expect(0);
    for (name, value) in values {
        let shown = room.command(&["get", name, "--reveal"]).output().unwrap();
        assert_eq!(shown.stdout, value, "{name}");
    }
    assert_eq!(room.reveal("text"), r#"{"user":"me"}"#);
    assert!(room.run(&["get", "text"]).expect(0).stdout.contains("scalar"));
    assert_eq!(room.reveal("bundle"), r#"{"password":"x\u0000","user":"me"}"#);
    // What the file holds has the marker, also for fnox itself.
    assert_eq!(room.fnox(&["get", "bytes"], b"").stdout, b"{\"$b64\":\"AP8K/g==\"}\n");
}

#[test]
fn an_env_file_is_one_write() {
    let Some(room) = FnoxRoom::empty("an_env_file_is_one_write") else { return };
    room.set("A", "before");
    let refused = room.feed(&["import", "-"], b"A=1\nB=2\n").expect(1);
    assert!(
        refused.stderr.contains("A is stored with another value; nothing was changed"),
        "{}",
        refused.stderr
    );
    room.feed(&["import", "-", "--force"], b"A=1\nB=' two '\nC=\"x\\ny\"\n").expect(0);
    assert_eq!(room.names(), ["A", "B", "C"]);
    assert_eq!(room.reveal("B"), " two ");
    assert_eq!(room.reveal("C"), "x\ny");
    room.feed(&["import", "-", "--dry-run"], b"D=1\n").expect(0);
    assert_eq!(room.names(), ["A", "B", "C"]);
}

#[test]
fn the_first_write_or_init_makes_the_configuration() {
    let Some(room) = FnoxRoom::empty("the_first_write_or_init_makes_the_configuration") else { return };
    let made = room.run(&["init"]).expect(0).stderr;
    assert!(made.contains("made an empty store") && made.contains("remo-vault env"), "{made}");
    assert_eq!(mode(&room.store()), 0o600);
    assert!(room.text().contains(&room.recipient()));
    let text = room.text();
    assert!(room.run(&["init"]).expect(0).stderr.contains("the store is there"));
    assert_eq!(room.text(), text);
    assert!(room.fnox(&["list"], b"").status.success());
    room.run(&["list"]).expect(0);
}

#[test]
fn a_plain_fnox_works_after_env() {
    let Some(room) = FnoxRoom::empty("a_plain_fnox_works_after_env") else { return };
    room.run(&["init"]).expect(0);
    for (shell, code) in [
        ("sh", "eval \"$(\"$0\" env)\" && printf tripwire-sh | fnox set gh && fnox get gh && fnox remove gh"),
        ("bash", "eval \"$(\"$0\" env)\" && printf tripwire-sh | fnox set gh && fnox get gh && fnox list"),
        ("zsh", "eval \"$(\"$0\" env)\" && printf tripwire-sh | fnox set gh && fnox get gh && fnox list"),
        (
            "fish",
            "\"$REMO\" env --shell fish | source; printf tripwire-sh | fnox set gh; and fnox get gh; and fnox list",
        ),
    ] {
        if Command::new(shell).args(["-c", "exit"]).status().is_err() {
            remo_testkit::skip::skipped("a_plain_fnox_works_after_env", &format!("there is no {shell}"));
            continue;
        }
        let ours = room.command(&["env"]);
        let mut command = Command::new(shell);
        command.args(["-c", code]).arg(ours.get_program()).current_dir(room.path()).env_clear();
        command.env("PATH", "/usr/bin:/bin").env("HOME", room.path()).env("REMO", ours.get_program());
        for (name, value) in ours.get_envs().filter_map(|(name, value)| Some((name, value?))) {
            command.env(name, value);
        }
        let output = command.output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && shown.contains("tripwire-sh\n"), "{shell}: {output:?}");
        assert!(!room.path().join("fnox.toml").exists(), "{shell}: the working directory is not the store");
    }
    assert_eq!(room.names(), ["gh"]);
}

#[test]
fn a_plain_fnox_steps_aside_for_another_configuration() {
    let name = "a_plain_fnox_steps_aside_for_another_configuration";
    let Some(room) = FnoxRoom::empty(name) else { return };
    room.run(&["init"]).expect(0);
    room.set("mine", "tripwire-mine");
    let other = room.path().join("other.toml");
    fs::copy(room.store(), &other).unwrap();
    room.set("mine", "tripwire-changed");
    // The last two have options that are not fnox's own.
    let steps = "fnox --config $OTHER get mine; fnox get mine --config=$OTHER; fnox get mine -c $OTHER; \
        fnox exec -- sh -c 'echo $mine'; fnox exec sh -c 'echo $mine'";
    for (shell, before) in [
        ("sh", "eval \"$($REMO env)\""),
        ("bash", "eval \"$($REMO env --shell bash)\""),
        ("zsh", "eval \"$($REMO env --shell zsh)\""),
        ("fish", "$REMO env --shell fish | source"),
    ] {
        if Command::new(shell).args(["-c", "exit"]).status().is_err() {
            remo_testkit::skip::skipped(name, &format!("there is no {shell}"));
            continue;
        }
        let ours = room.command(&["env"]);
        let mut command = Command::new(shell);
        command.arg("-c").arg(format!("{before}; {steps}")).current_dir(room.path()).env_clear();
        command.env("PATH", "/usr/bin:/bin").env("HOME", room.path());
        for (name, value) in ours.get_envs().filter_map(|(name, value)| Some((name, value?))) {
            command.env(name, value);
        }
        command.env("REMO", ours.get_program()).env("OTHER", &other);
        let output = command.output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout);
        let lines: Vec<_> = shown.lines().collect();
        let (aside, store) = ("tripwire-mine", "tripwire-changed");
        assert_eq!(lines, [aside, aside, aside, store, store], "{shell}: {output:?}");
    }
}

#[test]
fn a_provider_for_another_key_is_left_alone_and_explained() {
    let Some(room) = FnoxRoom::empty("a_provider_for_another_key_is_left_alone_and_explained") else {
        return;
    };
    let other = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    let text = format!("[providers.mine]\ntype = \"age\"\nrecipients = [\"{other}\"]\n\n[secrets]\n");
    room.write(&text);
    for arguments in [&["set", "gh"][..], &["init"]] {
        let refused = room.feed(arguments, b"tripwire").expect(1);
        assert!(refused.stderr.contains("no provider in"), "{}", refused.stderr);
        assert!(refused.stderr.contains(&format!("recipients = [\"{}\"]", room.recipient())));
        assert_eq!(room.text(), text);
    }
    // With the vault key among the recipients of either, it goes on; what was there stays.
    room.write(&text.replace(other, &format!("{other}\", \"{}", room.recipient())));
    room.set("gh", "tripwire");
    assert!(room.text().contains("provider = \"mine\"") && room.text().contains(other));
}

#[test]
fn what_fnox_does_not_keep_apart_is_kept() {
    let Some(room) = FnoxRoom::new("what_fnox_does_not_keep_apart_is_kept") else { return };
    room.fnox_import(&json!({ "a": "1", "b": "2" }));
    let with_comment =
        room.text().replace("[secrets]", "# mine\n[secrets]").replace("a= {", "a= { description = \"d\",");
    room.write(&with_comment);
    room.set("c", "3");
    assert!(room.text().contains("# mine") && room.text().contains("description = \"d\""), "{}", room.text());
    assert_eq!(room.names(), ["a", "b", "c"]);
}

#[test]
fn parallel_writers_lose_nothing() {
    const WRITERS: usize = 20;
    let Some(room) = FnoxRoom::empty("parallel_writers_lose_nothing") else { return };
    let children: Vec<_> = (0..WRITERS)
        .map(|number| {
            let name = format!("secret_{number:02}");
            let mut child = room.command(&["set", &name]).stdin(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(format!("value {number}").as_bytes()).unwrap();
            child
        })
        .collect();
    let mut refused = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        // On a machine that is out of breath, some wait in vain and say so.
        assert!(output.status.success() || said.contains("nothing was changed"), "{said}");
        refused += usize::from(!output.status.success());
    }
    assert_eq!(room.names().len(), WRITERS - refused);
    assert!(refused < WRITERS / 2, "{refused}");
}

#[test]
fn a_store_that_cannot_be_read_is_not_written() {
    let Some(room) = FnoxRoom::empty("a_store_that_cannot_be_read_is_not_written") else { return };
    room.set("gh", "one");
    room.set("gh", "two");
    let whole = room.text();
    for length in [0, 10, whole.len() / 2, whole.len() - 5] {
        room.write(&whole[..length]);
        for (arguments, input) in
            [(&["set", "gh"][..], "new"), (&["remove", "gh"], ""), (&["import", "-"], "gh=new")]
        {
            room.feed(arguments, input.as_bytes()).expect(1);
            assert_eq!(room.text(), whole[..length]);
        }
    }
    fs::remove_file(room.store()).unwrap();
    let gone = room.feed(&["set", "gh"], b"new").expect(1);
    assert!(gone.stderr.contains("has gone, while"), "{}", gone.stderr);
    fs::copy(room.beside_store(".previous"), room.store()).unwrap();
    assert_eq!(room.reveal("gh"), "one");
}

#[test]
fn a_fnox_that_does_something_else_changes_nothing() {
    let Some(room) = FnoxRoom::empty("a_fnox_that_does_something_else_changes_nothing") else { return };
    room.set("gh", "one");
    let before = room.text();
    // A program in front of the real one that drops the last line of what was written.
    let front = room.path().join("front");
    let real = room.program.display();
    fs::write(
        &front,
        format!("#!/bin/sh\n{real} \"$@\" || exit\ncase \" $* \" in *' import '*) /bin/sed -i '$d' \"$5\";; esac\n"),
    )
    .unwrap();
    fs::set_permissions(&front, fs::Permissions::from_mode(0o755)).unwrap();
    let refused = room.feed(&["set", "npm", "--fnox", front.to_str().unwrap()], b"new").expect(1);
    assert!(
        refused.stderr.contains("is not what it was given; the store is as it was before"),
        "{}",
        refused.stderr
    );
    assert_eq!(room.text(), before);
    assert_eq!(room.files(), ["fnox.toml", "fnox.toml.lock", "key.txt"]);
}
