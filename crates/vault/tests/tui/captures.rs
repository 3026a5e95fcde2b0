//! The screens of the guide: made here, and held against the files.
//!
//! `REMO_UPDATE_SNAPSHOTS=1 cargo test -p remo-vault --test tui captures` writes them anew.

use std::fs;
use std::path::Path;

use remo_testkit::{Project, Terminal, wait};

use crate::vault::{Vault, row_has};

#[test]
fn the_screens_of_the_guide_are_those_of_the_program() {
    if Terminal::is_missing("captures::the_screens_of_the_guide_are_those_of_the_program") {
        return;
    }
    let mut vault = Vault::new();
    vault.set("gh", "ghp_0123456789abcdef");
    vault.set("npm", "npm_0123456789abcdef");
    vault.set("aws", "{\"aws_access_key_id\":\"AKIA0123456789\",\"aws_secret_access_key\":\"0123456789\"}");
    let web = vault.project("web", &["gh"]);
    let api = Project::without_manifest(&vault.directory, "api");
    api.write_manifest(
        "schema_version = 1\nproject = \"api\"\n[secrets.aws]\n\
         fields = { AWS_ACCESS_KEY_ID = \"aws_access_key_id\", AWS_SECRET_ACCESS_KEY = \"aws_secret_access_key\" }\n",
    );
    vault.broker.approve(&api);
    vault.watch();
    wait::until_true(wait::PATIENCE, "the watcher's push", || vault.broker.list().secrets.len() == 3);
    web.write_secrets(&["gh", "npm"]);
    let terminal = vault.tui();

    terminal.wait_until("the secrets", |screen| {
        ["aws", "gh", "npm"].iter().all(|name| row_has(screen, name, &["yes"]))
            && screen.lines().any(|line| line.starts_with("* "))
    });
    check("tui-secrets", &terminal, "? help");
    terminal.press(&["2", "j"]);
    terminal.wait_until("the cursor on web", |screen| screen.contains(">*web"));
    check("tui-projects", &terminal, "? help");
    terminal.press(&["a"]);
    check("tui-approve", &terminal, "y = approve");
    terminal.press(&["n"]);
    terminal.wait_for("nothing was changed");

    vault.broker.client("web").get("gh").expect("it is served");
    vault.broker.client("web").get("npm").expect_err("it is denied");
    terminal.press(&["3"]);
    terminal.wait_for("npm denied");
    terminal.press(&["g"]);
    check("tui-audit", &terminal, "back from the newest");
    terminal.press(&["4"]);
    check("tui-status", &terminal, "What to do");
    terminal.press(&["?"]);
    check("tui-help", &terminal, "Esc close");
    terminal.press(&["Escape"]);
    terminal.wait_without("Esc close");
    terminal.press(&["1", "s"]);
    terminal.wait_for("Enter next");
    terminal.write("pypi");
    terminal.wait_for("name: pypi_");
    terminal.press(&["Enter"]);
    terminal.wait_for("Enter done");
    terminal.write("not shown");
    check("tui-set", &terminal, "something is entered");
    terminal.press(&["Escape"]);
    terminal.wait_for("nothing was stored");
    terminal.press(&["/"]);
    terminal.wait_for("filter: _");
    terminal.press(&["Escape"]);
    terminal.wait_without("filter: _");
    terminal.resize((40, 10));
    terminal.wait_until("the small screen", |screen| {
        screen.lines().count() == 10 && row_has(screen, "npm", &["yes"])
    });
    check("tui-small", &terminal, "[1 Secrets]");
    assert_eq!(terminal.ended(), None);
}

/// Holds the screen against the file of this name, once it shows `text` and no answer is overdue.
#[track_caller]
fn check(name: &str, terminal: &Terminal, text: &str) {
    let screen = terminal.wait_until(&format!("`{text}` for {name}"), |screen| {
        screen.contains(text) && !screen.contains("no answer for")
    });
    let shown = screen.lines().fold(String::new(), |shown, line| shown + normal(line).trim_end() + "\n");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/captures/{name}.txt"));
    if std::env::var_os("REMO_UPDATE_SNAPSHOTS").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &shown).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert!(shown == expected, "{} differs; now it is:\n{shown}", file.display());
}

/// A line without what differs from run to run, as long as it was.
fn normal(line: &str) -> String {
    let mut line = line.to_owned();
    while let Some(at) = line.find("/tmp/remo-") {
        let end = (at + "/tmp/remo-12345".len()).min(line.len());
        line.replace_range(at..end, "/srv/remo-vault");
    }
    // The user whom the broker expects: the one who ran the test.
    if let Some((before, _)) = line.split_once("allowed_uids=[") {
        line = format!("{before}allowed_uids=[1000] approved=fals…");
    }
    with_ages(&with_times(&line))
}

/// Times of day and days made the same ones.
fn with_times(line: &str) -> String {
    let mut words: Vec<_> = line.split(' ').map(str::to_owned).collect();
    for word in &mut words {
        let bytes = word.as_bytes();
        if bytes.len() >= 8 && bytes[bytes.len() - 3] == b':' && bytes[bytes.len() - 6] == b':' {
            word.replace_range(word.len() - 8.., "02:30:00");
        } else if bytes.len() == "2026-05-31T02:30:00.000Z".len() && bytes[10] == b'T' && word.ends_with('Z')
        {
            "2026-05-31T02:30:00.000Z".clone_into(word);
        }
    }
    words.join(" ")
}

/// `17 s`, `2 min` made `5 s`; the spaces behind keep what follows in its column.
fn with_ages(line: &str) -> String {
    let mut rest = line;
    let mut normal = String::new();
    while let Some(at) = rest.find(|it: char| it.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        normal.push_str(before);
        let digits = from.find(|it: char| !it.is_ascii_digit()).unwrap_or(from.len());
        let unit = [" s", " min", " h"].into_iter().find(|unit| {
            let behind = from[digits..].strip_prefix(unit);
            behind.is_some_and(|behind| behind.chars().next().is_none_or(|it| !it.is_alphanumeric()))
        });
        let starts_a_word = before.is_empty() || before.ends_with(' ');
        let Some(unit) = unit.filter(|_| starts_a_word) else {
            normal.push_str(&from[..digits]);
            rest = &from[digits..];
            continue;
        };
        let length = digits + unit.len();
        rest = &from[length..];
        normal.push_str("5 s");
        if rest.starts_with("  ") {
            normal.extend(std::iter::repeat_n(' ', length.saturating_sub("5 s".len())));
        }
    }
    normal + rest
}

#[test]
fn the_guide_shows_the_captures() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let guide = fs::read_to_string(docs.join("guides/tui.md")).expect("the guide");
    let mut parts = guide.split("<!-- capture: ");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    let mut count = 0;
    for part in parts {
        let (name, rest) = part.split_once(" -->\n```\n").expect("a block behind the mark");
        let (_, rest) = rest.split_once("```\n").expect("the end of the block");
        let capture = fs::read_to_string(docs.join(format!("captures/{name}.txt"))).expect("a capture");
        filled = format!("{filled}<!-- capture: {name} -->\n```\n{capture}```\n{rest}");
        count += 1;
    }
    if std::env::var_os("REMO_UPDATE_SNAPSHOTS").is_some() {
        fs::write(docs.join("guides/tui.md"), &filled).unwrap();
    }
    assert_eq!(guide, filled, "the guide shows other screens than docs/captures");
    assert!(count >= 6, "{count} captures");
}
