//! The words by which a person decides.

#![expect(clippy::expect_used, reason = "also the functions around the tests may stop at the first surprise")]

use remo_manifest::{Difference, MANIFEST_PATH, difference, parse};
use remo_wire::admin::ManifestSummary;
use remo_wire::names::ProjectName;

fn manifest(secrets: &str) -> ManifestSummary {
    let source = format!("schema_version = 1\nproject = \"project-a\"\n{secrets}");
    let project = ProjectName::new("project-a").expect("a project name");
    parse(&source, MANIFEST_PATH, &project).expect("valid").summary()
}

fn between(pinned: &str, file: &str) -> Difference {
    difference(Some(&manifest(pinned)), &manifest(file))
}

fn assert_change(pinned: &str, file: &str, expected: &[&str]) {
    let difference = between(pinned, file);
    assert_eq!(difference.added, expected);
    assert_eq!(difference.removed, Vec::<String>::new());
    assert!(difference.added_names.is_empty() && difference.removed_names.is_empty());
}

#[test]
fn the_same_has_no_difference() {
    let manifest = "[secrets.gh]\n[cache]\ndefault_ttl_seconds = 60\n";
    assert!(between(manifest, manifest).is_empty());
    // Another text of the same meaning changes nothing either.
    assert!(between("[secrets.gh]\n", "secrets.gh = { env_var = \"GH\", required = true }\n").is_empty());
}

#[test]
fn without_a_pin_everything_is_new() {
    let file = manifest(
        "[secrets.gh]\n[secrets.deploy]\nrequired = false\nfields = { D_USER = \"user\", D_PASS = \"pass\" }\n\
         [secrets.aws]\nfetch_as = \"file\"\nfile_path = \"~/.aws/credentials\"\ntemplate = \"id={{id}}\\n\"\n\
         [cache]\ndefault_ttl_seconds = 60\n",
    );
    let difference = difference(None, &file);
    assert_eq!(
        difference.added,
        [
            "aws: file ~/.aws/credentials (mode 0600, template \"id={{id}}\\n\"), required",
            "deploy: variables D_PASS = field pass, D_USER = field user, optional",
            "gh: variable GH, required",
            "cache: default_ttl_seconds is now 60",
        ]
    );
    let names: Vec<_> = difference.added_names.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["aws", "deploy", "gh"]);
    assert!(difference.removed.is_empty());
}

#[test]
fn names_come_and_go() {
    let difference = between("[secrets.gh]\n[secrets.npm]\n", "[secrets.gh]\n[secrets.aws]\n");
    assert_eq!(difference.added, ["aws: variable AWS, required"]);
    assert_eq!(difference.removed, ["npm: no more variable NPM, required"]);
    assert_eq!(difference.added_names.len(), 1);
    assert_eq!(difference.removed_names.len(), 1);
}

#[test]
fn every_change_of_a_variable_is_said() {
    assert_change(
        "[secrets.gh]\n",
        "[secrets.gh]\nenv_var = \"GH_TOKEN\"\n",
        &["gh: is now variable GH_TOKEN (was variable GH)"],
    );
    assert_change(
        "[secrets.gh]\n",
        "[secrets.gh]\nrequired = false\n",
        &["gh: is now optional (was required)"],
    );
    assert_change(
        "[secrets.d]\nfields = { A = \"a\", B = \"b\", C = \"c\" }\n",
        "[secrets.d]\nfields = { A = \"a\", B = \"x\", D = \"d\" }\n",
        &[
            "d: variable B is now field x (was field b)",
            "d: variable D is new (field d)",
            "d: variable C is gone",
        ],
    );
    assert_change(
        "[secrets.d]\n",
        "[secrets.d]\nfields = { A = \"a\" }\n",
        &["d: is now variables A = field a (was variable D)"],
    );
}

#[test]
fn every_change_of_a_file_is_said() {
    let file = |rest: &str| format!("[secrets.aws]\nfetch_as = \"file\"\n{rest}\n");
    assert_change(
        &file("file_path = \"~/.aws/credentials\""),
        &file("file_path = \"~/.ssh/id\"\nfile_mode = \"0644\""),
        &[
            "aws: file_path is now ~/.ssh/id (was ~/.aws/credentials)",
            "aws: file_mode is now 0644 (was 0600)",
        ],
    );
    assert_change(
        &file("file_path = \"~/a\""),
        "[secrets.aws]\n",
        &["aws: is now variable AWS, required (was file ~/a (mode 0600), required)"],
    );
    assert_change(
        &file("file_path = \"~/a\""),
        &file("file_path = \"~/a\"\ntemplate = \"{{value}}\""),
        &["aws: is now rendered by template \"{{value}}\""],
    );
    assert_change(
        &file("file_path = \"~/a\"\ntemplate = \"{{value}}\""),
        &file("file_path = \"~/a\""),
        &["aws: is now the value as it is (was template \"{{value}}\")"],
    );
}

