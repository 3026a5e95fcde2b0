//! GitHub: the real `gh`, whose traffic goes to a socket of the test.

use crate::scene::{Scene, variant, without};
use crate::stand_in::{self, json};

const RECIPE: &str = include_str!("../../recipes/gh-token.toml");

#[test]
fn a_token_is_checked_by_gh_and_taken_out_of_its_files() {
    if without("gh", "gh::a_token_is_checked_by_gh_and_taken_out_of_its_files") {
        return;
    }
    let scene = Scene::new();
    let socket = scene.room.path().join("github.sock");
    let asked = stand_in::on_a_socket(&socket, |request| {
        if request.header("authorization") != Some("token ghp_tripwire0123456789") {
            return (401, Vec::new(), "{}".to_owned());
        }
        let (status, mut headers, body) =
            json(&serde_json::json!({ "data": { "viewer": { "login": "me" } } }));
        headers.push(("X-OAuth-Scopes", "repo, read:org, gist".to_owned()));
        (status, headers, body)
    });
    // gh speaks plain HTTP to this socket instead of HTTPS to GitHub.
    let file = format!(
        "[[file]]\npath = \"gh/config.yml\"\ncontent = \"http_unix_socket: {}\\n\"\n",
        socket.display()
    );
    scene.recipe("gh-local", &variant(RECIPE, "gh-token", "gh-local", &file));
    let done = scene
        .feed_traced(&["gh-local"], "\nghp_tripwire0123456789\n", &["tripwire"], "gh (strace)")
        .expect(0);
    assert!(done.stderr.contains("stored gh; no expiry is known"), "{}", done.stderr);
    assert_eq!(scene.room.reveal("gh"), "ghp_tripwire0123456789");
    assert!(asked.lock().unwrap().iter().any(|request| request.header("host") == Some("api.github.com")));
    scene.expect_nothing_left(&["ghp_tripwire0123456789"]);

    // A token that GitHub does not take is not stored.
    let refused = scene.feed(&["gh-local"], "\nghp_tripwire-revoked\n").expect(1);
    assert!(refused.stderr.contains("`gh auth login --hostname github.com"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("tripwire"), "{}", refused.stderr);
    assert_eq!(scene.room.reveal("gh"), "ghp_tripwire0123456789");
    scene.expect_nothing_left(&["ghp_tripwire-revoked"]);
}
