//! What fnox stored is read exactly, and what cannot be read is told apart.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::ours::FnoxRoom;

#[test]
fn every_kind_of_value_is_read_exactly() {
    let Some(room) = FnoxRoom::new("every_kind_of_value_is_read_exactly") else { return };
    let long = "x".repeat(100 * 1024);
    room.fnox_import(&json!({
        "white": " \t around \n\n", "crlf": "a\r\nb\r\n", "long": long, "empty": "", "quotes": "a'b\"\"\"c\\n",
        "dollar": "${gh} $HOME {{x}}", "umlaut": "\u{e4}\u{1f511}\u{1}", "number": "1",
        "bundle": r#"{"user": "me", "password": "p\"q\u0000"}"#, "bytes": r#"{"$b64":"AP8K"}"#,
    }));
    room.fnox_set("typed", "token\n");
    let exact = [
        ("white", " \t around \n\n"),
        ("crlf", "a\r\nb\r\n"),
        ("long", &long),
        ("empty", ""),
        ("quotes", "a'b\"\"\"c\\n"),
        ("dollar", "${gh} $HOME {{x}}"),
        ("umlaut", "\u{e4}\u{1f511}\u{1}"),
        ("number", "1"),
        ("bundle", r#"{"password":"p\"q\u0000","user":"me"}"#),
        ("typed", "token"),
    ];
    for (name, value) in exact {
        assert_eq!(room.reveal(name), value, "{name}");
    }
    let bytes = room.command(&["get", "bytes", "--reveal"]).output().unwrap();
    assert_eq!(bytes.stdout, [0, 0xff, b'\n']);
    let names: Vec<_> = exact.iter().map(|(name, _)| *name).collect();
    assert_eq!(room.names().len(), names.len() + 1);
}

#[test]
fn an_empty_store_is_read_and_a_missing_one_is_an_error() {
    let Some(room) = FnoxRoom::empty("an_empty_store_is_read_and_a_missing_one_is_an_error") else { return };
    let missing = room.run(&["list"]).expect(1).stderr;
    assert!(missing.contains("there is no file"), "{missing}");
    assert!(missing.contains("hint: store a first secret with: remo-vault set NAME"), "{missing}");
    room.configure("");
    assert!(room.run(&["list"]).expect(0).stderr.contains("the store is empty"));
}

#[test]
fn a_wrong_key_is_an_error_and_not_an_empty_store() {
    let Some(room) = FnoxRoom::new("a_wrong_key_is_an_error_and_not_an_empty_store") else { return };
    room.fnox_set("gh", "tripwire-one");
    room.fnox_set("npm", "tripwire-two");
    let other = room.other_key();
    let other = other.to_str().unwrap();
    for arguments in [&["list"][..], &["get", "gh"], &["push"]] {
        let mut with_other = arguments.to_vec();
        with_other.extend(["--key-file", other]);
        let refused = room.run(&with_other).expect(1);
        assert!(refused.stderr.contains("none of its 2 secrets opens with the key"), "{}", refused.stderr);
        assert!(refused.stderr.contains("hint: the key given is age1"), "{}", refused.stderr);
        assert!(!refused.stderr.contains("tripwire"));
    }
    let gone = room.run(&["list", "--key-file", "/nowhere/key.txt"]).expect(1);
    assert!(gone.stderr.contains("cannot use the vault key"), "{}", gone.stderr);
}

#[test]
fn single_entries_that_do_not_open_are_named() {
    let Some(room) = FnoxRoom::new("single_entries_that_do_not_open_are_named") else { return };
    room.fnox_set("gh", "tripwire-one");
    room.fnox_set("npm", "tripwire-two");
    // Damaged, marked in a way that fnox would write to disk, plaintext, and with a name that is none.
    let damaged = room.text().replace(
        "npm= { provider = \"vault\", value = \"YWdl",
        "npm= { provider = \"vault\", value = \"AAAA",
    );
    room.write(&format!(
        "{damaged}cert = {{ provider = \"vault\", value = \"YWdl\", as_file = true }}\nplain = {{ default = \
         \"tripwire-three\" }}\n\"no-name\" = {{ provider = \"vault\", value = \"YWdl\" }}\n"
    ));
    assert_eq!(room.names(), ["gh"]);
    let listed = room.run(&["list"]).expect(0).stderr;
    for fault in [
        "npm cannot be read: it does not open with the vault key, or is damaged",
        "cert cannot be read: it is marked as_file, with which fnox writes it to disk in plaintext",
        "plain cannot be read: it has a default, which is plaintext in the file",
        "no-name is not a secret name and is never pushed",
    ] {
        assert!(listed.contains(fault), "{fault}: {listed}");
    }
    assert!(!listed.contains("tripwire"));
}

#[test]
fn nothing_is_written_to_disk_for_an_entry_that_asks_for_it() {
    let Some(room) = FnoxRoom::new("nothing_is_written_to_disk_for_an_entry_that_asks_for_it") else {
        return;
    };
    room.fnox_set("cert_of_this_test", "tripwire-certificate");
    room.fnox_set("gh", "tripwire-one");
    room.write(&room.text().replace("cert_of_this_test= {", "cert_of_this_test = { as_file = true,"));
    assert_eq!(room.names(), ["gh"]);
    let files = fs::read_dir("/tmp").unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = files.filter(|name| name.to_string_lossy().contains("cert_of_this_test")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_value_at_which_fnox_stops_costs_that_entry_only() {
    let Some(room) = FnoxRoom::new("a_value_at_which_fnox_stops_costs_that_entry_only") else { return };
    room.fnox_set("gh", "tripwire-one");
    room.fnox_import(&json!({ "nul": "tripwire-nul\u{0}x" }));
    room.fnox_set("npm", "tripwire-two");
    // fnox repeats the value in what it says.
    let said = room.fnox(&["export", "--format", "json"], b"");
    assert!(String::from_utf8_lossy(&said.stderr).contains("tripwire-nul"), "fnox has changed: {said:?}");
    let listed = room.run(&["list"]).expect(0);
    assert!(listed.stderr.contains("nul cannot be read: fnox stops at its value, as it does at a NUL byte; store it with remo-vault set"), "{}", listed.stderr);
    assert!(!listed.stderr.contains("tripwire") && !listed.stdout.contains("tripwire"));
    assert_eq!(room.names(), ["gh", "npm"]);
}

#[test]
fn a_file_that_does_not_tell_what_it_holds_is_refused() {
    let Some(room) = FnoxRoom::new("a_file_that_does_not_tell_what_it_holds_is_refused") else { return };
    room.fnox_set("gh", "one");
    let whole = room.text();
    for (text, problem) in [
        (String::new(), "the file is empty"),
        (whole[..whole.len() / 2].to_owned(), "cut short"),
        (whole[..whole.len() - 10].to_owned(), "cut short"),
        (format!("import = [\"/etc/fnox.toml\"]\n{whole}"), "imports other files"),
        (format!("{whole}[profiles.work.secrets]\na = {{ value = \"x\" }}\n"), "in profiles"),
    ] {
        room.write(&text);
        for arguments in [&["list"][..], &["get", "gh"], &["push"]] {
            let refused = room.run(arguments).expect(1);
            assert!(refused.stderr.contains(problem), "{problem}: {}", refused.stderr);
            assert!(refused.stderr.contains("\nhint: "), "{}", refused.stderr);
        }
    }
}

#[test]
fn without_fnox_the_error_says_what_to_do() {
    let Some(room) = FnoxRoom::new("without_fnox_the_error_says_what_to_do") else { return };
    room.fnox_set("gh", "one");
    let output =
        room.command(&["list"]).env_remove("REMO_VAULT_FNOX").env("PATH", "/nowhere:relative").output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.starts_with("error: there is no fnox on the path, and the store is fnox's\nhint: install fnox"),
        "{said}"
    );
    let named = room.run(&["list", "--fnox", "/nowhere/fnox"]).expect(1).stderr;
    assert!(named.contains("there is no program /nowhere/fnox to run as fnox"), "{named}");
    // On the path, it is found.
    let folder = room.program.parent().unwrap();
    let output = room.command(&["list"]).env_remove("REMO_VAULT_FNOX").env("PATH", folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn one_entry_at_which_fnox_stops_does_not_cost_a_run_for_each_other() {
    const ENTRIES: usize = 64;
    let Some(room) = FnoxRoom::new("one_entry_at_which_fnox_stops_does_not_cost_a_run_for_each_other") else {
        return;
    };
    let mut values: serde_json::Map<_, _> = (0..ENTRIES)
        .map(|number| (format!("secret_{number:02}"), json!(format!("value {number}"))))
        .collect();
    values.insert("secret_40".to_owned(), json!("tripwire-nul\u{0}x"));
    room.fnox_import(&serde_json::Value::Object(values));
    // A program in front of the real one that counts its runs.
    let (front, runs) = (room.path().join("front"), room.path().join("runs"));
    let script =
        format!("#!/bin/sh\necho run >> {}\nexec {} \"$@\"\n", runs.display(), room.program.display());
    fs::write(&front, script).unwrap();
    fs::set_permissions(&front, fs::Permissions::from_mode(0o755)).unwrap();
    let listed = room.run(&["list", "--json", "--fnox", front.to_str().unwrap()]).expect(0).stdout;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["secrets"].as_array().unwrap().len(), ENTRIES - 1);
    assert!(listed["faults"]["secret_40"].as_str().unwrap().contains("NUL byte"), "{listed}");
    assert_eq!(room.reveal("secret_41"), "value 41");
    // All of them, and then the two halves of what holds the one: of 64, 32, 16, 8, 4 and 2.
    assert_eq!(fs::read_to_string(runs).unwrap().lines().count(), 1 + 2 * 6);
}