#[test]
fn a_changed_template_shows_its_changed_lines_in_full() {
    let file = |template: &str| {
        format!(
            "[secrets.aws]\nfetch_as = \"file\"\nfile_path = \"~/a\"\ntemplate = \"\"\"\n{template}\"\"\"\n"
        )
    };
    assert_change(
        &file("a\nb={{b}}\nc\nd\n"),
        &file("a\nb={{c}}\nx\u{202e}y\nd\n"),
        &["aws: template, from line 2, is now \"b={{c}}\\nx\\u{202e}y\\n\" (was \"b={{b}}\\nc\\n\")"],
    );
    assert_change(
        &file("{{a}}\n"),
        &file("{{a}}"),
        &["aws: template, from line 1, is now \"{{a}}\" (was \"{{a}}\\n\")"],
    );
    assert_change(
        &file("{{a}}\n"),
        &file("{{a}}\n{{a}}\n"),
        &["aws: template, from line 2, is now \"{{a}}\\n\" (was \"\")"],
    );
}

#[test]
fn changes_of_the_cache_are_said() {
    assert_change(
        "[cache]\ndefault_ttl_seconds = 60\n",
        "[cache]\ndefault_ttl_seconds = 900\ndefault_max_entries = 5\n",
        &[
            "cache: default_ttl_seconds is now 900 (was 60)",
            "cache: default_max_entries is now 5 (was the broker's own)",
        ],
    );
    assert_change(
        "[cache]\ndefault_ttl_seconds = 60\n",
        "",
        &["cache: default_ttl_seconds is now the broker's own (was 60)"],
    );
}

#[test]
fn no_path_or_template_is_shown_as_another_one() {
    let added = |binding: &str| {
        let now = manifest(&format!("[secrets.aws]\nfetch_as = \"file\"\n{binding}\n"));
        difference(None, &now).added
    };
    // Words of the difference inside a path, and a blank at its end.
    assert_eq!(
        added("file_path = \"~/a (mode 0600), required\""),
        ["aws: file \"~/a (mode 0600), required\" (mode 0600), required"]
    );
    assert_eq!(added("file_path = \"~/a \""), ["aws: file \"~/a \" (mode 0600), required"]);
    assert_eq!(added(r"file_path = '~/\u{430}'"), [r#"aws: file "~/\\u{430}" (mode 0600), required"#]);
    // A letter that looks like a Latin one, and blanks that show nothing.
    assert_eq!(
        added("file_path = \"~/a\"\ntemplate = \"\u{430}\u{3164}\u{2800}{{value}}\""),
        [r#"aws: file ~/a (mode 0600, template "\u{430}\u{3164}\u{2800}{{value}}"), required"#]
    );
}

#[test]
fn every_part_of_a_helper_is_said() {
    let git = "[secrets.gh]\nfetch_as = \"helper\"\nhelper = \"git\"\nurl = \"https://github.com\"\nusername = \"me\"\n";
    let was = "was git credentials for https://github.com (user me), required";
    for (from, to, now) in [
        ("github.com", "evil.example", "git credentials for https://evil.example (user me), required"),
        (
            "https",
            "http",
            "git credentials for http://github.com, sent without encryption (user me), required",
        ),
        ("\"me\"", "\"you\"", "git credentials for https://github.com (user you), required"),
        (
            "username = \"me\"",
            "fields = { username = \"u\", password = \"p\" }",
            "git credentials for https://github.com (user = field u, password = field p), required",
        ),
        (
            "helper = \"git\"\nurl = \"https://github.com\"",
            "helper = \"docker\"\nregistry = \"ghcr.io\"",
            "docker credentials for ghcr.io (user me), required",
        ),
    ] {
        assert_change(git, &git.replace(from, to), &[&format!("gh: is now {now} ({was})")]);
    }
    assert_change(git, &format!("{git}required = false\n"), &["gh: is now optional (was required)"]);
    assert_change(
        "[secrets.gh]\n",
        git,
        &[
            "gh: is now git credentials for https://github.com (user me), required (was variable GH, required)",
        ],
    );
    let aws = "[secrets.aws]\nfetch_as = \"helper\"\nhelper = \"aws\"\nprofile = \"default\"\n";
    assert_change(
        aws,
        &format!(
            "{aws}fields = {{ access_key_id = \"i\", secret_access_key = \"k\", session_token = \"t\" }}\n"
        ),
        &[
            "aws: is now AWS credentials of the profile default (access_key_id = field i, secret_access_key = field k, \
           session_token = field t), required (was AWS credentials of the profile default (fields as AWS calls them), required)",
        ],
    );
}
