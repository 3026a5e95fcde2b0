//! What the guides show was run: the worked example is taken out of its page.

use std::path::Path;

use crate::scene::Scene;
use crate::stand_in::{self, json};

const PAGE: &str = include_str!("../../../../docs/guides/adding-a-recipe.md");

#[test]
fn the_worked_example_logs_in() {
    let scene = Scene::new();
    let recipe = PAGE.split("```toml\n").find(|block| block.starts_with("schema_version")).unwrap();
    let recipe = recipe.split_once("```").unwrap().0;
    scene.recipe("cargo-company", recipe);
    let (registry, _asked) = stand_in::on_a_port(|own, request| match request.path.as_str() {
        "/config.json" => json(
            &serde_json::json!({ "dl": format!("http://{own}/crates"), "api": format!("http://{own}/api") }),
        ),
        _ => (404, Vec::new(), String::new()),
    });
    // The toolchain's own binary: one that picks a toolchain first looks for it in the home.
    let toolchain = Path::new(env!("CARGO")).parent().unwrap().display().to_string();
    let input = scene.room.path().join("input");
    std::fs::write(&input, format!("http://{registry}/\ntripwire-cargo-token\n")).unwrap();
    let output = scene
        .command(&["cargo-company"])
        .env("PATH", format!("{toolchain}:/usr/bin:/bin"))
        .stdin(std::fs::File::open(&input).unwrap())
        .output()
        .unwrap();
    std::fs::remove_file(input).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("stored cargo_company; no expiry is known"), "{said}");
    assert_eq!(scene.room.reveal("cargo_company"), "tripwire-cargo-token");
    scene.expect_nothing_left(&["tripwire-cargo-token"]);

    // The mistake that the page shows.
    let mistaken = recipe.replace("\"--registry\"", "\"{{token}}\", \"--registry\"");
    scene.recipe("cargo-company", &mistaken);
    let refused = scene.run(&["cargo-company", "--show"]).expect(1);
    let problem = "login.command: token is a secret, which goes to a standard input or the store only";
    assert!(refused.stderr.contains(problem) && PAGE.contains(problem), "{refused:?}");
}

#[test]
fn the_index_of_the_guides_shows_the_list_as_it_is() {
    let list = Scene::new().run(&[]).expect(0).stdout;
    let page = include_str!("../../../../docs/guides/logins/README.md");
    assert!(page.contains(&list), "{list}");
}
