//! What the guides show was run: the worked example is taken out of its page.

use std::path::Path;

use remo_manifest::MANIFEST_PATH;
use remo_wire::names::ProjectName;

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

#[test]
fn the_bindings_in_the_guides_can_be_pasted() {
    let mut count = 0;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/logins");
    for page in std::fs::read_dir(folder).unwrap() {
        let page = std::fs::read_to_string(page.unwrap().path()).unwrap();
        for binding in page.split("```toml\n").skip(1) {
            let binding = binding.split_once("```\n").unwrap().0;
            let manifest = format!("schema_version = 1\nproject = \"project-a\"\n\n{binding}");
            let parsed =
                remo_manifest::parse(&manifest, MANIFEST_PATH, &ProjectName::new("project-a").unwrap());
            assert!(parsed.is_ok(), "{parsed:?}\n{manifest}");
            count += 1;
        }
    }
    assert!(count >= 5, "{count}");
}
