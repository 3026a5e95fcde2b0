//! `import FILE.env`.

use std::fs;

use crate::room::Room;

const SAMPLE: &str = r#"# sample
export GH_TOKEN=ghp_tripwire # the token
QUOTED="two
lines $HOME ${PATH}"
LITERAL='$HOME "x"'
AWS={"user":"me","password":"tripwire"}
"#;

#[test]
fn every_variable_is_stored_in_one_write_and_nothing_expanded() {
    let room = Room::with_key();
    room.set("other", "stays");
    let before = fs::read(room.store()).unwrap();
    let file = room.path().join("sample.env");
    fs::write(&file, SAMPLE).unwrap();
    let mut import = room.command(&["import", "sample.env"]);
    let imported = import.env("HOME", "/expanded").output().unwrap();
    let stderr = String::from_utf8(imported.stderr).unwrap();
    assert!(imported.status.success(), "{stderr}");
    assert!(!stderr.contains("tripwire") && !stderr.contains("/expanded"), "{stderr}");
    assert!(stderr.contains("imported 4 secrets (4 new, 0 replaced)"), "{stderr}");
    assert!(stderr.contains("the $ in QUOTED is taken as it is"), "{stderr}");
    assert!(stderr.contains("hint: sample.env still holds the values in plaintext"), "{stderr}");
    assert_eq!(fs::read(room.previous()).unwrap(), before, "one write");
    assert_eq!(room.names(), ["AWS", "GH_TOKEN", "LITERAL", "QUOTED", "other"]);
    assert_eq!(room.reveal("GH_TOKEN"), "ghp_tripwire");
    assert_eq!(room.reveal("QUOTED"), "two\nlines $HOME ${PATH}");
    assert_eq!(room.reveal("LITERAL"), "$HOME \"x\"");
    assert_eq!(room.reveal("AWS"), r#"{"password":"tripwire","user":"me"}"#);
    assert!(file.exists());
}

#[test]
fn a_dry_run_changes_nothing() {
    let room = Room::with_key();
    let dry = room.feed(&["import", "--dry-run", "-"], SAMPLE.as_bytes()).expect(0);
    assert!(dry.stderr.contains("would import 4 secrets"), "{}", dry.stderr);
    assert!(!dry.stderr.contains("tripwire"), "{}", dry.stderr);
    assert_eq!(room.files(), ["key.txt"]);
}

#[test]
fn what_is_stored_is_replaced_only_by_force() {
    let room = Room::with_key();
    room.set("A", "old");
    room.set("B", "same");
    let refused = room.feed(&["import", "-"], b"A=new\nB=same\nC=new\n").expect(1);
    assert!(refused.stderr.contains("A is stored with another value; nothing was changed"));
    assert!(refused.stderr.contains("import --force"), "{}", refused.stderr);
    assert_eq!(room.names(), ["A", "B"]);
    let forced = room.feed(&["import", "--force", "-"], b"A=new\nB=same\nC=new\n").expect(0);
    assert!(forced.stderr.contains("imported 2 secrets (1 new, 1 replaced); 1 stored already, 0 left out"));
    assert_eq!((room.reveal("A"), room.reveal("C")), ("new".to_owned(), "new".to_owned()));
}

#[test]
fn names_that_are_none_are_reported_and_left_out() {
    let room = Room::with_key();
    let partly =
        room.feed(&["import", "-"], b"TRIP/wire=tripwire\nGOOD=1\nJ={\"a b\":\"tripwire\"}\n").expect(1);
    assert!(partly.stderr.contains("line 1: what is before the = is not a secret name"));
    assert!(!partly.stderr.contains("TRIP/wire"), "{}", partly.stderr);
    assert!(partly.stderr.contains("line 3: J: the value is a JSON object"), "{}", partly.stderr);
    assert!(partly.stderr.contains("imported 1 secret (1 new, 0 replaced); 0 stored already, 2 left out"));
    assert!(!partly.stderr.contains("tripwire"), "{}", partly.stderr);
    assert_eq!(room.names(), ["GOOD"]);
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_with_its_line() {
    let room = Room::with_key();
    for (content, problem) in [
        ("A=1\ntripwire\n", "standard input: line 2: neither NAME=value nor a # comment"),
        ("A=\"tripwire\n", "standard input: line 1: the quote that opens here is never closed"),
        ("A=1\ntripwire=1\ntripwire=2\n", "standard input: line 3: this name is set for the second time"),
        (
            "A=1\nA=tripwire\n",
            "standard input: line 2: this name is set for the second time (first on line 1)",
        ),
    ] {
        let refused = room.feed(&["import", "-"], content.as_bytes()).expect(1);
        assert!(refused.stderr.contains(problem), "{}", refused.stderr);
        assert!(!refused.stderr.contains("tripwire"), "{}", refused.stderr);
    }
    let key = "K=-----BEGIN PRIVATE KEY-----\nTR/IPWIRE+secretBBBB=\nTRIPWIREsecretCCCC==\n-----END PRIVATE KEY-----\n";
    let pieces = ["K=x\nTR/IPWIRE+secretBBBB=\n", "K=x\nTRIPWIREsecretCCCC==\n"];
    for (content, line) in [(key, 1), (pieces[0], 2), (pieces[1], 2)] {
        let refused = room.feed(&["import", "-"], content.as_bytes()).expect(1);
        assert!(
            refused.stderr.starts_with(&format!("error: standard input: line {line}: ")),
            "{}",
            refused.stderr
        );
        assert!(!refused.stderr.contains("IPWIRE"), "{}", refused.stderr);
    }
    assert!(room.run(&["import", "nowhere.env"]).expect(1).stderr.contains("cannot read nowhere.env"));
    assert!(!room.store().exists());
}
